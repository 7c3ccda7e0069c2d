"""A siting question as a form or a program sends it: checked, in words, as a wish."""

from __future__ import annotations

import math
import shlex
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import shapely

from boundaries.services.coverage import SERVING_TYPES, checked_types, level_number
from boundaries.services.profiles import Group
from boundaries.services.siting.asking import Wish, checked_model
from boundaries.services.siting.candidates import MOST_CANDIDATES, Source
from boundaries.services.words import Model
from geodata import crs
from geodata.errors import InputError, Text
from geodata.store import dates

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

DRAWN, FILE = "points", "file"
"""Candidates that come with the question, beside the words of :class:`Source`."""
MOST_DRAWN = 500
MOST_SECONDS = 300.0
_LONGEST = 200
_OPTIONS = (
    ("-p", "number"), ("--budget", "budget"), ("--as-of", "as_of"),
    ("--group", "group"), ("--level", "level"), ("--minutes", "minutes"),
    ("--room", "room"), ("--price", "price"), ("--within", "within"),
    ("--most", "most"), ("--seconds", "seconds"),
)  # fmt: skip


def checked(asked: Mapping[str, Any]) -> dict[str, Any]:
    """Return a question with only what is known of it; raise InputError, naming it.

    ``model``, ``number`` or ``budget``, ``types``, ``group``, ``level``, ``as_of``,
    ``minutes``, ``source`` (a :class:`Source`, ``points`` or ``file``), ``points``
    (each ``{"name", "lon", "lat", "beds", "price"}``), ``file`` (``{"digest",
    "name"}``), ``most``, ``within``, ``room``, ``price``, ``keep``, ``seconds``.
    """
    model = checked_model(str(asked.get("model") or Model.MCLP.value))
    level = str(asked.get("level") or "street")
    level_number(level)
    group = str(asked.get("group") or Group.AGED_60.value)
    if group not in {each.value for each in Group}:
        raise _wrong(Text("人群", "people"), Text("请从列表中选择。", "Choose one."))
    number, budget = _means(model, asked)
    source = str(asked.get("source") or Source.NODES.value)
    if source not in (*Source, DRAWN, FILE):
        words = ", ".join((*(each.value for each in Source), DRAWN, FILE))
        hint = Text(f"可用：{words}。", f"Use {words}.")
        raise _wrong(Text("候选点来源", "where candidates come from"), hint)
    day = asked.get("as_of")
    return {
        "model": model.value,
        "number": number,
        "budget": budget,
        "types": list(checked_types(tuple(asked.get("types") or ()))),
        "group": group,
        "level": level,
        "as_of": dates.parse(str(day)) if day else None,
        "minutes": _number(asked, "minutes", Text("时限", "minutes"), 0.1, 600),
        "source": source,
        "points": _points(asked.get("points") or ()) if source == DRAWN else [],
        "file": _file(asked.get("file")) if source == FILE else None,
        "most": int(
            _number(asked, "most", Text("候选点上限", "most"), 1, MOST_CANDIDATES)
            or 1000
        ),
        "within": str(asked.get("within") or "").strip() or None,
        "room": _number(asked, "room", Text("服务人数", "room"), 0, 1e6),
        "price": _number(asked, "price", Text("每处造价", "price"), 0, 1e12),
        "keep": bool(asked.get("keep", True)),
        "seconds": _number(asked, "seconds", Text("计算时间", "seconds"), 1,
                           MOST_SECONDS) or 10.0,
    }  # fmt: skip


def wish_of(question: Mapping[str, Any]) -> Wish:
    """Return a checked question as the service is asked it."""
    return Wish(
        model=question["model"], number=question["number"], budget=question["budget"],
        types=tuple(question["types"]), level=question["level"],
        minutes=question["minutes"], room=question["room"], price=question["price"],
        keep=question["keep"], candidates=question["most"],
        seconds=question["seconds"], within=question["within"],
    )  # fmt: skip


def frame_of(points: Sequence[Mapping[str, Any]]) -> gpd.GeoDataFrame:
    """Return drawn points as candidates."""
    columns = ["name", "beds", "price"]
    rows = [{name: point.get(name) for name in columns} for point in points]
    places = [shapely.Point(point["lon"], point["lat"]) for point in points]
    table = pd.DataFrame(rows, columns=columns)
    return gpd.GeoDataFrame(table, geometry=places, crs=crs.STORAGE)


