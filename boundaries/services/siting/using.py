"""What becomes of a siting answer: edits of a plan, tables and points of a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import shapely

from boundaries.books import write_book
from boundaries.services.edits import Do
from boundaries.services.siting.question import command_of, title_of
from boundaries.services.words import FacilityType
from geodata import crs
from geodata.errors import InputError, Text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_LAYERS = ("divisions", "facilities", "population", "network")
SITES = {
    "site": Text("选址点", "site"),
    "facility": Text("登记编号", "number on record"),
    "place": Text("所在地", "where"),
    "division": Text("区划代码", "division"),
    "lon": Text("经度", "longitude"),
    "lat": Text("纬度", "latitude"),
    "price": Text("造价", "price"),
    "room": Text("服务能力", "room"),
    "nearest_for": Text("就近服务人数", "nearest for"),
    "newly": Text("新增覆盖人数", "newly reached"),
}
UNITS = {
    "code": Text("代码", "code"),
    "name": Text("名称", "name"),
    "people": Text("人数", "people"),
    "before": Text("现状覆盖", "reached before"),
    "after": Text("新建后覆盖", "reached after"),
    "newly": Text("新增", "newly"),
    "minutes_before": Text("现状平均分钟", "mean minutes before"),
    "minutes": Text("新建后平均分钟", "mean minutes after"),
    "minutes_same": Text(
        "原可达者新建后平均分钟", "mean minutes after, of those reached before"
    ),
}
_TOTAL = {
    "people": Text("人数", "people"),
    "before": Text("现状覆盖", "reached before"),
    "after": Text("新建后覆盖", "reached after"),
    "mean_minutes_before": Text("现状平均分钟", "mean minutes before"),
    "mean_minutes": Text("新建后平均分钟", "mean minutes after"),
    "mean_minutes_same": Text(
        "原可达者新建后平均分钟", "mean minutes after, of those reached before"
    ),
    "farthest_minutes_before": Text("现状最远分钟", "farthest, before"),
    "farthest_minutes": Text("新建后最远分钟", "farthest, after"),
}


def base_of(answer: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a plan of this answer stands on: the same versions and question."""
    question, stamp = answer["question"], answer["stamp"]
    minutes = question["minutes"]
    numbers = {
        layer: stamp[layer]["number"]
        for layer in _LAYERS
        if stamp.get(layer, {}).get("number")
    }
    return {
        "as_of": stamp["as_of"],
        "versions": numbers,
        "group": question["group"],
        "level": question["level"],
        "types": question["types"],
        "profile": {}
        if minutes is None
        else {"urban_minutes": minutes, "rural_minutes": minutes},
    }


def edits_of(
    answer: Mapping[str, Any], kind: str | None = None, beds: float | str | None = None
) -> list[dict[str, Any]]:
    """Return the edits that open what the answer opens, not checked yet.

    A facility on record of a type that was asked about is put into service; elsewhere
    one of type ``kind`` (None: the first asked about) is added, with ``beds`` where
    the candidate says none.
    """
    types = answer["question"]["types"]
    added = _kind(kind, types)
    found = []
    for at, site in enumerate(answer["opened"], 1):
        room = site["room"] if site["room"] is not None else beds
        if site["facility"] is not None and site["type"] in types:
            found.append({"do": Do.OPEN.value, "facility": site["facility"]})
            if beds is not None and site["room"] is None:
                found.append({"do": Do.RESIZE.value, "facility": site["facility"],
                              "beds": beds})  # fmt: skip
            continue
        edit = {
            "do": Do.ADD.value, "facility": f"SITE-{answer['id'][:6]}-{at}",
            "type": added, "name": name_of(site, at), "lon": site["lon"],
            "lat": site["lat"],
        }  # fmt: skip
        if room is not None:
            edit["beds"] = room
        found.append(edit)
    return found


def name_of(site: Mapping[str, Any], at: int, language: str = "zh") -> str:
    """Return what people call a site: its own name, of a junction where it lies."""
    name = str(site["site"])
    if site["facility"] is None and name[:1] == "N" and name[1:].isdecimal():
        first = "选址" if language == "zh" else "Site"
        return f"{first} {at} {site['place']}".strip()
    return name


