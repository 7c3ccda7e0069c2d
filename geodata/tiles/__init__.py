"""Vector tiles of a coverage: simplified together, so borders stay shared.

The law of this package: frames in EPSG:4490 in, Mapbox Vector Tiles (version 2)
out. It draws nothing, serves nothing and knows no division: keys, names and the
prefixes that make one border rank above another are handed to it.
"""

from geodata.tiles.borders import borders, chains
from geodata.tiles.colours import colours
from geodata.tiles.folders import TileSet
from geodata.tiles.mvt import Layer, encode
from geodata.tiles.pyramid import coverage_tiles, transition_tiles

__all__ = [
    "Layer",
    "TileSet",
    "borders",
    "chains",
    "colours",
    "coverage_tiles",
    "encode",
    "transition_tiles",
]
