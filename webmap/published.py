"""What is published now, prepared in the background and kept ready.

A page never waits for preparation: it is told that a state is being prepared and
asks again. When the tag moves, the edition before it goes on answering until the
newest state of the new one is ready; then the pointer flips.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections import OrderedDict
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from boundaries.prepared import (
    ahead,
    draw,
    first_seen,
    keep,
    kept,
    opening,
    sweep_index,
)
from boundaries.states import State, Transition, state, transition
from geodata.errors import NotFoundError, Text
from geodata.tiles.folders import kept_tile, level_folder
from webmap.sweeping import sweep, used

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from geodata.store.changes import Version
    from geodata.store.protocol import Store
    from geodata.tiles.folders import Tile

log = logging.getLogger(__name__)

KEPT_STATES = 8
"""States and transitions of one edition held in memory, or waited for, at a time."""
KEPT_EARLIER = 2
"""Earlier editions held for those who look at what was known then."""
PAUSE_S = 5.0
"""How long after a failed preparation it is tried again, when it is asked for."""
PATIENCE_S = 0.4
"""How long a request waits for a state before it says that it is being prepared."""


class Edition:
    """A published version: its dates, and the states prepared so far.

    Whoever shows several editions gives them one ``turn``: a state is drawn by one
    thread of the server at a time, whatever dates are asked for.
    """

    def __init__(
        self,
        store: Store,
        version: Version,
        cache: Path,
        turn: threading.Lock | None = None,
    ) -> None:
        self.version = version
        self._turn = turn or threading.Lock()
        self._store = store
        self._cache = cache
        self.dates = tuple(store.dates(version.layer, at=version.number))
        self._versions = [
            item
            for item in store.versions(version.layer)
            if item.number <= version.number
        ]
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="edition")
        # tiles made in advance must not hold up a state somebody waits for
        self._ahead = ThreadPoolExecutor(1, thread_name_prefix="ahead")
        self._made: OrderedDict[tuple[str, ...], Future[Any]] = OrderedDict()
        self._failed: dict[tuple[str, ...], float] = {}
        self._lock = threading.Lock()
        self._colours: dict[str, int] = {}

    def cited(self, date: str) -> list[Version]:
        """Return the versions that came into force on a date."""
        return [item for item in self._versions if item.effective == date]

    def versions(self) -> list[Version]:
        """Return the versions this edition rests on, oldest first."""
        return list(self._versions)

    def written_by(self, number: int) -> Version | None:
        """Return a version of this edition by its number."""
        return next((v for v in self._versions if v.number == number), None)

    def before(self, date: str) -> str | None:
        """Return the date before this one on which something changed."""
        earlier = [item for item in self.dates if item < date]
        return earlier[-1] if earlier else None

    def at(self, date: str | None) -> str:
        """Return the newest change date not after ``date``, or today for None.

        What is published for a later day is not in force yet; it is what opens
        only when there is nothing else.

        Raises
        ------
        NotFoundError
            When nothing is published for so early a date.
        """
        if not self.dates:
            raise NotFoundError(
                Text("已发布的版本里没有区划。", "The published version is empty.")
            )
        if date is None:
            return opening(self.dates) or self.dates[0]
        earlier = [item for item in self.dates if item[: len(date)] <= date]
        if not earlier:
            raise NotFoundError(
                Text(
                    f"{date} 之前没有已发布的区划。",
                    f"Nothing is published as of {date}.",
                ),
                Text(f"最早的日期是 {self.dates[0]}。", f"Begins {self.dates[0]}."),
            )
        return earlier[-1]

    def state(self, date: str, *, wait: float | None = PATIENCE_S) -> State | None:
        """Return a state, or None while it is being prepared."""
        future = self._once((date,), lambda: self._state(date))
        found: State | None = _result(future, wait)
        return found

    def transition(
        self, old: str, new: str, *, wait: float | None = PATIENCE_S
    ) -> Transition | None:
        """Return what changed between two dates, or None while it is prepared."""
        future = self._once((old, new), lambda: self._transition(old, new))
        found: Transition | None = _result(future, wait)
        return found

    def tiles(self, digest: str) -> State | Transition | None:
        """Return the prepared state or transition that a digest names."""
        with self._lock:
            futures = list(self._made.values())
        for future in futures:
            if (
                future.done()
                and not future.exception()
                and future.result().digest == digest
            ):
                found: State | Transition = future.result()
                return found
        return None

    def digests(self) -> set[str]:
        """Return the names of the tiles of what is prepared."""
        with self._lock:
            done = [f for f in self._made.values() if f.done() and not f.exception()]
        return {future.result().digest for future in done}

    def later(self, work: Callable[[], Any]) -> None:
        """Do something when nobody waits for tiles."""
        self._ahead.submit(work)

    def prepare(self) -> None:
        """Begin with the state that opens; then its change from the one before it."""
        if not self.dates:
            return
        newest = self.at(None)
        self.state(newest, wait=0)
        before = self.before(newest)
        if before is not None:
            self.transition(before, newest, wait=0)
        self._ahead.submit(self._prebuild, newest)

    def wait_until_idle(self) -> None:
        """Return when everything asked for so far is prepared."""
        for workers in (self._worker, self._ahead):
            workers.submit(lambda: None).result()

    def close(self) -> None:
        """Let the work in hand end and take no more."""
        for workers in (self._worker, self._ahead):
            workers.shutdown(wait=False, cancel_futures=True)

    def _prebuild(self, date: str) -> None:
        """Make the tiles of the next zooms too, while nobody waits for them."""
        found = self.state(date, wait=None)
        if found is None or found.box is None:
            return
        missing = [z for z in ahead(found.box) if z not in found.tiles.complete]
        draw(found, found.box, missing)
        keep(self._cache, self.version, found, ahead(found.box))

    def _once(self, key: tuple[str, ...], make: Callable[[], Any]) -> Future[Any]:
        with self._lock:
            failed = self._failed.get(key)
            if failed is not None and time.monotonic() >= failed + PAUSE_S:
                self._made.pop(key, None)
                del self._failed[key]
            if key not in self._made:
                self._made[key] = self._worker.submit(self._tried, key, make)
                # who asked for it long ago, and no more, is drawn nothing
                while len(self._made) > KEPT_STATES:
                    self._made.popitem(last=False)[1].cancel()
            self._made.move_to_end(key)
            return self._made[key]

    def _tried(self, key: tuple[str, ...], make: Callable[[], Any]) -> Any:
        """Make what was asked for; note a failure, which may pass."""
        try:
            with self._turn:
                return make()
        except Exception:
            log.exception("%s of version %s failed", key, self.version.number)
            with self._lock:
                self._failed[key] = time.monotonic()
            raise

    def _state(self, date: str) -> State:
        began = time.monotonic()
        layer, number = self.version.layer, self.version.number
        made = kept(self._cache, self.version, date)
        known = made is not None
        if made is None:
            frame = self._store.snapshot(layer, at=number, valid_on=date)
            made = state(frame, date, self._cache, self._colours)
        used(self._cache / made.digest)
        self._colours = {
            **dict(zip(made.frame.index, made.frame["colour"], strict=True)),
            **self._colours,
        }
        if not known and made.box and date == self.at(None):
            made.tiles.prebuild(made.box, first_seen(made.box))
        log.info(
            "state %s of version %s %s: %d divisions, %.0f ms",
            date, number, "read" if known else "drawn", len(made.frame),
            (time.monotonic() - began) * 1000,
        )  # fmt: skip
        return made

    def _transition(self, old: str, new: str) -> Transition:
        # called by the only worker: states are made here, not waited for
        pair = []
        for date in (old, new):
            with self._lock:
                future = self._made.get((date,))
            ready = future is not None and future.done() and not future.exception()
            pair.append(future.result() if future and ready else self._state(date))
            if not ready:
                kept: Future[Any] = Future()
                kept.set_result(pair[-1])
                with self._lock:
                    self._made[(date,)] = kept
        made = transition(pair[0], pair[1], self._cache)
        used(self._cache / made.digest)
        return made


def _result(future: Future[Any], wait: float | None) -> Any:
    with contextlib.suppress(TimeoutError, CancelledError):
        return future.result(timeout=wait)
    return None


class Published:
    """The published divisions of a store, followed as the tag moves."""

    def __init__(self, store: Store, cache: Path, layer: str = "divisions") -> None:
        self.layer = layer
        self._store = store
        self.cache = cache
        self._current: Edition | None = None
        self._coming: Edition | None = None
        self._earlier: OrderedDict[int, Edition] = OrderedDict()
        self._lock = threading.Lock()
        self._turn = threading.Lock()

    def edition(self) -> Edition | None:
        """Return the edition to show, None when nothing is published yet."""
        number = self._store.tags().get(f"published/{self.layer}")
        with self._lock:
            if number is None:
                return None
            if self._current is None or self._current.version.number != number:
                self._follow(number)
            return self._current

    def known(self, when: str) -> Edition:
        """Return the edition as it was recorded at the end of a day or instant.

        Versions are entered one after the other, so what was known then is the last
        one recorded until then; never one that is not published.

        Raises
        ------
        NotFoundError
            When nothing was recorded yet.
        """
        current = self.edition()
        published = current.version.number if current else 0
        numbers = [
            version.number
            for version in self._store.versions(self.layer)
            if version.number <= published and version.recorded[: len(when)] <= when
        ]
        if current is None or not numbers:
            raise NotFoundError(
                Text(
                    f"截至 {when} 尚未入库任何区划。",
                    f"Nothing had been entered by {when}.",
                )
            )
        if numbers[-1] == published:
            return current
        with self._lock:
            found = self._earlier.get(numbers[-1])
            if found is None:
                version = self._store.version(numbers[-1], self.layer)
                found = self._earlier[numbers[-1]] = Edition(
                    self._store, version, self.cache, self._turn
                )
                while len(self._earlier) > KEPT_EARLIER:
                    self._earlier.popitem(last=False)[1].close()
            self._earlier.move_to_end(numbers[-1])
            return found

    def tile(
        self, digest: str, z: int, x: int, y: int, *, level: int | None = None
    ) -> Tile | None:
        """Return a tile, None for a digest or a level that nobody drew.

        A file made once is answered for ever, without asking the store: a page
        that still shows the version before goes on working. With ``level`` the
        tile of that level alone.
        """
        folder = self.cache / digest
        if level is not None:
            folder /= level_folder(level)
        made = kept_tile(folder, z, x, y)
        if made is not None:
            return made
        with self._lock:
            known = [item for item in (self._current, self._coming) if item]
            known += self._earlier.values()
        for edition in known:
            drawn = edition.tiles(digest)
            if drawn is not None:
                tiles = drawn.tiles if level is None else drawn.tiles.levels.get(level)
                return tiles.tile(z, x, y) if tiles else None
        return None

    def _follow(self, number: int) -> None:
        try:
            ready = self._prepared(number)
        except Exception as error:
            if self._current is None:
                raise
            # it is tried again; meanwhile the edition before goes on answering
            log.warning("version %d cannot be shown yet: %s", number, error)
            return
        if ready:
            old, self._current = self._current, self._coming
            self._coming = None
            if old is not None:
                old.close()
            if self._current is not None:
                self._current.later(self._sweep)

    def _sweep(self) -> None:
        with self._lock:
            editions = [self._current, self._coming, *self._earlier.values()]
        in_use = {name for one in editions if one for name in one.digests()}
        try:
            sweep(self.cache, in_use)
            sweep_index(self.cache)
        except OSError as error:
            log.warning("old tiles could not be swept: %s", error)

    def _prepared(self, number: int) -> bool:
        """Return whether the edition to come can take over; begin it when new."""
        if self._coming is None or self._coming.version.number != number:
            version = self._store.version(number)
            self._coming = Edition(self._store, version, self.cache, self._turn)
            self._coming.prepare()
        coming = self._coming
        if self._current is None or not coming.dates:
            return True
        return coming.state(coming.at(None), wait=0) is not None
