"""Work in parts by processes of this machine, or by machines through Dask.

A worker that dies takes no answer along: its part is given to another. Dask comes
with ``quhua[cluster]``.
"""

from __future__ import annotations

import multiprocessing
from collections import deque
from multiprocessing.connection import wait
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from geodata.errors import InputError, Text, WorkersError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from multiprocessing.connection import Connection
    from multiprocessing.context import SpawnProcess

Part = TypeVar("Part")
Seen = TypeVar("Seen")

MOST_DEATHS = 3
"""Workers that may die over one part before it is given up."""
AHEAD = 2
"""Parts with a Dask worker: one that it looks at and one that waits."""
PATIENCE_S = 10
"""How long a process may take to end when there is nothing left to do."""


class Workers(Protocol):
    """Those who look at parts."""

    @property
    def count(self) -> int:
        """How many parts are looked at at once."""

    def look(
        self, work: Callable[[Part], Seen], parts: Sequence[Callable[[], Part]]
    ) -> list[Seen]:
        """Have ``work`` done on every part; each is made when somebody can take it.

        ``work`` is a function of a module, which workers import by its name.
        """


class Processes:
    """Processes of this machine, each with a pipe of its own.

    A pool of :mod:`concurrent.futures` shares its pipes and their locks: a process
    killed while it holds one stops all others for ever.
    """

    def __init__(self, count: int) -> None:
        if count < 1:
            raise InputError(
                Text(
                    f"进程数应至少为 1，不是 {count}。",
                    f"At least one process is needed, not {count}.",
                )
            )
        self.count = count

    def look(
        self, work: Callable[[Part], Seen], parts: Sequence[Callable[[], Part]]
    ) -> list[Seen]:
        """Have every part looked at, again where a process died."""
        found: dict[int, Seen] = {}
        todo = deque(range(len(parts)))
        deaths = dict.fromkeys(todo, 0)
        team = [_Process(work) for _ in range(min(self.count, len(parts)))]
        try:
            while len(found) < len(parts):
                for process in team:
                    if todo and process.number is None:
                        process.take(todo.popleft(), parts)
                ready = wait([each.pipe for each in team if each.number is not None])
                for process in [each for each in team if each.pipe in ready]:
                    number = process.number
                    answer = process.answer()
                    if number is None:
                        continue
                    if answer is not None:
                        found[number] = answer[0]
                        continue
                    deaths[number] += 1
                    if deaths[number] > MOST_DEATHS:
                        raise _lost()
                    todo.append(number)
                    team[team.index(process)] = _Process(work)
        finally:
            for process in team:
                process.end()
        return [found[number] for number in range(len(parts))]


class _Process:
    """One process, and the number of the part that is with it."""

    def __init__(self, work: Callable[[Any], Any]) -> None:
        # Not forked: threads of Arrow and numba do not survive that.
        how = multiprocessing.get_context("spawn")
        self.pipe, theirs = how.Pipe()
        self.process: SpawnProcess = how.Process(target=serve, args=(theirs, work))
        self.process.daemon = True  # ends with us
        self.process.start()
        theirs.close()
        self.number: int | None = None

    def take(self, number: int, parts: Sequence[Callable[[], Any]]) -> None:
        """Send a part; that nobody is there to take it is seen at the answer."""
        self.number = number
        part = parts[number]()
        try:
            self.pipe.send(part)
        except OSError:
            self.process.kill()

    def answer(self) -> tuple[Any] | None:
        """Return what it says about its part, None when it died, or raise its error."""
        self.number = None
        try:
            fine, said = self.pipe.recv()
        except (EOFError, OSError):
            self.end()
            return None
        if not fine:
            raise said
        return (said,)

    def end(self) -> None:
        """Let it go, whatever it is doing."""
        self.pipe.close()
        if self.number is not None:
            self.process.kill()
        self.process.join(PATIENCE_S)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()


def serve(pipe: Connection, work: Callable[[Any], Any]) -> None:
    """Look at parts until nobody sends any: what a process of ours does."""
    while True:
        try:
            part = pipe.recv()
        except (EOFError, OSError):
            return
        try:
            answer: tuple[bool, Any] = True, work(part)
        except Exception as error:  # noqa: BLE001 - raised where the part came from
            answer = False, error
        del part
        try:
            pipe.send(answer)
        except OSError:
            return


class Dask:
    """The workers of a Dask client, or of a scheduler's address.

    Dask gives the task of a worker that died to another by itself.
    """

    def __init__(self, client: Any) -> None:
        try:
            import distributed
        except ImportError as error:
            raise InputError(
                Text("没有安装 Dask。", "Dask is not installed."),
                Text(
                    "安装附加组件 quhua[cluster]，或用 --workers 在本机多进程运行。",
                    "Install the extra quhua[cluster], or run processes of this "
                    "machine by --workers.",
                ),
            ) from error
        known = isinstance(client, distributed.Client)
        try:
            self.client = client if known else distributed.Client(client)
        except (OSError, ValueError) as error:
            raise InputError(
                Text(
                    f"无法连接 Dask 调度器 {client}。",
                    f"There is no Dask scheduler at {client}.",
                ),
                Text(
                    "地址形如 tcp://主机:8786；请确认调度器已启动。",
                    "An address looks like tcp://host:8786; see that it runs.",
                ),
            ) from error

    @property
    def count(self) -> int:
        """How many parts are looked at at once."""
        return max(int(sum(self.client.nthreads().values())), 1)

    def look(
        self, work: Callable[[Part], Seen], parts: Sequence[Callable[[], Part]]
    ) -> list[Seen]:
        """Have every part looked at; few are on their way at a time."""
        import dask
        from distributed import as_completed
        from distributed.scheduler import KilledWorker

        found: dict[int, Seen] = {}
        todo = iter(enumerate(parts))
        # A part is larger than what Dask takes for a slip of the pen.
        with dask.config.set(
            {"distributed.admin.large-graph-warning-threshold": 2**40}
        ):
            running = dict(self._some(work, todo, AHEAD * self.count))
            done = as_completed(running)
            for future in done:
                try:
                    found[running.pop(future)] = future.result()
                except KilledWorker as error:
                    raise _lost() from error
                for more, number in self._some(work, todo, 1):
                    running[more] = number
                    done.add(more)
        return [found[number] for number in range(len(parts))]

    def _some(
        self,
        work: Callable[[Any], Any],
        todo: Iterator[tuple[int, Callable[[], Any]]],
        most: int,
    ) -> Iterator[tuple[Any, int]]:
        for _, (number, made) in zip(range(most), todo, strict=False):
            yield self.client.submit(work, made(), pure=False), number


def _lost() -> WorkersError:
    return WorkersError(
        Text(
            "工作进程多次中断，未能得出结果。",
            "The worker processes died several times; there is no result.",
        ),
        Text(
            "可能内存不足：减少 --workers 后重试。",
            "They may lack memory: try again with fewer --workers.",
        ),
    )
