"""Coverage as the registry tells it: of what is published, at a date, with a stamp."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from boundaries import review
from boundaries.accounts import ANONYMOUS
from boundaries.registry.desk import logged, now, today
from boundaries.registry.networks import Networks
from boundaries.registry.people import People
from boundaries.registry.publishing import tag_of
from boundaries.registry.registers import _Memory
from boundaries.services import coverage as figures
from boundaries.services import room
from boundaries.services.guarding import Guard, guard_of
from boundaries.services.profiles import METHOD, Profile
from boundaries.services.suppressing import suppressed, suppressed_map
from geodata.errors import ForbiddenError, InputError, NotFoundError, Text
from geodata.store import dates

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from boundaries.services.situation import Situation
    from geodata.network.graph import Network
    from geodata.store.protocol import Transaction
    from geodata.workers import Workers

LAYERS = ("divisions", "facilities", "population")
COVERAGE, SHEETS = "coverage", "coverage_sheets"
"""Collections of what was computed and drawn; each is content under a hash."""
KEPT = 200
"""How many documents are kept; the oldest go first."""
_situations = _Memory()


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
        named = self._named(numbers, network)
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

        With ``supply`` (:class:`boundaries.services.room.Supply`) also what room there
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
            found = figures.coverage(
                place, level=level, types=types, within=within, workers=workers
            )
            document = found.to_dict()
            if supply is not None:
                made = room.room(
                    place, level=level, types=types, supply=supply, within=within,
                    need_per_thousand=need,
                )  # fmt: skip
                document["room"] = made.to_dict()
                document["stamp"] = place.stamped(
                    need_per_thousand=need, supply=supply
                )  # fmt: skip
            if review.holds("view", self.user(actor)):
                return document
            return suppressed(document, self._guard(place, types, supply), within)

    def _guard(
        self, place: Situation, types: Sequence[str], supply: str | None
    ) -> Guard:
        """Return what readers without a working role are not told."""
        made = figures.coverages(place, types=types)
        beds = None
        if supply is not None:
            beds = room.rooms(
                place, tuple(made), types=types, supply=supply,
                need_per_thousand=self.settings.services.need_per_thousand,
            )  # fmt: skip
        least = self.settings.services.suppressed_below
        return guard_of(made, beds, least, tree=place.tree)

    def coverage_key(
        self, actor: str, as_of: str | None = None, *, types: Sequence[str] = (),
        **how: Any,
    ) -> str:  # fmt: skip
        """Return the key of the document that answers a question of the map."""
        self._require_reader(actor)
        day = dates.last_day(dates.parse(as_of or today()))
        group = how.pop("group", None) or "aged_60"
        profile = Profile.of(self.settings, group, **how)
        named = self._named(self._numbers({}), self._network_of(day))
        given = self.settings.services
        text = json.dumps(
            [
                day, figures.checked_types(types), profile.to_dict(), named, METHOD,
                given.need_per_thousand, given.suppressed_below,
            ],
            sort_keys=True,
        )  # fmt: skip
        return hashlib.sha256(text.encode()).hexdigest()[:20]

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
        job = self.start_job(actor, "coverage", key, asked)
        return {"key": key, "ready": False, "job": job}

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
                place, types, given.need_per_thousand, given.suppressed_below
            )  # fmt: skip
            document = {"key": key, **made}
            body = json.dumps(document, ensure_ascii=False, allow_nan=False).encode()
            with self.store.write(lock=[COVERAGE]) as tx:
                known = tx.get(COVERAGE, key)
                if known is None:
                    row = {"blob": tx.put_blob(body), "created": now()}
                    tx.put(COVERAGE, key, {**row, "stamp": document["stamp"]}, rev=0)
                    _forget(tx, COVERAGE)
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
        job = self.start_job(actor, "coverage_sheet", key, asked)
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
            if tx.get(SHEETS, asked) is None:
                row = {"blob": tx.put_blob(drawn), "created": now()}
                tx.put(SHEETS, asked, row, rev=0)
                _forget(tx, SHEETS)
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
        printed = hashlib.sha256(notice.encode()).hexdigest()[:8]
        shown = "full" if whole else "cut"
        return f"{key}.{level}.{indicator}.{language}.{printed}.{shown}"

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
        self, numbers: Mapping[str, int], network: Network | None
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
        if network is not None:
            meta = network.meta
            wanted = ("version", "source", "completeness", "number", "effective",
                      "heights")  # fmt: skip
            named["network"] = {
                name: meta[name] for name in wanted if meta.get(name) is not None
            }
        return named

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
        return assemble(
            day, frames["divisions"], frames["facilities"], frames["population"],
            profile, network=network, versions=named,
        )  # fmt: skip

    def _shown_map(self, actor: str, document: dict[str, Any]) -> dict[str, Any]:
        guard = Guard.of_dict(document.pop("guard"))
        if review.holds("view", self.user(actor)):
            return document
        return suppressed_map(document, guard)


def _forget(tx: Transaction, collection: str) -> None:
    """Take away the oldest of what can be made again."""
    rows = sorted(tx.find(collection), key=lambda row: (row["created"], row["key"]))
    for old in rows[:-KEPT]:
        tx.delete(collection, old["key"])


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
