"""A page by itself with the findings of one file: opened offline, by anybody.

Everything is in the file: the Folium shell, Leaflet and our own assets, each named
to the browser by its hash, so that no other script runs and nothing is fetched. Data
is one block of JSON without a character that ends it; the script puts it on the page
as text.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from boundaries.vocabulary import Rule
from geodata.errors import InputError, Text
from geodata.topology.findings import SEVERITY
from webmap.maps import LEAFLET, shell

if TYPE_CHECKING:
    from collections.abc import Mapping

STATIC = Path(__file__).parent / "static"
WORDS = {
    "title": Text("拓扑检查：{file}", "Topology of {file}"),
    "total": Text("问题 {n} 个", "{n} findings"),
    "some": Text("显示 {n} 个，共 {all} 个", "{n} of {all} findings"),
    "cut": Text(
        "显示 {n} 个；本页收录最要紧的 {m} 个，共 {all} 个",
        "{n} shown; the gravest {m} of {all} are on this page",
    ),
    "nothing": Text("没有发现问题。", "Nothing was found."),
    "none_shown": Text("没有符合条件的问题。", "No finding fits the filter."),
    "more": Text("再显示（余 {n} 个）", "Show more ({n} left)"),
    "kinds": Text("问题类型（{n}）", "Kinds ({n})"),
    "search": Text(
        "按单位代码、名称或问题编号查找", "Find by code, name or fingerprint"
    ),
    "findings": Text("问题列表", "Findings"),
    "map": Text("地图；内容与列表相同", "Map; the same is in the list"),
    "whole": Text("全图", "Whole layer"),
    "zoom": Text("定位", "Zoom to"),
    "before": Text("上一个", "Previous"),
    "next": Text("下一个", "Next"),
    "close": Text("关闭", "Close"),
    "area": Text("面积", "Area"),
    "width": Text("平均宽度", "Mean width"),
    "largest": Text("最大偏离", "Largest deviation"),
    "length": Text("长度", "Length"),
    "repair": Text("修复建议", "Suggested repair"),
    "by_person": Text("须人工判断", "a person decides"),
    "fingerprint": Text("问题编号", "Fingerprint"),
    "plane": Text(
        "坐标系未知，按平面显示。", "The CRS is not known: drawn as a plane."
    ),
    "error": Text("错误", "error"),
    "warning": Text("警告", "warning"),
    "info": Text("提示", "info"),
}
REPAIRS = {
    "give": Text("把重叠划给一方", "give the overlap to one of them"),
    "fill": Text("把空隙划给一方", "give the gap to one of them"),
    "midline": Text("两条界线取中线", "take the midline of the two drawings"),
    "insert": Text("补上邻接单元的顶点", "insert the neighbour's vertices"),
    "snap": Text("并为一点", "snap the vertices together"),
    "make_valid": Text("整理单元图形", "tidy the unit's shape"),
    "drop_repeated": Text("删去重复顶点", "drop the repeated vertices"),
    "orient": Text("调转环的走向", "turn the ring round"),
    "drop": Text("删去重复的单元", "drop the duplicate"),
    "cut_host": Text("从外围单元中挖出", "cut it out of the unit around it"),
}
BODY = """<header><h1 id="title"></h1>
<span class="total" id="total" role="status"></span>
<span class="total" id="plane"></span>
<button type="button" id="whole"></button>
<button type="button" id="language"></button>
</header>
<aside><div class="filter"><input id="search" type="search" autocomplete="off">
<details><summary id="kinds-word"></summary>
<div class="kinds" id="kinds"></div></details>
</div><ol class="list" id="list"></ol></aside>
<main>{map}<div class="told" id="told" hidden role="region" aria-live="polite"></div>
<span class="place" id="place"></span></main>
"""


def check_page(document: Mapping[str, Any], *, file: str, language: str) -> bytes:
    """Return the page for what :func:`geodata.topology.picture.picture` says.

    Raises
    ------
    InputError
        When Leaflet is not installed beside the program.
    """
    parts = shell()
    styles = [_asset("css/tokens.css"), _leaflet_style(), _asset("alone/findings.css")]
    scripts = [
        _asset(f"{LEAFLET}/leaflet.js"),
        _asset("alone/findings.js"),
        parts.code,
    ]
    data = {**document, "file": file, "language": language, "words": _words()}
    rules = (
        "default-src 'none'",
        f"script-src {_named(scripts)}",
        f"style-src {_named(styles)}",
        "img-src data:",
        "base-uri 'none'",
        "form-action 'none'",
    )
    policy = "; ".join(rules)
    text = "".join(
        [
            f'<!DOCTYPE html>\n<html lang="{language}"><head><meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            "<title>quhua check</title>",
            *(f"<style>{style}</style>" for style in styles),
            "</head><body>\n",
            BODY.replace("{map}", parts.body.strip()),
            f'<script type="application/json" id="data">{_json(data)}</script>\n',
            *(f"<script>{script}</script>\n" for script in scripts),
            "</body></html>\n",
        ]
    )
    return text.encode()


def _named(parts: list[str]) -> str:
    """Return the sources by which a policy lets just these parts in."""
    digests = [hashlib.sha256(part.encode()).digest() for part in parts]
    return " ".join(f"'sha256-{base64.b64encode(d).decode()}'" for d in digests)


def _asset(name: str) -> str:
    """Return one of our own files; the browser hashes it with plain line ends."""
    try:
        return (STATIC / name).read_text("utf-8")
    except FileNotFoundError as error:
        raise InputError(
            Text(f"缺少程序文件 {name}。", f"The program lacks its file {name}."),
            Text("请运行 scripts/assets 安装。", "Run scripts/assets to install it."),
        ) from error


def _leaflet_style() -> str:
    """Return Leaflet's style without the pictures, which this page does not use."""
    style = _asset(f"{LEAFLET}/leaflet.css")
    return re.sub(r"[\w-]+:\s*url\([^)]*\);?", "", style)


def _json(data: Any) -> str:
    """Return JSON that no HTML parser takes for anything else."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    for mark in "<>&\u2028\u2029":
        text = text.replace(mark, f"\\u{ord(mark):04x}")
    return text


def _words() -> dict[str, dict[str, str]]:
    """Return every word of the page in both languages."""
    named = dict(WORDS)
    named |= {f"rule.{rule}": Rule(rule).label for rule in SEVERITY}
    named |= {f"repair.{kind}": text for kind, text in REPAIRS.items()}
    return {name: {"zh": text.zh, "en": text.en} for name, text in named.items()}
