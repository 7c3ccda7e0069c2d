"""The typefaces of documents: Noto Sans SC, regular and bold, complete for Chinese.

The files come with the package (``scripts/assets`` fetches them before a wheel is
made). Without them a PDF or a picture shows boxes, so their absence is said instead.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from geodata.errors import NotFoundError, Text

FOLDER = Path(__file__).with_name("typefaces")
REGULAR, BOLD = "NotoSansSC-Regular", "NotoSansSC-Bold"
"""Names of the faces, for reportlab; each is also the name of its file."""
FAMILY = "Noto Sans SC"
"""Name of the family, for matplotlib, DOCX and CSS."""


def file_of(face: str) -> Path:
    """Return the TrueType file of a face.

    Parameters
    ----------
    face
        :data:`REGULAR` or :data:`BOLD`.

    Raises
    ------
    NotFoundError
        When the package was installed without it.
    """
    path = FOLDER / f"{face}.ttf"
    if not path.is_file():
        raise NotFoundError(
            Text(
                f"缺少字体文件 {path.name}，无法生成带中文的文件。",
                f"The typeface {path.name} is missing: documents cannot be set.",
            ),
            Text(
                "请运行 scripts/assets 后重试，或安装完整的软件包。",
                "Run scripts/assets and try again, or install the whole package.",
            ),
            code="typeface_missing",
        )
    return path


@cache
def for_reportlab() -> tuple[str, str]:
    """Make the faces known to reportlab; return the names (regular, bold).

    Raises
    ------
    NotFoundError
        When a face is missing.
    """
    from reportlab.lib.fonts import addMapping
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont

    for face in (REGULAR, BOLD):
        pdfmetrics.registerFont(TTFont(face, file_of(face)))
    for bold, face in ((0, REGULAR), (1, BOLD)):
        for italic in (0, 1):  # Chinese has no italics
            addMapping(REGULAR, bold, italic, face)
    return REGULAR, BOLD


@cache
def for_matplotlib() -> dict[str, Any]:
    """Make the faces known to matplotlib; return settings for ``rc_context``.

    Raises
    ------
    NotFoundError
        When a face is missing.
    """
    from matplotlib import font_manager

    for face in (REGULAR, BOLD):
        font_manager.fontManager.addfont(str(file_of(face)))
    return {
        "font.family": [FAMILY],
        "axes.unicode_minus": False,
        "svg.fonttype": "path",
    }
