"""Transformation parameters that an administrator supplies, and never shows.

Parameters between Chinese national systems were state secrets: none is shipped,
none is logged, and the ``repr`` of one hides its values. Source: domain
specification D4 and fact 12.
"""

from __future__ import annotations

import json
import math
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError as ProjCRSError
from pyproj.exceptions import ProjError

from geodata.crs.zones import STORAGE
from geodata.errors import Text, TransformError

Floats: TypeAlias = npt.NDArray[np.float64]
Pair: TypeAlias = tuple[Floats, Floats]
Source: TypeAlias = "Parameters | dict[str, Any] | str | Path"

_LARGEST_FILE = 65_536
_ARCSEC = math.pi / 180.0 / 3600.0


class Parameters(Protocol):
    """A transformation between two systems, usable both ways."""

    source: str
    target: str

    def forward(self, x: Floats, y: Floats) -> Pair:
        """Take coordinates of ``source`` to ``target``."""

    def inverse(self, x: Floats, y: Floats) -> Pair:
        """Take coordinates of ``target`` to ``source``."""


@dataclass(frozen=True)
class BursaWolf:
    """Seven parameters between two geographic systems, heights taken as zero.

    ``shifts_m`` are metres, ``rotations_s`` arc seconds in the sense of
    ``convention`` and ``scale_ppm`` parts per million.
    """

    source: str
    target: str
    shifts_m: tuple[float, float, float] = field(repr=False)
    rotations_s: tuple[float, float, float] = field(repr=False)
    scale_ppm: float = field(repr=False)
    convention: str = "position_vector"

    def forward(self, x: Floats, y: Floats) -> Pair:
        """Take longitude and latitude of ``source`` to ``target`` (degrees)."""
        return self._run(x, y, direction="FORWARD")

    def inverse(self, x: Floats, y: Floats) -> Pair:
        """Take longitude and latitude of ``target`` to ``source`` (degrees)."""
        return self._run(x, y, direction="INVERSE")

    def _run(self, x: Floats, y: Floats, *, direction: Any) -> Pair:
        try:
            pipeline = Transformer.from_pipeline(self._pipeline())
            result = pipeline.transform(x, y, direction=direction)
        except ProjError:
            raise _unusable(
                "PROJ 不接受这些参数", "PROJ rejects the parameters"
            ) from None
        return np.asarray(result[0]), np.asarray(result[1])

    def _pipeline(self) -> str:
        (x, y, z), (rx, ry, rz) = self.shifts_m, self.rotations_s
        return (
            "+proj=pipeline +step +proj=unitconvert +xy_in=deg +xy_out=rad "
            f"+step +proj=cart {_ellipsoid(self.source)} "
            f"+step +proj=helmert +x={x!r} +y={y!r} +z={z!r} +rx={rx!r} +ry={ry!r} "
            f"+rz={rz!r} +s={self.scale_ppm!r} +convention={self.convention} "
            f"+step +inv +proj=cart {_ellipsoid(self.target)} "
            "+step +proj=unitconvert +xy_in=rad +xy_out=deg"
        )


@dataclass(frozen=True)
class PlaneSimilarity:
    """Four parameters between two plane grids, x east and y north in metres.

    ``X = dx + k (x cos a - y sin a)``, ``Y = dy + k (x sin a + y cos a)`` with
    ``k = 1 + scale_ppm / 1e6`` and ``a`` in arc seconds. ``source`` may be a
    local grid without any code (``"local"``).
    """

    source: str
    target: str
    dx_m: float = field(repr=False)
    dy_m: float = field(repr=False)
    rotation_s: float = field(repr=False)
    scale_ppm: float = field(repr=False)

    def forward(self, x: Floats, y: Floats) -> Pair:
        """Take metres of ``source`` to metres of ``target``."""
        cos, sin = self._terms()
        return self.dx_m + x * cos - y * sin, self.dy_m + x * sin + y * cos

    def inverse(self, x: Floats, y: Floats) -> Pair:
        """Take metres of ``target`` to metres of ``source``."""
        cos, sin = self._terms()
        square = cos**2 + sin**2
        dx, dy = x - self.dx_m, y - self.dy_m
        return (dx * cos + dy * sin) / square, (dy * cos - dx * sin) / square

    def _terms(self) -> tuple[float, float]:
        scale, angle = 1.0 + self.scale_ppm * 1e-6, self.rotation_s * _ARCSEC
        return scale * math.cos(angle), scale * math.sin(angle)


