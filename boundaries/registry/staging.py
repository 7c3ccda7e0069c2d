"""What a draft means for its layer: the change, its reach, the layer after it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd

from boundaries import codes, columns, registers, spoken
from boundaries.intake import Intake, take_in
from boundaries.review import EITHER
from boundaries.rules import finding
from boundaries.services import counts, gridded, residential
from boundaries.vocabulary import ChangeType
from geodata.errors import InputError, Text
from geodata.store import dates
from geodata.store.changes import ChangeSet
from geodata.store.diffing import apply, changes_between, same_geometry

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from boundaries.rules.repairing import Mended
    from boundaries.rules.settings import RuleSettings
    from boundaries.settings import Settings
    from geodata.files.reading import Guess, Reading
    from geodata.store.protocol import Reader

DECISION = "decision_needed"
_NAMED = 20
"""Records named in a sentence."""
_SCOPE_MOST = 400
"""Above this many codes a draft's reach is kept by the units above them."""


@dataclass(frozen=True)
class Prepared:
    """A change ready to be staged, and what was inferred or refused on the way."""

    changes: ChangeSet
    inferred: tuple[dict[str, Any], ...] = ()
    refused: tuple[dict[str, Any], ...] = ()
    events: tuple[dict[str, Any], ...] = ()


def require_decided(reading: Reading | None, confirmed: Iterable[str]) -> None:
    """Refuse a reading with a guess that is neither sure nor confirmed."""
    named = set(confirmed)
    open_guesses = [
        guess for guess in open_questions(reading) if guess.what not in named
    ]
    if open_guesses:
        said = "; ".join(
            f"{guess.what}={guess.value}"
            + ("" if guess.what == "place" else f" ({guess.confidence:.0%})")
            for guess in open_guesses
        )
        raise InputError(
            Text(f"有不确定的判断需要确认：{said}。", f"To be confirmed: {said}."),
            _how_to_decide({guess.what for guess in open_guesses}),
            code=DECISION,
        )


def open_questions(reading: Reading | None) -> tuple[Guess, ...]:
    """Return what a person must answer: unsure guesses, and any shift.

    However sure a shift is, whether the file or the reference is displaced is not
    for the numbers to say; nothing is moved unasked.
    """
    if reading is None:
        return ()
    return tuple(
        guess for guess in reading.guesses if not guess.sure or guess.what == "shift"
    )


def _how_to_decide(names: set[str]) -> Text:
    zh = ["请用 --override 名称=值 指定，或用 --accept 名称 确认。"]
    en = ["Say it with --override NAME=VALUE, or confirm it with --accept NAME."]
    if "shift" in names:
        zh.append("偏移：--override shift=gcj02 纠正文件，--accept shift 保持原位。")
        en.append(
            "A shift: --override shift=gcj02 moves the file, --accept shift leaves it."
        )
    if "place" in names:
        zh.append("位置：--override crs=… 改正投影带，--accept place 确认就在该处。")
        en.append(
            "A position: --override crs=… sets the zone right, --accept place says "
            "that it does lie there."
        )
    return Text("".join(zh), " ".join(en))


def prepare(
    store: Reader,
    frame: gpd.GeoDataFrame,
    *,
    layer: str,
    effective: str,
    complete: str | Sequence[str] | None,
    events: Sequence[dict[str, Any]],
    named: dict[str, str] | None = None,
) -> Prepared:
    """Return the change a frame makes to a layer as it stood when it takes effect.

    What the frame does not mention stays what it was then, so that a change of
    the past does not carry today's record back. ``named`` says which column of the
    file was read as which of ours.
    """
    effective = dates.parse(effective)
    base = layer_before(store, layer, effective)
    head = int(base.attrs["head"])
    taken = _taken(store, frame, layer, base, effective, named or {})
    changes = changes_between(
        base,
        taken.frame,
        layer=layer,
        base=head,
        effective=effective,
        complete=_listed(base, taken.frame, complete),
    )
    if not len(changes):
        raise InputError(
            Text(
                f"与版本 {head} 相比没有变化，未建立草稿。",
                f"Nothing differs from version {head}; no draft was made.",
            ),
            code="unchanged",
        )
    return Prepared(
        changes, taken.inferred, taken.refused, tuple(_event(item) for item in events)
    )


