"""``handbook``: the resource handbook of a district as PDF or DOCX."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from boundaries import outputs
from boundaries.console import Command, Option, Result, Run, command
from geodata.errors import Text

if TYPE_CHECKING:
    from pathlib import Path


@command(
    "handbook",
    Text(
        "编制区县养老服务资源手册（PDF 或 DOCX）。\n\n"
        "只收录已发布、已公开、正在运营的设施。",
        "Make a district's eldercare handbook (PDF or DOCX).\n\n"
        "Only what is published, public and open is in it.",
    ),
    Option(
        ["--district"],
        Text("区县代码，或街道、乡镇代码", "code of the district, or of a street"),
        required=True,
        metavar="CODE",
    ),
    Option(
        ["--out"],
        Text("输出文件，.pdf 或 .docx", "the file to write, .pdf or .docx"),
        type=outputs.OutFile(),
        required=True,
    ),
    Option(
        ["--approval"],
        Text(
            "本手册地图的审图号；不写则标注内部使用",
            "the map approval number of this very handbook; else it is internal",
        ),
        default="",
        metavar="NUMBER",
    ),
    Option(
        ["--language", "language"],
        Text("手册语言", "language of the handbook"),
        type=click.Choice(("zh", "en")),
        default="zh",
        show_default=True,
    ),
)
def handbook(
    run: Run, district: str, out: Path, approval: str, language: str
) -> Result:
    """Compose the handbook and set it."""
    from boundaries.registry.care import write_handbook

    book = run.registry().handbook(
        run.reader, district, approval=approval, language=language
    )
    run.progress(Text("正在排版", "setting the pages"))
    write_handbook(book, out)
    data = {
        "file": str(out),
        "bytes": out.stat().st_size,
        "district": district,
        "title": book.title,
        "facilities": len(book.entries),
        "sections": [
            {"code": part.code, "name": part.name, "facilities": len(part.entries)}
            for part in book.sections
        ],
        "version": book.version,
        "made_on": book.made_on,
        "stamp": book.stamp,
    }
    words = Text(
        f"《{book.title}》：{len(book.entries)} 家设施，{data['bytes']} 字节，{out}",
        f"{book.title}: {len(book.entries)} facilities, {data['bytes']} bytes, {out}",
    )
    return Result(data, [words, book.stamp, book.source])


COMMANDS: tuple[Command, ...] = (handbook,)
