"""A handbook set as PDF: cover, contents, maps, facilities by street, index."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

from boundaries.documents import fonts, sheet
from boundaries.documents.handbook import about, index, nobody

if TYPE_CHECKING:
    from pathlib import Path

    from boundaries.documents.handbook import Entry, Handbook, Section

_INK, _SOFT, _ACCENT = "#1b1f24", "#4c545e", "#0b5cad"
_MISSING = "〓"
"""Printed for a character the typeface lacks, as printers do."""


def write(book: Handbook, path: Path) -> int:
    """Write a handbook as PDF; return how many pages it has.

    Raises
    ------
    NotFoundError
        When the typeface is missing.
    """
    regular, bold = fonts.for_reportlab()
    maker = _Maker(book, regular, bold)
    return maker.write(path)


class _Maker:
    """Holds the styles of one book while it is set."""

    def __init__(self, book: Handbook, regular: str, bold: str) -> None:
        from reportlab.lib.enums import TA_CENTER
        from reportlab.lib.styles import ParagraphStyle
        from reportlab.pdfbase import pdfmetrics

        self.book, self.regular, self.bold = book, regular, bold
        self.known = pdfmetrics.getFont(regular).face.charToGlyph
        wrap = {"wordWrap": "CJK"} if book.language == "zh" else {}
        base = ParagraphStyle(
            "text", fontName=regular, fontSize=10.5, leading=16, textColor=_INK, **wrap
        )
        self.styles = {
            "text": base,
            "soft": ParagraphStyle("soft", base, textColor=_SOFT, fontSize=9.5),
            "term": ParagraphStyle("term", base, textColor=_SOFT, fontSize=10),
            "title": ParagraphStyle(
                "title", base, fontName=bold, fontSize=28, leading=40,
                alignment=TA_CENTER,
            ),
            "cover": ParagraphStyle(
                "cover", base, fontSize=13, leading=22, alignment=TA_CENTER
            ),
            "h1": ParagraphStyle(
                "h1", base, fontName=bold, fontSize=18, leading=26, spaceAfter=8
            ),
            "h2": ParagraphStyle(
                "h2", base, fontName=bold, fontSize=13, leading=19, textColor=_ACCENT
            ),
        }  # fmt: skip

    def write(self, path: Path) -> int:
        from reportlab.lib.pagesizes import A4
        from reportlab.lib.units import mm
        from reportlab.platypus import BaseDocTemplate, Frame, PageTemplate

        book, maker = self.book, self

        class Document(BaseDocTemplate):  # type: ignore[misc]
            def afterFlowable(self, flowable: Any) -> None:  # noqa: N802
                """Tell the contents and the outline where a heading came to stand."""
                style = getattr(getattr(flowable, "style", None), "name", "")
                if style != "h1":
                    return
                words, key = flowable.getPlainText(), f"h-{self.page}"
                self.canv.bookmarkPage(key)
                self.canv.addOutlineEntry(words, key, 0)
                self.notify("TOCEntry", (0, escape(words), self.page, key))

        document = Document(
            str(path), pagesize=A4, invariant=1, title=book.title,
            lang={"zh": "zh-CN"}.get(book.language, book.language),
            initialFontName=self.regular,  # every face in the file is embedded
            author=maker.clean(book.notice), subject=book.source, creator="quhua",
            leftMargin=20 * mm, rightMargin=20 * mm, topMargin=24 * mm,
            bottomMargin=22 * mm,
        )  # fmt: skip
        frame = Frame(
            document.leftMargin, document.bottomMargin, document.width, document.height,
            leftPadding=0, rightPadding=0, topPadding=0, bottomPadding=0,
        )  # fmt: skip
        document.addPageTemplates(
            [
                PageTemplate("cover", [frame], onPage=lambda c, _d: self.stamp(c)),
                PageTemplate("page", [frame], onPage=self.furniture),
            ]
        )
        document.multiBuild(self.story(document.width))
        return int(document.page)

    def story(self, width: float) -> list[Any]:
        from reportlab.platypus import NextPageTemplate, PageBreak

        return [
            *self.cover(),
            NextPageTemplate("page"),
            PageBreak(),
            *self.contents(),
            PageBreak(),
            *self.about(width),
            PageBreak(),
            *self.map_page(width),
            PageBreak(),
            *(part for section in self.book.sections for part in self.street(section)),
            *self.by_type(width),
        ]

    def clean(self, words: str) -> str:
        """Return text the face has every character of, without control characters."""
        return "".join(
            letter if ord(letter) in self.known else _MISSING
            for letter in words
            if letter.isprintable() or letter == "\u3000"
        )

    def within(self, words: str, room: float) -> str:
        """Return as much of a line of the head as there is room for."""
        from reportlab.pdfbase.pdfmetrics import stringWidth

        kept = self.clean(words)
        if stringWidth(kept, self.regular, 9) <= room:
            return kept
        while kept and stringWidth(kept + "…", self.regular, 9) > room:
            kept = kept[:-1]
        return kept + "…"

    def paragraph(self, words: str, style: str = "text") -> Any:
        """Return a paragraph; what it says is text, never markup."""
        from reportlab.platypus import Paragraph

        return Paragraph(escape(self.clean(words)), self.styles[style])

    def cover(self) -> list[Any]:
        from reportlab.lib.units import mm
        from reportlab.platypus import Spacer

        book = self.book
        lines = [
            book.say(f"编制日期 {book.made_on}", f"Made on {book.made_on}"),
            book.source,
            book.notice,
            book.stamp,
        ]
        return [
            Spacer(1, 70 * mm),
            self.paragraph(book.title, "title"),
            Spacer(1, 14 * mm),
            *(self.paragraph(line, "cover") for line in lines if line),
        ]

    def contents(self) -> list[Any]:
        from reportlab.lib.styles import ParagraphStyle
        from reportlab.platypus import Paragraph, TableStyle
        from reportlab.platypus.tableofcontents import TableOfContents

        face = ("FONTNAME", (0, 0), (-1, -1), self.regular)
        padding = [
            (f"{side}PADDING", (0, 0), (-1, -1), 0) for side in ("LEFT", "RIGHT")
        ]
        styles = TableStyle([face, ("VALIGN", (0, 0), (-1, -1), "TOP"), *padding])
        table = TableOfContents(dotsMinLevel=0, tableStyle=styles)
        table.levelStyles = [
            ParagraphStyle("toc", self.styles["text"], fontSize=11.5, leading=21)
        ]
        head = ParagraphStyle("contents", self.styles["h1"])  # not itself in the list
        return [Paragraph(self.book.say("目录", "Contents"), head), table]

    def about(self, width: float) -> list[Any]:
        from reportlab.platypus import Spacer

        book = self.book
        say = book.say
        head = [say("设施类型", "Type"), say("数量", "Number")]
        rows = [[kind, str(count)] for kind, count in book.counts()]
        total = [[say("合计", "Total"), str(len(book.entries))]]
        return [
            self.paragraph(say("编制说明", "About this handbook"), "h1"),
            *(
                part
                for line in about(book)
                for part in (self.paragraph(line), Spacer(1, 6))
            ),
            Spacer(1, 8),
            self.table([head, *rows, *total], [width * 0.75, width * 0.25]),
        ]

    def table(self, rows: list[list[str]], widths: list[float]) -> Any:
        """Return a table with a head that is there again on every page."""
        from reportlab.platypus import LongTable, TableStyle

        cells = [[self.paragraph(cell) for cell in row] for row in rows]
        style = TableStyle(
            [
                ("FONTNAME", (0, 0), (-1, -1), self.regular),
                ("LINEBELOW", (0, 0), (-1, 0), 1.0, _INK),
                ("LINEBELOW", (0, 1), (-1, -1), 0.4, "#d4d8dc"),
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
                ("TOPPADDING", (0, 0), (-1, -1), 3),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 4),
                ("LEFTPADDING", (0, 0), (-1, -1), 2),
            ]
        )
        return LongTable(
            cells, colWidths=widths, style=style, repeatRows=1, splitInRow=1
        )

    def map_page(self, width: float) -> list[Any]:
        book = self.book
        made = sheet.draw(book, book.entries, width_mm=170, height_mm=205)
        head = book.say(
            f"{book.name}养老服务设施分布图", f"{book.name}: where they are"
        )
        return [self.paragraph(head, "h1"), *self.picture(made, width)]

    def picture(self, made: sheet.Sheet, width: float) -> list[Any]:
        from reportlab.platypus import Image, Spacer

        height = width * made.height_mm / made.width_mm
        book = self.book
        under = f"{book.stamp} · CGCS2000 · {book.made_on} · {book.notice}"
        picture = Image(io.BytesIO(made.png), width=width, height=height)
        return [picture, Spacer(1, 3), self.paragraph(under.rstrip(" ·"), "soft")]

    def street(self, section: Section) -> list[Any]:
        from reportlab.platypus import CondPageBreak, Spacer

        book = self.book
        parts: list[Any] = [
            CondPageBreak(_ROOM),
            Spacer(1, 10),
            self.paragraph(section.name, "h1"),
        ]
        if not section.entries:
            return [*parts, self.paragraph(nobody(book))]
        if section.code in book.units.index:
            made = sheet.draw(
                book, section.entries, frame=section.code, width_mm=170, height_mm=90
            )
            parts += [*self.picture(made, _WIDTH), Spacer(1, 8)]
        return [*parts, *(self.entry(each) for each in section.entries)]

    def entry(self, entry: Entry) -> Any:
        from reportlab.platypus import KeepTogether, Spacer, Table

        head = self.paragraph(f"{entry.number}　{entry.name}", "h2")
        rows = [
            [self.paragraph(term, "term"), self.paragraph(value)]
            for term, value in entry.facts
        ]
        facts = Table(
            rows or [["", ""]],
            colWidths=[_WIDTH * 0.2, _WIDTH * 0.8],
            splitInRow=1,  # a text longer than a page goes on on the next one
            style=[
                ("FONTNAME", (0, 0), (-1, -1), self.regular),
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
                ("TOPPADDING", (0, 0), (-1, -1), 0),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 1),
                ("LEFTPADDING", (0, 0), (-1, -1), 0),
            ],
        )
        return KeepTogether(
            [head, self.paragraph(entry.kind, "soft"), facts, Spacer(1, 10)]
        )

    def by_type(self, width: float) -> list[Any]:
        from reportlab.platypus import PageBreak

        book = self.book
        rows = index(book)
        if len(rows) == 1:
            return []
        widths = [width * part for part in (0.09, 0.41, 0.28, 0.22)]
        return [
            PageBreak(),
            self.paragraph(book.say("按类型索引", "Index by type"), "h1"),
            self.table(rows, widths),
        ]

    def stamp(self, canvas: Any) -> None:
        """Print what the book may be used for at the foot of the page, on the left."""
        from reportlab.lib.units import mm

        canvas.setFont(self.regular, 9)
        canvas.setFillColor(_SOFT)
        canvas.drawString(20 * mm, 12 * mm, self.clean(self.book.stamp))

    def furniture(self, canvas: Any, document: Any) -> None:
        """Print head and foot of a page: title, notice, stamp, number."""
        from reportlab.lib.pagesizes import A4
        from reportlab.lib.units import mm

        wide, high = A4
        canvas.saveState()
        self.stamp(canvas)
        notice = self.clean(self.book.notice)
        canvas.drawRightString(wide - 20 * mm, high - 15 * mm, notice)
        room = _WIDTH - canvas.stringWidth(notice, self.regular, 9) - 5 * mm
        canvas.drawString(20 * mm, high - 15 * mm, self.within(self.book.title, room))
        canvas.setStrokeColor("#d4d8dc")
        canvas.line(20 * mm, high - 17.5 * mm, wide - 20 * mm, high - 17.5 * mm)
        canvas.line(20 * mm, 16.5 * mm, wide - 20 * mm, 16.5 * mm)
        page = self.book.say(f"第 {document.page} 页", f"Page {document.page}")
        canvas.drawRightString(wide - 20 * mm, 12 * mm, page)
        canvas.drawCentredString(wide / 2, 12 * mm, self.book.made_on)
        canvas.restoreState()


_WIDTH = 170 / 25.4 * 72
"""Points between the margins of A4."""
_ROOM = 330.0
"""Points a street needs to begin on a page: heading, map, half a facility."""