def _taken(
    store: Reader,
    frame: gpd.GeoDataFrame,
    layer: str,
    base: gpd.GeoDataFrame,
    effective: str,
    named: dict[str, str],
) -> Intake:
    """Return a frame as features; a register's with what other layers tell."""
    schema = store.layers()[layer]
    frame = spoken.without(frame)
    if layer == "population":
        return _counted(store, frame, base, effective, named)
    if layer not in columns.REGISTERS:
        return take_in(frame, schema, base)
    around = around_registers(store, effective, layer)
    frame = columns.prepared(frame, layer, named)
    given = frame.get(schema.key)
    frame = registers.with_keys(frame, layer, base, around)
    numbered = registers.numbered(frame, layer, given, base)
    gone = registers.undivided(frame, layer, base, around)
    if gone and len(gone) == len(frame):
        raise InputError(*_nothing_left(frame, gone))
    taken = take_in(
        frame[~frame.index.isin(list(gone))],
        schema,
        base,
        complete=lambda taken, infer: registers.completed(
            taken, layer, around, base, infer
        ),
    )
    refused = (
        {"record": int(record), "reason": why._asdict()} for record, why in gone.items()
    )
    inferred = (*numbered, *taken.inferred)
    return Intake(taken.frame, inferred, (*refused, *taken.refused))


def _nothing_left(
    frame: gpd.GeoDataFrame, gone: Mapping[Any, Text]
) -> tuple[Text, Text]:
    """Return that no record has a division, naming the first, and why."""
    names = [str(name) for name in frame["name"].head(_NAMED)]
    more = len(gone) - len(names)
    zh, en = "、".join(names), ", ".join(names)
    return (
        Text(
            f"没有可导入的记录：{zh}{f' 等 {len(gone)} 条' if more else ''}。",
            f"No record can be staged: {en}{f' and {more} more' if more else ''}.",
        ),
        next(iter(gone.values())),
    )


def _counted(
    store: Reader,
    frame: gpd.GeoDataFrame,
    base: gpd.GeoDataFrame,
    effective: str,
    named: dict[str, str],
) -> Intake:
    """Return a table of population as features, with its faults by row.

    Its codes are those of its own date, or today's.
    """
    schema = store.layers()["population"]
    published = store.tags().get("published/divisions")
    then, now = (
        store.snapshot("divisions", at=published, valid_on=day, geometry=False)
        for day in (effective, None)
    )
    frame = columns.prepared(frame, "population", named)
    if "division" not in frame and not frame.geometry.isna().all():
        shapes = store.snapshot("divisions", at=published, valid_on=effective)
        if residential.WEIGHT in frame and not set(counts.COUNTS) & set(frame):
            rows, faults = residential.shared_out(frame, shapes, base)
        else:
            rows, faults = gridded.from_cells(frame, shapes)
    else:
        around = pd.concat([then, now[~now.index.isin(then.index)]])
        rows, faults = counts.prepared(frame, around)
    given = [name for name in counts.COUNTS if name in rows]
    taken = take_in(
        rows, schema, base,
        complete=lambda taken, infer: counts.settled(taken, given, infer),
    )  # fmt: skip
    return Intake(
        taken.frame,
        (*faults.mended, *taken.inferred),
        (*faults.refused, *taken.refused),
    )


def around_registers(
    reader: Reader, effective: str, layer: str = ""
) -> registers.Around:
    """Return divisions and markers as a register's change of a date finds them.

    The divisions published, where any are; else as they stand. For a ``layer`` that
    has addresses place names too.
    """
    tags = reader.tags()
    return registers.Around(
        reader.snapshot("divisions", at=tags.get("published/divisions")),
        layer_before(reader, "markers", effective),
        reader.snapshot("place_names", at=tags.get("published/place_names"))
        if layer == "facilities"
        else None,
    )


def layer_before(
    reader: Reader,
    layer: str,
    effective: str,
    *,
    keys: Sequence[str] | None = None,
    bbox: tuple[float, float, float, float] | None = None,
) -> gpd.GeoDataFrame:
    """Return what a change of ``effective`` finds in force, as known at the head.

    ``attrs["head"]`` is the head's number. For a date after all others this is
    the layer as it stands. ``keys`` and ``bbox`` as of :func:`layer_at`.
    """
    head = reader.head(layer)
    return layer_at(reader, layer, head, effective, keys=keys, bbox=bbox)


