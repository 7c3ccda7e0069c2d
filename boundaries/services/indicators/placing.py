"""In which unit a facility lies at the reference date."""

from __future__ import annotations

from typing import Any

import pandas as pd

from boundaries import codes


def places_of(
    facilities: pd.DataFrame, units: pd.DataFrame, above: pd.DataFrame
) -> pd.Series[str]:
    """Return the lowest unit of each facility, None for one that lies in none.

    Parameters
    ----------
    facilities
        With ``division`` and, to place those that name no unit in force, ``geometry``.
    units, above
        See :class:`~boundaries.services.indicators.inputs.Inputs`.

    Notes
    -----
    A division named by its code is taken at its word; the point only says more
    (which community of the township named) or stands in where the code is no
    unit in force, such as one abolished since.
    """
    known = set(units.index)
    named = pd.Series(
        [_named(value, known) for value in facilities.get("division", [])]
        or [None] * len(facilities),
        index=facilities.index, dtype=object,
    )  # fmt: skip
    inside = _by_point(facilities, units)
    if inside is None:
        return named
    chains = dict(zip(above.index, above.itertuples(index=False), strict=True))
    merged = [
        point if _is_finer(code, chains.get(point)) else code
        for code, point in zip(named, inside, strict=True)
    ]
    return pd.Series(merged, index=facilities.index, dtype=object)


def _named(value: Any, known: set[str]) -> str | None:
    """Return the unit a division code names: itself, or the nearest above in force."""
    if not codes.is_code(value):
        return None
    code = codes.parse(value).text
    if code in known:
        return code
    return next((up for up in codes.ancestors(code)[:2] if up in known), None)


def _by_point(facilities: pd.DataFrame, units: pd.DataFrame) -> pd.Series[str] | None:
    """Return the lowest unit whose ground holds each facility's point."""
    if "geometry" not in units or "geometry" not in facilities:
        return None
    import shapely

    deep = units["level"].astype(int).sort_values(ascending=False, kind="stable")
    ordered = units.loc[deep.index]
    shapes = ordered["geometry"].to_numpy()
    points = facilities["geometry"].to_numpy()
    there = ~shapely.is_missing(points)
    found = pd.Series(None, index=facilities.index, dtype=object)
    if not there.any():
        return found
    tree = shapely.STRtree(shapes)
    point, shape = tree.query(points[there], predicate="intersects")
    best = pd.DataFrame({"point": point, "shape": shape}).groupby("point").shape.min()
    rows = facilities.index[there][best.index]
    found.loc[rows] = ordered.index.to_numpy()[best.to_numpy()]
    return found


def _is_finer(code: str | None, chain: Any) -> bool:
    """Tell whether the unit of a point says more than the one that was named."""
    return chain is not None and (code is None or code in chain)
