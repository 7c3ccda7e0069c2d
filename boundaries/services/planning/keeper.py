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
from boundaries.services.room import Supply
from geodata.errors import QuhuaError, Text

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable
    from multiprocessing.connection import Connection

    from boundaries.registry.services import Services
    from boundaries.services.planning.field import Field
    from boundaries.services.planning.ground import Ground
    from boundaries.services.planning.plan import Plan
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

    def __init__(self, registry: Services, sessions: int) -> None:
        self.registry = registry
        self._fields, self._grounds = _Kept(_FIELDS), _Kept(_GROUNDS)
        self._plans = _Kept(sessions)
        self._asked: dict[str, tuple[float, Ground]] = {}

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        """Return the figures of a plan, with the stamp of what they stand on.

        ``{"session", "base", "edits", "whole"}``: ``base`` as of
        :func:`situation_of`, with ``level``, ``types``, ``supply`` and
        ``need_per_thousand``.
        """
        from boundaries.services.planning.plan import Plan

        base = request["base"]
        ground = self._ground(base)
        key = (request["session"], id(ground))
        plan: Plan = self._plans.get(key, lambda: Plan(ground))
        try:
            plan.put(request["edits"])
        except QuhuaError:
            raise
        except Exception:
            self._plans.drop(key)  # half done: made anew by the next request
            raise
        found = plan.whole() if request.get("whole") else plan.answer()
        situation = ground.situation
        if request.get("whole"):
            rows = situation.serving(ground.types)
            found["omitted"] = [each.to_dict() for each in situation.omitted(rows)]
        field = ground.field
        said = {**field.stamp, "words": field.words()._asdict()}
        return {**found, "stamp": {**said, **ground.room_stamp}}

    def _ground(self, base: dict[str, Any]) -> Ground:
        """Return what a base means now; looked up again every few seconds."""
        asked = json.dumps(base, sort_keys=True)
        known = self._asked.get(asked)
        if known is not None and time.monotonic() - known[0] < _FRESH_S:
            return known[1]
        situation = situation_of(self.registry, LOCAL, base)
        made = self._asking(
            self._field(situation), base.get("level") or "street",
            tuple(base.get("types") or ()), base.get("supply") or Supply.BEDS.value,
            base.get("need_per_thousand")
            or self.registry.settings.services.need_per_thousand,
        )  # fmt: skip
        self._asked = {asked: (time.monotonic(), made)}
        return made

    def _field(self, situation: Situation) -> Field:
        """Return a situation with its searches; what stood on one let go goes too."""
        from boundaries.services.planning.field import Field

        def make() -> Field:
            return Field(situation)

        made: Field = self._fields.get(situation.stamp["id"], make)
        there = {id(each) for each in self._fields.values()}
        self._grounds.forget(lambda key: key[0] not in there)
        return made

    def _asking(
        self, field: Field, level: str, types: tuple[str, ...], supply: str, need: float
    ) -> Ground:
        """Return a question of a situation, which plans share."""
        from boundaries.services.planning.ground import Ground

        def make() -> Ground:
            return Ground(field, level, types, supply=supply, need_per_thousand=need)

        made: Ground = self._grounds.get((id(field), level, types, supply, need), make)
        standing = {id(each) for each in self._grounds.values()}
        self._plans.forget(lambda key: key[1] not in standing)
        return made


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
