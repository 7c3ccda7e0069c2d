"""Indicators over the years: computed by a job, kept under what they stand on."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from boundaries.registry.computed import keep
from boundaries.registry.desk import logged
from boundaries.registry.indicator_books import LAYERS, REACH, IndicatorBooks, day_of
from boundaries.services.indicators.catalogue import INDICATORS
from boundaries.services.indicators.figures import figure, plain
from boundaries.services.indicators.records import NAMES
from boundaries.services.indicators.report import Book, value_of
from geodata.errors import ForbiddenError, NotFoundError, Text
from geodata.store import dates

if TYPE_CHECKING:
    from collections.abc import Callable

    from boundaries.services.indicators.options import Options

YEARS = 8
"""Years of a trend, the reference date's own included."""
TRENDS = "indicator_trends"
"""Collection of what was computed of trends, by what it was computed from."""
MAKING = "3"
"""Another word for every change of what a trend holds."""
_ENTRIES = ("values", "areas", "templates", "options")
_COMPUTED = frozenset(row.id for row in INDICATORS)


class IndicatorTrends(IndicatorBooks):
    """Every indicator at the end of each year."""

    def indicator_trend(
        self, actor: str, name: str, as_of: str | None = None, scope: str = ""
    ) -> dict[str, Any]:
        """Return an indicator at the end of each year up to the reference date.

        Returns
        -------
        dict
            ``ready``: whether the computed figures are there (:meth:`make_trend`);
            ``items`` of ``{"on", "value", "how"}``, oldest first, ``how`` being
            ``computed``, ``entered`` or ``baseline``. Years nothing is known of are
            left out.
        """
        self.may("view", actor)
        require_known(name)
        day = day_of(as_of)
        book = self.indicator_book(actor, day, scope)
        points = _entered(book, name, scope)
        computed = self._computed(actor, day, scope) if name in _COMPUTED else {}
        for on, values in (computed or {}).items():
            if values.get(name) is not None:
                points[on] = {"on": on, "value": values[name], "how": "computed"}
        target = book.against(name, scope, None)["target"]
        if target and target["baseline_value"] is not None:
            on = f"{target['baseline_year'] or 0}-12-31"
            if not any(key[:4] == on[:4] for key in points):
                value = plain(target["baseline_value"])
                points[on] = {"on": on, "value": value, "how": "baseline"}
        return {
            "ready": computed is not None,
            "items": [points[on] for on in sorted(points)],
        }

    def make_trend(
        self, actor: str, as_of: str | None = None, scope: str = "",
        tell: Callable[[float, str, str], None] | None = None,
    ) -> dict[str, Any]:  # fmt: skip
        """Compute every indicator at the end of each year, and keep it.

        Parameters
        ----------
        tell
            Told after each year how much is done, in both languages; it may raise.

        Returns
        -------
        dict
            ``{"key", "as_of", "years"}``.
        """
        with logged("make_trend", actor):
            day = day_of(as_of)
            self.indicator_book(actor, day, scope)  # says what is wrong with either
            key = self._trend_key(actor, day, scope)
            days = _year_ends(day)
            if self.store.get(TRENDS, key) is None:
                found = {}
                for at, on in enumerate(days):
                    if tell is not None:
                        tell(at / len(days), f"正在计算 {on[:4]} 年", f"year {on[:4]}")
                    found[on] = self._values_of(actor, on, scope)
                body = json.dumps(found, ensure_ascii=False, allow_nan=False).encode()
                with self.store.write(lock=[TRENDS]) as tx:
                    keep(tx, TRENDS, key, body)
            return {"key": key, "as_of": day, "years": len(days)}

    def _computed(
        self, actor: str, day: str, scope: str
    ) -> dict[str, dict[str, Any]] | None:
        """Return what was computed of each year's end, None where nothing was."""
        row = self.store.get(TRENDS, self._trend_key(actor, day, scope))
        if row is not None:
            found: dict[str, dict[str, Any]] = json.loads(self.store.blob(row["blob"]))
            return found
        if not self.local:
            return None
        return {on: self._values_of(actor, on, scope) for on in _year_ends(day)}

    def _values_of(self, actor: str, on: str, scope: str) -> dict[str, float | None]:
        """Return every computed indicator of a day."""
        try:
            book = self.indicator_book(actor, on, scope)
        except NotFoundError:  # the unit was not there yet
            return {}
        made = {
            item.id: figure(item, book.inputs, scope or None, book.members(item.id))
            for item in INDICATORS
        }
        return {
            name: None if each.value is None else plain(each.value)
            for name, each in made.items()
        }

    def _trend_key(self, actor: str, day: str, scope: str) -> str:
        numbers = {layer: self._shown_version(layer) for layer in LAYERS}
        entries = [
            [kind, row["key"], row["rev"]]
            for kind in _ENTRIES
            for row in self._entries(self.store, kind)
        ]
        options = self.indicator_book(actor, day, scope).inputs.options
        reaches = [self._kept_reach(actor, on, options) for on in _year_ends(day)]
        said = [MAKING, day, scope, numbers, entries, options.to_dict(), reaches]
        text = json.dumps(said, sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()[:20]

    def _kept_reach(self, actor: str, on: str, options: Options) -> str:
        """Return what names the reach that was computed of a day, ``""`` for none."""
        try:
            key = self._reach_key(actor, on, options)
        except (NotFoundError, ForbiddenError):
            return ""
        row = self.store.get(REACH, key)
        return "" if row is None else str(row["blob"])


def require_known(name: str) -> None:
    """Raise NotFoundError for an indicator that is neither computed nor planned."""
    if name not in NAMES:
        raise NotFoundError(
            Text(f"没有指标 {name}。", f"There is no indicator {name}."),
            Text(f"可用：{'、'.join(NAMES)}。", f"One of: {', '.join(NAMES)}."),
        )


def _entered(book: Book, name: str, scope: str) -> dict[str, dict[str, Any]]:
    """Return the values entered for a unit, by the last day they are of."""
    scopes = {scope} if scope else {"", book.top}
    found = {}
    for row in sorted(book.values, key=lambda each: str(each["on"])):
        value = value_of(row)
        if row["indicator"] == name and row["scope"] in scopes and value is not None:
            on = dates.last_day(row["on"])
            found[on] = {"on": on, "value": plain(value), "how": "entered"}
    return found


def _year_ends(day: str) -> list[str]:
    """Return the ends of the years before a date and the date, oldest first."""
    year = int(day[:4])
    return [*(f"{each}-12-31" for each in range(year - YEARS + 1, year)), day]
