"""What the fields of a road layer say: class, level, one-way, who may walk.

Usual names in Chinese and English are known; a person can say which field is which.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from geodata.errors import InputError, Text
from geodata.files.geometry import HEIGHTS
from geodata.network.graph import STREET, VEHICLE, WALK
from geodata.network.osm import MOTORWAYS, PEOPLE, TRAFFIC

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd

NAMES: dict[str, tuple[str, ...]] = {
    "class": (
        *("class", "highway", "fclass", "type", "kind", "roadclass", "road_class"),
        *("rclass", "道路等级", "道路类型", "道路类别", "等级", "类型", "类别", "dldj"),
    ),
    "oneway": ("oneway", "one_way", "direction", "dir", "单行", "单行线", "通行方向"),
    "level": (
        *("layer", "level", "zlevel", "z_level", "z_order", "elev", "层级", "层次"),
        *("立交层", "高程层", "层"),
    ),
    "from_level": ("f_zlev", "from_zlev", "f_zlevel", "from_level", "起点层"),
    "to_level": ("t_zlev", "to_zlev", "t_zlevel", "to_level", "终点层"),
    "bridge": ("bridge", "桥梁", "桥", "是否桥梁", "高架"),
    "tunnel": ("tunnel", "隧道", "是否隧道", "地道"),
    "foot": ("foot", "walk", "pedestrian", "步行", "可步行", "行人", "允许步行"),
}
"""Names under which each field is known, the likeliest first."""
_WALK = re.compile(
    "人行|步行|步道|天桥|地下通道|台阶|阶梯|小路|小径|绿道|栈道|巷弄步行"
)
_VEHICLE = re.compile("高速|快速路主路|机动车专用|封闭道路")
_NONE = re.compile("规划|拟建|在建|废弃|铁路|轨道交通")
_YES = frozenset({"1", "1.0", "yes", "true", "t", "y", "是", "有", "b", "ft", "f"})
_BACK = frozenset({"-1", "-1.0", "reverse", "tf"})
_NO = frozenset({"0", "0.0", "no", "false", "f", "n", "否", "无", "禁止"})
_FAR = 40


@dataclass(frozen=True)
class Columns:
    """What every record of a layer is as a street."""

    kind: npt.NDArray[np.int8]
    oneway: npt.NDArray[np.int8]
    level: npt.NDArray[np.int16]
    start: npt.NDArray[np.int16]
    """Level of the first end, where it is named by itself; else as ``level``."""
    stop: npt.NDArray[np.int16]
    used: npt.NDArray[np.bool_]

    def left_out(self, lines: npt.NDArray[np.bool_]) -> dict[str, int]:
        """Return why lines are left out, with how many."""
        count = int((lines & ~self.used).sum())
        return {"other_highway": count} if count else {}


def columns_of(frame: gpd.GeoDataFrame, said: Mapping[str, str] | None) -> Columns:
    """Return what the fields of a frame say of each record."""
    chosen = _chosen(frame, dict(said or {}))
    many = len(frame)

    def words(name: str) -> list[str]:
        if name not in chosen:
            return [""] * many
        return [_word(value) for value in frame[chosen[name]]]

    kind, used = np.full(many, STREET, np.int8), np.ones(many, bool)
    foot = words("foot")
    for at, said_class in enumerate(words("class")):
        found = _kind(said_class)
        if found is None:
            used[at] = False
        else:
            kind[at] = found
        if foot[at] in _NO and kind[at] == STREET:
            kind[at] = VEHICLE
        elif foot[at] in _YES and kind[at] == VEHICLE:
            kind[at] = STREET
    oneway = np.array(
        [1 if w in _YES else -1 if w in _BACK else 0 for w in words("oneway")], np.int8
    )
    level = _level(words("level"), words("bridge"), words("tunnel"))
    return Columns(
        kind, oneway, level,
        _ends(words("from_level"), level), _ends(words("to_level"), level), used,
    )  # fmt: skip


def _chosen(frame: gpd.GeoDataFrame, said: dict[str, str]) -> dict[str, str]:
    hidden = {frame.geometry.name, HEIGHTS}
    there = [str(c) for c in frame.columns if c not in hidden]
    lower = {name.lower(): name for name in reversed(there)}
    for what, name in said.items():
        if what not in NAMES or name not in there:
            raise InputError(
                Text(f"没有字段“{name}”（{what}）。",
                     f"There is no field {name!r} ({what})."),
                Text(f"可用的字段：{'、'.join(there[:30])}。",
                     f"There are: {', '.join(there[:30])}."),
            )  # fmt: skip
    found = {
        what: next(lower[name] for name in names if name in lower)
        for what, names in NAMES.items()
        if any(name in lower for name in names)
    }
    return found | said


def _word(value: Any) -> str:
    if value is None or value != value:  # not a number
        return ""
    return str(value).strip().lower()[:200]


def _kind(word: str) -> int | None:
    if word in PEOPLE or word in {"crossing", "sidewalk", "walkway"}:
        return WALK
    if word in MOTORWAYS:
        return VEHICLE
    if word in TRAFFIC or not word:
        return STREET
    if word in {"proposed", "construction", "abandoned", "raceway", "rail"}:
        return None
    if _NONE.search(word):
        return None
    if _VEHICLE.search(word):
        return VEHICLE
    return WALK if _WALK.search(word) else STREET


def _level(
    levels: list[str], bridges: list[str], tunnels: list[str]
) -> npt.NDArray[np.int16]:
    """Return the level of each line: as said, else 1 for bridges, -1 for tunnels."""
    made = np.zeros(len(levels), np.int16)
    for at, word in enumerate(levels):
        number = _number(word)
        if number is not None and number != 0:
            made[at] = number
        elif _said(bridges[at]):
            made[at] = 1
        elif _said(tunnels[at]):
            made[at] = -1
    return made


def _ends(words: list[str], level: npt.NDArray[np.int16]) -> npt.NDArray[np.int16]:
    numbers = [_number(word) for word in words]
    return np.array(
        [own if n is None else n for n, own in zip(numbers, level, strict=True)],
        np.int16,
    )


def _number(word: str) -> int | None:
    try:
        value = float(word)
    except ValueError:
        return None
    return int(value) if abs(value) <= _FAR else None


def _said(word: str) -> bool:
    return bool(word) and word not in _NO
