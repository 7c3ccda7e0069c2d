"""Siting: a question asked once, answered by a job, opened as a plan, handed out."""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from boundaries.accounts import LOCAL
from boundaries.jobs.model import JOBS
from boundaries.products import marked
from boundaries.registry.desk import logged, now, today
from boundaries.registry.scenarios import Scenarios, suffix_of
from boundaries.registry.uploads import Uploads
from boundaries.services.profiles import METHOD, Profile
from geodata.errors import (
    CRSError,
    FileRefusedError,
    InfeasibleError,
    InputError,
    NotFoundError,
    StateError,
    Text,
)
from geodata.store import dates

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import geopandas as gpd

SITINGS = "sitings"
FORMATS = {"XLSX": ".xlsx", "GPKG": ".gpkg", "GeoJSON": ".geojson"}
KEPT = 200
"""How many answered questions a list shows; all are kept."""
ASKED, ANSWERED, REFUSED = "asked", "answered", "refused"


class Siting(Scenarios, Uploads):
    """Ask where to build; look at the answer, plan on from it, hand it out."""

    def siting(
        self, actor: str, as_of: str | None = None, *, model: str,
        candidates: gpd.GeoDataFrame | str = "nodes", group: str = "aged_60",
        most: int = 1000, types: Sequence[str] = (),
        tell: Callable[[float, Text], None] | None = None, **wish: Any,
    ) -> dict[str, Any]:  # fmt: skip
        """Return where a model opens facilities, with its certificate, by unit.

        Parameters
        ----------
        candidates
            Points, or a word of :class:`boundaries.services.siting.Source`.
        tell
            Hears how far the work is.
        wish
            Further fields of :class:`boundaries.services.siting.Wish`.
        """
        from boundaries.services.siting import Wish, sited

        self.may("plan" if actor != LOCAL else "view", actor)
        place = self.situation(actor, as_of, group=group)
        asked = Wish(model=model, types=tuple(types), candidates=most, **wish)
        with logged("siting", actor, model=model):
            return sited(place, asked, candidates, tell)

    def ask_siting(
        self, actor: str, asked: Mapping[str, Any], upload: str = ""
    ) -> dict[str, Any]:
        """Keep a question and begin its job; the same one on the same data is one.

        Parameters
        ----------
        asked
            As :func:`boundaries.services.siting.question.checked` takes it.
        upload
            A finished upload with candidates, where these come from a file.

        Returns
        -------
        dict
            The question's record, with its ``job`` while it is not answered.
        """
        from boundaries.services.siting.question import FILE, checked, title_of

        self.may("plan", actor)
        if asked.get("source") == FILE and upload:
            digest, row = self.original_of(actor, upload)
            asked = {**asked, "file": {"digest": digest, "name": row["name"]}}
        question = checked(asked)
        question["as_of"] = dates.last_day(question["as_of"] or today())
        within_name = self._unit_name(question)
        key = self._siting_key(question)
        with self.store.write(lock=[SITINGS, JOBS]) as tx:
            self.may("plan", actor, reader=tx)
            found = tx.get(SITINGS, key)
            if found is None:
                found = {
                    "id": key, "question": question, "within_name": within_name,
                    "author": actor,
                    "created": now(), "state": ASKED, "head": None, "blob": None,
                    "refusal": None, "rev": 0,
                }  # fmt: skip
            if found["state"] == ASKED:
                words = title_of(question).zh
                job = self.queue_job(tx, actor, "siting", key, {}, about=words)
                found = {**found, "job": job["id"]}
                body = {k: v for k, v in found.items() if k not in ("key", "rev")}
                tx.put(SITINGS, key, body, rev=found["rev"])
        self.wake_worker()
        return self.siting_record(actor, key)

    def sitings(self, actor: str) -> list[dict[str, Any]]:
        """Return the newest questions, without their answers."""
        self.may("view", actor)
        rows = self.store.find(SITINGS, order="created", descending=True, limit=KEPT)
        return [_head(row) for row in rows]

    def siting_record(self, actor: str, key: str) -> dict[str, Any]:
        """Return a question: answered, refused with the reason, or with its job.

        ``answer`` is what :meth:`siting` returns, None while there is none.
        """
        self.may("view", actor)
        row = self._siting(key)
        answer = None
        if row["blob"] is not None:
            answer = json.loads(self.store.blob(row["blob"]))
        return {**_head(row), "answer": answer}

    def make_siting(
        self, actor: str, key: str, tell: Callable[[float, Text], None] | None = None
    ) -> dict[str, Any]:
        """Answer a question and keep the answer, or why there is none."""
        row = self._siting(key)
        if row["state"] != ASKED:
            return _head(row)
        question = row["question"]
        answer, refusal = None, None
        try:
            answer = self._answer_of(actor, question, tell)
        except (InfeasibleError, InputError, FileRefusedError, CRSError) as error:
            refusal = error.to_dict()
        with self.store.write(lock=[SITINGS]) as tx:
            row = self._siting(key, tx)
            if row["state"] != ASKED:
                return _head(row)
            told = {k: v for k, v in row.items() if k not in ("key", "rev")}
            told |= {"state": REFUSED if answer is None else ANSWERED,
                     "refusal": refusal, "done": now()}  # fmt: skip
            if answer is not None:
                whole = {"id": key, "question": question, **answer}
                body = json.dumps(whole, ensure_ascii=False, allow_nan=False)
                told |= {"blob": tx.put_blob(body.encode()), "head": _figures(answer)}
            tx.put(SITINGS, key, told, rev=row["rev"])
            said = {} if answer is None else {"stamp": answer["stamp"]["id"]}
            self.record(tx, actor, "siting", key, state=told["state"], **said)
        return _head(told)

    def siting_plan(
        self,
        actor: str,
        key: str,
        kind: str | None = None,
        beds: float | str | None = None,
    ) -> dict[str, Any]:
        """Return an answer as a plan: ``{"base", "edits"}``, not saved.

        Parameters
        ----------
        kind
            Type of what is built anew; None: the first type asked about.
        beds
            Of sites that say none; as written.
        """
        from boundaries.services.edits import checked
        from boundaries.services.siting.using import base_of, edits_of

        self.may("plan", actor)
        answer = self._answered(actor, key)
        return {
            "base": base_of(answer),
            "edits": checked(edits_of(answer, kind, beds)),
        }

    def siting_scenario(
        self, actor: str, key: str, title: str, kind: str | None = None,
        beds: float | str | None = None, note: str = "",
    ) -> dict[str, Any]:  # fmt: skip
        """Keep an answer as a scenario: into planning, comparison and review."""
        plan = self.siting_plan(actor, key, kind, beds)
        said = f"{note.strip()}\n选址 {key}".strip()
        return self.save_scenario(actor, title, plan["base"], plan["edits"], note=said)

    def export_siting(
        self, actor: str, key: str, driver: str = "XLSX", language: str = "zh"
    ) -> tuple[str, bytes]:
        """Return an answer as a file: its name and content; recorded."""
        from boundaries.services.siting.using import write

        self.may("export", actor)
        name = f"siting-{key[:8]}{suffix_of(driver, FORMATS)}"
        answer = self._answered(actor, key)
        mark = marked(self.notice(), language)
        return self._handed_out(
            actor, "export_siting", key, name,
            lambda path: write(answer, path, language, mark), driver=driver,
        )  # fmt: skip

    def _answer_of(
        self, actor: str, question: Mapping[str, Any],
        tell: Callable[[float, Text], None] | None,
    ) -> dict[str, Any]:  # fmt: skip
        from dataclasses import asdict

        from boundaries.services.siting.question import DRAWN, FILE, frame_of, wish_of

        candidates: Any = question["source"]
        if candidates == DRAWN:
            candidates = frame_of(question["points"])
        elif candidates == FILE:
            candidates = self._file_of(question["file"])
        wish = asdict(wish_of(question))
        most = wish.pop("candidates")
        return self.siting(
            actor, question["as_of"], candidates=candidates, group=question["group"],
            most=most, tell=tell, **wish,
        )  # fmt: skip

    def _file_of(self, file: Mapping[str, str]) -> gpd.GeoDataFrame:
        from boundaries.services.siting.candidates import read_file

        suffix = Path(file["name"]).suffix[:8]
        with tempfile.TemporaryDirectory(prefix="quhua-") as folder:
            path = Path(folder) / f"candidates{suffix}"
            with self.store.open_blob(file["digest"]) as kept, path.open("wb") as copy:
                shutil.copyfileobj(kept, copy)
            return read_file(path, file["name"], upload=True)

    def _unit_name(self, question: Mapping[str, Any]) -> str:
        """Return what the unit asked about is called; raise for one there is not."""
        code = question["within"]
        if code is None:
            return ""
        number = self._numbers({})["divisions"]
        found = self.store.snapshot(
            "divisions", at=number, valid_on=question["as_of"], keys=[code],
            geometry=False,
        )  # fmt: skip
        if found.empty:
            raise InputError(
                Text(f"当日没有区划 {code}。",
                     f"There is no division {code} on that date."),
                Text("请从区划列表中选择。", "Choose one from the list of divisions."),
            )  # fmt: skip
        return str(found["name"].iloc[0])

    def _siting_key(self, question: Mapping[str, Any]) -> str:
        """Return what names a question and all that its answer stands on."""
        stands = [
            METHOD,
            question,
            Profile.of(self.settings, question["group"]).to_dict(),
            self._named(self._numbers({}), self._words_of(question["as_of"])),
        ]
        text = json.dumps(stands, sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()[:20]

    def _siting(self, key: str, reader: Any = None) -> dict[str, Any]:
        found: dict[str, Any] | None = (reader or self.store).get(SITINGS, key)
        if found is None:
            raise NotFoundError(
                Text("没有这个选址问题。", "There is no such siting question."),
                Text("请从选址列表中选择。", "Choose one from the list."),
            )
        return found

    def _answered(self, actor: str, key: str) -> dict[str, Any]:
        found = self.siting_record(actor, key)
        if found["answer"] is None:
            raise StateError(
                Text("这个选址问题还没有答案。", "This question has no answer."),
                Text("请等待计算完成，或另提问题。", "Wait for it, or ask another."),
            )
        answer: dict[str, Any] = found["answer"]
        return answer


def _figures(answer: Mapping[str, Any]) -> dict[str, Any]:
    """Return what lists tell of an answer."""
    return {
        **{name: answer[name] for name in ("status", "gap", "cost", "measure")},
        "opened": len(answer["opened"]),
        "total": answer["total"],
        "stamp": answer["stamp"]["id"],
    }


def _head(row: Mapping[str, Any]) -> dict[str, Any]:
    from boundaries.services.siting.question import title_of

    shown = {k: v for k, v in row.items() if k not in ("key", "rev", "blob")}
    return {**shown, "title": title_of(row["question"])._asdict()}
