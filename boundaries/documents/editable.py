"""A handbook set as DOCX, so that a bureau can go on working on it."""

from __future__ import annotations

import datetime as dt
import io
from typing import TYPE_CHECKING, Any

from boundaries.documents import fonts, sheet
from boundaries.documents.handbook import about, index, nobody

if TYPE_CHECKING:
    from pathlib import Path

    from boundaries.documents.handbook import Entry, Handbook, Section


def write(book: Handbook, path: Path) -> int:
    """Write a handbook as DOCX; return how many facilities it holds."""
    import docx

    document: Any = docx.Document()
    _style(document)
    _properties(document, book)
    _furniture(document, book)
    _cover(document, book)
    _contents(document, book)
    _about(document, book)
    made = sheet.draw(book, book.entries, width_mm=160, height_mm=190)
    head = book.say(f"{book.name}养老服务设施分布图", f"{book.name}: where they are")
    _heading(document, head)
    _picture(document, book, made)
    document.add_page_break()
    for section in book.sections:
        _street(document, book, section)
    _index(document, book)
    document.save(str(path))
    return len(book.entries)


def _style(document: Any) -> None:
    """Set A4, margins, and the typeface for Latin and Chinese letters alike."""
    from docx.oxml.ns import qn
    from docx.shared import Mm, Pt, RGBColor

    page = document.sections[0]
    page.page_width, page.page_height = Mm(210), Mm(297)
    page.left_margin = page.right_margin = Mm(25)
    page.top_margin, page.bottom_margin = Mm(24), Mm(22)
    sizes = {"Normal": 10.5, "Title": 28, "Heading 1": 18, "Heading 2": 13}
    for name, size in sizes.items():
        style = document.styles[name]
        style.font.name, style.font.size = fonts.FAMILY, Pt(size)
        if name != "Normal":
            style.font.color.rgb = RGBColor(0x1B, 0x1F, 0x24)
        face = style.element.get_or_add_rPr().get_or_add_rFonts()
        for kind in ("w:eastAsia", "w:ascii", "w:hAnsi", "w:cs"):
            face.set(qn(kind), fonts.FAMILY)
        for theme in ("w:asciiTheme", "w:eastAsiaTheme", "w:hAnsiTheme", "w:cstheme"):
            face.attrib.pop(qn(theme), None)
    # of the forms a character has, and where its comma stands
    for tongue in document.styles.element.iter(qn("w:lang")):
        tongue.set(qn("w:eastAsia"), "zh-CN")


def _properties(document: Any, book: Handbook) -> None:
    known = document.core_properties
    known.title, known.subject = _clean(book.title), _clean(book.source)
    known.author = known.last_modified_by = _clean(book.notice) or "quhua"
    known.comments, known.language = _clean(book.stamp), book.language
    made = dt.datetime.fromisoformat(book.made_on).replace(tzinfo=dt.UTC)
    known.created = known.modified = made


def _furniture(document: Any, book: Handbook) -> None:
    """Print the title above every page but the first, stamp and number below."""
    from docx.enum.text import WD_TAB_ALIGNMENT

    page = document.sections[0]
    page.different_first_page_header_footer = True
    head, foot = page.header.paragraphs[0], page.footer.paragraphs[0]
    _columns(head, (160, WD_TAB_ALIGNMENT.RIGHT))
    head.text = f"{_clean(book.title)}\t{_clean(book.notice)}".rstrip("\t")
    page.first_page_footer.paragraphs[0].text = _clean(book.stamp)
    _columns(foot, (105, WD_TAB_ALIGNMENT.CENTER), (160, WD_TAB_ALIGNMENT.RIGHT))
    before, after = book.say("第 ", "Page "), book.say(" 页", "")
    foot.add_run(f"{_clean(book.stamp)}\t{book.made_on}\t{before}")
    _field(foot, "PAGE", "1")
    foot.add_run(book.say(" 页，共 ", " of "))
    _field(foot, "NUMPAGES", "1")
    foot.add_run(after)


def _columns(paragraph: Any, *stops: tuple[int, Any]) -> None:
    """Give a line of head or foot its tab stops, in millimetres, and no others."""
    from docx.shared import Mm

    paragraph.style = "Normal"  # that of heads has stops of Letter paper
    for place, side in stops:
        paragraph.paragraph_format.tab_stops.add_tab_stop(Mm(place), side)


