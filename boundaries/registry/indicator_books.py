"""What indicators stand on at a date: frames, entries, reach; kept while it holds."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import pandas as pd

from boundaries import codes
from boundaries.registry.desk import logged, now, today
from boundaries.registry.indicator_choices import IndicatorChoices
from boundaries.registry.indicator_records import TEMPLATES
from boundaries.registry.publishing import tag_of
from boundaries.registry.recent import Recent
from boundaries.registry.services import Services
from boundaries.services.indicators.inputs import Inputs, digest, entered
from boundaries.services.indicators.options import Options
from boundaries.services.indicators.report import Book
from boundaries.services.indicators.targets import Target
from boundaries.services.indicators.templates import Template
from boundaries.services.omissions import told
from boundaries.services.opening import backdated
from geodata.errors import ForbiddenError, NotFoundError, Text
from geodata.store import dates

if TYPE_CHECKING:
    from collections.abc import Mapping

    from boundaries.services.situation import Situation

LAYERS = ("divisions", "facilities", "population")
MAKING = "2"
"""Another word for every change of what a document of reach holds."""
REACH = "indicator_reach"
"""Collection of what was computed of reach, by what it was computed from."""
_grounds, _reaches, _members = Recent(24), Recent(8), Recent(24)


class IndicatorBooks(Services, IndicatorChoices):
    """The inputs, targets and entries of a date, ready to be asked."""

    def indicator_book(
        self, actor: str, as_of: str | None = None, scope: str = ""
    ) -> Book:
        """Return inputs, targets and entries of a date, ready to be asked."""
        self.may("view", actor)
        numbers = {layer: self._shown_version(layer) for layer in LAYERS}
        return self._booked(actor, day_of(as_of), scope, numbers)

    def book_of(self, actor: str, place: Situation, scope: str = "") -> Book:
        """Return the book of a situation: of its date and its versions."""
        numbers = {layer: int(place.versions[layer]["number"]) for layer in LAYERS}
        return self._booked(actor, place.as_of, scope, numbers)

    def former_book(
        self, actor: str, stamp: Mapping[str, Any], scope: str = ""
    ) -> Book:
        """Return the book of a former stamp: its versions, choices and reach.

        What is within reach is computed from nothing; what people entered is taken
        as it is now, and the stamp is another when that has changed.
        """
        self.may("view", actor)
        numbers = {layer: int(stamp["versions"][layer]) for layer in LAYERS}
        return self._booked(actor, stamp["as_of"], scope, numbers, stamp)

    def _booked(
        self,
        actor: str,
        day: str,
        scope: str,
        numbers: Mapping[str, int],
        former: Mapping[str, Any] | None = None,
    ) -> Book:
        ground = self._grounded(day, numbers)
        if scope and scope not in ground.units.index:
            raise NotFoundError(
                Text(f"{day} 没有区划 {scope}。", f"No division {scope} on {day}."),
                Text("请检查代码与日期。", "See whether code and date are right."),
            )
        if former is None:
            chosen = self._choices(self.store, scope or _top(ground))
        else:
            chosen = {
                "options": former["options"], "numbers": former["standard"],
                "scope": former["options_of"],
            }  # fmt: skip
        values = self._entered("values", day)
        options = Options.of(chosen["options"])
        inputs = ground.along(
            reported=_frame(values), areas=_frame(self._entered("areas"), "area"),
            options=options, standard=chosen["numbers"],
            templates=self._templates(scope),
        )  # fmt: skip
        if former is None:
            inputs = self._with_reach(actor, inputs)
        elif former.get("reach"):
            inputs = self._reached_anew(actor, inputs, numbers, former["reach"])
        inputs = inputs.along(stamp=self._stamp(day, inputs, chosen))
        targets = [Target.of(row) for row in self._entered("targets")]
        found = _members.get((self.store.url, digest(inputs)), dict)
        return Book(inputs, targets, values, self._entered("projects"), found)

    def make_reach(
        self, actor: str, as_of: str | None = None, scope: str = ""
    ) -> dict[str, Any]:
        """Compute who is within reach on a date and keep it for the indicators.

        Returns
        -------
        dict
            ``{"key", "as_of", "method"}``.
        """
        from boundaries.services.indicators.reaching import reach_document

        with logged("make_reach", actor):
            inputs = self.indicator_book(actor, as_of, scope).inputs
            options, day = inputs.options, inputs.as_of
            key = self._reach_key(actor, day, options)
            kept = self.store.get(REACH, key)
            if kept is None:
                place = self.situation(actor, day, group=options.elderly)
                document = reach_document(place, options)
                body = json.dumps(document, ensure_ascii=False).encode()
                with self.store.write(lock=[REACH]) as tx:
                    kept = {"blob": tx.put_blob(body), "method": document["method"]}
                    if tx.get(REACH, key) is None:
                        tx.put(REACH, key, {**kept, "created": now()}, rev=0)
            return {"key": key, "as_of": day, "method": kept["method"]}

    def _reach_key(self, actor: str, day: str, options: Options) -> str:
        from boundaries.services.indicators.reaching import questions

        group = options.elderly
        named = [
            self.coverage_key(actor, day, types=types, group=group)
            for types in questions(options).values()
        ]
        said = "+".join([MAKING, *named])
        return hashlib.sha256(said.encode()).hexdigest()[:20]

    def _with_reach(self, actor: str, inputs: Inputs) -> Inputs:
        """Return the inputs with what is within reach, where that was computed."""
        try:
            key = self._reach_key(actor, inputs.as_of, inputs.options)
        except (NotFoundError, ForbiddenError):
            return inputs  # nothing is published yet
        row = self.store.get(REACH, key)
        if row is None:
            return inputs
        from boundaries.services.indicators.reaching import frames_of, stands_on

        def read() -> tuple[dict[str, Any], dict[str, Any]]:
            document = json.loads(self.store.blob(row["blob"]))
            return frames_of(document), stands_on(document)

        found, said = _reaches.get(row["blob"], read)
        stamp = {**inputs.stamp, "reach": {"key": key, **said}}
        return inputs.along(**found, stamp=stamp)

    def _reached_anew(
        self,
        actor: str,
        inputs: Inputs,
        numbers: Mapping[str, int],
        former: Mapping[str, Any],
    ) -> Inputs:
        """Return the inputs with what was within reach by a former stamp."""
        from boundaries.services.indicators.reaching import (
            frames_of,
            reach_document,
            stands_on,
        )

        versions = {**numbers, "network": former["network"]}
        place = self.situation(
            actor, inputs.as_of,
            versions={layer: number for layer, number in versions.items() if number},
            **former["profile"],
        )  # fmt: skip
        document = reach_document(place, inputs.options)
        said = {"key": former["key"], **stands_on(document)}
        return inputs.along(
            **frames_of(document), stamp={**inputs.stamp, "reach": said}
        )

    def _grounded(self, day: str, numbers: Mapping[str, int]) -> Inputs:
        """Return units, facilities and people of a date; kept while nothing changes."""
        key = (self.store.url, day, tuple(numbers.values()))

        def make() -> Inputs:
            frames = {
                layer: self._frame_of(layer, number, day)
                for layer, number in numbers.items()
            }
            before = self._opened_before(numbers["facilities"], day)
            if len(before):
                frames["facilities"] = pd.concat([frames["facilities"], before])
            assumed = told([backdated(before.index)])
            units = frames["divisions"]
            if _needs_ground(frames["facilities"], units):
                frames["divisions"] = self.store.snapshot(
                    "divisions", at=numbers["divisions"], valid_on=day
                )
            made = Inputs(
                day, frames["divisions"], frames["facilities"], frames["population"],
                stamp={"versions": dict(numbers)}, assumed=assumed,
            )  # fmt: skip
            return made.along(units=units)  # their shapes are not needed again

        found: Inputs = _grounds.get(key, make)
        return found

    def _shown_version(self, layer: str) -> int:
        """Return the published version's number, else the newest's; 0 for none."""
        published = self.store.tags().get(tag_of(layer))
        return self.store.head(layer) if published is None else published

    def _frame_of(self, layer: str, number: int, day: str) -> pd.DataFrame:
        if number == 0:
            schema = self.store.layers()[layer]
            empty = pd.DataFrame(columns=[item.name for item in schema.fields])
            return empty.set_index(schema.key, drop=False)
        shapes = layer == "facilities"
        return self.store.snapshot(layer, at=number, valid_on=day, geometry=shapes)

    def _templates(self, scope: str) -> dict[str, Template]:
        chain = {"", scope, *(codes.ancestors(scope) if codes.is_code(scope) else ())}
        return {
            row["key"]: Template.of({**row["record"], "id": row["key"]})
            for row in self._entries(self.store, TEMPLATES)
            if row["record"].get("scope", "") in chain
        }

    def _entered(self, kind: str, until: str | None = None) -> list[dict[str, Any]]:
        rows = [row["record"] for row in self._entries(self.store, kind)]
        return [row for row in rows if until is None or row["on"] <= until]

    def _stamp(
        self, day: str, inputs: Inputs, chosen: Mapping[str, Any]
    ) -> dict[str, Any]:
        said = {
            "as_of": day,
            **inputs.stamp,
            "options": chosen["options"],
            "standard": chosen["numbers"],
            "options_of": chosen["scope"],
            "entered": entered(inputs),
        }
        text = json.dumps(said, sort_keys=True, ensure_ascii=False)
        return {"id": hashlib.sha256(text.encode()).hexdigest()[:12], **said}


def day_of(as_of: str | None) -> str:
    """Return the reference date: the last day of what was said, today for nothing."""
    return dates.last_day(dates.parse(as_of)) if as_of else today()


def _needs_ground(facilities: pd.DataFrame, units: pd.DataFrame) -> bool:
    """Tell whether some facility names less than the lowest unit in force it lies in.

    Then its point has to say; otherwise no shape is read at all.
    """
    if facilities.empty or units.empty:
        return False
    lowest = units.index[units["level"] == units["level"].max()]
    return not bool(facilities["division"].isin(lowest).all())


def _top(inputs: Inputs) -> str:
    return Book(inputs).top


def _frame(rows: list[dict[str, Any]], key: str = "") -> pd.DataFrame:
    frame = pd.DataFrame(rows)
    return frame.set_index(key, drop=False) if key and len(frame) else frame
