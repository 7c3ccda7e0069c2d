"""What the coverage map draws: figures at every level, classes, areas, facilities.

One document of plain JSON answers every choice of level and indicator; it is
computed once for a stamp and kept.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from boundaries.services import coverage as figures
from boundaries.services.ground import Land
from boundaries.services.guarding import guard_of
from boundaries.services.room import rooms
from boundaries.services.words import FacilityType
from geodata import crs
from geodata.errors import Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from boundaries.services.coverage import Coverage
    from boundaries.services.ground import Shapes
    from boundaries.services.nearness import Reach
    from boundaries.services.room import Room
    from boundaries.services.situation import Situation

LEVELS = ("district", "street", "community")
CLASSES = 5
MOST_POINTS = 2000
"""So many places are drawn one by one; more are gathered on a grid."""
INDICATORS: dict[str, Text] = {
    "share": Text("路网覆盖率（%）", "reached along streets (%)"),
    "unreached": Text("未覆盖人数", "people not reached"),
    "circle_share": Text("直线圈覆盖率（%）", "within the straight circle (%)"),
    "circle_only": Text("圈内而路网未达人数", "in the circle, not reached by street"),
    "minutes": Text("平均用时（分钟）", "mean minutes of those reached"),
    "area_share": Text("面积覆盖率（%）", "ground within reach (%)"),
    "per_thousand": Text(
        "可及床位（张/千人，E2SFCA）", "beds within reach per 1,000 (E2SFCA)"
    ),
    "unroomed": Text("有需求而无空床位人数", "in need and without a bed in reach"),
}
"""What the choropleth can show; a unit without the figure is drawn as without."""
_SIMPLIFY_M = 12.0


def map_document(
    situation: Situation,
    types: Sequence[str],
    need_per_thousand: float = 40.0,
    suppressed_below: int = 5,
    kept: Iterable[str] = (),
) -> dict[str, Any]:
    """Return the document for facilities of some types; none: all that serve.

    ``need_per_thousand`` of the people are in need of a bed. Under ``guard`` is what
    readers without a working role must not be told of fewer people than
    ``suppressed_below``; the people of the units ``kept`` are not told to them.
    """
    made = figures.coverages(situation, types=types)
    beds = rooms(
        situation, tuple(made), types=types, need_per_thousand=need_per_thousand
    )  # fmt: skip
    first = made["street"]
    land, rows, streets = Land(situation), first.reach.rows, situation.network
    served = land.served(rows) if streets is not None else None
    share = {} if served is None else _ground(land, served)
    sites = _facilities(situation, first.reach)
    hidden = guard_of(
        made, beds, suppressed_below, tree=situation.tree, facilities=sites, kept=kept
    )  # fmt: skip
    return {
        "stamp": situation.stamped(need_per_thousand=need_per_thousand),
        "types": list(first.types),
        "words": situation.words()._asdict(),
        "placing": placing_words(situation)._asdict(),
        "network": situation.network is not None,
        "indicators": {name: words._asdict() for name, words in INDICATORS.items()},
        "levels": {
            level: _level(made[level], _more(situation, beds[level], share.get(level)))
            for level in LEVELS
        },
        "need_per_thousand": need_per_thousand,
        "omitted": [
            each.to_dict()
            for each in dict.fromkeys(
                each for level in LEVELS for each in made[level].omitted
            )
        ],
        "guard": hidden.to_dict(),
        "facilities": sites,
        "unreached": unreached_points(situation, first.reach),
        "areas": None if served is None else _outline(situation, served),
        "circles": _outline(situation, land.served(rows, straight=True)),
    }


def placing_words(situation: Situation) -> Text:
    """Return how the people were placed, as a sentence."""
    methods = situation.people.units["method_placed"].value_counts()
    from boundaries.services.points import Method

    parts = [(Method(str(name)).label, int(count)) for name, count in methods.items()]
    return Text(
        "；".join(f"{count} 个单位{label.zh}" for label, count in parts) or "无人口",
        "; ".join(f"{count} units {label.en}" for label, count in parts) or "nobody",
    )


def classes_of(name: str, values: npt.ArrayLike) -> list[float]:
    """Return the upper bounds of the classes of an indicator.

    Shares have the same five classes everywhere, so that dates and types compare;
    counts and minutes are classed by Fisher and Jenks, fewer where values are few.
    """
    if name in FIXED:
        return list(FIXED[name])
    found = np.asarray(values, np.float64)
    found = found[np.isfinite(found)]
    distinct = np.unique(found)
    if len(distinct) <= 1:
        return [float(each) for each in distinct]
    bounds = _classifiers().FisherJenks(found, k=min(CLASSES, len(distinct))).bins
    return [round(float(each), 3) for each in bounds]


FIXED = {
    "share": (20.0, 40.0, 60.0, 80.0, 100.0),
    "circle_share": (20.0, 40.0, 60.0, 80.0, 100.0),
    "area_share": (20.0, 40.0, 60.0, 80.0, 100.0),
}
"""Classes that are the same whatever the figures are."""


def _classifiers() -> Any:
    """Return mapclassify without its loops compiled.

    It compiles them whenever it is imported, which takes longer than all there is
    to classify.
    """
    import numba

    config: Any = numba.config
    before = config.DISABLE_JIT
    config.DISABLE_JIT = True
    try:
        import mapclassify
    finally:
        config.DISABLE_JIT = before
    return mapclassify


def _more(situation: Situation, beds: Room, land: pd.DataFrame | None) -> pd.DataFrame:
    """Return what the map shows beside coverage, by unit: ground, beds, boxes."""
    made = beds.units[["per_thousand", "unroomed"]]
    if land is None:  # without a network
        made, served = made * np.nan, pd.Series(np.nan, index=made.index)
    else:
        served = land["area_share"]
    bounds = situation.divisions.geometry.bounds.round(5)
    boxes = pd.Series(
        [None if np.isnan(box).any() else box.tolist() for box in bounds.to_numpy()],
        index=bounds.index, dtype=object,
    )  # fmt: skip
    return made.assign(
        area_share=served.reindex(made.index), box=boxes.reindex(made.index)
    )


def _level(found: Coverage, more: pd.DataFrame) -> dict[str, Any]:
    document = found.to_dict()
    extra = {str(code): figures.plain(dict(row)) for code, row in more.iterrows()}
    table = found.units.join(more[["area_share", "per_thousand", "unroomed"]])
    return {
        "units": [
            {**unit, **extra.get(unit["code"], {})} for unit in document["units"]
        ],
        "total": document["total"],
        "classes": {
            name: classes_of(name, table[name].to_numpy(float)) for name in INDICATORS
        },
    }


def _facilities(situation: Situation, found: Reach) -> list[dict[str, Any]]:
    """Return the facilities that serve, each with the people nearest to it."""
    count = len(found.rows)
    weight = situation.people.weights[situation.profile.group]
    nearest = found.straight if found.nearest is None else found.nearest
    mask = nearest >= 0
    if found.nearest is None:
        mask &= found.circled
    served = np.bincount(nearest[mask], weights=weight[mask], minlength=count)
    frame = situation.facilities.iloc[found.rows]
    made = []
    for at, (key, row) in enumerate(frame.iterrows()):
        if row.geometry is None or row.geometry.is_empty:
            continue
        made.append(
            {
                "id": str(key),
                "name": row["name"],
                "type": row["type"],
                "type_words": FacilityType(row["type"]).label._asdict()
                if row["type"] in set(FacilityType)
                else {"zh": row["type"], "en": row["type"]},
                "lon": round(row.geometry.x, 7),
                "lat": round(row.geometry.y, 7),
                "people": round(float(served[at]), 1),
            }
        )
    return made


def unreached_points(situation: Situation, found: Reach) -> list[list[float]]:
    """Return ``[lon, lat, people]`` where people lack, gathered when they are many."""
    people = situation.people
    weight = people.weights[situation.profile.group]
    inside = found.circled if found.reached is None else found.reached
    lacking = np.flatnonzero(~inside & (weight > 0))
    if not len(lacking):
        return []
    lonlat, count = people.lonlat[lacking], weight[lacking]
    if len(lacking) > MOST_POINTS:
        lonlat, count = _gathered(people.xy[lacking], lonlat, count)
    order = np.argsort(-count, kind="stable")
    return [
        [round(float(lonlat[at, 0]), 5), round(float(lonlat[at, 1]), 5),
         round(float(count[at]), 1)]
        for at in order
    ]  # fmt: skip


def _gathered(xy: Any, lonlat: Any, count: Any) -> tuple[Any, Any]:
    """Return cells of a grid coarse enough, each at the middle of its people."""
    span = float(np.ptp(xy, axis=0).max())
    step = 100.0
    while True:
        cell = np.floor(xy / step).astype(np.int64)
        keys, inverse = np.unique(cell, axis=0, return_inverse=True)
        if len(keys) <= MOST_POINTS or step > span:
            break
        step *= 1.5
    inverse = inverse.ravel()
    total = np.bincount(inverse, weights=count)
    middle = np.column_stack(
        [np.bincount(inverse, weights=lonlat[:, axis] * count) / total
         for axis in (0, 1)]
    )  # fmt: skip
    return middle, total


def _ground(land: Land, served: Shapes) -> dict[str, pd.DataFrame]:
    """Return the ground within reach by unit of every level."""
    square = shapely.area(served)
    return {level: land.by_unit(square, level) for level in LEVELS}


def _outline(situation: Situation, served: Shapes) -> dict[str, Any]:
    """Return the ground that is served as one shape of GeoJSON.

    It ends where the limit of town meets that of the countryside: who lives on it is
    counted as reached.
    """
    return _geojson(shapely.union_all(served), situation.crs)


def _geojson(shape: Any, plane: str) -> dict[str, Any]:
    shape = shapely.simplify(shape, _SIMPLIFY_M)
    points = shapely.get_coordinates(shape)
    if len(points):
        lon, lat = crs.transform_points(points[:, 0], points[:, 1], plane)
        moved = np.round(np.column_stack([lon, lat]), 5)
        shape = shapely.set_coordinates(shape, moved)
    found: dict[str, Any] = shapely.geometry.mapping(shape)
    return found