def layer_at(
    reader: Reader,
    layer: str,
    number: int,
    effective: str | None = None,
    *,
    keys: Sequence[str] | None = None,
    bbox: tuple[float, float, float, float] | None = None,
) -> gpd.GeoDataFrame:
    """Return the layer as a version (0: empty) knows it, without its times.

    As last known, or as a change of ``effective`` finds it; with ``keys`` only
    these features, with ``bbox`` those whose box meets it.
    """
    found = reader.snapshot(layer, at=number, in_force=effective, keys=keys, bbox=bbox)
    found = found.drop(columns=["valid_from", "valid_to"], errors="ignore")
    found.attrs["head"] = number
    return found


def still_holding(reader: Reader, changes: ChangeSet) -> ChangeSet | None:
    """Return what a change of the past does to the layer as it stands.

    A change holds until the next one known of each key; what holds on touches
    units that were not touched since, so the layer of today must bear it too.
    None when the change is not of the past, or nothing of it holds on.
    """
    versions = reader.versions(changes.layer)
    if not any(version.effective > changes.effective for version in versions):
        return None
    now = reader.snapshot(changes.layer)
    then = reader.snapshot(
        changes.layer, in_force=changes.effective, keys=list(changes.old.index)
    )
    later = set(now.index[now["valid_from"] > changes.effective])
    over = later | set(then.index[then["valid_to"].notna()])
    for key in changes.added.difference(now.index):
        states = reader.history(changes.layer, str(key))
        if any(each["superseded_by"] is None for each in states):
            over.add(key)
    keys = [key for key in changes.keys if key not in over]
    if not keys:
        return None
    kept = (frame[frame.index.isin(keys)] for frame in (changes.old, changes.new))
    return ChangeSet(changes.layer, changes.base, changes.effective, *kept)


def applied(base: gpd.GeoDataFrame, changes: ChangeSet) -> gpd.GeoDataFrame:
    """Return the layer with a change applied, sorted by key."""
    return apply(changes, base)


def restaged(
    base: gpd.GeoDataFrame,
    changes: ChangeSet,
    new: gpd.GeoDataFrame,
    *,
    ended: Iterable[str] = (),
    keep_removed: bool = True,
) -> ChangeSet:
    """Return ``new`` staged in place of what ``changes`` staged, on ``base``.

    ``ended``: further keys that end; without ``keep_removed`` these alone.
    """
    gone = pd.Index(list(ended), dtype=base.index.dtype)
    if keep_removed:
        gone = changes.removed.union(gone)
    return changes_between(
        base,
        new,
        layer=changes.layer,
        base=int(base.attrs["head"]),
        effective=changes.effective,
        complete=gone.intersection(base.index),
    )


def findings(
    reader: Reader,
    document: dict[str, Any],
    base: gpd.GeoDataFrame,
    after: gpd.GeoDataFrame,
    changes: ChangeSet,
    settings: Settings,
) -> gpd.GeoDataFrame:
    """Return the findings of the layer after a draft that involve the draft."""
    if changes.layer in columns.REGISTERS:
        from boundaries.rules.registers import check_register

        around = around_registers(reader, changes.effective)
        return check_register(
            changes.layer,
            after,
            base=base,
            changed=changes.keys,
            divisions=around.divisions,
            markers=around.markers,
            settings=settings.registers,
        )
    if changes.layer != "divisions":
        return finding.frame(_missing_values(reader, changes))
    if after.empty:
        return finding.frame()
    from boundaries.rules import check
    from geodata.files.reading import Reading

    reading = document.get("reading")
    return check(
        after,
        base=base,
        changed=changes.keys,
        settings=settings.rules,
        retired=frozenset() if document.get("reverts") else retired(reader, changes),
        reading=Reading.from_dict(reading) if reading else None,
        lines=surveyed(reader, changes.effective),
    )


def surveyed(reader: Reader, effective: str) -> gpd.GeoDataFrame | None:
    """Return the boundary lines in force on a date, None where there are none."""
    if not reader.head("boundary_lines"):
        return None
    lines = reader.snapshot("boundary_lines", in_force=effective)
    return lines.rename_axis("key").reset_index() if len(lines) else None


