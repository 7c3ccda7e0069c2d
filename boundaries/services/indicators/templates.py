"""Network templates: which units should have how many of what, and who lacks it.

The sources do not define the 1, 3 and N of ``1+3+N`` (seed E-04 [U]); a template is
therefore data, and those here are what an officer starts from.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from boundaries.services.indicators.figures import within
from boundaries.services.indicators.inputs import column
from boundaries.services.words import FacilityType
from boundaries.vocabulary import Kind, Level
from geodata.errors import InputError, Text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from boundaries.services.indicators.inputs import Inputs

_MOST_PARTS, _LONGEST, _LEVELS = 12, 60, range(1, 6)


@dataclass(frozen=True)
class Part:
    """One line of a template: every unit of ``level`` has ``at_least`` of ``types``.

    ``least_m2`` asks for a floor area, ``kinds`` restricts the units (kinds of
    division; none: all of the level). With ``own_level`` only facilities that serve
    a unit of this level count: a district's command centre is not the city's.
    """

    role: str
    level: int
    types: tuple[str, ...]
    at_least: int = 1
    least_m2: float | None = None
    kinds: tuple[str, ...] = ()
    own_level: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {
            "role": self.role,
            "level": self.level,
            "types": list(self.types),
            "at_least": self.at_least,
            "least_m2": self.least_m2,
            "kinds": list(self.kinds),
            "own_level": self.own_level,
        }


@dataclass(frozen=True)
class Template:
    """A named network: its parts."""

    id: str
    name: str
    parts: tuple[Part, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        parts = [part.to_dict() for part in self.parts]
        return {"id": self.id, "name": self.name, "parts": parts}

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Template:
        """Return the template of a document; raise InputError naming the part."""
        name = str(document.get("name") or "").strip()
        parts = document.get("parts") or []
        if not name or len(name) > _LONGEST:
            raise InputError(
                Text(f"模板名称须为 1 至 {_LONGEST} 字。",
                     f"A template's name has 1 to {_LONGEST} characters."),
            )  # fmt: skip
        if not 1 <= len(parts) <= _MOST_PARTS:
            raise InputError(
                Text(f"模板须有 1 至 {_MOST_PARTS} 项要求。",
                     f"A template has 1 to {_MOST_PARTS} parts."),
            )  # fmt: skip
        made = [_part(number, part) for number, part in enumerate(parts, 1)]
        return cls(str(document.get("id") or ""), name, tuple(made))


def _part(number: int, given: Mapping[str, Any]) -> Part:
    try:
        types = tuple(FacilityType.of(str(word)).value for word in given["types"])
        level, least = int(given["level"]), int(given.get("at_least", 1))
        area = given.get("least_m2")
        made = Part(
            str(given["role"]).strip()[:_LONGEST], level, types, least,
            float(area) if area not in (None, "") else None,
            tuple(Kind.of(str(kind)).value for kind in given.get("kinds") or ()),
            bool(given.get("own_level")),
        )  # fmt: skip
        usable = made.role and types and level in _LEVELS and 1 <= least <= 1000
    except (KeyError, TypeError, ValueError):
        usable = False
    if not usable:
        raise InputError(
            Text(
                f"模板第 {number} 项有误。", f"Part {number} of the template is wrong."
            ),
            Text(
                "每项须有名称、级别（1-5）、设施类型和数量（1-1000）。",
                "Each has a role, a level (1-5), facility types and a number (1-1000).",
            ),
        )
    return made


@dataclass(frozen=True)
class Fit:
    """How a template is met: one row a unit and part, and the share that is whole."""

    template: Template
    rows: pd.DataFrame
    """``part``, ``role``, ``level``, ``code``, ``name``, ``count``, ``wanted``,
    ``lacking``, ``elderly``; those lacking most elderly first."""

    @property
    def gaps(self) -> pd.DataFrame:
        """The rows where something is lacking."""
        return self.rows[self.rows["lacking"] > 0]

    def shares(self) -> list[dict[str, Any]]:
        """Return for each part how many units have what it asks for."""
        made = []
        for number, part in enumerate(self.template.parts):
            rows = self.rows[self.rows["part"] == number]
            whole = int((rows["lacking"] == 0).sum())
            value = whole / len(rows) * 100 if len(rows) else None
            made.append(
                {**part.to_dict(), "units": len(rows), "whole": whole, "value": value}
            )
        return made

    def whole(self) -> pd.Series[bool]:
        """Return by unit whether it has all the parts of its level."""
        lacks: pd.Series[Any] = self.rows.groupby("code")["lacking"].sum()
        return lacks == 0


def fit(template: Template, inputs: Inputs, scope: str | None = None) -> Fit:
    """Return how the operating facilities meet a template, in one unit or in all."""
    made = [_fit(number, part, inputs) for number, part in enumerate(template.parts)]
    rows = pd.concat(made, ignore_index=True)
    if scope is not None:
        rows = rows[rows["code"].isin(within(inputs, scope))]
    rows = rows.sort_values(
        ["lacking", "elderly", "code"], ascending=[False, False, True],
        key=lambda c: c.gt(0) if c.name == "lacking" else c,
    )  # fmt: skip
    return Fit(template, rows)


def _fit(number: int, part: Part, inputs: Inputs) -> pd.DataFrame:
    level = _level(part, inputs)
    units = inputs.at_level(level)
    if part.kinds:
        units = units[units["kind"].isin(part.kinds)]
    having = _having(part, inputs)
    at = inputs.place.loc[having.index].map(inputs.above[level])
    count = at.value_counts().reindex(units.index).fillna(0).astype(int)
    return pd.DataFrame(
        {
            "part": number,
            "role": part.role,
            "level": level,
            "code": units.index.astype(object),
            "name": units["name"].to_numpy(dtype=object),
            "count": count.to_numpy(),
            "wanted": part.at_least,
            "lacking": np.maximum(part.at_least - count.to_numpy(), 0),
            "elderly": inputs.elderly.reindex(units.index).to_numpy(),
        }
    )


def _level(part: Part, inputs: Inputs) -> int:
    """Return the level meant: a municipality has no level of prefectures."""
    if part.level == Level.PREFECTURE and inputs.at_level(part.level).empty:
        return Level.PROVINCE
    return part.level


def _having(part: Part, inputs: Inputs) -> pd.DataFrame:
    """Return the operating facilities that count for a part."""
    rows = inputs.of_type(*part.types)
    if part.least_m2 is not None:
        area = pd.to_numeric(column(rows, "area_m2", None), errors="coerce")
        rows = rows[(area >= part.least_m2).fillna(value=False)]
    if part.own_level:
        served = pd.to_numeric(column(rows, "level", None), errors="coerce")
        rows = rows[served.isna() | (served == part.level)]
    return rows


_COUNTY, _TOWNSHIP, _VILLAGE = Level.COUNTY, Level.TOWNSHIP, Level.VILLAGE

BUILT_IN: Mapping[str, Template] = MappingProxyType(
    {
        made.id: made
        for made in (
            Template(
                "three_levels",
                "一区一中心、一街道（乡镇）一阵地、一居（村）一场所",
                (
                    Part("一区一中心", _COUNTY, ("CMD",), own_level=True),
                    Part("一街道（乡镇）一阵地", _TOWNSHIP, ("REG", "COMPLEX")),
                    Part("一居（村）一场所", _VILLAGE,
                         ("DAY", "STATION", "COM", "HAPPY")),
                ),
            ),
            Template(
                "home_centre_stations",
                "一院一中心多站点",
                (
                    Part("一院", _TOWNSHIP, ("INST", "INST-TK")),
                    Part("一中心", _TOWNSHIP, ("DAY", "COMPLEX")),
                    Part("多站点", _TOWNSHIP, ("STATION",), at_least=2),
                ),
            ),
            Template(
                "one_three_n",
                "1+3+N",
                (
                    Part("1 个市级平台", Level.PREFECTURE, ("CMD",), own_level=True),
                    Part("3 个区级指挥调度中心", _COUNTY, ("CMD",), own_level=True),
                    Part("N 个街道中心、社区站", _TOWNSHIP, ("REG", "STATION")),
                ),
            ),
            Template(
                "one_n",
                "1+N（区域型、社区型嵌入式机构）",
                (
                    Part("1 家区域型", _TOWNSHIP, ("REG",), least_m2=1000.0),
                    Part("N 家社区型", _TOWNSHIP, ("COM",)),
                ),
            ),
        )
    }
)  # fmt: skip
