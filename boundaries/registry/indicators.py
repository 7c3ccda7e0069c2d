"""Indicators as the registry tells them: of what layers and entries say at a date."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from typing import TYPE_CHECKING, Any

import pandas as pd

from boundaries import codes, review
from boundaries.registry.desk import logged, now, today
from boundaries.registry.indicator_records import TEMPLATES, IndicatorRecords
from boundaries.registry.publishing import tag_of
from boundaries.registry.recent import Recent
from boundaries.registry.services import Services
from boundaries.services.indicators import checks
from boundaries.services.indicators.catalogue import INDICATORS, indicator
from boundaries.services.indicators.figures import plain
from boundaries.services.indicators.inputs import Inputs
from boundaries.services.indicators.options import Options
from boundaries.services.indicators.records import NAMES
from boundaries.services.indicators.report import SHOWN, Book, value_of
from boundaries.services.indicators.targets import Target
from boundaries.services.indicators.templates import BUILT_IN, Template, fit
from boundaries.services.omissions import Omission, told
from boundaries.services.tree import LEVEL_WORDS
from geodata.errors import ForbiddenError, InputError, NotFoundError, Text
from geodata.store import dates

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

LAYERS = ("divisions", "facilities", "population")
MAKING = "2"
"""Another word for every change of what such a document holds."""
LARGEST = 12_000
"""Units a workbook asked for at a page may hold."""
YEARS = 8
"""Years of a trend, the reference date's own included."""
REACH = "indicator_reach"
"""Collection of what was computed of reach, by what it was computed from."""
_grounds, _reaches, _members = Recent(24), Recent(8), Recent(24)


