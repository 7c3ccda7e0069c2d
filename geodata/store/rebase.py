"""Whether a change made on an older base may be written on today's head.

It may when nothing it touches was touched since: no feature of it, and no
border it moves. What a border's move is, is the strip between its old and its
new drawing; two moves meet when their strips do, touching included.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
import sqlalchemy as sa

from geodata.errors import ConflictError, Text
from geodata.store import features, timeline
from geodata.store.tables import state

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    import geopandas as gpd
    from numpy.typing import NDArray

    from geodata.store.changes import ChangeSet
    from geodata.store.reader import SqlReader

_SHOWN = 100
"""At most this many conflicts carry both sides; the message has the count."""


def require_free(
    reader: SqlReader,
    changes: ChangeSet,
    contents: tuple[Mapping[str, str], Mapping[str, str]],
    states: Mapping[str, list[timeline.State]],
    touched: set[str],
    *,
    correction: bool = False,
) -> None:
    """Raise ConflictError unless ``changes`` can be written without overwriting.

    Parameters
    ----------
    contents
        Digests by key of the old and the new side.
    states
        Of each key, the states as recorded now.
    touched
        Keys of the layer that versions after ``changes.base`` touched.
    """
    old, new = contents
    clashes = [
        key
        for key in sorted({*old, *new})
        if not _unmoved(
            states.get(key, []),
            changes.effective,
            old.get(key),
            new.get(key),
            touched=key in touched,
            correction=correction,
        )
    ]
    if clashes:
        raise _conflict(_features(reader, changes, clashes), len(clashes))
    others = sorted(touched.difference(old, new))
    if others:
        borders = _borders(reader, changes, others)
        if borders:
            raise _conflict(borders, len(borders))


def touched_since(connection: sa.Connection, layer: str, base: int) -> set[str]:
    """Return the keys of a layer that versions after ``base`` touched."""
    return _touched(connection, layer, lambda column: column > base)


def touched_between(
    connection: sa.Connection, layer: str, one: int, other: int
) -> set[str]:
    """Return the keys of a layer that differ, or did, between two versions."""
    low, high = sorted((one, other))
    return _touched(
        connection, layer, lambda column: sa.and_(column > low, column <= high)
    )


def _touched(
    connection: sa.Connection, layer: str, when: Callable[[Any], Any]
) -> set[str]:
    keys: set[str] = set()
    for column in (state.c.version_from, state.c.version_to):
        query = sa.select(state.c.key).where(state.c.layer == layer, when(column))
        keys.update(connection.execute(query).scalars())
    return keys


def strips(
    old: Sequence[Any] | NDArray[Any], new: Sequence[Any] | NDArray[Any]
) -> NDArray[Any]:
    """Return what each pair of drawings does not share; empty when equal.

    Where GEOS cannot say (an invalid drawing) the box around both stands for
    the strip: too large, never too small.
    """
    before, after = (np.asarray(each, dtype=object) for each in (old, new))
    nothing = shapely.Polygon()
    found = shapely.set_precision(np.full(before.size, nothing, dtype=object), 0)
    one = shapely.is_missing(before) | shapely.is_missing(after)
    found[one] = np.where(shapely.is_missing(after[one]), before[one], after[one])
    found[shapely.is_missing(found)] = nothing
    rest = np.flatnonzero(~one)
    rest = rest[shapely.to_wkb(before[rest]) != shapely.to_wkb(after[rest])]
    good = shapely.is_valid(before[rest]) & shapely.is_valid(after[rest])
    sound, broken = rest[good], rest[~good]
    found[sound] = shapely.symmetric_difference(before[sound], after[sound])
    found[broken] = [
        shapely.box(*shapely.total_bounds([before[i], after[i]])) for i in broken
    ]
    return found


def _unmoved(
    states: Sequence[timeline.State],
    effective: str,
    old: str | None,
    new: str | None,
    *,
    touched: bool,
    correction: bool,
) -> bool:
    """Return whether the author saw what the store holds for one key.

    A key nobody touched must hold what the author saw when the change takes
    effect: today's record is not written into the past. A touched one must
    hold it then and last: so a revert of the head passes, and a change beside
    another's does not. That what is not in force cannot end is said elsewhere.
    """
    found = timeline.target(
        states, effective, correction=correction, known=old is not None
    )
    if not touched:
        if found is None:
            return old is None or new is None
        return found.digest == old
    if found is None:
        return old is None and not any(each.valid_from > effective for each in states)
    return found is states[-1] and found.digest in {old, new}


def _features(
    reader: SqlReader, changes: ChangeSet, keys: list[str]
) -> list[dict[str, Any]]:
    shown = keys[:_SHOWN]
    theirs = reader.snapshot(changes.layer, keys=shown)
    return [
        {
            "kind": "feature",
            "key": key,
            "base": side(changes.old, key),
            "mine": side(changes.new, key),
            "theirs": side(theirs, key),
        }
        for key in shown
    ]


def _borders(
    reader: SqlReader, changes: ChangeSet, others: list[str]
) -> list[dict[str, Any]]:
    before = reader.snapshot(changes.layer, at=changes.base, keys=others)
    after = reader.snapshot(changes.layer, keys=others)
    mine_keys = [str(key) for key in changes.keys]
    mine = _strips_by_key(changes.old, changes.new, mine_keys)
    theirs = _strips_by_key(before, after, others)
    pairs = shapely.STRtree(theirs).query(mine, predicate="intersects").T
    return [
        {
            "kind": "border",
            "key": mine_keys[i],
            "other": others[j],
            "base": {
                mine_keys[i]: side(changes.old, mine_keys[i]),
                others[j]: side(before, others[j]),
            },
            "mine": side(changes.new, mine_keys[i]),
            "theirs": side(after, others[j]),
            "strip": shapely.geometry.mapping(
                shapely.symmetric_difference(mine[i], theirs[j])
            ),
        }
        for i, j in pairs.tolist()[:_SHOWN]
    ]


def _strips_by_key(
    old: gpd.GeoDataFrame, new: gpd.GeoDataFrame, keys: Iterable[str]
) -> NDArray[Any]:
    before, after = (
        np.asarray(frame.geometry.reindex(list(keys)).array, dtype=object)
        for frame in (old, new)
    )
    return strips(before, after)


def side(frame: gpd.GeoDataFrame, key: str) -> dict[str, Any] | None:
    """Return one feature as a conflict shows it, None when it is not there."""
    if key not in frame.index:
        return None
    row = frame.loc[key].to_dict()
    geometry = row.pop("geometry", None)
    return {
        "properties": {name: features.plain(value) for name, value in row.items()},
        "geometry": None if geometry is None else shapely.geometry.mapping(geometry),
    }


def _conflict(details: list[dict[str, Any]], count: int) -> ConflictError:
    names = "、".join(str(each["key"]) for each in details[:5])
    if details[0]["kind"] == "border":
        message = Text(
            f"同一段界线已被别人移动（{names}，共 {count} 处）。",
            f"Somebody else moved the same border ({names}; {count} in all).",
        )
    else:
        message = Text(
            f"基准版本之后，这些单位已被别人修改：{names}（共 {count} 个）。",
            f"Changed by somebody else since the base version: {names} "
            f"({count} in all).",
        )
    return ConflictError(
        message,
        Text(
            "请对照双方内容，以最新版本为基准重新提交草案。",
            "Compare both sides and stage the draft again on the newest version.",
        ),
        details=tuple(details),
    )