def _field(paragraph: Any, instruction: str, shown: str) -> None:
    """Add a field that the word processor works out; ``shown`` until it has."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), instruction)
    run, text = OxmlElement("w:r"), OxmlElement("w:t")
    text.text = shown
    run.append(text)
    field.append(run)
    paragraph._p.append(field)


def _cover(document: Any, book: Handbook) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Mm

    title = document.add_paragraph(_clean(book.title), style="Title")
    title.paragraph_format.space_before = Mm(70)
    lines = [
        title,
        *(
            document.add_paragraph(_clean(line))
            for line in (
                book.say(f"编制日期 {book.made_on}", f"Made on {book.made_on}"),
                book.source,
                book.notice,
                book.stamp,
            )
            if line
        ),
    ]
    for line in lines:
        line.alignment = WD_ALIGN_PARAGRAPH.CENTER


def _contents(document: Any, book: Handbook) -> None:
    """Add the contents: headings now, page numbers once the fields are updated."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    document.add_page_break()
    head = document.add_paragraph()
    head.add_run(book.say("目录", "Contents")).bold = True
    hint = book.say(
        "在文字处理软件中右击目录并选择“更新域”，即显示页码。",
        "Right-click the contents and choose “Update field” to see page numbers.",
    )
    paragraph = document.add_paragraph()
    for kind in ("begin", "separate", "end"):
        run = OxmlElement("w:r")
        mark = OxmlElement("w:fldChar")
        mark.set(qn("w:fldCharType"), kind)
        if kind == "begin":
            mark.set(qn("w:dirty"), "true")
        run.append(mark)
        paragraph._p.append(run)
        if kind == "begin":
            told, text = OxmlElement("w:r"), OxmlElement("w:instrText")
            text.set(qn("xml:space"), "preserve")
            text.text = r'TOC \o "1-1" \h \z \u'
            told.append(text)
            paragraph._p.append(told)
        elif kind == "separate":
            paragraph.add_run(hint)
    for section in book.sections:
        line = f"{section.name}　{len(section.entries)}"
        document.add_paragraph(_clean(line), style="List Bullet")


def _about(document: Any, book: Handbook) -> None:
    _heading(document, book.say("编制说明", "About this handbook"))
    for line in about(book):
        document.add_paragraph(_clean(line))
    head = [book.say("设施类型", "Type"), book.say("数量", "Number")]
    rows = [[kind, str(count)] for kind, count in book.counts()]
    total = [book.say("合计", "Total"), str(len(book.entries))]
    _table(document, [head, *rows, total], (120, 40))


def _heading(document: Any, words: str) -> None:
    """Begin a part of the book on a new page."""
    heading = document.add_heading(_clean(words), level=1)
    heading.paragraph_format.page_break_before = True


def _table(document: Any, rows: list[list[str]], widths: tuple[int, ...]) -> None:
    """Add a table whose head is there again on every page."""
    from docx.oxml import OxmlElement
    from docx.shared import Mm

    table = document.add_table(rows=len(rows), cols=len(widths), style="Table Grid")
    table.autofit = False
    for column, width in zip(table.columns, widths, strict=True):
        column.width = Mm(width)
    for row, values in zip(table.rows, rows, strict=True):
        for cell, value, width in zip(row.cells, values, widths, strict=True):
            cell.text, cell.width = _clean(value), Mm(width)
    for cell in table.rows[0].cells:
        for run in cell.paragraphs[0].runs:
            run.bold = True
    table.rows[0]._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))


def _picture(document: Any, book: Handbook, made: sheet.Sheet) -> None:
    from docx.shared import Mm

    shown = document.add_picture(io.BytesIO(made.png), width=Mm(made.width_mm))
    for side in ("distT", "distB", "distL", "distR"):
        shown._inline.set(side, "0")  # said by nobody, it is an eighth of an inch
    document.paragraphs[-1].paragraph_format.keep_with_next = True
    under = f"{book.stamp} · CGCS2000 · {book.made_on} · {book.notice}"
    document.add_paragraph(_clean(under.rstrip(" ·")))


def _street(document: Any, book: Handbook, section: Section) -> None:
    document.add_heading(_clean(section.name), level=1)
    if not section.entries:
        document.add_paragraph(nobody(book))
        return
    if section.code in book.units.index:
        made = sheet.draw(
            book, section.entries, frame=section.code, width_mm=160, height_mm=90
        )
        _picture(document, book, made)
    for entry in section.entries:
        _entry(document, entry)


def _entry(document: Any, entry: Entry) -> None:
    from docx.shared import Mm

    document.add_heading(_clean(f"{entry.number}　{entry.name}"), level=2)
    kind = document.add_paragraph(_clean(entry.kind))
    kind.paragraph_format.keep_with_next = True
    if not entry.facts:
        return
    table = document.add_table(rows=len(entry.facts), cols=2)
    table.autofit = False
    for column, width in zip(table.columns, (32, 128), strict=True):
        column.width = Mm(width)
    for place, (row, fact) in enumerate(zip(table.rows, entry.facts, strict=True), 1):
        for cell, words, width in zip(row.cells, fact, (32, 128), strict=True):
            cell.text, cell.width = _clean(words), Mm(width)
            form = cell.paragraphs[0].paragraph_format
            form.keep_with_next, form.space_after = place < len(entry.facts), 0


def _index(document: Any, book: Handbook) -> None:
    rows = index(book)
    if len(rows) > 1:
        _heading(document, book.say("按类型索引", "Index by type"))
        _table(document, rows, (14, 66, 46, 34))


def _clean(words: str) -> str:
    """Return text without what XML cannot hold."""
    return "".join(each for each in words if each.isprintable() or each == "\u3000")