def tables(answer: Mapping[str, Any], language: str = "zh") -> dict[str, pd.DataFrame]:
    """Return the answer as sheets: sites, units, sums, left out, what it stands on."""
    zh = language == "zh"

    def rows(items: Any, columns: Mapping[str, Text]) -> pd.DataFrame:
        heads = {name: label.to(language) for name, label in columns.items()}
        table = pd.DataFrame([{name: each[name] for name in heads} for each in items],
                             columns=list(heads))  # fmt: skip
        return table.rename(columns=heads)

    named = [{**each, "site": name_of(each, at, language)}
             for at, each in enumerate(answer["opened"], 1)]  # fmt: skip
    sums = [(label.to(language), answer["total"][name])
            for name, label in _TOTAL.items()]  # fmt: skip
    sums += [
        ("造价合计" if zh else "cost together", answer["cost"]),
        ("目标值" if zh else "objective", answer["objective"]),
        ("界" if zh else "bound", answer["bound"]),
        ("与最优的差距（%）" if zh else "gap, %", round(answer["gap"] * 100, 4)),
    ]
    left = [(each["kind"], each["count"], each["why"][language],
             "、".join(each["keys"])) for each in answer["omitted"]]  # fmt: skip
    left += [
        ("dropped", unit["people"],
         "任何候选点都到不了" if zh else "out of every site's reach", unit["name"])
        for unit in answer["dropped"]["units"]
    ]  # fmt: skip
    what = ["项目", "值"] if zh else ["figure", "value"]
    why = ["类别", "数量", "原因", "哪些"] if zh else ["kind", "count", "why", "which"]
    return {
        "选址" if zh else "sites": rows(named, SITES),
        "分单位" if zh else "units": rows(answer["units"], UNITS),
        "合计" if zh else "totals": pd.DataFrame(sums, columns=what),
        "未计入" if zh else "left out": pd.DataFrame(left, columns=why),
        "口径与版本" if zh else "basis": _basis(answer, language),
    }


def places(answer: Mapping[str, Any]) -> gpd.GeoDataFrame:
    """Return the sites that are opened, as points with what is told of them."""
    opened = answer["opened"]
    columns = [name for name in SITES if name not in ("lon", "lat")]
    rows = [
        {**{name: each[name] for name in columns}, "site": name_of(each, at),
         "model": answer["model"], "stamp": answer["stamp"]["id"]}
        for at, each in enumerate(opened, 1)
    ]  # fmt: skip
    points = [shapely.Point(each["lon"], each["lat"]) for each in opened]
    table = pd.DataFrame(rows, columns=[*columns, "model", "stamp"])
    return gpd.GeoDataFrame(table, geometry=points, crs=crs.STORAGE)


def _basis(answer: Mapping[str, Any], language: str) -> pd.DataFrame:
    rows = [
        {"name": "question", "value": title_of(answer["question"]).to(language)},
        {"name": "command", "value": command_of(answer["question"])},
        *_flat({key: value for key, value in answer["question"].items()
                if key != "points"}, "question."),
        *_flat(answer["stamp"], "stamp."),
    ]  # fmt: skip
    return pd.DataFrame(rows)


def _flat(document: Mapping[str, Any], before: str) -> list[dict[str, str]]:
    """Return a document as rows of names and values."""
    rows: list[dict[str, str]] = []
    for name, value in document.items():
        if isinstance(value, dict):
            rows += _flat(value, f"{before}{name}.")
        elif value is not None:
            rows.append({"name": f"{before}{name}", "value": str(value)})
    return rows


def _kind(said: str | None, types: list[str]) -> str:
    if said is None:
        return types[0]
    try:
        return FacilityType.of(said).value
    except ValueError:
        words = ", ".join(each.value for each in FacilityType)
        raise InputError(
            Text(f"没有设施类型“{said}”。", f"There is no type “{said}”."),
            Text(f"可用：{words}。", f"Use {words}."),
        ) from None


def write(
    answer: Mapping[str, Any], path: Path, language: str = "zh", mark: str = ""
) -> None:
    """Write an answer whole: a workbook of its tables, or its sites as points.

    ``mark`` says for whose use the workbook is.
    """
    from geodata.files.writing import write as write_points

    if path.suffix.lower() == ".xlsx":
        write_book(tables(answer, language), path, mark, language)
    else:
        write_points(places(answer), path, layer="sites")
