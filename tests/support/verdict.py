"""What becomes of a file, in one word: accepted, asks or refused."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geodata.errors import CRSError, FileRefusedError, QuhuaError, Text
from geodata.files.reader import read

if TYPE_CHECKING:
    import geopandas as gpd

    from geodata.files.reading import Reading

ACCEPTED, ASKS, REFUSED = "accepted", "asks", "refused"


@dataclass(frozen=True)
class Verdict:
    """The outcome of reading one file.

    ``accepted`` means that nobody needs to be asked; records may still have been
    refused by name and invalid polygons listed with their place (the rules will
    hold those back). ``asks`` means that a person must confirm a guess or name
    the CRS. ``refused`` means that nothing of the file is used.
    """

    outcome: str
    reasons: tuple[Text, ...] = ()
    frame: gpd.GeoDataFrame | None = None
    reading: Reading | None = None
    error: QuhuaError | None = None

    @property
    def is_clean(self) -> bool:
        """Whether every record was taken as sent and none is invalid."""
        return (
            self.outcome == ACCEPTED
            and self.reading is not None
            and not self.reading.records.refused
            and not self.reading.geometry.invalid
        )


def verdict(path: str | Path, **options: Any) -> Verdict:
    """Read a file and say what becomes of it; options as for ``read``."""
    try:
        frame, reading = read(path, **options)
    except FileRefusedError as error:
        return Verdict(REFUSED, (error.message,), error=error)
    except CRSError as error:
        outcome = REFUSED if error.code == "extent" else ASKS
        return Verdict(outcome, (error.message,), error=error)
    questions = tuple(
        Text(f"请确认 {guess.what}：{guess.evidence}",
             f"Please confirm {guess.what}: {guess.evidence_en or guess.evidence}")
        for guess in reading.undecided
    )  # fmt: skip
    if questions:
        return Verdict(ASKS, questions, frame, reading)
    return Verdict(ACCEPTED, (), frame, reading)
