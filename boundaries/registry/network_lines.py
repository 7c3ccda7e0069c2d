"""Links and barriers drawn by hand: one list with versions, for every network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from boundaries.registry.desk import now
from boundaries.registry.uploads import Uploads
from geodata.errors import ConflictError, NotFoundError, Text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from geodata.store.protocol import Reader

LINES = "network_lines"


class NetworkLines(Uploads):
    """Read the list, and keep a new version of it."""

    def network_lines(self, actor: str, number: int | None = None) -> dict[str, Any]:
        """Return the links and barriers drawn by hand, as they stand or stood.

        ``{"number", "lines", "by", "when", "note"}``; number 0 before the first.
        """
        self.may("view", actor)
        if number is None:
            return self._newest_lines(self.store)
        row = self.store.get(LINES, numbered(number))
        if row is None:
            raise NotFoundError(
                Text(f"没有第 {number} 版手工线。", f"There are no lines {number}.")
            )
        return row

    def draw_network_lines(
        self, actor: str, lines: Iterable[Any], *, base: int, note: str = ""
    ) -> dict[str, Any]:
        """Keep a new version of the whole list of links and barriers.

        Parameters
        ----------
        lines
            ``{"kind": "link" | "barrier", "points": [[lon, lat], ...], "remark"}``.
        base
            The version they were drawn on.

        Raises
        ------
        ConflictError
            Somebody drew since.
        InputError
            Which line is none.
        """
        from geodata.network.amending import drawn

        checked = [line.to_dict() for line in drawn(lines)]
        with self.store.write(lock=[LINES]) as tx:
            self.may("draw_network", actor, reader=tx)
            newest = self._newest_lines(tx)
            if newest["number"] != base:
                raise ConflictError(
                    Text(f"{newest['by']} 已在 {newest['when'][:10]} 改过手工线。",
                         f"{newest['by']} drew lines since, on "
                         f"{newest['when'][:10]}."),
                    Text("请刷新页面，在新的基础上再画。",
                         "Load the page again, and draw on what there is now."),
                )  # fmt: skip
            row = {
                "number": base + 1,
                "lines": checked,
                "by": actor,
                "when": now(),
                "note": note.strip()[:1000],
            }
            tx.put(LINES, numbered(base + 1), row, rev=0)
            self.record(
                tx, actor, "draw_network", str(base + 1), lines=len(checked),
                note=row["note"],
            )  # fmt: skip
        return row

    def _newest_lines(self, reader: Reader) -> dict[str, Any]:
        found = reader.find(LINES, descending=True, limit=1)
        none = {"number": 0, "lines": [], "by": None, "when": None, "note": ""}
        return found[0] if found else none


def numbered(number: int) -> str:
    """Return the key of a document by its number: keys sort as numbers do."""
    return f"{number:09d}"
