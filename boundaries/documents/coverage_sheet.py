"""The coverage map on paper: A3, drawn as vectors, with all that its figures stand on.

Map, legend, scale bar, the units that lack most, method, versions and omissions: a
sheet that is passed on says by itself what it shows.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from boundaries.documents import fonts
from boundaries.documents.coverage_map import (
    MAP,
    MM,
    NONE,
    SERVED,
    TINT,
    Colours,
    MapDrawing,
)
from boundaries.products import INTERNAL
from geodata.errors import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd

PAGE = (420 * MM, 297 * MM)
SIDE = (292 * MM, 114 * MM)
"""Left and width of the column beside it."""
ROWS = 16
LOWEST = 14 * MM
"""Where text ends above the foot."""
_LEVEL_WORDS = {
    "district": Text("按区县", "by district"),
    "street": Text("按街道（乡镇）", "by street or town"),
    "community": Text("按社区（村）", "by community or village"),
}
_LAYERS = {
    "divisions": Text("行政区划", "divisions"),
    "facilities": Text("设施", "facilities"),
    "population": Text("人口", "population"),
    "network": Text("路网", "street network"),
}


def sheet(
    document: Mapping[str, Any],
    divisions: gpd.GeoDataFrame,
    *,
    level: str,
    number: int,
    indicator: str,
    language: str = "zh",
    notice: str = "",
) -> bytes:
    """Return the sheet as PDF.

    Parameters
    ----------
    document
        Of :func:`boundaries.services.maps.map_document`, as its reader may see it.
    divisions
        Of the same version and date, EPSG:4490.
    level, number
        Word and number of the level drawn.
    indicator
        What the colours show.
    notice
        What the store says of its data, as ``中文 · English``.
    """
    from reportlab.pdfgen.canvas import Canvas

    regular, bold = fonts.for_reportlab()
    buffer = io.BytesIO()
    canvas = Canvas(
        buffer, pagesize=PAGE, pageCompression=1, invariant=1,
        initialFontName=regular, lang={"zh": "zh-CN"}.get(language, language),
    )  # fmt: skip
    drawing = _Drawing(canvas, regular, bold, language)
    part = document["levels"][level]
    title = Text("养老服务覆盖图", "Coverage of eldercare services").to(language)
    canvas.setTitle(f"{title} {document['stamp']['as_of']}")
    canvas.setAuthor("quhua")
    colours = Colours(indicator, part["classes"][indicator])
    view = drawing.map(document, divisions, number, part, indicator, colours)
    drawing.scale_bar(view)
    drawing.notice = notice
    drawing.column(document, part, level, indicator, colours, title)
    drawing.foot()
    canvas.showPage()
    canvas.save()
    return buffer.getvalue()


class _Drawing(MapDrawing):
    """One page being drawn."""

    x, y, wide = SIDE[0], 0.0, SIDE[1]
    notice = ""

    def column(
        self, document: Mapping[str, Any], part: Mapping[str, Any], level: str,
        indicator: str, colours: Colours, title: str,
    ) -> None:  # fmt: skip
        """Write title, totals, legend, table, method, versions and omissions."""
        say, stamp = self._say, document["stamp"]
        self.canvas.setFont(self.bold, 20)
        self.canvas.setFillColor("#1b1f24")
        self.canvas.drawString(MAP[0], PAGE[1] - 17 * MM, title)
        shown = say(document["indicators"][indicator])
        by = _LEVEL_WORDS[level].to(self.language)
        self.canvas.setFont(self.regular, 11)
        self.canvas.drawRightString(
            MAP[0] + MAP[2], PAGE[1] - 17 * MM, f"{shown} · {by} · {stamp['as_of']}"
        )
        self.y = PAGE[1] - 20 * MM
        self._totals(part["total"], document["network"])
        self._legend(shown, colours)
        self._table(part, document["network"])
        self.heading(Text("方法与假定", "Method and assumptions"))
        self.paragraph(say(document["words"]))
        self.paragraph(
            Text("人口布设：", "People placed: ").to(self.language)
            + say(document["placing"])
        )
        self.heading(Text("数据版本", "Versions"))
        for layer, words in _LAYERS.items():
            if layer in stamp:
                named = edition(stamp[layer], stamp["as_of"])
                self.paragraph(f"{words.to(self.language)}{self.colon}{named}")
        mark = Text("版本章", "Stamp").to(self.language)
        self.paragraph(f"{mark}{self.colon}{stamp['id']}")
        self._omissions(document["omitted"])

    @property
    def colon(self) -> str:
        """Return what stands between a word and what it is."""
        return Text("：", ": ").to(self.language)

    def foot(self) -> None:
        """Write what the sheet may be used for, and what its data are."""
        parts = [part.strip() for part in self.notice.split(" · ")]
        own = parts[-1 if self.language == "en" else 0] if self.notice else ""
        self.canvas.setFont(self.bold, 9)
        self.canvas.setFillColor("#a8201a")
        words = [INTERNAL.to(self.language), *([own] if own else [])]
        self.canvas.drawString(MAP[0], 8 * MM, "  ·  ".join(words))

    def heading(self, words: Text) -> None:
        """Write a heading of the column."""
        if self.y < LOWEST + 14 * MM:
            self._next_page()
        self.y -= 8 * MM
        self.canvas.setFillColor("#1b1f24")
        self.canvas.setFont(self.bold, 10.5)
        self.canvas.drawString(self.x, self.y, words.to(self.language))
        self.y -= 1.2 * MM

    def paragraph(self, text: str, size: float = 8.5) -> None:
        """Write text in lines that fit; what has no room goes on on another page."""
        for line in _lines(self.canvas, text, self.regular, size, self.wide):
            if self.y < LOWEST:
                self._next_page()
            self.y -= size * 1.45
            self.canvas.setFillColor("#1b1f24")
            self.canvas.setFont(self.regular, size)
            self.canvas.drawString(self.x, self.y, line)

    def _next_page(self) -> None:
        """Go on over the whole width of a page of text."""
        self.foot()
        self.canvas.showPage()
        self.x, self.wide, self.y = MAP[0], PAGE[0] - 2 * MAP[0], PAGE[1] - 14 * MM

    def _totals(self, total: Mapping[str, Any], streets: bool) -> None:  # noqa: FBT001
        rows = [
            (
                Text("直线圈覆盖率", "within the circle"),
                _percent(total["circle_share"]),
            ),
            (Text("总人数", "people"), _count(total["people"])),
        ]
        if streets:
            rows[:0] = [
                (Text("路网覆盖率", "along streets"), _percent(total["share"])),
                (Text("未覆盖人数", "not reached"), _count(total["unreached"])),
                (Text("直线圈多算", "circle counts more"), _count(total["difference"])),
            ]
        for words, figure in rows:
            self.y -= 5.2 * MM
            self.canvas.setFillColor("#1b1f24")
            self.canvas.setFont(self.regular, 10)
            self.canvas.drawString(SIDE[0], self.y, words.to(self.language))
            self.canvas.setFont(self.bold, 11)
            self.canvas.drawRightString(SIDE[0] + SIDE[1], self.y, figure)

    def _legend(self, title: str, colours: Colours) -> None:
        self.heading(Text(f"图例：{title}", f"Legend: {title}"))
        lower: float | None = None
        canvas = self.canvas
        items: list[tuple[str, str]] = []
        for bound, colour in zip(colours.bounds, colours.ramp, strict=True):
            words = (
                f"≤ {bound:,.0f}" if lower is None else f"{lower:,.0f} – {bound:,.0f}"
            )
            items.append((colour, words))
            lower = bound
        if self.blank:
            items.append((NONE, Text("无数字", "no figure").to(self.language)))
        for at, (colour, words) in enumerate(items):
            x = SIDE[0] + (at % 3) * SIDE[1] / 3
            if at % 3 == 0:
                self.y -= 5.4 * MM
            canvas.setFillColor(colour)
            canvas.setStrokeColor("#6b6177")
            canvas.setLineWidth(0.4)
            canvas.rect(x, self.y - 0.4 * MM, 8 * MM, 3.8 * MM, stroke=1, fill=1)
            canvas.setFillColor("#1b1f24")
            canvas.setFont(self.regular, 8.5)
            canvas.drawString(x + 10 * MM, self.y, words)
        self.y -= 5.4 * MM
        canvas.setFillColor("#96266a")
        canvas.circle(SIDE[0] + 4 * MM, self.y + 1.2 * MM, 2.1, stroke=0, fill=1)
        canvas.setStrokeColor(SERVED)
        canvas.setFillColor(SERVED)
        canvas.setFillAlpha(TINT if self.tinted else 0)
        canvas.rect(
            SIDE[0] + SIDE[1] / 3, self.y - 0.4 * MM, 8 * MM, 3.8 * MM,
            stroke=int(not self.tinted), fill=1,
        )  # fmt: skip
        canvas.setFillAlpha(1)
        canvas.setFillColor("#1b1f24")
        canvas.setFont(self.regular, 8.5)
        canvas.drawString(SIDE[0] + 10 * MM, self.y,
                          Text("设施", "facility").to(self.language))  # fmt: skip
        canvas.drawString(
            SIDE[0] + SIDE[1] / 3 + 10 * MM, self.y,
            Text("服务范围（按城乡时限）", "service area, limit of town or country")
            .to(self.language),
        )  # fmt: skip

    def _table(self, part: Mapping[str, Any], streets: bool) -> None:  # noqa: FBT001
        lack = "unreached" if streets else "uncircled"
        self.heading(
            Text("未覆盖人数最多的单位", "Units where most people are not reached")
        )
        heads = (
            Text("单位", "unit"), Text("未覆盖", "lack"), Text("人数", "people"),
            Text("路网", "streets"), Text("直线圈", "circle"),
        )  # fmt: skip
        ends = (0, 0.52, 0.7, 0.85, 1.0)
        units = [unit for unit in part["units"] if unit[lack]]
        units.sort(key=lambda unit: -unit[lack])
        rows = [tuple(head.to(self.language) for head in heads)]
        rows += [
            (
                unit["name"] or unit["code"], _count(unit[lack]),
                _count(unit["people"]), _percent(unit["share"]),
                _percent(unit["circle_share"]),
            )
            for unit in units[:ROWS]
        ]  # fmt: skip
        canvas = self.canvas
        for at, row in enumerate(rows):
            self.y -= 4.6 * MM
            canvas.setFont(self.bold if at == 0 else self.regular, 8.5)
            canvas.setFillColor("#1b1f24")
            for text, end in zip(row, ends, strict=True):
                if end == 0:
                    canvas.drawString(SIDE[0], self.y, text[:16])
                else:
                    canvas.drawRightString(SIDE[0] + SIDE[1] * end, self.y, text)
            canvas.setStrokeColor("#d4d8dc")
            canvas.setLineWidth(0.4)
            canvas.line(
                SIDE[0], self.y - 1.2 * MM, SIDE[0] + SIDE[1], self.y - 1.2 * MM
            )

    def _omissions(self, omitted: list[dict[str, Any]]) -> None:
        if not omitted:
            return
        self.heading(Text("未计入或按假定计入", "Left out, or assumed"))
        for each in omitted:
            between = Text("、", ", ").to(self.language)
            keys = between.join(each["keys"][:6]) + ("…" if each["count"] > 6 else "")
            why, what = self._say(each["why"]), self._say(each["what_to_do"])
            which = f"{each['count']}{self.colon}{keys}"
            inside = Text(f"（{which}）", f" ({which}) ").to(self.language)
            self.paragraph(f"· {why}{inside}{what}", 8)

    def _say(self, words: Mapping[str, str]) -> str:
        return words[self.language]


def _lines(canvas: Any, text: str, face: str, size: float, width: float) -> list[str]:
    """Return text cut into lines: between words, in Chinese between characters."""
    found, line = [], ""
    for piece in _pieces(text):
        if line and canvas.stringWidth(line + piece, face, size) > width:
            found.append(line.rstrip())
            line = piece.lstrip()
        else:
            line += piece
    return [*found, line] if line else found


def _pieces(text: str) -> list[str]:
    pieces: list[str] = []
    for letter in text:
        plain = letter.isascii() and not letter.isspace()
        if plain and pieces and pieces[-1][-1:].isascii() and pieces[-1][-1:].strip():
            pieces[-1] += letter
        else:
            pieces.append(letter)
    return pieces


def edition(version: Mapping[str, Any], as_of: str) -> str:
    """Return what names a version; from when, unless the figures are of before."""
    digest = str(version.get("digest") or version.get("version") or "")
    effective = str(version.get("effective") or "")
    parts = [
        f"v{version['number']}" if version.get("number") else "—",
        effective if effective <= as_of else "",
        version.get("source"),
        digest.rsplit(":", maxsplit=1)[-1][:12],
    ]
    return " · ".join(str(part) for part in parts if part)


def _count(value: float | None) -> str:
    return "—" if value is None else f"{value:,.0f}"


def _percent(value: float | None) -> str:
    return "—" if value is None else f"{value:.1f} %"
