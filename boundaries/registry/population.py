"""Population: read for pages and programs; brought in as files, by table or grid."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from boundaries import review
from boundaries.registry.desk import today
from boundaries.registry.directory import Directories
from boundaries.registry.recent import Recent
from boundaries.services.counts import COUNTS
from boundaries.services.population import Listing, sheltered
from geodata.errors import InputError, NotFoundError, Text

if TYPE_CHECKING:
    from boundaries.services.population import Wish

LAYER = "population"
EXPORTED = (
    *("division", *COUNTS, "settlement", "counted_on", "source", "method"),
    *("outside", "remark"),
)
"""What a list is exported with: where in a unit people live is no table's."""
_listings = Recent(8)


class Population(Directories):
    """Counts of people by division, as on a date."""

    def population_page(
        self, actor: str, wish: Wish, start: int, size: int
    ) -> dict[str, Any]:
        """Return one page of the list, and on which dates something changed."""
        found, number = self._population(actor, wish.on)
        dates = self.store.dates(LAYER, at=number)
        return {
            **found.page(wish, start, size),
            "version": number,
            "on": wish.on,
            "dates": sorted(dates, reverse=True),
            "districts": found.districts(),
        }

    def population_of(
        self, actor: str, code: str, on: str | None = None
    ) -> dict[str, Any]:
        """Return the counts of one unit as on a date."""
        day = on or today()
        found, number = self._population(actor, day)
        if code not in found.frame.index:
            raise NotFoundError(
                Text(f"{day} 没有 {code} 的人口数据。",
                     f"There are no counts of {code} on {day}."),
            )  # fmt: skip
        row = found.row(int(found.frame.index.get_indexer(pd.Index([code]))[0]))
        above = self.directory(actor).above(code, day)
        return {**row, "version": number, "on": day, "above": above}

    def export_population(
        self, actor: str, wish: Wish, driver: str, *, language: str = "zh"
    ) -> dict[str, Any]:
        """Queue an export of the units a list shows; return its document."""
        found, number = self._population(actor, wish.on)
        keys = found.keys(wish)
        if not keys:
            raise InputError(
                Text("列表是空的，没有可导出的内容。", "The list is empty."),
                Text("请放宽筛选条件。", "Ask for more."),
            )
        everything = len(keys) == len(found.frame)
        return self.request_export(
            actor, LAYER, driver, at=number, valid_on=wish.on, fields=EXPORTED,
            keys=() if everything else keys, language=language,
        )  # fmt: skip

    def _population(self, actor: str, day: str) -> tuple[Listing, int]:
        """Return what an actor may see of a day, and the version it is from."""
        user = self.user(actor)
        number = self.store.version(self._visible(user, LAYER, None), LAYER).number
        least = (
            0 if review.holds("view", user) else self.settings.services.suppressed_below
        )
        published = self.store.tags().get("published/divisions", 0)
        key = (self.store.url, number, published, day, least)
        whole: Listing = _listings.get(key, lambda: self._listed(number, day, least))
        frame = self._within(user, whole.frame, LAYER)
        if len(frame) == len(whole.frame):
            return whole, number
        kept = np.asarray(whole.frame.index.isin(frame.index))
        hidden = {name: flags[kept] for name, flags in whole.hidden.items()}
        return Listing(frame, hidden, whole.names), number

    def _listed(self, number: int, day: str, least: int) -> Listing:
        frame = self.store.snapshot(LAYER, at=number, valid_on=day)
        frame, hidden = sheltered(frame, least)
        published = self.store.tags().get("published/divisions")
        names: dict[str, str] = {}
        for on in (None, day) if published else ():
            units = self.store.snapshot(
                "divisions", at=published, valid_on=on, geometry=False
            )
            names |= {str(code): str(name) for code, name in units["name"].items()}
        return Listing(frame, hidden, names)
