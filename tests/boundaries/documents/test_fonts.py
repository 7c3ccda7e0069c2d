"""The typefaces of documents: there, whole, and said when they are not."""

from __future__ import annotations

import io
import warnings
from pathlib import Path

import pytest

from boundaries.documents import fonts
from geodata.errors import NotFoundError

WORDS = "望澜市鹤汀区养老服务资源手册㎡①—“”≥·审图号 Āé²½ Eldercare 0123"


@pytest.mark.parametrize("face", [fonts.REGULAR, fonts.BOLD])
def test_every_character_of_our_documents_has_a_shape(face: str) -> None:
    from reportlab.pdfbase import pdfmetrics

    fonts.for_reportlab()
    known = pdfmetrics.getFont(face).face.charToGlyph
    assert [letter for letter in WORDS if ord(letter) not in known] == []


def test_a_picture_is_drawn_in_the_face_without_a_missing_glyph() -> None:
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context(fonts.for_matplotlib()), warnings.catch_warnings():
        warnings.simplefilter("error")  # a missing glyph is a warning
        figure = Figure()
        axes = figure.add_subplot()
        axes.set_title(WORDS, fontweight="bold")
        figure.savefig(io.BytesIO(), format="png")


def test_a_missing_face_is_said_with_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fonts, "FOLDER", tmp_path)
    with pytest.raises(NotFoundError, match="typeface") as raised:
        fonts.file_of(fonts.BOLD)
    assert raised.value.code == "typeface_missing"
    assert raised.value.hint is not None
    assert "scripts/assets" in raised.value.hint.en
