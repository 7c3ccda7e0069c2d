"""A person's word over the guesses of a reading, checked before a job is queued."""

from __future__ import annotations

from typing import Any

from boundaries import codes
from boundaries.layers import LAYERS
from geodata.errors import InputError, Text
from geodata.store import dates

NOTHING: dict[str, Any] = {"target": "divisions", "layer": None, "overrides": {}}
"""What was said of a file nobody looked at yet."""
_MOST_FIELDS = 500
_WORD = 200


def checked(wish: dict[str, Any]) -> dict[str, Any]:
    """Return a wish with known names and plain values only.

    Paths and datum parameters are for the command line: nothing a browser sends may
    name a file of the server.

    Raises
    ------
    InputError
        Naming what is not understood.
    """
    target = str(wish.get("target") or "divisions")
    if target not in {layer.name for layer in LAYERS}:
        raise InputError(
            Text(f"没有图层 {target}。", f"There is no layer {target}."),
        )
    layer = wish.get("layer")
    overrides = wish.get("overrides") or {}
    unknown = sorted(set(overrides) - set(_CHECKS))
    if unknown:
        raise InputError(
            Text(f"不能指定 {unknown[0]}。", f"{unknown[0]} cannot be set."),
            Text("可指定：" + "、".join(_CHECKS), f"One of: {', '.join(_CHECKS)}."),
        )
    return {
        "target": target,
        "layer": None if layer in (None, "") else str(layer)[:_WORD],
        "overrides": {
            name: _CHECKS[name](value)
            for name, value in overrides.items()
            if value is not None or name == "shift"
        },
    }


def staging(wish: dict[str, Any], row: dict[str, Any]) -> dict[str, Any]:
    """Return the parameters of a staging job: what is wished, and the reading meant.

    What the file was read with last is part of the job, so what a person saw and
    confirmed is what is staged.
    """
    complete = str(wish.get("complete") or "").strip() or None
    if complete is not None:
        complete = codes.parse(complete).text
    return {
        "effective": dates.parse(str(wish.get("effective") or "").strip()),
        "basis": str(wish.get("basis") or "").strip()[:1000],
        "title": str(wish.get("title") or "").strip()[:_WORD] or row["name"],
        "complete": complete,
        "confirmed": sorted({str(word)[:_WORD] for word in wish.get("confirmed", ())}),
        "draft": str(wish["draft"]) if wish.get("draft") else None,
        "reading": row["said"],
    }


def _text(value: Any) -> str:
    return str(value).strip()[:_WORD]


def _epsg(value: Any) -> int:
    text = str(value).strip().upper().removeprefix("EPSG:")
    if not text.isdecimal() or len(text) > 6:
        raise InputError(
            Text(f"“{value}”不是 EPSG 代码。", f"'{value}' is not an EPSG code."),
            Text("例：4490、4527。", "Examples: 4490, 4527."),
        )
    return int(text)


def _yes(value: Any) -> bool:
    if not isinstance(value, bool):
        raise InputError(
            Text("axis_swapped 只能是 true 或 false。",
                 "axis_swapped is true or false."),
        )  # fmt: skip
    return value


def _shift(value: Any) -> Any:
    if value is None or value in ("gcj02", "bd09"):
        return value
    try:
        moved = {name: float(value[name]) for name in ("dx_m", "dy_m")}
    except (TypeError, KeyError, ValueError) as error:
        raise InputError(
            Text(
                "shift 只能是 gcj02、bd09、空，或东移北移的米数。",
                "shift is gcj02, bd09, null, or metres east and north.",
            )
        ) from error
    if not all(abs(metres) <= 10_000 for metres in moved.values()):
        raise InputError(
            Text("平移最多 10 公里。", "A file is moved 10 km at most."),
        )
    return moved


def _fields(value: Any) -> dict[str, str]:
    if not isinstance(value, dict) or len(value) > _MOST_FIELDS:
        raise InputError(Text("字段对应有误。", "The fields are not a mapping."))
    return {str(theirs)[:_WORD]: _text(ours) for theirs, ours in value.items()}


_CHECKS: dict[str, Any] = {
    "encoding": _text,
    "crs": _epsg,
    "axis_swapped": _yes,
    "shift": _shift,
    "fields": _fields,
    "angles": _text,
}
