"""What a facility is held against: floor area, medical sites nearby, the standard."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from boundaries.services.indicators.inputs import Inputs, column
from boundaries.services.indicators.shares import institutions
from geodata import crs

if TYPE_CHECKING:
    import numpy.typing as npt

FINDINGS = ("facility", "name", "unit", "check", "value", "wanted")
"""Columns of :func:`facility_checks`; ``check`` is a word of ``words.CHECKS``."""


def medical_distances(inputs: Inputs) -> pd.Series[float]:
    """Return metres in a straight line to the next operating medical site.

    NaN for a facility without a place, and for all where there is no such site. A
    facility that has medical care in the house is 0 m from it.
    """
    if inputs.medical_m is not None:
        return inputs.medical_m
    rows = inputs.operating
    here, sites = _lonlat(rows), _lonlat(inputs.of_type("MED"))
    found = pd.Series(np.nan, index=rows.index, dtype=float)
    sites = sites[~np.isnan(sites).any(axis=1)]
    known = placed(rows).to_numpy()
    if len(sites) and known.any():
        nearest = sites[_nearest(here[known], sites)]
        found[known] = crs.distance_m(*here[known].T, *nearest.T)
    inside = (column(rows, "medical_mode", None) == "inside").to_numpy(dtype=bool)
    return found.mask(inside, 0.0)


def placed(rows: pd.DataFrame) -> pd.Series[bool]:
    """Tell of each facility whether it is known where it stands."""
    return pd.Series(np.isfinite(_lonlat(rows)).all(axis=1), index=rows.index)


def facility_checks(inputs: Inputs) -> pd.DataFrame:
    """Return what of each facility is below the option or the standard.

    Returns
    -------
    DataFrame
        Columns :data:`FINDINGS`, the largest units first.
    """
    options, standard = inputs.options, inputs.standard  # what is unknown is not below
    centres = inputs.of_type(*options.comprehensive_types)
    homes = institutions(inputs)
    near = inputs.of_type(*options.near_medical)
    away = medical_distances(inputs).reindex(near.index)
    near = near[placed(near) | away.notna()]
    away = away[near.index]
    beds = _numbers(homes, "beds_total")
    day = inputs.of_type("DAY")
    parts = [
        _below(inputs, centres, "area", _numbers(centres, "area_m2"),
               options.comprehensive_m2),
        _above(inputs, near, "medical", away, options.medical_m),
        _below(inputs, homes, "beds", beds, standard.get("least_beds")),
        _below(inputs, homes, "m2_per_bed", _numbers(homes, "area_m2") / beds,
               standard.get("m2_per_bed")),
        _below(inputs, day, "day_area", _numbers(day, "area_m2"),
               standard.get("day_care_m2")),
    ]  # fmt: skip
    found = pd.concat(parts, ignore_index=True)
    found["elderly"] = found["unit"].map(inputs.elderly).astype(float)
    return found.sort_values(["elderly", "facility"], ascending=[False, True])


def _below(
    inputs: Inputs,
    rows: pd.DataFrame,
    check: str,
    values: pd.Series[float],
    least: float | None,
) -> pd.DataFrame:
    bad = values.notna() & (values < (least or 0.0))
    return _found(inputs, rows[bad], check, values[bad], least)


def _above(
    inputs: Inputs,
    rows: pd.DataFrame,
    check: str,
    values: pd.Series[float],
    most: float,
) -> pd.DataFrame:
    bad = ~(values <= most)
    return _found(inputs, rows[bad], check, values[bad], most)


def _found(
    inputs: Inputs,
    rows: pd.DataFrame,
    check: str,
    values: pd.Series[float],
    wanted: float | None,
) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "facility": rows.index.astype(object),
            "name": rows["name"].to_numpy(dtype=object),
            "unit": inputs.place.loc[rows.index].to_numpy(dtype=object),
            "check": check,
            "value": values.to_numpy(dtype=float),
            "wanted": np.nan if wanted is None else float(wanted),
        }
    )


def _numbers(rows: pd.DataFrame, name: str) -> pd.Series[float]:
    return pd.to_numeric(column(rows, name, None), errors="coerce").astype(float)


def _lonlat(rows: pd.DataFrame) -> npt.NDArray[np.float64]:
    """Return (n, 2) degrees, NaN for a facility without a place."""
    import shapely

    if "geometry" not in rows:
        return np.full((len(rows), 2), np.nan)
    points = rows["geometry"].to_numpy()
    return np.column_stack([shapely.get_x(points), shapely.get_y(points)])


def _nearest(
    here: npt.NDArray[np.float64], sites: npt.NDArray[np.float64]
) -> npt.NDArray[np.int64]:
    """Return which site is nearest to each place: by chords of the unit sphere."""
    from scipy.spatial import cKDTree

    found: npt.NDArray[np.int64] = cKDTree(_sphere(sites)).query(_sphere(here))[1]
    return found


def _sphere(lonlat: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    lon, lat = np.radians(lonlat).T
    return np.column_stack(
        [np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)]
    )