def retired(reader: Reader, changes: ChangeSet) -> frozenset[str]:
    """Return the codes given up before the change takes effect, never to be reused.

    Not to be asked of a revert: it gives no code anew, it takes back that one ended.
    """
    ended: set[str] = set()
    for version in reader.versions(changes.layer):
        if version.effective > changes.effective:
            continue
        ended |= set(version.doc.get("removed", ()))
        if version.doc.get("reverts"):
            ended -= set(version.doc.get("restored", ()))
    added = set(changes.added)
    if added - ended:
        ended |= _retired_by_tables(reader, changes.effective)
    return frozenset(ended & added)


def _retired_by_tables(reader: Reader, effective: str) -> set[str]:
    """Return the codes that imported code tables say had ended by a date."""
    from boundaries.divisions import CodeHistory
    from boundaries.divisions.dates import span

    latest = span(effective).last
    ended: set[str] = set()
    for document in reader.find("codes"):
        retired = CodeHistory.from_bytes(reader.blob(document["blob"])).retired
        ended |= {
            str(code) for code, date in retired.items() if span(date).last <= latest
        }
    return ended


def repaired(
    reader: Reader,
    base: gpd.GeoDataFrame,
    changes: ChangeSet,
    chosen: gpd.GeoDataFrame,
    settings: RuleSettings,
    to: Mapping[str, str] | None = None,
) -> tuple[gpd.GeoDataFrame, Mended]:
    """Return what is staged after the suggested repairs, and what they did."""
    from boundaries.rules import repairing

    after = applied(base, changes)
    lines = surveyed(reader, changes.effective)
    mended = repairing.apply(after, chosen, settings=settings, lines=lines, to=to)
    if not any(entry["done"] for entry in mended.log):
        raise InputError(
            Text("没有一项修复可自动完成。", "None of these repairs can be done."),
            _why_not(mended.log),
        )
    keys = changes.new.index.union(mended.rows.index).difference(list(mended.ended))
    new = after.loc[after.index.intersection(keys)].copy()
    new.loc[mended.rows.index, "geometry"] = mended.rows.geometry
    return new, mended


def _why_not(log: Sequence[dict[str, Any]]) -> Text | None:
    why = next((entry["why"] for entry in log if entry.get("why")), None)
    if isinstance(why, dict):
        return Text(**why)
    return None if why is None else Text(str(why), str(why))


def concluded(
    base: gpd.GeoDataFrame, changes: ChangeSet, *, floor_m2: float
) -> list[dict[str, Any]]:
    """Return the change events a draft amounts to, as far as its data tell.

    None for the first import of a layer: nothing was there to change. Borders that
    moved less than ``floor_m2`` are noise of drawing, not events.
    """
    if changes.layer != "divisions" or base.empty:
        return []
    from boundaries.divisions import change_events

    moves = moved(changes.old, changes.new)
    moves = moves[moves["area_m2"] >= floor_m2]
    found = change_events.infer(changes, moves)
    return [_from_to(event.to_dict()) for event in found]


def _from_to(event: dict[str, Any]) -> dict[str, Any]:
    """Return an inferred event in the words of a declared one."""
    renamed = {"before": "from", "after": "to"}
    return {renamed.get(name, name): value for name, value in event.items()}


