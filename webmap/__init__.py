"""Pages, maps, the API and the root command line.

The law of this package: it knows no SQL, no drivers and no geometry algorithm.
A view is parse, one call into :mod:`boundaries`, present.
"""
