"""Coverage as the registry tells it: of what is published, at a date, with a stamp."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd

from boundaries import review
from boundaries.accounts import ANONYMOUS
from boundaries.registry.desk import logged, today
from boundaries.registry.networks import Networks
from boundaries.registry.people import People
from boundaries.registry.publishing import tag_of
from boundaries.registry.recent import Recent
from boundaries.services import coverage as figures
from boundaries.services import room
from boundaries.services.guarding import guard_of
from boundaries.services.profiles import METHOD, Profile
from boundaries.services.suppressing import suppressed
from boundaries.services.tree import LEVEL_WORDS
from geodata.errors import ForbiddenError, InputError, NotFoundError, Text
from geodata.store import dates

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from boundaries.services.situation import Situation
    from geodata.network.graph import Network
    from geodata.workers import Workers

    _Figures = tuple[dict[str, figures.Coverage], dict[str, room.Room] | None]

LAYERS = ("divisions", "facilities", "population")
_situations = Recent(6)


class Services(Networks, People):
    """What serves whom: the situation of a date, and coverage in it."""

    def situation(
        self,
        actor: str,
        as_of: str | None = None,
        *,
        group: str = "aged_60",
        versions: Mapping[str, int] | None = None,
        network: Network | None = None,
        **profile: Any,
    ) -> Situation:
        """Return everything a figure stands on at a date, as published.

        Parameters
        ----------
        as_of
            The date; None: today.
        group
            Whom figures count (:class:`boundaries.services.profiles.Group`).
        versions
            Layer (or ``network``) -> number, for figures as they were computed
            before; published ones only. None: those published now.
        network
            Instead of the one stored for the date.
        profile
            What this question takes otherwise than the settings.
        """
        user = self.user(actor)
        review.allow("view_published", user)
        if user.name == ANONYMOUS:
            raise ForbiddenError(
                Text("请先登录。", "Sign in first."),
            )
        day = dates.last_day(dates.parse(as_of or today()))
        asked = Profile.of(self.settings, group, **profile)
        wanted = dict(versions or {})
        streets = wanted.pop("network", None)
        numbers = self._numbers(wanted)
        if network is None and streets:
            network = self.stored_network(actor, int(streets))
        elif network is None:
            network = self._network_of(day)
        named = self._named(numbers, None if network is None else network.meta)
        key = (self.store.url, day, asked, json.dumps(named, sort_keys=True))
        made: Situation = _situations.get(
            key, lambda: self._assembled(day, asked, numbers, named, network)
        )
        return made

    def coverage(
        self,
        actor: str,
        as_of: str | None = None,
        *,
        level: str = "street",
        types: Sequence[str] = (),
        within: str | None = None,
        workers: Workers | None = None,
        supply: str | None = None,
        need_per_thousand: float | None = None,
        **how: Any,
    ) -> dict[str, Any]:
        """Return who is reached by unit of a level, with stamp and omissions.

        With ``supply`` (:class:`boundaries.services.words.Supply`) also what room there
        is for them, under ``room``; ``need_per_thousand`` of them are in need of it
        (None: as the settings say).
        ``workers`` search the streets in parts, with the same answer; ``how`` as of
        :meth:`situation`. Whoever has no working role sees no figure of fewer people
        than the settings let be shown.
        """
        figures.level_number(level)
        with logged("coverage", actor, level=level):
            place = self.situation(actor, as_of, **how)
            need = need_per_thousand or self.settings.services.need_per_thousand
            beds: dict[str, Any] = {"supply": supply, "need_per_thousand": need}

            def figured(levels: Sequence[str], within: str | None) -> _Figures:
                asked: dict[str, Any] = {"types": types, "within": within}
                made = figures.coverages(place, levels, **asked, workers=workers)
                if supply is None:
                    return made, None
                return made, room.rooms(place, levels, **asked, **beds)

            made, rooms = figured((level,), within)
            document = made[level].to_dict()
            if rooms:
                document["room"] = rooms[level].to_dict()
                document["stamp"] = place.stamped(**beds)
            if review.holds("view", self.user(actor)):
                return document
            everywhere, rooms = figured(tuple(LEVEL_WORDS), None)
            least = self.settings.services.suppressed_below
            kept = self._kept_back(place)
            hidden = guard_of(everywhere, rooms, least, tree=place.tree, kept=kept)
            return suppressed(document, hidden, within)

    def _kept_back(self, place: Situation) -> set[str]:
        """Return the units whose people a reader is not told in the register."""
        from boundaries.services.population import sheltered

        number = int(place.versions["population"].get("number") or 0)
        if not number:
            return set()
        frame = self.store.snapshot(
            "population", at=number, valid_on=place.as_of, geometry=False
        )
        _, hidden = sheltered(frame, self.settings.services.suppressed_below)
        return {str(code) for code in frame.index[hidden[place.profile.group]]}

    def coverage_key(
        self, actor: str, as_of: str | None = None, *, types: Sequence[str] = (),
        **how: Any,
    ) -> str:  # fmt: skip
        """Return the key of the document that answers a question of the map."""
        self._require_reader(actor)
        day = dates.last_day(dates.parse(as_of or today()))
        group = how.pop("group", None) or "aged_60"
        profile = Profile.of(self.settings, group, **how)
        named = self._named(self._numbers({}), self._words_of(day))
        given = self.settings.services
        text = json.dumps(
            [
                day, figures.checked_types(types), profile.to_dict(), named, METHOD,
                given.need_per_thousand, given.suppressed_below,
            ],
            sort_keys=True,
        )  # fmt: skip
        return hashlib.sha256(text.encode()).hexdigest()[:20]

    def _require_reader(self, actor: str) -> None:
        user = self.user(actor)
        review.allow("view_published", user)
        if user.name == ANONYMOUS:
            raise ForbiddenError(Text("请先登录。", "Sign in first."))

    def _numbers(self, versions: Mapping[str, int]) -> dict[str, int]:
        """Return the version of each layer: as asked for, else as published."""
        tags = self.store.tags()
        unknown = set(versions) - set(LAYERS)
        if unknown:
            raise InputError(
                Text(f"没有图层 {'、'.join(sorted(unknown))}。",
                     f"There is no layer {', '.join(sorted(unknown))}."),
                Text(f"可用：{'、'.join(LAYERS)}。", f"Use {', '.join(LAYERS)}."),
            )  # fmt: skip
        found = {}
        for layer in LAYERS:
            published = tags.get(tag_of(layer), 0)
            number = int(versions.get(layer, published))
            if number > published:
                raise ForbiddenError(
                    Text(f"{layer} 的版本 {number} 尚未发布。",
                         f"Version {number} of {layer} is not published."),
                )  # fmt: skip
            found[layer] = number
        if not found["divisions"]:
            raise NotFoundError(
                Text("区划尚未发布，无法计算覆盖。",
                     "No divisions are published; coverage needs them."),
            )  # fmt: skip
        return found

    def _named(
        self, numbers: Mapping[str, int], words: Mapping[str, Any] | None
    ) -> dict[str, dict[str, Any]]:
        named: dict[str, dict[str, Any]] = {}
        for layer, number in numbers.items():
            if not number:
                named[layer] = {"number": 0}
                continue
            version = self.store.version(number, layer)
            named[layer] = {
                "number": number,
                "effective": version.effective,
                "digest": version.digest,
            }
        if words is not None:
            wanted = ("version", "source", "completeness", "number", "effective",
                      "heights")  # fmt: skip
            named["network"] = {
                name: words[name] for name in wanted if words.get(name) is not None
            }
        return named

    def _words_of(self, day: str) -> dict[str, Any] | None:
        try:
            return self.network_words(day)
        except NotFoundError:
            return None

    def _network_of(self, day: str) -> Network | None:
        try:
            return self.network(day)
        except NotFoundError:
            return None

    def _assembled(
        self, day: str, profile: Profile, numbers: Mapping[str, int],
        named: Mapping[str, Mapping[str, Any]], network: Network | None,
    ) -> Situation:  # fmt: skip
        from boundaries.services.situation import assemble

        frames = {
            layer: self.store.snapshot(layer, at=number, valid_on=day)
            for layer, number in numbers.items()
        }
        before = self._opened_before(numbers["facilities"], day)
        if len(before):
            frames["facilities"] = pd.concat([frames["facilities"], before])
        return assemble(
            day, frames["divisions"], frames["facilities"], frames["population"],
            profile, network=network, versions=named, backdated=before.index,
        )  # fmt: skip

    def _opened_before(self, number: int, day: str) -> gpd.GeoDataFrame:
        """Return facilities first recorded after a date on which they were open."""
        if number == 0:
            return gpd.GeoDataFrame()
        states = self.store.states("facilities", at=number)
        began = states["valid_from"].astype(str).groupby(states.index).min()
        later = began.index[began > day]
        if not len(later):
            return gpd.GeoDataFrame()
        known = self.store.snapshot("facilities", at=number)
        rows = known[known.index.isin(later)]
        opened = rows["opened_on"].fillna("").astype(str)
        return rows[(opened != "") & (opened <= day)]
