"""Street networks: versions with source, completeness, who and when.

The network itself is content under its hash; a document says what it is. Links and
barriers drawn by hand are a list with versions of its own, worked into every network
built after.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from boundaries.jobs import places
from boundaries.jobs.model import JOBS
from boundaries.registry.desk import logged, now, today
from boundaries.registry.network_files import NETWORKS, Heights, NetworkFiles
from boundaries.registry.network_lines import numbered
from boundaries.registry.publishing import tag_of
from boundaries.registry.uploads import UPLOADS, require_received
from geodata.errors import InputError, NotFoundError, StateError, Text
from geodata.store import dates

if TYPE_CHECKING:
    from collections.abc import Iterable

    from geodata.network.graph import Network
    from geodata.network.reporting import BuildReport

_LONGEST = 200


class Networks(NetworkFiles):
    """Keep a network, find the one of a date, draw links and barriers."""

    def networks(self, actor: str) -> list[dict[str, Any]]:
        """Return every version, newest first, without its report."""
        self.may("view", actor)
        return [_told(row) for row in reversed(self._networks(self.store))]

    def current_network(self, actor: str) -> dict[str, Any] | None:
        """Return the version that figures of today stand on, None without any."""
        self.may("view", actor)
        try:
            return _told(self._network_on(self.store, today()))
        except NotFoundError:
            return None

    def network_document(self, actor: str, number: int) -> dict[str, Any]:
        """Return one version with its build report."""
        self.may("view", actor)
        row = self._network_row(self.store, number)
        report = json.loads(self.store.blob(row["report"]))
        return {**_told(row), "report": report}

    def network_streets(
        self, actor: str, number: int, box: tuple[float, float, float, float]
    ) -> dict[str, Any]:
        """Return the streets that meet a box (west, south, east, north), as GeoJSON."""
        from geodata.network.viewing import streets_in

        return streets_in(self.stored_network(actor, number), box)

    def lines_left_out(
        self, actor: str, number: int, lines: Iterable[Any]
    ) -> list[dict[str, Any]]:
        """Return which of some drawn lines fit no street of a network, each with why.

        Nothing is kept: it is told while somebody draws.
        """
        from geodata.network.amending import drawn, fitting

        self.may("draw_network", actor)
        network = self.stored_network(actor, number)
        return fitting(network, drawn(lines))[1]

    def add_network(
        self,
        actor: str,
        network: Network,
        *,
        title: str = "",
        effective: str = "",
        remark: str = "",
        original: str = "",
        name: str = "",
        report: BuildReport | None = None,
        lines: bool = True,
        heights: Heights | None = None,
    ) -> dict[str, Any]:
        """Keep a network as a new version; return its document.

        Parameters
        ----------
        network
            As built from a file, without lines drawn here.
        title, remark
            For people.
        effective
            From when it stands for the streets; today if not said.
        original, name
            Hash and name of the file it was built from.
        report
            Of its build; made anew where there is none.
        lines
            Whether links and barriers drawn by hand are worked in. Those that meet
            no street of it are left out and named in the report.
        heights
            A raster that says how steep its streets are, for all who walk them.
        """
        from dataclasses import replace

        from boundaries.services import streets
        from geodata.network.building import NEAR_M
        from geodata.network.reporting import report as look

        with logged("add_network", actor) as said:
            self.may("add_network", actor)
            begins = dates.parse(effective.strip()) if effective.strip() else today()
            drawn = self.network_lines(actor) if lines else None
            found = report
            if found is None:  # what its file says of itself is not believed
                found = look(network, counts=_counts(network), near_m=NEAR_M)
                facts = {"source": found.source[:_LONGEST], **found.meta()}
                network = replace(network, meta={**network.meta, **facts})
            units = self._units_now()
            if units is not None:
                streets.require_here(network, units)
            row = {
                "title": title.strip()[:_LONGEST] or name[:_LONGEST] or begins,
                "effective": begins,
                "remark": remark.strip()[:4000],
                "name": name[:_LONGEST],
                "original": original,
                "withdrawn": None,
            }
            kept = self._kept_network(actor, network, found, row, drawn, heights)
            said.update(nodes=kept["nodes"], edges=kept["edges"])
            return kept

    def build_network(
        self, actor: str, upload: str, wish: dict[str, Any]
    ) -> dict[str, Any]:
        """Queue the building of a network from an upload of streets; return the job.

        Parameters
        ----------
        wish
            ``title``, ``effective``, ``remark``; ``lines`` (work in what is drawn);
            of a road layer ``layer``, ``crs`` (EPSG), ``snap_m`` and ``fields`` (which
            field says what, see :mod:`geodata.network.fields`).
        """
        from boundaries.services.networks import checked

        parameters = checked(wish)
        with self.store.write(lock=[UPLOADS, JOBS]) as tx:
            self.may("add_network", actor, reader=tx)
            row = self._upload_of(tx, actor, upload)
            require_received(row)
            job = self.queue_job(
                tx, actor, "network", upload, parameters, about=row["name"]
            )
        self.wake_worker()
        return self.shown(self.store, job)

    def start_amending(self, actor: str, number: int) -> dict[str, Any]:
        """Queue a version of a network with the lines as they stand; return the job."""
        with self.store.write(lock=[JOBS]) as tx:
            row = self._network_row(tx, number)
            job = self.queue_job(
                tx, actor, "amend_network", str(number), {}, about=row["title"]
            )
        self.wake_worker()
        return self.shown(self.store, job)

    def withdraw_network(self, actor: str, number: int, reason: str) -> dict[str, Any]:
        """Take a version out of use; it stays on record with the reason."""
        reason = reason.strip()[:1000]
        if not reason:
            raise InputError(Text("请写明原因。", "Say why."))
        with self.store.write(lock=[NETWORKS]) as tx:
            self.may("withdraw_network", actor, reader=tx)
            row = self._network_row(tx, number)
            if row["withdrawn"]:
                raise StateError(
                    Text("此路网版本已停用。", "This version is withdrawn already.")
                )
            gone = {"by": actor, "when": now(), "reason": reason}
            row = {**row, "withdrawn": gone}
            tx.put(NETWORKS, row["key"], row, rev=row["rev"])
            self.record(tx, actor, "withdraw_network", str(number), reason=reason)
        return _told(row)

    def amend_network(self, actor: str, number: int) -> dict[str, Any]:
        """Make a new version of a network with the lines as they stand now."""
        with logged("amend_network", actor):
            self.may("add_network", actor)
            row = self._network_row(self.store, number)
            if row["lines"] == self.network_lines(actor)["number"]:
                raise StateError(
                    Text("此版本已包含现有的手工线。",
                         "This version has the lines as they stand already."),
                )  # fmt: skip
            with self._heights_of(row) as heights:
                return self._made_again(actor, row, heights)

    def give_heights(self, actor: str, number: int, heights: Heights) -> dict[str, Any]:
        """Make a new version of a network whose streets rise and fall as a raster says.

        Raises
        ------
        FileRefusedError
            The raster cannot be read, or does not meet the network.
        """
        with logged("give_heights", actor):
            self.may("add_network", actor)
            row = self._network_row(self.store, number)
            return self._made_again(actor, row, heights)

    def _made_again(
        self, actor: str, row: dict[str, Any], heights: Heights | None
    ) -> dict[str, Any]:
        """Keep a version's streets as a new one, with the lines as they stand."""
        if row["withdrawn"]:
            raise StateError(
                Text(f"路网版本 {row['number']} 已停用，不能据以建立新版本。",
                     f"Network {row['number']} is withdrawn; nothing is made of it."),
                Text("请选择在用的版本。", "Choose one that is in use."),
            )  # fmt: skip
        base = self._opened_network({**row, "blob": row["raw"], "heights": None})
        names = ("title", "effective", "remark", "name", "original")
        fresh = {name: row[name] for name in names} | {"withdrawn": None}
        lines = self.network_lines(actor)
        return self._kept_network(
            actor, base, _report_of(base), fresh, lines, heights
        )  # fmt: skip

    def _kept_network(
        self,
        actor: str,
        network: Network,
        report: BuildReport,
        row: dict[str, Any],
        lines: dict[str, Any] | None,
        heights: Heights | None = None,
    ) -> dict[str, Any]:
        """Write the files, then the document that names them."""
        from boundaries.services import streets
        from geodata.network import amending, keeping

        left: list[dict[str, Any]] = []
        made = network
        if lines and lines["lines"]:
            fitting, left = amending.fitting(network, amending.drawn(lines["lines"]))
            if fitting:
                made, report = amending.amend(network, fitting)
        told = {**report.to_dict(), "lines_left": left}
        units = self._units_now()
        found = streets.served(made, units) if units is not None else None
        if found is not None:
            told["completeness"] = {**told["completeness"], **found}
        told = json.loads(json.dumps(told))
        places.made(places.folder_beside(self.store.url))
        folder = tempfile.mkdtemp(dir=places.folder_beside(self.store.url))
        try:
            raw, whole = Path(folder) / "raw", Path(folder) / "whole"
            keeping.save(network, raw)
            keeping.save(made, whole)
            slopes = heights and self._slopes_in(Path(folder), made, heights)
            with self.store.write(lock=[NETWORKS]) as tx:
                self.may("add_network", actor, reader=tx)
                number = len(self._networks(tx)) + 1
                document = {
                    **row,
                    "number": number,
                    "by": actor,
                    "when": now(),
                    "raw": tx.put_blob(raw),
                    "blob": tx.put_blob(whole),
                    "report": tx.put_blob(json.dumps(told).encode()),
                    "lines": lines["number"] if lines else 0,
                    "heights": slopes and slopes.kept(tx),
                    **_facts(made, told),
                }
                tx.put(NETWORKS, numbered(number), document, rev=0)
                self.record(
                    tx, actor, "add_network", str(number), name=row["name"],
                    version=document["version"], nodes=document["nodes"],
                    edges=document["edges"],
                    **({"heights": document["heights"]["name"]} if slopes else {}),
                )  # fmt: skip
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        return {**_told(document), "report": told}

    def _units_now(self) -> Any:
        """Return the published divisions, None where nothing is published."""
        number = self.store.tags().get(tag_of("divisions"))
        if not number:
            return None
        return self.store.snapshot("divisions", at=number, valid_on=today())


def _told(row: dict[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in row.items() if k not in ("key", "rev")}


def _facts(network: Network, told: dict[str, Any]) -> dict[str, Any]:
    """Return what lists and stamps say of a network."""
    meta = network.meta
    said = told["completeness"]
    short = {k: v for k, v in said.items() if k not in ("without", "method")}
    return {
        "version": meta["version"],
        "source": str(meta.get("source", "")),
        "crs": network.crs,
        "nodes": network.node_count,
        "edges": network.edge_count,
        "length_m": told["length_m"],
        "walk_m": told["walk_m"],
        "bounds": told["bounds"],
        "parts": told["parts"],
        "completeness": short,
    }


def _report_of(network: Network) -> BuildReport:
    from geodata.network.building import NEAR_M
    from geodata.network.reporting import report

    return report(network, counts=_counts(network), near_m=NEAR_M)


def _counts(network: Network) -> dict[str, Any]:
    """Return what a build counted, as far as these are counts."""
    said = network.meta.get("counts")
    found: dict[str, Any] = {}
    for name, value in said.items() if isinstance(said, dict) else ():
        if isinstance(value, dict):
            found[name] = {k: v for k, v in value.items() if isinstance(v, int)}
        elif isinstance(value, int):
            found[name] = value
    return found
