"""Who is reached and who is not, by unit: along streets, and by circle beside it.

Facilities serve by distance, whichever division they stand in. Every figure comes
with the stamp of what it stands on and with what had to be left out of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from boundaries.services.left_out import without_unit
from boundaries.services.nearness import Bools, Floats, Reach, reach
from boundaries.services.tree import LEVEL_WORDS
from boundaries.services.words import Domain, FacilityType
from geodata.errors import InputError, Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from boundaries.services.omissions import Omission
    from boundaries.services.situation import Situation
    from geodata.workers import Workers

SERVING_TYPES = tuple(
    kind.value
    for kind in FacilityType
    if kind.domain is Domain.ELDERCARE
    and kind not in (FacilityType.HOMEBED, FacilityType.CMD, FacilityType.RESCUE)
)
"""What counts when no type is asked for: places that elderly people go to."""


LOWEST = "lowest"
"""Not a level but the lowest division in force everywhere, whatever its level: a
street where it has no communities. Nobody is in none; no page asks for it."""


@dataclass(frozen=True, eq=False)
class Coverage:
    """The figures of one question."""

    level: str
    types: tuple[str, ...]
    units: pd.DataFrame
    """By code, in their order: ``name, people, reached, unreached, share, circle,
    circle_share, difference, circle_only, corrected, minutes, facilities``; network
    figures are NaN without a network."""
    total: dict[str, Any]
    omitted: tuple[Omission, ...]
    stamp: dict[str, Any]
    reach: Reach
    within: str | None = None

    def lacking(self) -> pd.DataFrame:
        """Return the units by how many people lack, most first."""
        missing = "unreached" if self.reach.reached is not None else "uncircled"
        units = self.units[self.units["people"] > 0]
        return units.sort_values([missing, "people"], ascending=False, kind="stable")

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        rows = self.units.reset_index(names="code").replace({np.nan: None})
        return {
            "level": self.level,
            "types": list(self.types),
            "within": self.within,
            "units": [plain(row) for row in rows.to_dict("records")],
            "total": plain(self.total),
            "omitted": [each.to_dict() for each in self.omitted],
            "stamp": self.stamp,
        }


def coverage(
    situation: Situation,
    *,
    level: str = "street",
    types: Sequence[str] = (),
    within: str | None = None,
    workers: Workers | None = None,
) -> Coverage:
    """Return who is reached by unit of a level.

    Parameters
    ----------
    level
        ``district``, ``street``, ``community`` … (:data:`LEVEL_WORDS`).
    types
        Types of facility; none: :data:`SERVING_TYPES`.
    within
        Only units of this subtree; facilities outside it serve them all the same.
    workers
        Processes or machines that search the streets in parts; None: this process.
        The answer is the same.
    """
    level_number(level)
    made = coverages(
        situation, (level,), types=types, within=within, workers=workers
    )  # fmt: skip
    return made[level]


def coverages(
    situation: Situation,
    levels: Sequence[str] = tuple(LEVEL_WORDS),
    *,
    types: Sequence[str] = (),
    within: str | None = None,
    workers: Workers | None = None,
) -> dict[str, Coverage]:
    """Return who is reached by the units of several levels, searched for once."""
    kinds = checked_types(types)
    found = reach(situation, situation.serving(kinds), workers)
    omitted, stamp = situation.omitted(found.rows), situation.stamp
    here = standing_in(situation, found.rows, within)
    made = {}
    for level in levels:
        number = numbered(level)
        names = unit_of(situation, number, within)
        units = by_unit(situation, found, names)
        total = _total(units, int(here.sum()))
        known = np.array([name is not None for name in names], bool)
        lost = without_unit(situation, known, number, within) if number else ()
        made[level] = Coverage(
            level, kinds, units, total, (*omitted, *lost), stamp, found, within
        )  # fmt: skip
    return made


def level_number(level: str) -> int:
    """Return the number of a level by its word; raise InputError."""
    if level not in LEVEL_WORDS:
        raise InputError(
            Text(f"没有级别“{level}”。", f"There is no level “{level}”."),
            Text(f"可用：{'、'.join(LEVEL_WORDS)}。",
                 f"Use one of {', '.join(LEVEL_WORDS)}."),
        )  # fmt: skip
    return int(LEVEL_WORDS[level])


def numbered(level: str) -> int:
    """Return the number of a level, 0 for :data:`LOWEST`; raise InputError."""
    return 0 if level == LOWEST else level_number(level)


def checked_types(types: Sequence[str]) -> tuple[str, ...]:
    """Return types of facility as stored; raise InputError for one that is none."""
    found = []
    for each in types:
        try:
            found.append(FacilityType.of(each).value)
        except ValueError:
            words = "、".join(f"{kind.value} {kind.label.zh}" for kind in FacilityType)
            raise InputError(
                Text(f"没有设施类型“{each}”。", f"There is no type “{each}”."),
                Text(f"可用：{words}。",
                     f"Use: {', '.join(kind.value for kind in FacilityType)}."),
            ) from None  # fmt: skip
    return tuple(dict.fromkeys(found)) or SERVING_TYPES


def unit_of(
    situation: Situation, number: int, within: str | None
) -> npt.NDArray[np.object_]:
    """Return (p,) the unit of a level each point counts for, None for none.

    ``number`` as of :func:`numbered`.
    """
    tree = situation.tree
    homes, inverse = np.unique(situation.people.home.astype(str), return_inverse=True)
    found = np.empty(len(homes), dtype=object)
    for at, home in enumerate(homes):
        if within is None or within in tree.chain(home):
            found[at] = tree.at(home, number) if number else tree.lowest(home)
    return found[inverse] if len(homes) else np.empty(0, dtype=object)


def by_unit(
    situation: Situation, found: Reach, names: npt.NDArray[np.object_]
) -> pd.DataFrame:
    """Return the figures of each unit; ``names`` is the unit of every point."""
    weight = situation.people.weights[situation.profile.group]
    known = np.array([name is not None for name in names], bool)
    codes, unit = np.unique(names[known].astype(str), return_inverse=True)

    def total(mask: Bools | None) -> Floats:
        if mask is None:
            return np.full(len(codes), np.nan)
        sums = np.bincount(unit, weights=(weight * mask)[known], minlength=len(codes))
        return np.asarray(sums, np.float64)

    people = total(np.ones(len(weight), bool))
    reached, circle = total(found.reached), total(found.circled)
    only = None if found.reached is None else found.circled & ~found.reached
    frame = pd.DataFrame(
        {
            "name": [situation.tree.name.get(code, "") for code in codes],
            "people": people,
            "reached": reached,
            "unreached": people - reached,
            "share": _share(reached, people),
            "circle": circle,
            "uncircled": people - circle,
            "circle_share": _share(circle, people),
            "difference": circle - reached,
            "circle_only": total(only),
            "corrected": total(found.corrected),
            "minutes": _minutes(found, weight, known, unit, len(codes)),
            "facilities": _standing(situation, found.rows, codes),
        },
        index=pd.Index(codes, name="code"),
    )
    real = frame.select_dtypes("float64").columns
    frame[real] = frame[real].round(6)
    return frame


def _share(part: Floats, whole: Floats) -> Floats:
    """Return per cent, NaN where nobody lives."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(whole > 0, part / whole * 100, np.nan)


