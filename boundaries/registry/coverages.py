"""Documents of the coverage map and its sheets: computed once, kept, told as may be."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from boundaries import review
from boundaries.registry.computed import keep
from boundaries.registry.desk import logged, today
from boundaries.registry.publishing import tag_of
from boundaries.registry.services import LAYERS, Services
from boundaries.services import coverage as figures
from boundaries.services.guarding import Guard
from boundaries.services.suppressing import suppressed_map
from geodata.errors import InputError, NotFoundError, StateError, Text
from geodata.store import dates

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MOST_WAITING = 12
"""Questions of one person that may wait for an answer."""
COVERAGE, SHEETS = "coverage", "coverage_sheets"
"""Collections of what was computed and drawn; each is content under a hash."""
DRAWING = 3
"""Raised whenever sheets of the same figures are drawn otherwise."""


class Coverages(Services):
    """Ask for a document or a sheet, make it in a job, read it."""

    def ask_coverage(self, actor: str, question: Mapping[str, Any]) -> dict[str, Any]:
        """Return where the answer of the map is; begin its job when it is not there.

        Returns
        -------
        dict
            ``{"key", "ready", "job"}``.
        """
        asked = {name: value for name, value in question.items() if value is not None}
        asked["as_of"] = dates.last_day(dates.parse(asked.get("as_of") or today()))
        key = self.coverage_key(actor, **asked)
        if self.store.get(COVERAGE, key) is not None:
            return {"key": key, "ready": True, "job": None}
        job = self._begun(actor, "coverage", key, asked)
        return {"key": key, "ready": False, "job": job}

    def earlier_state(self, actor: str) -> str | None:
        """Return the date today is best compared with, None without any.

        It is when the state before the present one came into force, else a year ago;
        on both, divisions and people must be on record (facilities count since they
        opened, whenever that was recorded).
        """
        self._require_reader(actor)
        tags, day = self.store.tags(), today()
        starts = {
            layer: {
                found
                for each in self.store.versions(layer)
                if each.number <= tags.get(tag_of(layer), 0)
                and each.effective
                and (found := f"{each.effective}-01-01"[:10]) <= day
            }
            for layer in LAYERS
        }
        needed = [starts["divisions"], starts["population"]]
        if not all(needed):
            return None
        first = max(map(min, needed))
        states = sorted(set[str]().union(*starts.values()))
        earlier = [each for each in states[:-1] if each >= first]
        ago = f"{int(day[:4]) - 1}{day[4:]}".replace("-02-29", "-02-28")
        return earlier[-1] if earlier else ago if ago >= first else None

    def coverage_document(self, actor: str, key: str) -> dict[str, Any]:
        """Return a document of the map that was computed; raise NotFoundError."""
        self._require_reader(actor)
        row = self.store.get(COVERAGE, key)
        if row is None:
            raise NotFoundError(
                Text("这项覆盖计算还没有完成。", "This coverage is not computed yet."),
                Text("请稍候，或重新提交。", "Wait, or ask for it again."),
            )
        document = json.loads(self.store.blob(row["blob"]))
        return self._shown_map(actor, document)

    def make_coverage(
        self, actor: str, as_of: str | None = None, *, types: Sequence[str] = (),
        **how: Any,
    ) -> str:  # fmt: skip
        """Compute the document of the map and keep it; return its key."""
        from boundaries.services.maps import map_document

        with logged("make_coverage", actor):
            key = self.coverage_key(actor, as_of, types=types, **how)
            if self.store.get(COVERAGE, key) is not None:
                return key
            place = self.situation(actor, as_of, **how)
            given = self.settings.services
            made = map_document(
                place, types, given.need_per_thousand, given.suppressed_below,
                self._kept_back(place),
            )  # fmt: skip
            document = {"key": key, **made}
            body = json.dumps(document, ensure_ascii=False, allow_nan=False).encode()
            with self.store.write(lock=[COVERAGE]) as tx:
                keep(tx, COVERAGE, key, body, stamp=document["stamp"])
            return key

    def ask_coverage_sheet(
        self, actor: str, key: str, *, level: str, indicator: str, language: str
    ) -> dict[str, Any]:
        """Return where the map of a document is as a sheet; begin its job if nowhere.

        Returns
        -------
        dict
            ``{"key", "ready", "job"}``.
        """
        document = self.coverage_document(actor, key)
        _require_part(document, level, indicator, language)
        sheet = self.sheet_key(actor, key, level, indicator, language)
        if self.store.get(SHEETS, sheet) is not None:
            return {"key": sheet, "ready": True, "job": None}
        asked = {"level": level, "indicator": indicator, "language": language}
        job = self._begun(actor, "coverage_sheet", key, asked)
        return {"key": sheet, "ready": False, "job": job}

    def make_coverage_sheet(
        self, actor: str, key: str, *, level: str, indicator: str, language: str
    ) -> str:
        """Draw the sheet of a document as the actor may see it; return its key."""
        from boundaries.documents.coverage_sheet import sheet

        asked = self.sheet_key(actor, key, level, indicator, language)
        if self.store.get(SHEETS, asked) is not None:
            return asked
        document = self.coverage_document(actor, key)
        stamp = document["stamp"]
        drawn = sheet(
            document,
            self.store.snapshot(
                "divisions", at=stamp["divisions"]["number"], valid_on=stamp["as_of"]
            ),
            level=level,
            number=figures.level_number(level),
            indicator=indicator,
            language=language,
            notice=self.notice(),
        )
        with self.store.write(lock=[SHEETS]) as tx:
            keep(tx, SHEETS, asked, drawn)
            self.record(tx, actor, "coverage_sheet", key, level=level, shows=indicator)
        return asked

    def coverage_sheet(self, actor: str, sheet: str) -> tuple[bytes, str]:
        """Return a sheet that was drawn, and a name for the file.

        Raises
        ------
        NotFoundError
            Also for one with figures that the actor may not see.
        """
        self._require_reader(actor)
        row = self.store.get(SHEETS, sheet)
        full = sheet.endswith(".full")
        if row is None or (full and not review.holds("view", self.user(actor))):
            raise NotFoundError(
                Text("没有这份图件。", "There is no such sheet."),
                Text("请重新生成。", "Make it again."),
            )
        return self.store.blob(row["blob"]), f"coverage-{row['created'][:10]}.pdf"

    def sheet_key(
        self, actor: str, key: str, level: str, indicator: str, language: str
    ) -> str:
        """Return the key of the sheet that the actor would be given."""
        whole = review.holds("view", self.user(actor))
        notice = json.dumps(self.notice(), sort_keys=True, default=str)
        printed = hashlib.sha256(f"{notice}{DRAWING}".encode()).hexdigest()[:8]
        shown = "full" if whole else "cut"
        return f"{key}.{level}.{indicator}.{language}.{printed}.{shown}"

    def _begun(
        self, actor: str, kind: str, key: str, asked: dict[str, Any]
    ) -> dict[str, Any]:
        """Begin a job, if the actor does not wait for many: any reader may ask."""
        mine = self.jobs(actor, only=["open"])
        waiting = [j for j in mine if j["kind"] == kind and j["subject"] != key]
        if len(waiting) >= MOST_WAITING:
            raise StateError(
                Text(f"已有 {len(waiting)} 项计算在等待。",
                     f"{len(waiting)} of your questions wait for their answer."),
                Text("请等待完成，或在“任务”页取消其中一些。",
                     "Wait for them, or cancel some on the page of jobs."),
            )  # fmt: skip
        return self.start_job(actor, kind, key, asked)

    def _shown_map(self, actor: str, document: dict[str, Any]) -> dict[str, Any]:
        guard = Guard.of_dict(document.pop("guard"))
        if review.holds("view", self.user(actor)):
            return document
        return suppressed_map(document, guard)


def _require_part(
    document: Mapping[str, Any], level: str, indicator: str, language: str
) -> None:
    wrong = [
        said
        for said, known in (
            (level, document["levels"]),
            (indicator, document["indicators"]),
            (language, ("zh", "en")),
        )
        if said not in known
    ]
    if wrong:
        raise InputError(
            Text(f"没有“{wrong[0]}”这种图。", f"There is no map of “{wrong[0]}”.")
        )