def load_parameters(source: Source) -> BursaWolf | PlaneSimilarity:
    """Read parameters from a mapping or from a TOML or JSON file.

    Keys: ``kind`` (``bursa_wolf`` or ``plane``), ``source`` and ``target``
    (``EPSG:n``; ``target`` of ``bursa_wolf`` defaults to CGCS2000; ``source`` of
    ``plane`` may be ``local``); for ``bursa_wolf`` ``dx_m dy_m dz_m rx_s ry_s
    rz_s scale_ppm`` and ``convention`` (``position_vector`` or
    ``coordinate_frame``); for ``plane`` ``dx_m dy_m rotation_s scale_ppm``.

    Raises
    ------
    TransformError
        When a key is missing or wrong. Values are never repeated.
    """
    if isinstance(source, (BursaWolf, PlaneSimilarity)):
        return source
    values = source if isinstance(source, dict) else _read(Path(str(source)))
    kind = values.get("kind")
    if kind == "bursa_wolf":
        return _bursa_wolf(values)
    if kind == "plane":
        return _plane(values)
    raise _unusable("kind 应为 bursa_wolf 或 plane", "kind must be bursa_wolf or plane")


def _bursa_wolf(values: dict[str, Any]) -> BursaWolf:
    convention = values.get("convention", "position_vector")
    if convention not in {"position_vector", "coordinate_frame"}:
        raise _unusable(
            "convention 应为 position_vector 或 coordinate_frame",
            "convention must be position_vector or coordinate_frame",
        )
    parameters = BursaWolf(
        _code(values, "source"),
        _code({"target": STORAGE, **values}, "target"),
        (_number(values, "dx_m"), _number(values, "dy_m"), _number(values, "dz_m")),
        (_number(values, "rx_s"), _number(values, "ry_s"), _number(values, "rz_s")),
        _number(values, "scale_ppm"),
        str(convention),
    )
    for end in (parameters.source, parameters.target):
        if not CRS.from_user_input(end).is_geographic:
            raise _unusable(
                "bursa_wolf 的 source 与 target 应为经纬度坐标系",
                "source and target of bursa_wolf must be geographic",
            )
    return parameters


def _plane(values: dict[str, Any]) -> PlaneSimilarity:
    local = values.get("source") == "local"
    parameters = PlaneSimilarity(
        "local" if local else _code(values, "source"),
        _code(values, "target"),
        _number(values, "dx_m"),
        _number(values, "dy_m"),
        _number(values, "rotation_s"),
        _number(values, "scale_ppm"),
    )
    ends = (parameters.target,) if local else (parameters.source, parameters.target)
    if not all(CRS.from_user_input(end).is_projected for end in ends):
        raise _unusable(
            "plane 的 source 与 target 应为平面坐标系",
            "source and target of plane must be projected",
        )
    return parameters


def _read(path: Path) -> dict[str, Any]:
    try:
        if path.stat().st_size > _LARGEST_FILE:
            raise _unusable("文件过大", "the file is too large")
        text = path.read_text(encoding="utf-8-sig")
        values = json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
    except (OSError, UnicodeDecodeError, ValueError):
        raise _unusable(
            "文件不是可读的 TOML 或 JSON", "the file cannot be read as TOML or JSON"
        ) from None
    if not isinstance(values, dict):
        raise _unusable("文件应是一个表", "the file must hold one table")
    return values


def _number(values: dict[str, Any], key: str) -> float:
    value = values.get(key)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise _unusable(f"{key} 应为数字", f"{key} must be a number")
    if not math.isfinite(value):
        raise _unusable(f"{key} 应为有限数", f"{key} must be finite")
    return float(value)


def _code(values: dict[str, Any], key: str) -> str:
    value = values.get(key)
    try:
        code = int(str(value).upper().removeprefix("EPSG:"))
        return f"EPSG:{CRS.from_epsg(code).to_epsg()}"
    except (ValueError, ProjCRSError):
        raise _unusable(f"{key} 应写成 EPSG:n", f"{key} must be EPSG:n") from None


def _ellipsoid(code: str) -> str:
    ellipsoid = CRS.from_user_input(code).ellipsoid
    if ellipsoid is None:
        raise _unusable("坐标系没有椭球", "the system has no ellipsoid")
    return f"+a={ellipsoid.semi_major_metre!r} +rf={ellipsoid.inverse_flattening!r}"


def _unusable(zh: str, en: str) -> TransformError:
    return TransformError(
        Text(
            zh=f"转换参数无法使用：{zh}。",
            en=f"The transformation parameters cannot be used: {en}.",
        ),
        Text(
            zh="请管理员核对参数文件的键名、单位与坐标系代码。",
            en="Ask the administrator to check keys, units and codes of the file.",
        ),
        code="parameters",
    )
