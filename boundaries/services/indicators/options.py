"""What the sources leave open (domain F2, [U]): a choice with a default each.

The official statistical definitions of several indicators were not found, so nothing
of them is code; what was chosen is printed with every figure.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any

from boundaries.services.profiles import Group
from boundaries.services.words import FacilityType, Ownership
from boundaries.vocabulary import Word
from geodata.errors import InputError, Text

if TYPE_CHECKING:
    from collections.abc import Mapping


class Test(Word):
    """What a centre must be to count as 具备综合功能; all chosen must hold."""

    __test__ = False  # no test case, whatever pytest makes of the name

    FLAG = "flag", "由工作人员认定", "flagged by staff"
    AREA = "area", "建筑面积达标", "floor area large enough"
    FUNCTIONS = "functions", "具备全部八项功能", "all eight functions"


class Beds(Word):
    """Which beds are counted; kinds are never added unless both are named."""

    TOTAL = "beds_total", "机构床位", "beds of institutions"
    NURSING = "beds_nursing", "护理型床位", "nursing beds"
    HOME = "home_beds", "家庭养老床位", "care beds at home"
    DAY = "day_places", "日托位", "day places"


def _choice(default: Any, zh: str, en: str, words: type[Word] | None = None) -> Any:
    return field(default=default, metadata={"help": Text(zh, en), "words": words})


@dataclass(frozen=True)
class Options:
    """The choices one computation is made with; see each field's words."""

    elderly: str = _choice(
        "aged_60", "老年人口的口径", "who counts as elderly", Group
    )  # fmt: skip
    institutions: tuple[str, ...] = _choice(
        ("INST", "INST-TK"), "哪些类型是养老机构", "types that are care homes",
        FacilityType,
    )  # fmt: skip
    registered: bool = _choice(
        True, "登记为养老机构的其他设施也计入养老机构",
        "other facilities registered as care homes count as such",
    )  # fmt: skip
    comprehensive_types: tuple[str, ...] = _choice(
        ("REG",), "I2：哪些类型可算具备综合功能的机构",
        "I2: types that may be a comprehensive centre", FacilityType,
    )  # fmt: skip
    comprehensive: tuple[str, ...] = _choice(
        ("area",), "I2：“具备综合功能”的认定（所选须同时满足）",
        "I2: what makes a centre comprehensive (all chosen must hold)", Test,
    )  # fmt: skip
    comprehensive_m2: float = _choice(
        1000.0, "区域型机构的最小建筑面积（㎡）",
        "least floor area of an area care centre (m²)",
    )  # fmt: skip
    day_urban: tuple[str, ...] = _choice(
        ("DAY", "COM", "REG"), "I3：城镇日间照料设施的类型",
        "I3: types of day care in urban communities", FacilityType,
    )  # fmt: skip
    day_rural: tuple[str, ...] = _choice(
        ("DAY", "COM", "REG", "HAPPY"), "I3：农村日间照料设施的类型",
        "I3: types of day care in rural communities", FacilityType,
    )  # fmt: skip
    by_radius: bool = _choice(
        True, "社区全部老年人都在服务圈内的，视为已覆盖（I3、I5）",
        "a community all of whose elderly are within reach counts as served (I3, I5)",
    )  # fmt: skip
    reach: tuple[str, ...] = _choice(
        (), "I11、I12：哪些类型算服务圈设施（不选：全部养老服务设施）",
        "I11, I12: types that serve (none chosen: all of eldercare)", FacilityType,
    )  # fmt: skip
    private: tuple[str, ...] = _choice(
        ("private", "private_aided"), "I13：哪些举办主体算社会办",
        "I13: which owners are private", Ownership,
    )  # fmt: skip
    beds: tuple[str, ...] = _choice(
        ("beds_total",), "I9：计入哪些床位", "I9: which beds are counted", Beds
    )
    community_space: tuple[str, ...] = _choice(
        ("COMMUNITY", "DAY", "STATION", "COM", "HAPPY"),
        "I10：哪些类型是社区综合服务设施",
        "I10: types whose floor area serves the community", FacilityType,
    )  # fmt: skip
    near_medical: tuple[str, ...] = _choice(
        ("COM", "DAY", "STATION", "REG", "COMPLEX"), "C2：哪些类型应邻近医疗设施",
        "C2: types that should be next to a medical site", FacilityType,
    )  # fmt: skip
    medical_m: float = _choice(
        500.0, "C2：邻近医疗设施的直线距离（米）",
        "C2: how far the next medical site may be, in a straight line (m)",
    )  # fmt: skip
    farming: tuple[str, ...] = _choice(
        (), "涉农区代码（空：下辖乡镇的区县即涉农）",
        "codes of farming districts (none: those with towns)",
    )  # fmt: skip
    standard: str = _choice(
        "gb50437", "采用的规划标准", "the planning standard applied"
    )

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Options:
        """Return the options with some changed; raise InputError for a bad one."""
        known = {item.name: item for item in fields(cls)}
        made: dict[str, Any] = {}
        for name, value in given.items():
            if name not in known:
                raise InputError(
                    Text(f"没有口径选项 {name}。", f"There is no option {name}."),
                    Text(f"可用：{'、'.join(known)}。", f"One of: {', '.join(known)}."),
                )
            made[name] = _checked(known[name], value)
        return cls(**made)

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        found = {item.name: getattr(self, item.name) for item in fields(self)}
        return {k: list(v) if isinstance(v, tuple) else v for k, v in found.items()}


def _checked(item: Any, value: Any) -> Any:
    words, default = item.metadata["words"], item.default
    if isinstance(default, bool):
        return _truth(item.name, value)
    if isinstance(default, float):
        return _number(item.name, value)
    if isinstance(default, tuple):
        parts = value.split(",") if isinstance(value, str) else list(value)
        named = [str(part).strip() for part in parts if str(part).strip()]
        return tuple(_word(words, item.name, part) for part in named)
    return _word(words, item.name, str(value).strip())


def _word(words: type[Word] | None, name: str, value: str) -> str:
    if words is None:
        return value
    try:
        return words.of(value).value
    except ValueError:
        choices = "、".join(word.value for word in words)
        raise InputError(
            Text(f"{name} 不能是“{value}”。", f"{name} cannot be “{value}”."),
            Text(f"可用：{choices}。", f"One of: {choices}."),
        ) from None


def _truth(name: str, value: Any) -> bool:
    said = {"true": True, "1": True, "on": True, "false": False, "0": False, "": False}
    found = said.get(str(value).strip().lower())
    if found is None:
        raise InputError(
            Text(f"{name} 应为是或否。", f"{name} is true or false, not {value!r}.")
        )
    return found


def _number(name: str, value: Any) -> float:
    try:
        found = float(value)
    except (TypeError, ValueError):
        found = -1.0
    if not 0 < found < 1e9:
        raise InputError(
            Text(f"{name} 应为大于 0 的数，不能是“{value}”。",
                 f"{name} is a number above 0, not {value!r}."),
        )  # fmt: skip
    return found
