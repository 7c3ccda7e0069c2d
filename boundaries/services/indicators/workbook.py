"""Indicators as a workbook whose figures are formulas over the sheets beside them.

Every member that entered a figure is a row of the input sheet; the sheet of figures
sums them (``SUMIFS``), so whoever changes an input sees what becomes of the figure.
"""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

from boundaries.services.indicators.catalogue import INDICATORS
from boundaries.services.indicators.figures import plain
from boundaries.services.indicators.options import Options
from boundaries.services.indicators.standards import PARAMETERS, STANDARDS
from geodata.errors import Text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from boundaries.services.indicators.report import Book

_MOST_ROWS = 1_000_000
_FORBIDDEN = dict.fromkeys((*range(9), 11, 12, *range(14, 32), 127))
_SHEETS = {
    "figures": Text("指标", "Indicators"),
    "plan": Text("专栏1", "Plan"),
    "units": Text("分单位", "By unit"),
    "inputs": Text("计算输入", "Inputs"),
    "lacking": Text("缺口清单", "Lacking"),
    "stamp": Text("口径与版本", "Basis"),
}
_LAYERS = {
    "divisions": Text("行政区划", "divisions"),
    "facilities": Text("设施", "facilities"),
    "population": Text("人口", "population"),
    "network": Text("路网", "street network"),
}
_KINDS = {
    "unit": Text("单位", "unit"),
    "facility": Text("设施", "facility"),
    "people": Text("人口", "people"),
    "area": Text("居住区", "residential area"),
    "reported": Text("填报", "reported"),
    "counted": Text("单位数", "units counted"),
}


def write_workbook(
    book: Book, path: Path, level: int, scope: str = "", language: str = "zh",
    mark: str = "",
) -> None:  # fmt: skip
    """Write the workbook of one date and unit.

    Parameters
    ----------
    level
        Of the units one column each of which stands for in the sheet by unit.
    language
        ``zh`` or ``en``, of headings and sheets.
    mark
        What the workbook may be used for.

    Notes
    -----
    What came from data is written as text, whatever it begins with; only what this
    module composes is a formula.
    """
    from openpyxl import Workbook

    made = Workbook(write_only=True)
    sheets = {
        name: made.create_sheet(words.to(language)) for name, words in _SHEETS.items()
    }
    document = book.overview(level, scope)
    inside = _inside(book, scope)
    rows = _input_rows(book, inside, language)
    last = len(rows) + 1
    _figures(sheets["figures"], document, last, language)
    _plan(sheets["plan"], document, language)
    _by_unit(sheets["units"], document, level, last, language)
    _inputs(sheets["inputs"], rows, language)
    _lacking(sheets["lacking"], book, scope, language)
    _stamp(sheets["stamp"], document, language, mark)
    made.save(path)


def _inside(book: Book, scope: str) -> set[str]:
    from boundaries.services.indicators.figures import within

    if not scope:
        return set(book.inputs.units.index)
    return set(within(book.inputs, scope))


def _input_rows(book: Book, inside: set[str], language: str) -> list[list[Any]]:
    above = book.inputs.above
    found: list[list[Any]] = []
    for item in INDICATORS:
        rows = book.members(item.id).rows
        rows = rows[rows["unit"].isin(inside)]
        chains = above.loc[rows["unit"]]
        for row, chain in zip(
            rows.to_dict("records"), chains.to_numpy(dtype=object), strict=True
        ):
            found.append(
                [
                    item.id,
                    _KINDS[row["kind"]].to(language),
                    *(row[name] for name in ("member", "name", "unit")),
                    *(plain(row[name]) for name in ("numerator", "denominator")),
                    *(each or "" for each in chain),
                ]
            )
    return found[:_MOST_ROWS]