class Indicators(Services, IndicatorRecords):
    """Figures, their tables and trends, templates and checks."""

    def indicators(
        self,
        actor: str,
        as_of: str | None = None,
        level: str = "district",
        scope: str = "",
    ) -> dict[str, Any]:
        """Return every indicator for a unit and by the units of a level.

        Parameters
        ----------
        as_of
            The reference date; None: today.
        level
            ``city``, ``district``, ``street`` or ``community``.
        scope
            Code of the unit; ``""``: everywhere.
        """
        book = self.indicator_book(actor, as_of, scope)
        return book.overview(level_of(level), scope)

    def indicator(
        self,
        actor: str,
        name: str,
        as_of: str | None = None,
        level: str = "district",
        scope: str = "",
    ) -> dict[str, Any]:
        """Return one indicator: its figure, its units, what is lacking, its trend."""
        indicator(name)
        book = self.indicator_book(actor, as_of, scope)
        found = book.detail(name, level_of(level), scope)
        return {**found, "trend": self.indicator_trend(actor, name, as_of, scope)}

    def indicator_trend(
        self, actor: str, name: str, as_of: str | None = None, scope: str = ""
    ) -> list[dict[str, Any]]:
        """Return an indicator at the end of each year up to the reference date.

        Returns
        -------
        list of dict
            ``{"on", "value", "how"}``, oldest first; ``how`` is ``computed``,
            ``entered`` or ``baseline``. Years nothing is known of are left out.
        """
        self.may("view", actor)
        require_known(name)
        day = _day(as_of)
        book = self.indicator_book(actor, day, scope)
        points = _entered(book, name, scope)
        for on in _year_ends(day):
            if name not in _COMPUTED:
                break
            try:
                found = self.indicator_book(actor, on, scope).row(name, scope)
            except NotFoundError:  # the unit was not there yet
                continue
            if found["value"] is not None and not found["entered"]:
                points[on] = {"on": on, "value": found["value"], "how": "computed"}
        target = book.against(name, scope, None)["target"]
        if target and target["baseline_value"] is not None:
            on = f"{target['baseline_year'] or 0}-12-31"
            if not any(key[:4] == on[:4] for key in points):
                value = plain(target["baseline_value"])
                points[on] = {"on": on, "value": value, "how": "baseline"}
        return [points[on] for on in sorted(points)]

    def template_fit(
        self, actor: str, name: str, as_of: str | None = None, scope: str = ""
    ) -> dict[str, Any]:
        """Return how a network template is met, and the units that lack something."""
        kept = self.store.get(f"indicator_{TEMPLATES}", name)
        if kept is not None and not kept["gone"]:  # for one unit: it is asked there
            scope = scope or str(kept["record"].get("scope") or "")
        book = self.indicator_book(actor, as_of, scope)
        template = book.inputs.templates.get(name) or BUILT_IN.get(name)
        if template is None:
            raise NotFoundError(
                Text(f"没有模板 {name}。", f"There is no template {name}.")
            )
        made = fit(template, book.inputs, scope or None)
        whole, gaps = made.whole(), made.gaps
        return {
            **template.to_dict(),
            "as_of": book.inputs.as_of,
            "scope": book.unit(scope),
            "stamp": dict(book.inputs.stamp),
            "shares": made.shares(),
            "units": len(whole),
            "whole": int(whole.sum()),
            "lacking": len(gaps),
            "gaps": [
                {key: _json(value) for key, value in row.items()}
                for row in gaps.head(SHOWN).to_dict("records")
            ],
        }

    def facility_checks(
        self, actor: str, as_of: str | None = None, scope: str = ""
    ) -> dict[str, Any]:
        """Return which facilities fall short of the options or the standard."""
        book = self.indicator_book(actor, as_of, scope)
        rows = checks.facility_checks(book.inputs)
        if scope:
            from boundaries.services.indicators.figures import within

            rows = rows[rows["unit"].isin(within(book.inputs, scope))]
        names = book.inputs.units["name"]
        return {
            "as_of": book.inputs.as_of,
            "total": len(rows),
            "rows": [
                {
                    **{key: _json(value) for key, value in row.items()},
                    "unit_name": str(names.get(row["unit"], "")),
                }
                for row in rows.head(SHOWN).to_dict("records")
            ],
        }

    def indicator_workbook(
        self,
        actor: str,
        path: Path,
        as_of: str | None = None,
        level: str = "district",
        scope: str = "",
        language: str = "zh",
    ) -> dict[str, Any]:
        """Write the workbook of a date and unit; who, what and when is recorded.

        Returns
        -------
        dict
            ``{"as_of", "level", "scope", "stamp", "bytes"}``.
        """
        from boundaries.services.indicators.workbook import write_workbook

        self.may("export", actor, layer=review.ANY_LAYER)
        book = self.indicator_book(actor, as_of, scope)
        self._require_small(book, scope)
        write_workbook(book, path, level_of(level), scope, language)
        done = {
            "as_of": book.inputs.as_of,
            "level": level,
            "scope": scope,
            "stamp": book.inputs.stamp["id"],
            "bytes": path.stat().st_size,
        }
        with self.store.write() as tx:
            self.record(tx, actor, "export_indicators", path.name, **done)
        return done

    def _require_small(self, book: Book, scope: str) -> None:
        """Refuse a workbook nobody should wait for at a page."""
        from boundaries.services.indicators.figures import within

        units = book.inputs.units.index
        count = len(within(book.inputs, scope)) if scope else len(units)
        if self.prompt and count > LARGEST:
            raise InputError(
                Text(f"范围内有 {count} 个单位，工作簿过大。",
                     f"{count} units are too many for a workbook made at a page."),
                Text("请选择下级区划，或在服务器上用 quhua indicators --out 导出。",
                     "Choose a division below, or use quhua indicators --out."),
            )  # fmt: skip

    def indicator_chart(
        self,
        actor: str,
        name: str,
        what: str,
        form: str,
        language: str = "zh",
        **asked: Any,
    ) -> bytes:
        """Return the picture of an indicator's ``trend`` or of its ``units``.

        Parameters
        ----------
        form
            ``svg`` or ``png``.
        asked
            ``as_of``, ``level``, ``scope`` as of :meth:`indicator`.
        """
        from boundaries.services.indicators import charts

        self.may("export", actor, layer=review.ANY_LAYER)
        found = self.indicator(actor, name, **asked)
        draw = {"trend": charts.trend_chart, "units": charts.units_chart}.get(what)
        if draw is None:
            raise InputError(
                Text("图片只有 trend（趋势）和 units（分单位）。",
                     "A picture is of the trend or of the units."),
            )  # fmt: skip
        made = draw(found, form, language)
        with self.store.write() as tx:
            self.record(
                tx, actor, "export_indicators", f"{name}.{form}", chart=what,
                stamp=found["stamp"]["id"],
            )  # fmt: skip
        return made

    def indicator_book(
        self, actor: str, as_of: str | None = None, scope: str = ""
    ) -> Book:
        """Return inputs, targets and entries of a date, ready to be asked."""
        self.may("view", actor)
        day = _day(as_of)
        ground = self._grounded(day)
        if scope and scope not in ground.units.index:
            raise NotFoundError(
                Text(f"{day} 没有区划 {scope}。", f"No division {scope} on {day}."),
                Text("请检查代码与日期。", "See whether code and date are right."),
            )
        chosen = self._choices(self.store, scope or _top(ground))
        values = self._entered("values", day)
        options = Options.of(chosen["options"])
        inputs = ground.along(
            reported=_frame(values), areas=_frame(self._entered("areas"), "area"),
            options=options, standard=chosen["numbers"],
            templates=self._templates(scope),
        )  # fmt: skip
        inputs = self._with_reach(actor, inputs)
        inputs = inputs.along(stamp=self._stamp(day, inputs, chosen))
        targets = [Target.of(row) for row in self._entered("targets")]
        found = _members.get((self.store.url, _digest(inputs)), dict)
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
        from boundaries.services.indicators.reaching import frames_of

        found = _reaches.get(
            row["blob"], lambda: frames_of(json.loads(self.store.blob(row["blob"])))
        )
        stamp = {**inputs.stamp, "reach": {"key": key, "method": row["method"]}}
        return inputs.along(**found, stamp=stamp)

    def _grounded(self, day: str) -> Inputs:
        """Return units, facilities and people of a date; kept while nothing changes."""
        numbers = {layer: self._shown_version(layer) for layer in LAYERS}
        key = (self.store.url, day, tuple(numbers.values()))

        def make() -> Inputs:
            frames = {
                layer: self._frame_of(layer, number, day)
                for layer, number in numbers.items()
            }
            before = self._opened_before(numbers["facilities"], day)
            if len(before):
                frames["facilities"] = pd.concat([frames["facilities"], before])
            backdated = _backdated(before.index)
            units = frames["divisions"]
            if _needs_ground(frames["facilities"], units):
                frames["divisions"] = self.store.snapshot(
                    "divisions", at=numbers["divisions"], valid_on=day
                )
            made = Inputs(
                day, frames["divisions"], frames["facilities"], frames["population"],
                stamp={"versions": numbers}, assumed=told([backdated]),
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

    def _opened_before(self, number: int, day: str) -> pd.DataFrame:
        """Return facilities first recorded after a date on which they were open."""
        if number == 0:
            return pd.DataFrame()
        states = self.store.states("facilities", at=number)
        began = states["valid_from"].astype(str).groupby(states.index).min()
        later = began.index[began > day]
        if not len(later):
            return pd.DataFrame()
        known = self.store.snapshot("facilities", at=number)
        rows = known[known.index.isin(later)]
        opened = rows["opened_on"].fillna("").astype(str)
        return rows[(opened != "") & (opened <= day)]

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
        }
        text = json.dumps(said, sort_keys=True, ensure_ascii=False)
        return {"id": hashlib.sha256(text.encode()).hexdigest()[:12], **said}


