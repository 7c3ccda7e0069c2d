"""Geometry, files, coordinates and layers with history.

The law of this package: it knows no province, law, form or page. It may be used
without :mod:`boundaries` and never imports it. Errors of the libraries below
(GDAL, PROJ, GEOS, SQL drivers) stop here and leave as :mod:`geodata.errors`.

``import geopandas`` costs more than a second, so this module imports nothing.
"""
