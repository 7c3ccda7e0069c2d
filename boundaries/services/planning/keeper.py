"""The planning process itself: holds what plans stand on, and the plans.

It is started by :mod:`boundaries.services.planning.client`, has limits of its own, ends
when nobody asks for a while or when its server ends, and keeps nothing that a request
does not say again.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import sys
import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from boundaries.accounts import LOCAL
from boundaries.services.coverage import LOWEST, level_number
from boundaries.services.indicators.inputs import digest
from boundaries.services.indicators.reaching import require_divisions
from boundaries.services.left_out import without_unit
from boundaries.services.planning.field import Field
from boundaries.services.planning.gauge import Gauge, Sheet
from boundaries.services.planning.ground import NEED, Ground
from boundaries.services.planning.plan import Plan
from boundaries.services.words import Supply
from geodata.errors import QuhuaError, Text

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable
    from multiprocessing.connection import Connection

    from boundaries.registry.indicator_books import IndicatorBooks
    from boundaries.registry.services import Services
    from boundaries.services.situation import Situation
    from boundaries.settings import Settings

log = logging.getLogger(__name__)

_FIELDS, _GROUNDS = 3, 24
"""Situations kept loaded, and questions of them (level, types, room, indicators); the
one longest not asked about goes first."""
_FRESH_S = 5.0
"""How long what is published is taken for what was published a moment ago."""


@dataclass(frozen=True)
class Start:
    """What the process is given: plain values only."""

    url: str
    settings: Settings


def main(start: Start, line: Connection) -> None:
    """Answer until nobody asks; the whole life of the process."""
    _settle(start.settings)
    from boundaries.registry import open_registry

    registry = open_registry(start.url, settings=start.settings, local=True)
    keeper = Keeper(registry, start.settings.planning.sessions)
    while line.poll(start.settings.planning.idle_s):
        try:
            request = json.loads(line.recv_bytes())
        except (EOFError, OSError):
            break
        line.send_bytes(_answered(keeper, request))
    line.close()
    registry.close()
    os._exit(0)  # leave without destructors, as the guarded processes do


class Keeper:
    """Plans by session over situations by what they stand on."""

    def __init__(self, registry: IndicatorBooks, sessions: int) -> None:
        self.registry = registry
        self._fields, self._grounds = _Kept(_FIELDS), _Kept(_GROUNDS)
        self._plans = _Kept(sessions)
        self._sheets, self._gauges = _Kept(_GROUNDS), _Kept(sessions)
        self._asked: dict[Hashable, tuple[float, Any]] = {}

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        """Return the figures of a plan, with the stamp of what they stand on.

        ``{"session", "base", "edits", "whole", "indicators"}`` (``"only"``: nothing
        but the indicators): ``base`` as of
        :func:`situation_of`, with ``level``, ``types``, ``supply``,
        ``need_per_thousand`` and ``scope``.
        """
        base, session, edits = request["base"], request["session"], request["edits"]
        ground = self._ground(base)
        if request.get("indicators") == "only":
            return self._indicated(session, base, ground, edits)
        plan: Plan = self._put(
            self._plans, (session, id(ground)), lambda: Plan(ground), edits
        )
        found = plan.whole() if request.get("whole") else plan.answer()
        situation = ground.situation
        if request.get("whole"):
            rows = situation.serving(ground.types)
            lost = without_unit(situation, ground.known, level_number(ground.level))
            left = (*situation.omitted(rows), *lost)
            found["omitted"] = [each.to_dict() for each in left]
        if request.get("indicators"):
            found |= self._indicated(session, base, ground, edits)
        words = ground.field.words()._asdict()
        return {**found, "stamp": {**ground.stamp, "words": words}}

    def _indicated(
        self, session: str, base: dict[str, Any], ground: Ground, edits: Any
    ) -> dict[str, Any]:
        """Return the indicators of a plan, and of which divisions they may be."""
        sheet = self._sheet(base, ground.situation)
        key = (session, id(sheet))
        gauge = self._put(self._gauges, key, lambda: Gauge(sheet), edits)
        return {"indicators": gauge.rows(), "scopes": sheet.scopes}

    def _put(
        self, kept: _Kept, key: Hashable, make: Callable[[], Any], edits: Any
    ) -> Any:
        """Return what is kept, brought to these edits; half done it is made anew."""
        made = kept.get(key, make)
        try:
            made.put(edits)
        except QuhuaError:
            raise
        except Exception:
            kept.drop(key)
            raise
        return made

    def _ground(self, base: dict[str, Any]) -> Ground:
        """Return what a base means now; looked up again every few seconds."""

        def make() -> Ground:
            need = self.registry.settings.services.need_per_thousand
            return self._asking(
                self._field(situation_of(self.registry, LOCAL, base)),
                base.get("level") or "street", tuple(base.get("types") or ()),
                base.get("supply") or Supply.BEDS.value,
                base.get("need_per_thousand") or need,
            )  # fmt: skip

        made: Ground = self._lately(("ground", _named(base)), make)
        return made

    def _sheet(self, base: dict[str, Any], place: Situation) -> Sheet:
        """Return what the indicators of a base stand on, with the choices of now."""

        def make() -> Sheet:
            scope = base.get("scope") or ""
            book = self.registry.book_of(LOCAL, place, scope)
            group = book.inputs.options.elderly
            counted = place
            if group != place.profile.group:
                counted = situation_of(self.registry, LOCAL, {**base, "group": group})
            require_divisions(counted)
            field = self._field(counted)
            key = (id(field), digest(book.inputs), scope)

            def asking(types: tuple[str, ...]) -> Ground:
                return self._asking(field, LOWEST, types, Supply.BEDS.value, NEED)

            def new() -> Sheet:
                return Sheet(book.inputs, counted, asking, scope)

            made: Sheet = self._sheets.get(key, new)
            standing = {id(each) for each in self._sheets.values()}
            self._gauges.forget(lambda key: key[1] not in standing)
            return made

        found: Sheet = self._lately(("sheet", _named(base)), make)
        return found

    def _lately(self, key: Hashable, make: Callable[[], Any]) -> Any:
        """Return what was looked up a moment ago, or look it up."""
        now = time.monotonic()
        old = [each for each, (at, _) in self._asked.items() if now - at >= _FRESH_S]
        for each in old:
            del self._asked[each]
        if key not in self._asked:
            self._asked[key] = (time.monotonic(), make())
        return self._asked[key][1]

    def _field(self, situation: Situation) -> Field:
        """Return a situation with its searches; what stood on one let go goes too."""

        def make() -> Field:
            return Field(situation)

        made: Field = self._fields.get(situation.stamp["id"], make)
        there = {id(each) for each in self._fields.values()}
        for kept in (self._grounds, self._sheets):
            kept.forget(lambda key: key[0] not in there)
        return made

    def _asking(
        self, field: Field, level: str, types: tuple[str, ...], supply: str, need: float
    ) -> Ground:
        """Return a question of a situation, which plans share."""

        def make() -> Ground:
            return Ground(field, level, types, supply=supply, need_per_thousand=need)

        made: Ground = self._grounds.get((id(field), level, types, supply, need), make)
        standing = {id(each) for each in self._grounds.values()}
        self._plans.forget(lambda key: key[1] not in standing)
        return made


def _named(base: dict[str, Any]) -> str:
    return json.dumps(base, sort_keys=True)


def situation_of(registry: Services, actor: str, base: dict[str, Any]) -> Any:
    """Return the situation a plan stands on.

    ``base``: ``as_of`` (None: today), ``group``, ``versions`` (layer -> number, and
    ``network`` -> number; what is not named is as published now), ``profile``.
    """
    versions = dict(base.get("versions") or {})
    number = versions.pop("network", None)
    how: dict[str, Any] = dict(base.get("profile") or {})
    if number is not None:
        how["network"] = registry.stored_network(actor, int(number))
    return registry.situation(
        actor, base.get("as_of"), group=base.get("group") or "aged_60",
        versions=versions, **how,
    )  # fmt: skip


class _Kept:
    """The few things asked for last."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._items: OrderedDict[Hashable, Any] = OrderedDict()

    def get(self, key: Hashable, make: Callable[[], Any]) -> Any:
        """Return what is kept, or make it and let the oldest go."""
        if key not in self._items:
            self._items[key] = make()
            while len(self._items) > self._most:
                self._items.popitem(last=False)
        self._items.move_to_end(key)
        return self._items[key]

    def values(self) -> list[Any]:
        """Return everything kept."""
        return list(self._items.values())

    def forget(self, gone: Callable[[Any], bool]) -> None:
        """Forget everything whose key says so."""
        for key in [key for key in self._items if gone(key)]:
            del self._items[key]

    def drop(self, key: Hashable) -> None:
        """Forget one."""
        self._items.pop(key, None)


def _answered(keeper: Keeper, request: dict[str, Any]) -> bytes:
    try:
        document: dict[str, Any] = {"answer": keeper.answer(request)}
    except QuhuaError as error:
        document = {"error": error.to_dict()}
    except MemoryError:
        raise  # the process is of no more use; the next request starts another
    except Exception as error:
        log.exception("planning")
        document = {"error": _unforeseen(error).to_dict()}
    return json.dumps(document, ensure_ascii=False, allow_nan=False).encode()


def _unforeseen(error: Exception) -> QuhuaError:
    name = type(error).__name__
    return QuhuaError(
        Text(f"程序出错（{name}），已记入服务器日志；数据不受影响。",
             f"Something broke ({name}) and is in the server's log; no data is "
             "affected."),
        code="bug",
    )  # fmt: skip


def _settle(settings: Settings) -> None:
    """Leave the server's group and hold to the limits.

    When the server ends, the line ends, and so does this process.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform == "win32":
        return
    import resource

    os.setsid()
    most = settings.planning.memory_mb << 20
    for which, value in ((resource.RLIMIT_AS, most), (resource.RLIMIT_CORE, 0)):
        _, hard = resource.getrlimit(which)
        wanted = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(which, (wanted, hard))