def _figures(sheet: Any, document: Any, last: int, language: str) -> None:
    head = Text(
        "编号|指标|分子|分母|倍数|值（公式）|单位|目标|目标年|属性|结果|公式|口径|未计入",
        "Id|Indicator|Numerator|Denominator|Times|Value (formula)|Unit|Target|Year|"
        "Attribute|Verdict|Formula|Basis|Left out",
    )
    _head(
        sheet, head.to(language), [8, 36, 12, 12, 8, 14, 12, 12, 8, 10, 10, 40, 60, 40]
    )
    name = _SHEETS["inputs"].to(language)
    scales = {item.id: item.scale for item in INDICATORS}
    for number, row in enumerate(document["indicators"], 2):
        target = row["target"] or {}
        sheet.append(
            [
                _cell(sheet, row["id"]),
                _cell(sheet, row["name"][language]),
                _sum(name, "F", last, f"A{number}"),
                _sum(name, "G", last, f"A{number}"),
                scales[row["id"]],
                f'=IF(D{number}=0,"",C{number}/D{number}*E{number})',
                _cell(sheet, row["unit"][language]),
                _cell(sheet, target.get("words", "")),
                target.get("year", ""),
                _cell(sheet, _attribute(target.get("attribute"), language)),
                _cell(sheet, row["verdict"][language]),
                _cell(sheet, row["formula"][language]),
                _cell(sheet, row["base"][language]),
                _cell(sheet, left_out(row["omitted"], language)),
            ]
        )


def _plan(sheet: Any, document: Any, language: str) -> None:
    head = Text(
        "编号|指标|单位|基期年|基期值|值|来源|目标|目标年|属性|结果",
        "Id|Indicator|Unit|Base year|Baseline|Value|From|Target|Year|Attribute|Verdict",
    )
    _head(sheet, head.to(language), [8, 48, 8, 8, 10, 12, 10, 30, 8, 10, 12])
    for row in document["plan"]:
        target = row["target"] or {}
        baseline = target.get("baseline_text") or target.get("baseline_value")
        entered = row["entered"] or {}
        value = row["value"] if row["value"] is not None else entered.get("text", "")
        sheet.append(
            [
                _cell(sheet, row["id"]),
                _cell(sheet, row["name"][language]),
                _cell(sheet, row["unit"][language]),
                target.get("baseline_year") or "",
                _value(sheet, baseline),
                _value(sheet, value),
                _cell(sheet, HOW[row["how"]].to(language)),
                _cell(sheet, target.get("words", "")),
                target.get("year", ""),
                _cell(sheet, _attribute(target.get("attribute"), language)),
                _cell(sheet, row["verdict"][language]),
            ]
        )


def _by_unit(sheet: Any, document: Any, level: int, last: int, language: str) -> None:
    fitting = [item for item in INDICATORS if item.deepest >= level]
    words = Text("代码|名称|老年人口", "Code|Name|Elderly").to(language)
    ids = [item.id for item in fitting]
    _head(sheet, "|".join([words, *ids]), [14, 20, 12, *[10] * len(ids)])
    name = _SHEETS["inputs"].to(language)
    column = "HIJKL"[level - 1]
    for number, unit in enumerate(document["units"], 2):
        keys = f"'{name}'!${column}$2:${column}${last},$A{number}"
        cells = []
        for item in fitting:
            top = _sum(name, "F", last, f'"{item.id}"', keys)[1:]
            below = _sum(name, "G", last, f'"{item.id}"', keys)[1:]
            cells.append(f'=IF({below}=0,"",{top}/{below}*{item.scale:g})')
        sheet.append(
            [
                _cell(sheet, unit["code"]),
                _cell(sheet, unit["name"]),
                unit["elderly"],
                *cells,
            ]
        )


def _inputs(sheet: Any, rows: list[list[Any]], language: str) -> None:
    head = Text(
        "指标|类别|编号|名称|所在单位|分子|分母|省级|地级|县级|乡级|村级",
        "Indicator|Kind|Id|Name|Unit|Numerator|Denominator|Province|Prefecture|County|"
        "Township|Village",
    )
    _head(sheet, head.to(language), [10, 10, 16, 28, 14, 12, 12, *[14] * 5])
    for row in rows:
        sheet.append([_value(sheet, cell) for cell in row])


def _lacking(sheet: Any, book: Book, scope: str, language: str) -> None:
    from boundaries.services.indicators.figures import lacking
    from boundaries.services.indicators.gap_words import WHY

    head = Text(
        "指标|编号|名称|所在单位|单位名称|老年人口|原因",
        "Indicator|Id|Name|Unit|Unit's name|Elderly|Why",
    )
    _head(sheet, head.to(language), [10, 16, 28, 14, 20, 12, 28])
    names = book.inputs.units["name"]
    for item in INDICATORS:
        rows = lacking(book.members(item.id), book.inputs, scope or None)
        for row in rows.to_dict("records"):
            told = [*(row[name] for name in ("member", "name", "unit"))]
            told.append(str(names.get(row["unit"], "")))
            sheet.append(
                [
                    _cell(sheet, item.id),
                    *(_value(sheet, cell) for cell in told),
                    plain(row["elderly"]),
                    _cell(sheet, WHY[row["why"]].to(language)),
                ]
            )