def _minutes(
    found: Reach, weight: Floats, known: Bools, unit: Any, count: int
) -> Floats:
    """Return the mean minutes of the people reached."""
    if found.reached is None or found.seconds is None:
        return np.full(count, np.nan)
    mask = found.reached & np.isfinite(found.seconds)
    spent = np.where(mask, np.where(mask, found.seconds, 0) * weight, 0)[known]
    who = (weight * mask)[known]
    total = np.bincount(unit, weights=spent, minlength=count)
    people = np.bincount(unit, weights=who, minlength=count)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(people > 0, total / people / 60, np.nan)


def _standing(
    situation: Situation, rows: npt.NDArray[np.int64], codes: Any
) -> npt.NDArray[np.int64]:
    """Return how many of the facilities stand in each unit, by their own code."""
    count = dict.fromkeys(codes, 0)
    said = situation.facilities["division"].to_numpy(object)[rows]
    for code in said:
        if code is None or pd.isna(code):
            continue
        for up in situation.tree.chain(str(code)):
            if up in count:
                count[up] += 1
                break
    return np.array([count[code] for code in codes], np.int64)


def standing_in(
    situation: Situation, rows: npt.NDArray[np.int64], within: str | None
) -> Bools:
    """Return which of the facilities stand in a unit, by their own code; None: all."""
    if within is None:
        return np.ones(len(rows), bool)
    said = situation.facilities["division"].to_numpy(object)[rows]
    return np.array(
        [not pd.isna(code) and within in situation.tree.chain(str(code))
         for code in said],
        bool,
    )  # fmt: skip


def _total(units: pd.DataFrame, facilities: int) -> dict[str, Any]:
    """Return sums; ``facilities_elsewhere`` stand in none of the units."""
    sums = ("people", "reached", "unreached", "circle", "uncircled", "difference",
            "circle_only", "corrected", "facilities")  # fmt: skip
    found = {name: float(units[name].sum(skipna=False)) for name in sums}
    found["facilities_elsewhere"] = float(facilities - found["facilities"])
    found["facilities"] = float(facilities)
    whole = np.array([found["people"]])
    found["share"] = float(_share(np.array([found["reached"]]), whole)[0])
    found["circle_share"] = float(_share(np.array([found["circle"]]), whole)[0])
    found["units"] = len(units)
    return found


def plain(row: dict[Any, Any]) -> dict[str, Any]:
    """Return figures as JSON has them: what is not finite is None."""
    return {
        str(name): None
        if isinstance(value, float) and not np.isfinite(value)
        else round(value, 3)
        if isinstance(value, float)
        else value
        for name, value in row.items()
    }
