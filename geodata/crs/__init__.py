"""Coordinates: which system, how to change it, how large things are in it.

The law of this package: every EPSG number of the repository is here; x is
longitude or easting; nothing is transformed by a silent no-op; what magnitudes
cannot tell is asked, not guessed; areas and lengths are ellipsoidal and named
by their units. Nothing here reads files, but for a parameter file by its path.
"""

from geodata.crs.apart import Apart, apart
from geodata.crs.fitting import strays
from geodata.crs.gcj import (
    bd09_to_gcj02,
    bd09_to_wgs84,
    gcj02_to_bd09,
    gcj02_to_wgs84,
    shifted_here,
    wgs84_to_bd09,
    wgs84_to_gcj02,
)
from geodata.crs.identify import identify
from geodata.crs.measure import area_m2, distance_m, length_m
from geodata.crs.moves import apply_shift
from geodata.crs.parameters import load_parameters
from geodata.crs.shift import estimate_shift
from geodata.crs.transform import (
    require,
    transform,
    transform_points,
)
from geodata.crs.zones import (
    STORAGE,
    WEB_MERCATOR,
    WGS84,
    Zone,
    gauss_krueger,
    gk_zone,
    label,
    local_gk,
    plane_at,
)

__all__ = [
    "STORAGE",
    "WEB_MERCATOR",
    "WGS84",
    "Apart",
    "Zone",
    "apart",
    "apply_shift",
    "area_m2",
    "bd09_to_gcj02",
    "bd09_to_wgs84",
    "distance_m",
    "estimate_shift",
    "gauss_krueger",
    "gcj02_to_bd09",
    "gcj02_to_wgs84",
    "gk_zone",
    "identify",
    "label",
    "length_m",
    "load_parameters",
    "local_gk",
    "plane_at",
    "require",
    "shifted_here",
    "strays",
    "transform",
    "transform_points",
    "wgs84_to_bd09",
    "wgs84_to_gcj02",
]
