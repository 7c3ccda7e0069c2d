"""What a file means for a layer: the change its records make, what was inferred."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd

from boundaries import codes, columns, registers, spoken
from boundaries.intake import Intake, take_in
from boundaries.registry.staging import layer_before
from boundaries.services import counts, gridded, residential
from boundaries.vocabulary import ChangeType
from geodata.errors import InputError, Text
from geodata.store import dates
from geodata.store.changes import ChangeSet
from geodata.store.diffing import changes_between

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from geodata.files.reading import Guess, Reading
    from geodata.store.protocol import Reader

DECISION = "decision_needed"
_NAMED = 20
"""Records named in a sentence."""


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