def _entered(book: Book, name: str, scope: str) -> dict[str, dict[str, Any]]:
    """Return the values entered for a unit, by the last day they are of."""
    scopes = {scope} if scope else {"", book.top}
    found = {}
    for row in sorted(book.values, key=lambda each: str(each["on"])):
        value = value_of(row)
        if row["indicator"] == name and row["scope"] in scopes and value is not None:
            on = _last_day(row["on"])
            found[on] = {"on": on, "value": plain(value), "how": "entered"}
    return found


_COMPUTED = frozenset(row.id for row in INDICATORS)


def level_of(word: str) -> int:
    """Return the level of a word (``district``, ``street`` …); raise InputError."""
    found = LEVEL_WORDS.get(word)
    if found is None:
        raise InputError(
            Text(f"没有级别“{word}”。", f"There is no level '{word}'."),
            Text(f"可用：{'、'.join(LEVEL_WORDS)}。",
                 f"One of: {', '.join(LEVEL_WORDS)}."),
        )  # fmt: skip
    return int(found)


def require_known(name: str) -> None:
    """Raise NotFoundError for an indicator that is neither computed nor planned."""
    if name not in NAMES:
        raise NotFoundError(
            Text(f"没有指标 {name}。", f"There is no indicator {name}."),
            Text(f"可用：{'、'.join(NAMES)}。", f"One of: {', '.join(NAMES)}."),
        )