def _stamp(sheet: Any, document: Any, language: str, mark: str) -> None:
    said = document["stamp"]
    pairs = [
        *([(Text("使用范围", "Use"), mark)] if mark else []),
        (Text("统计时点", "As of"), document["as_of"]),
        (Text("范围", "Scope"), document["scope"]["name"] or "—"),
        (Text("标识", "Stamp"), said["id"]),
        *((_version_of(layer), number) for layer, number in said["versions"].items()),
        *chosen(said["options"], language),
        *((PARAMETERS[name], value) for name, value in said["standard"].items()),
        (
            Text("说明", "Note"),
            Text(
                "“指标”“分单位”各表的值由“计算输入”表按公式求和得出。",
                "The values of the other sheets are sums over the sheet of inputs.",
            ).to(language),
        ),
    ]
    sheet.column_dimensions["A"].width = 48
    sheet.column_dimensions["B"].width = 80
    for words, value in pairs:
        sheet.append([_cell(sheet, words.to(language)), _value(sheet, value)])


def chosen(options: Mapping[str, Any], language: str) -> list[tuple[Text, Any]]:
    """Return what was chosen where the sources leave it open, in words."""
    told: list[tuple[Text, Any]] = []
    for item in fields(Options):
        if item.name not in options:
            continue
        value, words = options[item.name], item.metadata["words"]
        known = {each.value: each.label.to(language) for each in words or ()}
        if item.name == "standard":
            known = {name: each.name.to(language) for name, each in STANDARDS.items()}
        if isinstance(value, bool):
            value = (Text("是", "yes") if value else Text("否", "no")).to(language)
        elif isinstance(value, list | tuple):
            value = (
                Text("、", ", ").to(language).join(str(known.get(v, v)) for v in value)
            )
            value = value or "—"
        told.append((item.metadata["help"], known.get(value, value)))
    return told


def _version_of(layer: str) -> Text:
    name = _LAYERS.get(layer, Text(layer, layer))
    return Text(f"数据版本：{name.zh}", f"Version of {name.en}")


HOW = {
    "computed": Text("计算", "computed"),
    "counted": Text("由登记统计", "counted"),
    "entered": Text("填报", "entered"),
}


def left_out(omitted: list[dict[str, Any]], language: str) -> str:
    """Return what a figure left out, as one line."""
    return "; ".join(f"{each['why'][language]} ({each['count']})" for each in omitted)


def _attribute(word: str | None, language: str) -> str:
    from boundaries.services.indicators.targets import Attribute

    return Attribute(word).label.to(language) if word else ""


def _sum(sheet: str, column: str, last: int, wanted: str, more: str = "") -> str:
    extra = f",{more}" if more else ""
    return (
        f"=SUMIFS('{sheet}'!${column}$2:${column}${last},"
        f"'{sheet}'!$A$2:$A${last},{wanted}{extra})"
    )


def _head(sheet: Any, words: str, widths: list[int]) -> None:
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter

    for number, width in enumerate(widths, 1):
        sheet.column_dimensions[get_column_letter(number)].width = width
    sheet.freeze_panes = "A2"
    cells = []
    for word in words.split("|"):
        cell = WriteOnlyCell(sheet, word)
        cell.font = Font(bold=True)
        cells.append(cell)
    sheet.append(cells)


def _value(sheet: Any, value: Any) -> Any:
    """Return a number as it is, anything else as text."""
    if value is None or isinstance(value, int | float):
        return value
    return _cell(sheet, str(value))


def _cell(sheet: Any, text: str) -> Any:
    """Return a cell that holds text, even if it looks like a formula."""
    from openpyxl.cell import WriteOnlyCell

    clean = text.translate(_FORBIDDEN)[:32_000]
    cell = WriteOnlyCell(sheet, clean)
    cell.data_type = "s"
    if clean[:1] in ("=", "+", "-", "@"):
        cell.style = "Normal"
        cell.quotePrefix = True
    return cell
