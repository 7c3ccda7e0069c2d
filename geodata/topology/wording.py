"""What a finding says to a person: what, who, where, how much, what to do."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING

from geodata.errors import Text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from geodata.topology.findings import Place
    from geodata.topology.metres import Metres

MOST_NAMED = 4
KEYS = ("lacks", "has", "inner", "host", "above", "below")
"""Details that are keys of units."""

WORDS: dict[str, Text] = {
    "overlap": Text(
        "{who} 在 {at} 重叠{size}。请确认界线后改正其中一方。",
        "{who} overlap at {at}{size}. Settle the line and correct one.",
    ),
    "sliver_overlap": Text(
        "{who} 在 {at} 有狭长重叠{size}。请统一公共边界。",
        "{who} overlap in a sliver at {at}{size}. Share one border.",
    ),
    "gap": Text(
        "{between_zh}在 {at} 有空隙{size}。请把它划归一方。",
        "Gap {between_en} at {at}{size}. Give it to one of them.",
    ),
    "sliver_gap": Text(
        "{between_zh}在 {at} 有狭长空隙{size}。请统一公共边界。",
        "Narrow gap {between_en} at {at}{size}. Share one border.",
    ),
    "unmatched_vertex": Text(
        "{lacks} 的边界在 {at} 缺少邻接单元 {has} 的 {count} 个顶点。请补入。",
        "The border of {lacks} lacks {count} vertices that {has} has, first at {at}. "
        "Insert them.",
    ),
    "near_vertex": Text(
        "{who} 的 {count} 个顶点在 {at} 相距不到容差而不重合。请并为一点。",
        "{count} vertices of {who} at {at} lie within the tolerance of each other "
        "but are not equal. Join them.",
    ),
    "redrawn_border": Text(
        "{who} 的公共边界在 {at} 各画了一遍{size}。请只留一条。",
        "{who} draw their common border differently at {at}{size}. Keep one line.",
    ),
    "self_crossing": Text(
        "{who} 的边界在 {at} {what_zh}。请改正。",
        "The border of {who} {what_en} at {at}. Correct it.",
    ),
    "spike": Text(
        "{who} 的边界在 {at} 有往返的尖刺。请删去。",
        "The border of {who} goes out and back at {at}. Remove the spike.",
    ),
    "repeated_point": Text(
        "{who} 有 {count} 个重复顶点，首处在 {at}。",
        "{who} repeats {count} vertices, first at {at}.",
    ),
    "orientation": Text(
        "{who} 有环的走向与图层中多数相反，首处在 {at}。",
        "Rings of {who} run the other way than most of the layer's, first at {at}.",
    ),
    "too_few_points": Text(
        "{who} 在 {at} 的环顶点不足，不成面。请补齐或删去。",
        "A ring of {who} at {at} has too few points to enclose ground. Complete or "
        "remove it.",
    ),
    "not_finite": Text(
        "{who} 有 {count} 个坐标不是有限的数，邻近 {at}。请改正。",
        "{who} has {count} coordinates that are no finite numbers, near {at}. "
        "Correct them.",
    ),
    "duplicate": Text(
        "{who} 的范围相同。请删除重复的单元或改正其图形。",
        "{who} cover the same ground. Remove one or correct its shape.",
    ),
    "near_duplicate": Text(
        "{who} 的范围几乎相同（在 {at}）。请确认是否重复。",
        "{who} cover almost the same ground at {at}. See whether one is a duplicate.",
    ),
    "missing_unit": Text(
        "{between_zh}在 {at} 有一处大小相当于一个单元的空白{size}。"
        "请补上缺失的单元，或登记为飞地、湖泊等例外。",
        "A hole the size of a unit {between_en} at {at}{size}. Add the missing "
        "unit, or register an exception (enclave, lake).",
    ),
    "uncut_host": Text(
        "{inner} 位于 {host} 之内（{at}），但 {host} 没有为它挖空。",
        "{inner} lies inside {host} at {at}, which has no hole for it. Cut it out.",
    ),
    "multipart": Text(
        "{who} 由 {count} 个分离的部分组成，未登记为飞地。",
        "{who} consists of {count} separate parts that are not registered.",
    ),
    "outside_parent": Text(
        "{below} 在 {at} 超出上级 {above} 的范围{size}。请核对双方界线。",
        "{below} reaches out of its superior {above} at {at}{size}. Compare the two "
        "borders.",
    ),
    "parent_residual": Text(
        "{above} 在 {at} 有一处不属于任何下级单元（邻近 {below}）{size}。"
        "请核对界线或补上单元。",
        "Ground of {above} at {at} (next to {below}) belongs to none of its "
        "units{size}. Compare the borders or add the unit.",
    ),
    "off_line": Text(
        "{who}：边界在 {at} 偏离界线，最大 {most} m，平均 {mean} m。请核对。",
        "{who}: the border leaves the boundary line at {at}, by {most} m at most "
        "and {mean} m on average. Compare them.",
    ),
    "line_dangle": Text(
        "界线 {who} 在 {at} 悬挂，没有接到别的界线或边界。",
        "Line {who} dangles at {at}: it meets no other line and no border.",
    ),
    "line_self_overlap": Text(
        "界线 {who} 在 {at} 与自身重叠。",
        "Line {who} runs over itself at {at}.",
    ),
    "line_end": Text(
        "界线 {who} 的端点 {at} 不在三交点上。",
        "Line {who} ends at {at}, which is no tripoint.",
    ),
    "line_sides": Text(
        "{who}：界线所记的两侧单位（{said}）与实际（{found}）不符。",
        "{who}: the sides the line names ({said}) are not the units beside it "
        "({found}).",
    ),
    "precision": Text(
        "{count} 个单元的边界只在数据自身精度以下（{most} m）不一致。整层舍入即可。",
        "The borders of {count} units differ only below the data's own precision "
        "({most} m). Round the whole layer.",
    ),
    "unusable": Text(
        "{who} 的图形无法使用（{at}）：{why_zh}。请重新取得该图形。",
        "The shape of {who} at {at} cannot be used: {why_en}. Obtain it again.",
    ),
}


RINGS = {
    "crossing": Text("自相交", "crosses itself"),
    "Hole lies outside": Text("有洞位于外环之外", "has a hole outside its shell"),
    "Nested holes": Text("洞中有洞", "has one hole within another"),
    "Nested shells": Text("有部件互相包含", "has one part within another"),
    "Duplicate Rings": Text("有重复的环", "draws a ring twice"),
}
"""What is wrong with rings, in plain words."""


def message(
    place: Place,
    metres: Metres,
    names: Mapping[str, str] | None,
    middle: Sequence[float],
) -> Text:
    """Return the sentence for one finding in both languages.

    ``names`` says what units are called, by key; ``middle`` is that of the place.
    """
    words = WORDS[place.rule]
    who = _called(place.units, names or {})
    one = len(place.units) == 1
    at = _at(middle, metres)
    zh: dict[str, Any] = {"at": at, "who": who.zh}
    en: dict[str, Any] = {"at": at, "who": who.en}
    zh["between_zh"] = f"{who.zh} 之内" if one else f"{who.zh} 之间"
    en["between_en"] = f"inside {who.en}" if one else f"between {who.en}"
    for word, value in place.detail.items():
        if word in KEYS:
            keys = (value,) if isinstance(value, str) else value
            zh[word], en[word] = _called(keys, names or {})
        else:
            zh[word] = en[word] = value
    if "what" in zh:
        zh["what_zh"], en["what_en"] = RINGS[zh["what"]]
    size, wide = _size(place)
    return Text(
        words.zh.format(**zh, size=size and f"：{size}，平均宽 {wide}"),
        words.en.format(**en, size=size and f": {size}, mean width {wide}"),
    )


def _called(keys: Sequence[str], names: Mapping[str, str]) -> Text:
    """Return units by name and key, those beyond a few counted."""
    some = keys[:MOST_NAMED]
    more = f" … +{len(keys) - len(some)}" if len(keys) > len(some) else ""
    zh = "、".join(f"{names[key]}（{key}）" if key in names else key for key in some)
    en = ", ".join(f"{names[key]} ({key})" if key in names else key for key in some)
    return Text(zh + more, en + more)


def _at(middle: Sequence[float], metres: Metres) -> str:
    """Say where the middle of the place is."""
    x, y = middle
    if not (isfinite(x) and isfinite(y)):
        return "?"
    return f"{x:.6f}°E, {y:.6f}°N" if metres.degrees else f"{x:.2f}, {y:.2f}"


def _size(place: Place) -> tuple[str, str]:
    """Say area and mean width, where there is an area."""
    area, wide = place.area_m2, place.width_m
    if area != area:  # NaN: no area to speak of
        return "", ""
    size = (
        f"{area / 1e6:.2f} km²"
        if area >= 1e6
        else f"{area / 1e4:.2f} ha"
        if area >= 1e4
        else f"{area:.2f} m²"
    )
    return size, f"{wide:.3f} m" if wide < 10 else f"{wide:.1f} m"
