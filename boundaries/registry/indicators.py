"""Indicators as the registry tells them: of what layers and entries say at a date."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from boundaries import review
from boundaries.products import marked
from boundaries.registry.indicator_records import TEMPLATES
from boundaries.registry.indicator_trends import IndicatorTrends
from boundaries.services.indicators import checks
from boundaries.services.indicators.catalogue import indicator
from boundaries.services.indicators.figures import plain, within
from boundaries.services.indicators.report import SHOWN, Book
from boundaries.services.indicators.templates import BUILT_IN, fit
from boundaries.services.tree import LEVEL_WORDS
from geodata.errors import InputError, NotFoundError, StateError, Text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

LARGEST = 12_000
"""Units a workbook asked for at a page may hold."""


class Indicators(IndicatorTrends):
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

    def recomputed_indicators(
        self, actor: str, former: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Return former indicators computed anew from the versions of their stamp.

        Returns
        -------
        dict
            As of :meth:`indicators`, with ``same`` and, under ``differing``, the ids
            of those whose figures are others now.
        """
        scope = former["scope"]["code"]
        book = self.former_book(actor, former["stamp"], scope)
        found = book.overview(int(former["level"]), scope)
        kept = {row["id"]: row for row in former["indicators"]}
        differing = [
            row["id"] for row in found["indicators"]
            if any(_other(row[part], kept.get(row["id"], {}).get(part))
                   for part in ("numerator", "denominator", "value"))
        ]  # fmt: skip
        same = found["stamp"]["id"] == former["stamp"]["id"] and not differing
        return {**found, "same": same, "differing": differing}

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
        trend = self.indicator_trend(actor, name, as_of, scope)
        return {**found, "trend": trend["items"], "trend_ready": trend["ready"]}

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
        mark = marked(self.notice(), language)
        write_workbook(book, path, level_of(level), scope, language, mark)
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
        charts.require_form(form)
        found = self.indicator(actor, name, **asked)
        draw = {"trend": charts.trend_chart, "units": charts.units_chart}.get(what)
        if draw is None:
            raise InputError(
                Text("图片只有 trend（趋势）和 units（分单位）。",
                     "A picture is of the trend or of the units."),
            )  # fmt: skip
        if what == "trend" and not found["trend_ready"]:
            raise StateError(
                Text("趋势尚未计算。", "The trend is not computed yet."),
                Text("请在指标页计算趋势后再下载图片。",
                     "Compute it on the indicator's page, then fetch the picture."),
            )  # fmt: skip
        made = draw(found, form, language, marked(self.notice(), language))
        with self.store.write() as tx:
            self.record(
                tx, actor, "export_indicators", f"{name}.{form}", chart=what,
                stamp=found["stamp"]["id"],
            )  # fmt: skip
        return made


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


def _other(one: float | None, two: float | None) -> bool:
    if one is None or two is None:
        return one is not two
    return not math.isclose(one, two, rel_tol=1e-9)


def _json(value: Any) -> Any:
    """Return a cell of a frame as JSON takes it."""
    if isinstance(value, str) or value is None:
        return value
    return plain(float(value))
