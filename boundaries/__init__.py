"""What a civil-affairs bureau keeps: divisions, their rules and procedures.

The law of this package: it knows no HTTP, no HTML and no Folium. Every change
passes :class:`boundaries.registry.Registry`; reads take a snapshot.
"""
