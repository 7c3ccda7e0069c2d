"""Facilities: read for pages and programs; edited as every register is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from boundaries import codes, review
from boundaries.lines.register import records_of
from boundaries.registers import with_keys
from boundaries.registry import taken
from boundaries.registry.desk import today
from boundaries.registry.publishing import tag_of
from boundaries.registry.registers import Registers
from boundaries.rules.facilities.repeated import perhaps_twice
from boundaries.services import listing, merging
from boundaries.services.countable import countable
from geodata.errors import NotFoundError, Text

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd

    from boundaries.services.countable import Countable
    from boundaries.services.listing import Wish


class Facilities(Registers):
    """The register of facilities."""

    def facility_register(self, actor: str) -> tuple[gpd.GeoDataFrame, int]:
        """Return the facilities the actor may see, and their version."""
        return self._register(actor, "facilities")

    def countable_types(self, actor: str, **wish: Any) -> Countable:
        """Return which types of the published facilities a question may count.

        ``wish`` is what :func:`boundaries.services.countable.countable` takes.
        """
        review.allow("view_published", self.user(actor))
        number = self.store.tags().get(tag_of("facilities"), 0)
        types = self._frame("facilities", number)["type"] if number else ()
        return countable(map(str, set(types)), **wish)

    def facilities_page(
        self, actor: str, wish: Wish, start: int, size: int
    ) -> dict[str, Any]:
        """Return one page of the list, each row with the names of its divisions."""
        frame, version = self.facility_register(actor)
        found = listing.page(frame, wish, start, size)
        for row in found["rows"]:
            row["division_name"] = self._under(row["division"])
        return {**found, "version": version, "divisions": self._holding(frame)}

    def facility(self, actor: str, code: str) -> dict[str, Any]:
        """Return one facility with its divisions, and the sites it moved between."""
        frame, version = self.facility_register(actor)
        if code not in frame.index:
            raise _unknown(code)
        found: dict[str, Any] = next(records_of(frame.loc[[code]]))
        return {
            **found,
            "division_name": self._under(found["division"]),
            "sites": listing.sites(frame, code),
            "perhaps": self._perhaps(frame, code),
            "version": version,
        }

    def _perhaps(self, frame: gpd.GeoDataFrame, code: str) -> list[dict[str, Any]]:
        """Return the facilities that are perhaps the same as one, and why."""
        found = perhaps_twice(frame, code, self.settings.registers)
        names = frame["name"]
        return [
            {
                "facility": other,
                "name": names[other],
                "why": {"zh": row["message_zh"], "en": row["message_en"]},
            }
            for row in found
            for other in row["participants"]
            if other != code
        ]

    def relocate_facility(
        self,
        actor: str,
        old: str,
        record: Mapping[str, Any],
        *,
        effective: str,
        basis: str = "",
    ) -> dict[str, Any]:
        """Stage that a facility is built anew elsewhere (异地还建).

        The record of ``old`` is moved from ``effective`` on and names the new site,
        which ``record`` describes as :meth:`edit_record` takes it; both in one draft.
        """
        self.may("stage", actor, layer="facilities")
        frame, _ = self.facility_register(actor)
        if old not in frame.index:
            raise _unknown(old)
        site = self._one("facilities", {**record, "moved_from": old})
        code = site["facility"].iloc[0]
        if code is None:
            code = self._code_for(frame, site)
            site = site.assign(facility=code)
        self._require_new("facilities", str(code))
        return self.stage(
            actor,
            merging.moved(frame, old, site),
            layer="facilities",
            effective=effective,
            basis=basis,
            title=f"异地还建 {old} → {code}",
        )

    def _code_for(self, frame: gpd.GeoDataFrame, site: gpd.GeoDataFrame) -> str:
        """Return a code for a site that was given none."""
        around = taken.around_registers(self.store, today())
        unnamed = frame.assign(name="")
        keyed = with_keys(site, "facilities", unnamed, around)
        return str(keyed["facility"].iloc[0])

    def merge_facilities(
        self,
        actor: str,
        kept: str,
        gone: str,
        *,
        effective: str,
        basis: str = "",
    ) -> dict[str, Any]:
        """Stage that two records are one facility: ``gone`` ends, ``kept`` stays.

        What ``kept`` does not say is taken from ``gone``; a link of another facility
        to ``gone`` then means ``kept``. Nothing changes before a second person agrees.
        """
        self.may("stage", actor, layer="facilities")
        frame, _ = self.facility_register(actor)
        for code in (kept, gone):
            if code not in frame.index:
                raise _unknown(code)
        return self.stage(
            actor,
            merging.merged(frame, kept, gone),
            layer="facilities",
            effective=effective,
            basis=basis,
            title=f"合并设施 {gone} → {kept}",
            complete=[gone],
        )

    def _under(self, division: Any) -> str:
        """Return the names of a division and those above it up to its county."""
        names, code = self._division_names(), str(division or "")
        if not codes.is_code(code):
            return code
        chain = [code, *codes.ancestors(code)]
        held = [names[each] for each in chain if each in names and len(each) > 6]
        county = names.get(code[:6])
        return " ".join([*([county] if county else []), *held[::-1]]) or code

    def _holding(self, frame: gpd.GeoDataFrame) -> list[tuple[str, str]]:
        """Return code and name of the counties that have a facility."""
        names = self._division_names()
        held = np.unique([str(code or "")[:6] for code in frame["division"]])
        return [(code, names[code]) for code in held.tolist() if code in names]


def _unknown(code: str) -> NotFoundError:
    return NotFoundError(
        Text(f"没有设施 {code}。", f"There is no facility {code}."),
    )