def _day(as_of: str | None) -> str:
    """Return the reference date: the last day of what was said, today for nothing."""
    return _last_day(dates.parse(as_of)) if as_of else today()


def _last_day(on: str) -> str:
    """Return the last day of a year, of a month, or the day itself."""
    if len(on) == _YEAR:
        return f"{on}-12-31"
    if len(on) == _MONTH:
        year, month = int(on[:4]), int(on[5:7])
        first = dt.date(year + month // 12, month % 12 + 1, 1)
        return (first - dt.timedelta(days=1)).isoformat()
    return on[:10]


_YEAR, _MONTH = 4, 7


def _year_ends(day: str) -> list[str]:
    """Return the ends of the years before a date and the date, oldest first."""
    year = int(day[:4])
    return [*(f"{each}-12-31" for each in range(year - YEARS + 1, year)), day]


def _backdated(keys: Any) -> Omission:
    return Omission.of(
        "opened_before", "facilities",
        Text("登记自较晚日期生效，按开业日期计入",
             "recorded as of a later date, counted since they opened"),
        Text("如不妥，请更正登记的生效日期。",
             "Correct the date of the record if that is wrong."),
        keys, left_out=False,
    )  # fmt: skip


def _needs_ground(facilities: pd.DataFrame, units: pd.DataFrame) -> bool:
    """Tell whether some facility names less than the lowest unit in force it lies in.

    Then its point has to say; otherwise no shape is read at all.
    """
    if facilities.empty or units.empty:
        return False
    lowest = units.index[units["level"] == units["level"].max()]
    return not bool(facilities["division"].isin(lowest).all())


def _digest(inputs: Inputs) -> str:
    """Return what the members of indicators are made from, as a key."""
    said = [
        inputs.stamp["id"],
        inputs.reported.to_json(),
        inputs.areas.to_json(),
        sorted((name, made.to_dict()) for name, made in inputs.templates.items()),
    ]
    text = json.dumps(said, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def _top(inputs: Inputs) -> str:
    return Book(inputs).top


def _frame(rows: list[dict[str, Any]], key: str = "") -> pd.DataFrame:
    frame = pd.DataFrame(rows)
    return frame.set_index(key, drop=False) if key and len(frame) else frame


def _json(value: Any) -> Any:
    """Return a cell of a frame as JSON takes it."""
    if isinstance(value, str) or value is None:
        return value
    return plain(float(value))
