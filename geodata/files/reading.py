"""What was understood of a file, as a value that prints and travels as JSON."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

# ``evidence`` is the sentence in Chinese, ``evidence_en`` the same in English.

SURE = 0.9
"""A guess below this confidence must be confirmed by a person."""


@dataclass(frozen=True)
class Layer:
    """One layer found in the file."""

    name: str
    geometry_type: str
    count: int
    polygons: int = 0


@dataclass(frozen=True)
class Encoding:
    """How text was decoded and why. ``confidence`` is 0 to 1."""

    name: str
    evidence: str
    confidence: float
    evidence_en: str = ""
    """The evidence in English where it was written in both languages."""


@dataclass(frozen=True)
class CRSChoice:
    """The coordinate reference system and why; ``epsg`` None means: ask."""

    epsg: int | None
    evidence: str
    confidence: float
    alternatives: tuple[dict[str, Any], ...] = ()
    """Each ``{"epsg": int, "name": str, "confidence": float, "why": str}``."""
    wkt: str | None = None
    """A declared CRS that is usable but has no EPSG code; then ``epsg`` is None."""
    evidence_en: str = ""


@dataclass(frozen=True)
class Shift:
    """A systematic offset against the reference.

    ``dx_m`` and ``dy_m`` are the metres to add to the file to meet the
    reference, east and north positive.
    """

    kind: str
    """``gcj02``, ``bd09`` or ``translation``."""
    dx_m: float
    dy_m: float
    suspect: str
    """``file``, ``reference`` or ``unknown``."""
    evidence: str
    confidence: float = 0.0
    evidence_en: str = ""


@dataclass(frozen=True)
class GeometryNotes:
    """What happened to geometries on the way in, in counts of records."""

    z_dropped: int = 0
    m_dropped: int = 0
    linearised: int = 0
    repaired: int = 0
    invalid: tuple[dict[str, Any], ...] = ()
    """Each ``{"record", "reason", "x", "y"}``; kept as sent, never repaired here."""


@dataclass(frozen=True)
class Refusal:
    """One record that was not kept, and why (message in both languages)."""

    record: int | str
    reason: dict[str, str]


@dataclass(frozen=True)
class Records:
    """Always ``read == kept + len(refused)``."""

    read: int
    kept: int
    refused: tuple[Refusal, ...] = ()


@dataclass(frozen=True)
class Guess:
    """Something inferred, not declared. ``what`` is the override's name."""

    what: str
    value: Any
    confidence: float
    evidence: str
    alternatives: tuple[Any, ...] = ()
    evidence_en: str = ""

    @property
    def sure(self) -> bool:
        """Whether the guess may be used without asking a person."""
        return self.confidence >= SURE


@dataclass(frozen=True)
class Reading:
    """How one file was understood; JSON by the same names.

    ``bounds`` is ``(west, south, east, north)`` in EPSG:4490 degrees, or in the
    file's own units while ``crs.epsg`` is None.
    """

    driver: str
    layers: tuple[Layer, ...]
    layer: str
    encoding: Encoding
    fields: dict[str, str]
    crs: CRSChoice
    axis_swapped: bool
    shift: Shift | None
    geometry: GeometryNotes
    records: Records
    bounds: tuple[float, float, float, float] | None
    guesses: tuple[Guess, ...] = ()
    notes: tuple[dict[str, str], ...] = field(default=())
    """Plain remarks in both languages (``{"zh", "en"}``)."""

    @property
    def undecided(self) -> tuple[Guess, ...]:
        """The guesses a person must confirm before the data may be stored."""
        return tuple(guess for guess in self.guesses if not guess.sure)

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values; the inverse is :meth:`from_dict`."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Reading:
        """Build a Reading from the JSON that :meth:`to_dict` gave."""
        records = data["records"]
        bounds = data["bounds"]
        return cls(
            driver=data["driver"],
            layers=tuple(Layer(**item) for item in data["layers"]),
            layer=data["layer"],
            encoding=Encoding(**data["encoding"]),
            fields=dict(data["fields"]),
            crs=CRSChoice(
                **{
                    **data["crs"],
                    "alternatives": tuple(data["crs"].get("alternatives", ())),
                }
            ),
            axis_swapped=data["axis_swapped"],
            shift=Shift(**data["shift"]) if data["shift"] else None,
            geometry=GeometryNotes(
                **{**data["geometry"], "invalid": tuple(data["geometry"]["invalid"])}
            ),
            records=Records(
                records["read"],
                records["kept"],
                tuple(Refusal(**item) for item in records["refused"]),
            ),
            bounds=tuple(bounds) if bounds else None,
            guesses=tuple(
                Guess(**{**item, "alternatives": tuple(item["alternatives"])})
                for item in data["guesses"]
            ),
            notes=tuple(data.get("notes", ())),
        )
