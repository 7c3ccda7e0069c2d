"""Plans: what edits of facilities change, tried out in the planning process."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from boundaries.accounts import LOCAL
from boundaries.registry.desk import today
from boundaries.registry.indicator_books import IndicatorBooks
from boundaries.services import scenarios as plans
from boundaries.services.edits import checked
from boundaries.services.planning import client
from geodata.errors import NotFoundError, Text
from geodata.store import dates

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import geopandas as gpd


class Plans(IndicatorBooks):
    """Try out what might be; nothing is kept."""

    def plan(
        self, actor: str, session: str, base: Mapping[str, Any],
        edits: Sequence[Mapping[str, Any]], *, whole: bool = False,
        indicators: bool = False,
    ) -> dict[str, Any]:  # fmt: skip
        """Return what edits of facilities change, from the planning process.

        Parameters
        ----------
        session
            A word of the planner's own: plans under other words are apart.
        base
            What they stand on (:func:`boundaries.services.scenarios.checked_base`).
        edits
            All of them, each time.
        whole
            Also every unit's figures and every point that is not reached.
        indicators
            Also the indicators that facilities move, before and after.
        """
        self.may("plan", actor)
        return self._planned(
            actor, session, base, edits, whole=whole, indicators=indicators
        )

    def plan_indicators(
        self, actor: str, session: str, base: Mapping[str, Any],
        edits: Sequence[Mapping[str, Any]],
    ) -> dict[str, Any]:  # fmt: skip
        """Return the indicators that facilities move, before edits and after them.

        Returns
        -------
        dict
            ``{"indicators", "scopes"}``; parameters as of :meth:`plan`, ``scope`` of
            the base being one of ``scopes``.
        """
        self.may("plan", actor)
        return self._planned(
            actor, session, base, edits, whole=False, indicators="only"
        )

    def phases(self, actor: str, as_of: str | None = None) -> list[dict[str, Any]]:
        """Return the phases of planned facilities, earliest first."""
        self.may("plan" if actor != LOCAL else "view", actor)
        return plans.phases(self._facilities(as_of))

    def _planned(
        self, actor: str, session: str, base: Mapping[str, Any],
        edits: Sequence[Mapping[str, Any]], *, whole: bool, indicators: bool | str,
    ) -> dict[str, Any]:  # fmt: skip
        request = {
            "session": f"{actor}:{session}",
            "base": plans.checked_base(base),
            "edits": checked(edits),
            "whole": whole,
            "indicators": indicators,
        }
        if self.local:  # a command asks once: no process is worth its start
            from boundaries.services.planning.keeper import Keeper

            return Keeper(self, sessions=1).answer(request)
        return client.of(self.store.url, self.settings).ask(request)

    def _facilities(self, as_of: str | None) -> gpd.GeoDataFrame:
        """Return the facilities published, as of a date."""
        day = dates.last_day(dates.parse(as_of or today()))
        number = self._numbers({})["facilities"]
        if not number:
            raise NotFoundError(
                Text("设施尚未发布。", "No facilities are published."),
                Text("请先导入并发布设施。", "Import and publish them first."),
            )
        return self.store.snapshot("facilities", at=number, valid_on=day)
