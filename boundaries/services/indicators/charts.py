"""Charts of indicators as pictures: a trend with its target, units side by side.

matplotlib draws without a window and without a host, in the typefaces of our documents.
"""

from __future__ import annotations

import io
from contextlib import contextmanager
from threading import Lock
from typing import TYPE_CHECKING, Any

from geodata.errors import InputError, Text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

FORMATS = ("svg", "png")
_INK, _SOFT, _ACCENT, _TARGET = "#1b1f24", "#4c545e", "#0b5cad", "#a8201a"
_WIDTH_IN, _HEIGHT_IN, _DPI = 8.0, 4.0, 150
_MOST_BARS, _BAR_IN = 60, 0.33


def trend_chart(
    document: Mapping[str, Any], form: str = "svg", language: str = "zh", mark: str = ""
) -> bytes:
    """Return the picture of one indicator over the years, its target as a line.

    Parameters
    ----------
    document
        What the registry's ``indicator`` returns.
    form
        ``svg`` or ``png``.
    mark
        What the picture may be used for, printed under it.
    """
    with _drawing():
        return _trend(document, form, language, mark)


def _trend(document: Mapping[str, Any], form: str, language: str, mark: str) -> bytes:
    figure, axes = _sheet(form)
    points = [each for each in document["trend"] if each["value"] is not None]
    years = [int(each["on"][:4]) for each in points]
    values = [each["value"] for each in points]
    axes.plot(years, values, color=_ACCENT, linewidth=2, zorder=3)
    for how, shape in (("computed", "o"), ("entered", "s"), ("baseline", "D")):
        chosen = [n for n, each in enumerate(points) if each["how"] == how]
        if chosen:
            axes.scatter(
                [years[n] for n in chosen], [values[n] for n in chosen], marker=shape,
                color=_ACCENT, zorder=4, label=_HOW[how].to(language),
            )  # fmt: skip
    for year, value in zip(years, values, strict=True):
        axes.annotate(
            f"{value:.4g}", (year, value), xytext=(0, 8), textcoords="offset points",
            ha="center", color=_INK, fontsize=9,
        )  # fmt: skip
    _target_line(axes, document, language)
    if years:
        axes.set_xticks(sorted(set(years)))
    return _finished(figure, axes, document, form, language, mark)


def units_chart(
    document: Mapping[str, Any], form: str = "svg", language: str = "zh", mark: str = ""
) -> bytes:
    """Return the picture of one indicator by unit, the highest first."""
    with _drawing():
        return _units(document, form, language, mark)


def _units(document: Mapping[str, Any], form: str, language: str, mark: str) -> bytes:
    rows = [each for each in document["units"] if each["value"] is not None]
    rows = sorted(rows, key=lambda each: -each["value"])[:_MOST_BARS]
    figure, axes = _sheet(form, max(_WIDTH_IN, len(rows) * _BAR_IN))
    places = range(len(rows))
    axes.bar(places, [each["value"] for each in rows], color=_ACCENT, width=0.65)
    axes.set_xticks(
        list(places),
        [each["name"] for each in rows],
        rotation=55 if len(rows) > _FEW else 0,
        ha="right" if len(rows) > _FEW else "center",
    )
    for place, each in zip(places, rows, strict=True):
        axes.annotate(
            f"{each['value']:.4g}", (place, each["value"]), xytext=(0, 3),
            textcoords="offset points", ha="center", fontsize=8, color=_INK,
        )  # fmt: skip
    _target_line(axes, document, language)
    return _finished(figure, axes, document, form, language, mark)


_FEW = 8
_FOOT = 0.06
"""The part of a picture's height that is left for what stands under it."""
_HOW: Mapping[str, Text] = {
    "computed": Text("计算值", "computed"),
    "entered": Text("填报值", "entered"),
    "baseline": Text("基期值", "baseline"),
}


@contextmanager
def _drawing() -> Iterator[None]:
    """Draw in our typefaces, one picture at a time: the settings are global."""
    import matplotlib as mpl

    from boundaries.documents import fonts

    chosen: Any = {**fonts.for_matplotlib(), "svg.hashsalt": "quhua"}
    with _ONE_AT_A_TIME, mpl.rc_context(chosen):
        yield


_ONE_AT_A_TIME = Lock()


def require_form(form: str) -> None:
    """Raise InputError for a form no picture is made in."""
    if form not in FORMATS:
        raise InputError(
            Text(f"图片格式只能是 {'、'.join(FORMATS)}。",
                 f"A picture is one of {', '.join(FORMATS)}."),
        )  # fmt: skip


def _sheet(form: str, width_in: float = _WIDTH_IN) -> tuple[Any, Any]:
    require_form(form)
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width_in, _HEIGHT_IN), dpi=_DPI, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", color="#d4d8dc", linewidth=0.8)
    axes.set_axisbelow(True)
    return figure, axes


def _target_line(axes: Any, document: Mapping[str, Any], language: str) -> None:
    target = document["target"]
    if not target or target["value"] is None:
        return
    said = Text("目标", "target").to(language)
    axes.axhline(target["value"], color=_TARGET, linestyle="--", linewidth=1.5)
    axes.annotate(
        f"{said} {target['words']} ({target['year']})", (1, target["value"]),
        xycoords=("axes fraction", "data"), xytext=(-4, 4), color=_TARGET,
        textcoords="offset points", ha="right", fontsize=9,
    )  # fmt: skip


def _finished(
    figure: Any, axes: Any, document: Mapping[str, Any], form: str, language: str,
    mark: str,
) -> bytes:  # fmt: skip
    unit = document["unit"][language]
    where = document["scope"]["name"]
    parts = [document["name"][language], where, document["as_of"]]
    axes.set_title(" · ".join(part for part in parts if part), fontsize=11, color=_INK)
    axes.set_ylabel(unit, color=_SOFT)
    top = max([axes.get_ylim()[1], 1e-9])
    axes.set_ylim(0, top * 1.08)
    if axes.get_legend_handles_labels()[1]:
        axes.legend(frameon=False, fontsize=9, loc="lower right")
    figure.get_layout_engine().set(rect=(0, _FOOT, 1, 1 - _FOOT))
    stamp = document["stamp"]["id"]
    figure.text(0.995, 0.015, stamp, ha="right", fontsize=7, color=_SOFT)
    figure.text(0.005, 0.015, mark, ha="left", fontsize=8, color=_TARGET)
    made = io.BytesIO()
    figure.savefig(made, format=form, metadata=_QUIET[form])
    return made.getvalue()


_QUIET: Mapping[str, dict[str, Any]] = {
    "svg": {"Date": None, "Creator": None},
    "png": {"Software": None},
}
