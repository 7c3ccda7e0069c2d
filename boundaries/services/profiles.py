"""How far is near: minutes by urban and rural, speed by age, and how one travels.

None of these numbers is law (domain F3: several are assumptions), so each is a
setting with its words; a profile is what of them one figure stands on.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from numbers import Real
from typing import TYPE_CHECKING, Any

from boundaries.vocabulary import Word
from geodata.errors import InputError, Text

if TYPE_CHECKING:
    from boundaries.settings import Settings


METHOD = 7
"""Of computing: another number whenever the same data give other figures than before.

It is part of every stamp, and of the names that documents are kept by."""


class Group(Word):
    """Whom a figure counts. The value is the column of the population layer."""

    TOTAL = "total", "全部人口", "everybody"
    AGED_60 = "aged_60", "60岁及以上", "60 and over"
    AGED_65 = "aged_65", "65岁及以上", "65 and over"
    AGED_80 = "aged_80", "80岁及以上", "80 and over"
    DISABLED = "disabled", "失能人口", "people unable to care for themselves"


class RuralMode(Word):
    """How people of rural communities travel (the law does not say)."""

    WALK = "walk", "步行", "on foot"
    VEHICLE = "vehicle", "乘车", "by vehicle"


def _setting(
    default: Any, unit: str, zh: str, en: str, least: float = 0, **more: float
) -> Any:
    metadata = {"unit": unit, "help": Text(zh, en), "least": least, **more}
    return field(default=default, metadata=metadata)


@dataclass(frozen=True)
class ServiceSettings:
    """What decides who is reached. Field names are settings ``services.…``."""

    urban_minutes: float = _setting(
        15.0, "min", "城镇社区的服务圈时限", "time limit in urban communities", 1
    )
    rural_minutes: float = _setting(
        30.0, "min", "乡村社区的服务圈时限", "time limit in rural communities", 1
    )
    speed_total: float = _setting(
        1.2, "m/s", "全部人口的步行速度", "walking speed of everybody", 0.3, most=3.0
    )
    speed_60: float = _setting(
        1.0,
        "m/s",
        "60岁及以上的步行速度",
        "walking speed of 60 and over",
        0.3,
        most=3.0,
    )
    speed_65: float = _setting(
        1.0,
        "m/s",
        "65岁及以上的步行速度",
        "walking speed of 65 and over",
        0.3,
        most=3.0,
    )
    speed_80: float = _setting(
        0.8, "m/s", "80岁及以上及失能人口的步行速度",
        "walking speed of 80 and over and of the disabled", 0.3, most=3.0,
    )  # fmt: skip
    rural_mode: str = _setting(
        "walk", "", "乡村社区的出行方式：walk 步行，vehicle 乘车",
        "how rural people travel: walk or vehicle",
    )  # fmt: skip
    rural_kmh: float = _setting(
        30.0, "km/h", "乡村乘车速度（30分钟即15公里）",
        "vehicle speed in rural areas (15 km in 30 minutes)", 1,
    )  # fmt: skip
    crossings: float = _setting(
        1.0, "", "过街等候时间的倍数（路网所含的等候时间乘以此值，0 为不计）",
        "waiting at crossings, as the network has it, times this (0: none)", 0,
    )  # fmt: skip
    detour: float = _setting(
        1.3, "", "绕行系数：直线圈半径除以此值即折减圈",
        "detour factor: the straight circle's radius over this is the corrected one", 1,
    )  # fmt: skip
    snap_m: float = _setting(
        300.0, "m", "居民和设施离道路超过此距离即不计入路网可达",
        "people and facilities farther from any street than this are on no street", 1,
    )  # fmt: skip
    places: int = _setting(
        60, "", "每个人口单位沿道路最多布设的点数",
        "most points along streets that stand for one unit's people", 1, most=2000,
    )  # fmt: skip
    placing: str = _setting(
        "streets", "", "只有合计人口时的布设方法：streets 沿道路，area 按面积均匀",
        "how totals are placed: streets (along them) or area (evenly)",
    )  # fmt: skip
    need_per_thousand: float = _setting(
        40.0, "", "每千人中需要床位（名额）的人数，用于容量受限的覆盖（GB 50437：40）",
        "of a thousand people, those in need of a place (GB 50437 plans 40)", 0.1,
        most=1000,
    )  # fmt: skip
    suppressed_below: int = _setting(
        5, "", "公开成果中小于此数的人数不显示",
        "figures of people below this are not shown in public", 0,
    )  # fmt: skip


_SPEEDS = {
    Group.TOTAL: "speed_total",
    Group.AGED_60: "speed_60",
    Group.AGED_65: "speed_65",
    Group.AGED_80: "speed_80",
    Group.DISABLED: "speed_80",
}


@dataclass(frozen=True)
class Profile:
    """What one figure assumes of time and travel; printed with it."""

    group: str = "aged_60"
    speed_mps: float = 1.0
    urban_minutes: float = 15.0
    rural_minutes: float = 30.0
    rural_mode: str = "walk"
    rural_kmh: float = 30.0
    crossings: float = 1.0
    detour: float = 1.3
    snap_m: float = 300.0
    places: int = 60
    placing: str = "streets"

    @classmethod
    def of(cls, settings: Settings, group: str = "aged_60", **own: Any) -> Profile:
        """Return the profile the bureau has set for a group.

        Parameters
        ----------
        group
            A :class:`Group`.
        own
            Fields that this figure alone takes otherwise; None: as set.

        Raises
        ------
        InputError
            For a word that is none, a number out of range or an unknown field.
        """
        given = settings.services
        whom = _word(Group, group, "人群", "group")
        base = {
            name: getattr(given, name)
            for name in cls.__dataclass_fields__
            if name not in ("group", "speed_mps")
        }
        base["speed_mps"] = getattr(given, _SPEEDS[Group(whom)])
        base |= {name: value for name, value in own.items() if value is not None}
        unknown = set(base) - set(cls.__dataclass_fields__)
        if unknown:
            raise InputError(
                Text(
                    f"服务圈参数中没有 {'、'.join(sorted(unknown))}。",
                    f"A profile has no {', '.join(sorted(unknown))}.",
                )
            )
        return cls(group=whom, **base).checked()

    def checked(self) -> Profile:
        """Return this profile; raise InputError when a value makes no sense."""
        _word(RuralMode, self.rural_mode, "乡村出行方式", "rural mode")
        if self.placing not in ("streets", "area"):
            raise _wrong("placing", self.placing, "streets / area")
        bounds = {
            "speed_mps": (0.1, 5.0), "urban_minutes": (1, 240),
            "rural_minutes": (1, 240), "rural_kmh": (1, 130), "crossings": (0, 20),
            "detour": (1, 5), "snap_m": (1, 50_000), "places": (1, 2000),
        }  # fmt: skip
        for name, (least, most) in bounds.items():
            value = getattr(self, name)
            number = isinstance(value, Real) and not isinstance(value, bool)
            if not (number and least <= value <= most):
                raise _wrong(name, value, f"{least} – {most}")
        if self.places != int(self.places):
            raise _wrong("places", self.places, "1, 2, 3 … 2000")
        return replace(self, places=int(self.places))

    @property
    def urban_s(self) -> float:
        """Seconds that urban people may take."""
        return self.urban_minutes * 60.0

    @property
    def rural_s(self) -> float:
        """Seconds that rural people may take."""
        return self.rural_minutes * 60.0

    @property
    def rural_mps(self) -> float:
        """Metres a second of rural people, however they travel."""
        if self.rural_mode == RuralMode.VEHICLE.value:
            return self.rural_kmh / 3.6
        return self.speed_mps

    @property
    def urban_radius_m(self) -> float:
        """Radius of the straight circle for urban people."""
        return self.urban_s * self.speed_mps

    @property
    def rural_radius_m(self) -> float:
        """Radius of the straight circle for rural people."""
        return self.rural_s * self.rural_mps

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return asdict(self)

    def words(self) -> Text:
        """Return the profile as one sentence for page, sheet and document."""
        mode = RuralMode(self.rural_mode).label
        group = Group(self.group).label
        speed = f"{self.speed_mps:g}"
        rural = (
            f"{self.rural_kmh:g} km/h"
            if self.rural_mode == RuralMode.VEHICLE.value
            else f"{speed} m/s"
        )
        return Text(
            f"{group.zh}，城镇 {self.urban_minutes:g} 分钟步行（{speed} m/s），"
            f"乡村 {self.rural_minutes:g} 分钟{mode.zh}（{rural}）；"
            f"直线圈半径 {self.urban_radius_m:.0f} m / {self.rural_radius_m:.0f} m，"
            f"绕行系数 {self.detour:g}",
            f"{group.en}; urban {self.urban_minutes:g} min on foot ({speed} m/s), "
            f"rural {self.rural_minutes:g} min {mode.en} ({rural}); straight circle "
            f"{self.urban_radius_m:.0f} m / {self.rural_radius_m:.0f} m, detour "
            f"factor {self.detour:g}",
        )


def _word(kind: type[Word], value: Any, zh: str, en: str) -> str:
    try:
        return kind.of(str(value)).value
    except ValueError:
        choices = ", ".join(each.value for each in kind)
        raise InputError(
            Text(f"没有{zh}“{value}”。", f"There is no {en} “{value}”."),
            Text(f"可用：{choices}。", f"Use one of {choices}."),
        ) from None


def _wrong(name: str, value: Any, wanted: str) -> InputError:
    return InputError(
        Text(
            f"服务圈参数 {name} 的值 {value} 无效，应为 {wanted}。",
            f"{name} of a profile cannot be {value}; it is {wanted}.",
        )
    )