def moved(old: gpd.GeoDataFrame, new: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return which unit gave which ground to which, level by level.

    A district and its streets hold the same ground; only units of one level can
    give ground to each other.
    """
    from geodata.topology.moves import moves

    if not _polygons(old, new):
        return moves(old.iloc[:0], new.iloc[:0])
    if "level" not in old:
        return moves(old, new)
    levels = sorted({*old["level"].dropna(), *new["level"].dropna()})
    found = [
        moves(old[old["level"] == level], new[new["level"] == level])
        for level in levels
    ]
    if not found:
        return moves(old.iloc[:0], new.iloc[:0])
    filled = [frame for frame in found if len(frame)] or found[:1]
    return gpd.GeoDataFrame(
        pd.concat(filled, ignore_index=True), geometry="geometry", crs=filled[0].crs
    )


def _polygons(*frames: gpd.GeoDataFrame) -> bool:
    return all((frame.geom_type.dropna() == "MultiPolygon").all() for frame in frames)


def counted(changes: ChangeSet) -> dict[str, Any]:
    """Return the counts and the first keys of a change, for its draft's document."""
    return {
        "counts": {
            "added": len(changes.added),
            "changed": len(changes.changed),
            "removed": len(changes.removed),
        },
        "keys": [str(key) for key in changes.keys[:_SCOPE_MOST]],
    }


def scope(layer: str, changes: ChangeSet) -> list[str]:
    """Return the division codes a change touches, at most a few hundred.

    Above that number units are stood for by the units above them, so that a
    draft's document stays small; a subtree that holds those holds the units.
    """
    found = divisions_of(layer, changes)
    while len(found) > _SCOPE_MOST:
        found = {part for code in found for part in code.split(EITHER)}
        above = {code: codes.parent(code) for code in found if codes.is_code(code)}
        deepest = max(len(code) for code in found)
        higher = {
            (above.get(code) or code) if len(code) == deepest else code
            for code in found
        }
        if higher == found:
            break
        found = higher
    return sorted(found)


def divisions_of(layer: str, changes: ChangeSet) -> set[str]:
    """Return the codes of the divisions that features of a change belong to.

    What belongs to no division (``""``) is for those alone whose subtree is all.
    """
    if layer in ("divisions", "population"):
        return {str(key) for key in changes.keys}
    if layer in ("markers", "inspections"):
        return _sides_of(changes, every=layer == "markers")
    columns = {"boundary_lines": ("left", "right"), "place_names": ("division",)}
    columns["facilities"] = ("division",)
    found: set[str] = set()
    for frame in (changes.old, changes.new):
        for name in columns.get(layer, ()):
            found |= {str(code or "") for code in frame[name]}
        if layer not in columns and len(frame):
            found.add("")
    return found


def _sides_of(changes: ChangeSet, *, every: bool) -> set[str]:
    """Return the sides of markers touched, joined where either side may act.

    How a marker fares, either side may record; with ``every`` setting, moving or
    removing one is for those who hold all its sides.
    """
    moved = set(changes.added) | set(changes.removed)
    both = changes.changed
    old, new = (
        np.asarray(frame.geometry.reindex(both).array, dtype=object)
        for frame in (changes.old, changes.new)
    )
    moved |= set(both[~same_geometry(old, new)])
    found: set[str] = set()
    for frame in (changes.old, changes.new):
        for key, units in frame["units"].items():
            codes_ = [str(unit) for unit in units] if isinstance(units, list) else []
            if not codes_:
                found.add("")
            elif every and key in moved:
                found |= set(codes_)
            else:
                found.add(EITHER.join(codes_))
    return found


def _listed(base: gpd.GeoDataFrame, new: gpd.GeoDataFrame, complete: Any) -> Any:
    """Return the base keys that end if the frame lacks them, or False."""
    if complete is None:
        return False
    if not isinstance(complete, str):
        return pd.Index(list(complete))
    codes.parse(complete)
    if "level" not in base:
        return pd.Index([c for c in base.index if codes.is_within(str(c), complete)])
    levels = set(new["level"].dropna())
    below = [
        code
        for code, level in base["level"].items()
        if level in levels and code != complete and codes.is_within(str(code), complete)
    ]
    return pd.Index(below)


def _event(item: dict[str, Any]) -> dict[str, Any]:
    """Return a declared change event, checked."""
    try:
        kind = ChangeType.of(str(item["type"]))
        before = [codes.parse(str(code)).text for code in item.get("from", ())]
        after = [codes.parse(str(code)).text for code in item.get("to", ())]
    except (KeyError, ValueError, TypeError) as error:
        raise InputError(
            Text(f"变更事件有误：{item}。", f"Not a change event: {item}."),
            Text(
                '例：{"type": "merge", "from": ["120101001"], "to": ["120101002"]}',
                f"Types: {', '.join(ChangeType)}.",
            ),
        ) from error
    return {**item, "type": kind.value, "from": before, "to": after}


def _missing_values(reader: Reader, changes: ChangeSet) -> list[dict[str, Any]]:
    """Return one finding per required value a feature lacks."""
    schema = reader.layers()[changes.layer]
    return [
        finding.finding(
            "required",
            "error",
            [str(key)],
            Text(f"{key} 缺少 {item.name}。", f"{key} has no {item.name}."),
            place=item.name,
            geometry=changes.new.geometry.loc[key],
        )
        for item in schema.fields
        if item.required
        for key in changes.new.index[changes.new[item.name].isna()]
    ]
