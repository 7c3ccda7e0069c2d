"""Words for keys where people read: what a command prints and what its help lists.

JSON and options keep the keys; sentences say what they mean.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from boundaries.services.profiles import Group
from boundaries.services.words import Model, Supply
from geodata.errors import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from boundaries.vocabulary import Word


def _said(words: type[Word]) -> dict[str, Text]:
    return {word.value: word.label for word in words}


GROUPS, SUPPLIES, MODELS = _said(Group), _said(Supply), _said(Model)
LAYERS = {
    "divisions": Text("区划", "divisions"),
    "facilities": Text("设施", "facilities"),
    "population": Text("人口", "population"),
    "network": Text("路网", "network"),
}
LEVELS = {
    "province": Text("省", "province"),
    "city": Text("市", "city"),
    "district": Text("区县", "district"),
    "street": Text("街道乡镇", "street or town"),
    "community": Text("社区村", "community or village"),
}
MODES = {
    "walk": Text("步行", "on foot"),
    "cycle": Text("骑行", "by bicycle"),
    "drive": Text("驾车", "by car"),
    "vehicle": Text("乘车", "by vehicle"),
}
TABLES = {
    "targets": Text("目标", "targets"),
    "values": Text("填报数据", "figures reported"),
    "areas": Text("居住区", "residential areas"),
    "projects": Text("项目", "projects"),
}
ROAD_FIELDS = {
    "class": Text("道路等级", "kind of road"),
    "oneway": Text("单行", "one-way"),
    "level": Text("立交层", "level"),
    "from_level": Text("起点层", "level of the first end"),
    "to_level": Text("终点层", "level of the last end"),
    "bridge": Text("桥梁", "bridge"),
    "tunnel": Text("隧道", "tunnel"),
    "foot": Text("可否步行", "open to people"),
}


def choices(head: Text, words: Mapping[str, Text], *only: str) -> Text:
    """Return a help sentence that says what each key to choose means."""
    kept = {key: words[key] for key in only or words}
    zh = "、".join(f"{key} {said.zh}" for key, said in kept.items())
    en = ", ".join(
        key if said.en == key else f"{key} ({said.en})" for key, said in kept.items()
    )
    return Text(f"{head.zh}：{zh}", f"{head.en}: {en}")


def versions(stamp: Mapping[str, Any]) -> Text:
    """Return the versions of a stamp: 区划 2、设施 10."""
    rows = [
        (LAYERS.get(layer, Text(layer, layer)), said.get("number", said.get("version")))
        for layer, said in stamp.items()
        if isinstance(said, dict) and layer != "profile"
    ]
    told = [(name, "" if number is None else f" {number}") for name, number in rows]
    return Text(
        "、".join(f"{name.zh}{number}" for name, number in told),
        ", ".join(f"{name.en}{number}" for name, number in told),
    )
