"""What the fictional city consists of: names, kinds, sizes. All of it is invented.

The codes begin with 99, which GB/T 2260 assigns to no province, and the land lies
on open water of the Bohai Sea, so nothing here can be taken for a real place. The
rules of the digits (001-099 street, 100-199 town, 200-399 township) hold.
"""

from __future__ import annotations

from dataclasses import dataclass, field

CENTRE = (119.75, 38.55)
"""Longitude and latitude of the middle of the city, degrees."""
CITY = ("990100", "望澜市")
LABEL = "示例数据（虚构）"
LABEL_EN = "illustrative data (fictional)"


@dataclass(frozen=True)
class Township:
    """A street, town or township: name without its ending, and relative size."""

    name: str
    kind: str
    size: float = 1.0
    communities: int = 8


@dataclass(frozen=True)
class District:
    """A district or county with where it grows from and how large it gets."""

    code: str
    name: str
    kind: str
    seat: tuple[float, float]
    """Kilometres east and north of the middle."""
    area_km2: float
    townships: tuple[Township, ...] = field(default=())


def _streets(*names: str, size: float = 1.0, communities: int = 8) -> list[Township]:
    return [Township(name, "street", size, communities) for name in names]


def _towns(*names: str, size: float = 3.0, communities: int = 10) -> list[Township]:
    return [Township(name, "town", size, communities) for name in names]


def _rural(*names: str, size: float = 3.0, communities: int = 9) -> list[Township]:
    return [Township(name, "township", size, communities) for name in names]


DISTRICTS = (
    District(
        "990102",
        "鹤汀区",
        "district",
        (1.0, 4.2),
        62,
        (
            *_streets("听澜", "书院里", "桂渡", "银杏里", "临澜"),
            *_streets("钟楼巷", "鼓门", size=0.6, communities=6),
            *_streets("柳汀", size=1.6, communities=9),
        ),
    ),
    District(
        "990103",
        "汀南区",
        "district",
        (0.5, -4.5),
        74,
        (
            *_streets("观棋", "槐荫里", "文枢", "竹竿巷"),
            *_streets("南浦桥", "织锦", size=0.8, communities=7),
            *_streets("船坞", size=2.0, communities=12),
        ),
    ),
    District(
        "990104",
        "锦屿区",
        "district",
        (14.0, 10.0),
        520,
        (
            *_streets("灯塔湾", "望鹤", "海塘", "锚地", size=1.0),
            *_towns("白沙渡", "蚝湾", "澜门", "石牌渡", size=3.4),
        ),
    ),
    District(
        "990105",
        "芦湾区",
        "district",
        (-4.0, -14.0),
        830,
        (
            *_streets("稻香", "莲荡", "杨家渡", size=1.0),
            *_towns("松塘", "麦垄", "河湾", "陶窑", "红礁", size=3.0),
            *_rural("碧浪", size=3.0),
        ),
    ),
    District(
        "990121",
        "云岫县",
        "county",
        (-22.0, 14.0),
        1290,
        (
            *_towns("石门关", "枫岭", "鹰岩", "栗坪", "竹坑", "药溪", size=3.0),
            *_rural("箬岭", "杉树坳", "柿坪", "兰花坳", size=3.2, communities=8),
        ),
    ),
)
ISLANDS_OF = "澜门"
"""The town the islands in the sea belong to."""
ENCLAVE_OF, ENCLAVE_IN, ENCLAVE_NAME = "栗坪", "松塘", "红杉林场"
"""A forest farm of one county's town that lies inside another district's town."""

REFORMS = {
    "split": {"of": "船坞", "into": ("涌泉里", "豆市")},
    "merge": {"of": ("钟楼巷", "鼓门"), "into": "朝晖门"},
    "communities_merged": {"of": "桂渡"},
    "town_to_street": {"of": "石牌渡"},
}
FIRST_DAY, SECOND_DAY = "2024-01-01", "2026-03-01"
FIRST_BASIS = "望政发〔2023〕示例1号 关于公布全市行政区划的通知（示例）"
APPROVALS = {
    "split": ("望政函〔2025〕示例41号", "2025-11-18"),
    "merge": ("望政函〔2025〕示例42号", "2025-11-18"),
    "communities_merged": ("鹤政函〔2025〕示例19号", "2025-10-30"),
    "town_to_street": ("望政函〔2025〕示例47号", "2025-12-09"),
    "border_within": ("望政函〔2025〕示例52号", "2025-12-22"),
    "border_between": ("望政函〔2026〕示例3号", "2026-01-15"),
}
"""Document number and date of each change; every one of them is invented."""