def title_of(question: Mapping[str, Any]) -> Text:
    """Return what a question asks, in a line."""
    model = Model.of(question["model"]).label
    number, budget = question["number"], question["budget"]
    if budget is not None:
        return Text(f"{model.zh}：预算 {budget:g}", f"{model.en}: budget {budget:g}")
    if number is None:
        return model
    if question["model"] == Model.LSCP:
        return Text(f"{model.zh}：至多 {number} 处", f"{model.en}: {number} at most")
    return Text(f"{model.zh}：新建 {number} 处", f"{model.en}: {number} new")


def command_of(question: Mapping[str, Any]) -> str:
    """Return the command that asks the same; drawn points are said as a file."""
    source = question["source"]
    if source == FILE:
        source = question["file"]["name"]
    elif source == DRAWN:
        source = "points.csv"
    told: list[Any] = ["quhua", "siting", "--model", question["model"]]
    for option, name in _OPTIONS:
        if question[name] is not None:
            told += [option, question[name]]
    if tuple(question["types"]) != SERVING_TYPES:
        for kind in question["types"]:
            told += ["--type", kind]
    told += ["--candidates", source]
    if not question["keep"]:
        told.append("--ignore-existing")
    return shlex.join(
        f"{word:g}" if isinstance(word, float) else str(word) for word in told
    )


def _means(model: Model, asked: Mapping[str, Any]) -> tuple[int | None, float | None]:
    """Return the number or the budget: one of the two, or none for lscp."""
    number = _number(asked, "number", Text("新建数量", "number"), 1, MOST_CANDIDATES)
    budget = _number(asked, "budget", Text("预算", "budget"), 0, 1e15)
    if number is not None and not number.is_integer():
        whole = Text("应为整数。", "It is a whole number.")
        raise _wrong(Text("新建数量", "number"), whole)
    if model is Model.LSCP and budget is not None:
        raise InputError(
            Text("“全覆盖最少设施”不用预算。",
                 "Covering everybody by the fewest takes no budget."),
            Text("可给出至多几处，或不填。", "Say how many at most, or nothing."),
        )  # fmt: skip
    if model is not Model.LSCP and (number is None) == (budget is None):
        raise InputError(
            Text("请给出新建数量或预算之一。",
                 "Give either a number of new sites or a budget."),
        )  # fmt: skip
    return None if number is None else int(number), budget


def _points(said: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    if not 1 <= len(said) <= MOST_DRAWN:
        raise InputError(
            Text(f"请在地图上标出 1 至 {MOST_DRAWN} 个候选点，现有 {len(said)} 个。",
                 f"Mark 1 to {MOST_DRAWN} candidates on the map; these are "
                 f"{len(said)}."),
        )  # fmt: skip
    found = []
    for at, point in enumerate(said, 1):
        where = Text(f"候选点 {at}", f"candidate {at}")
        name = str(point.get("name") or "").strip()[:_LONGEST] or f"A{at}"
        lon, lat = (
            _number(point, side, where, -most, most)
            for side, most in (("lon", 180.0), ("lat", 90.0))
        )
        if lon is None or lat is None:
            raise _wrong(where, Text("没有坐标。", "It has no place."))
        found.append(
            {"name": name, "lon": lon, "lat": lat,
             "beds": _number(point, "beds", where, 0, 1e6),
             "price": _number(point, "price", where, 0, 1e12)}
        )  # fmt: skip
    return found


def _file(said: Any) -> dict[str, str]:
    if not said or not said.get("digest"):
        raise InputError(
            Text("没有候选点文件。", "There is no file of candidates."),
            Text("请先上传文件。", "Upload one first."),
        )
    return {"digest": str(said["digest"]), "name": str(said["name"])}


def _number(
    asked: Mapping[str, Any], name: str, label: Text, least: float, most: float
) -> float | None:
    said = asked.get(name)
    if said is None or said == "":
        return None
    try:
        found = math.nan if isinstance(said, bool) else float(said)
    except (TypeError, ValueError):
        found = math.nan
    if not least <= found <= most:
        raise _wrong(
            label, Text(f"应在 {least:g} 与 {most:g} 之间。", f"{least:g} to {most:g}.")
        )
    return found


def _wrong(label: Text, hint: Text) -> InputError:
    return InputError(
        Text(f"{label.zh}有误。", f"What is said of {label.en} is wrong."), hint
    )
