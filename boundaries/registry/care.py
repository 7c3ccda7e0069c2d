"""What anybody may know of eldercare, and the handbook that is made of it."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from boundaries.products import half
from boundaries.registry.desk import logged, now, today
from boundaries.registry.exports import EXPORTS, Exports, put_export
from boundaries.registry.people import NOTICE
from boundaries.registry.public import require_number
from boundaries.registry.publishing import tag_of
from boundaries.services.offered import Offers, offers
from geodata.errors import InputError, NotFoundError, Text

if TYPE_CHECKING:
    import geopandas as gpd

    from boundaries.documents.handbook import Handbook

HANDBOOKS = {"HANDBOOK-PDF": ".pdf", "HANDBOOK-DOCX": ".docx"}
"""Handbooks among the formats of an export, and their suffixes."""


_DISTRICT = 3


class PublicCare(Exports):
    """The public map of eldercare, and handbooks of districts."""

    def care_edition(self) -> tuple[int, int]:
        """Return the published versions of facilities and divisions, 0: none."""
        tags = self.store.tags()
        facilities = int(tags.get(tag_of("facilities")) or 0)
        return facilities, int(tags.get(tag_of("divisions")) or 0)

    def care_offers(self) -> Offers:
        """Return what anybody may know of the published facilities.

        Raises
        ------
        NotFoundError
            When no facilities are published.
        """
        number, divisions = self.care_edition()
        if not number:
            raise NotFoundError(
                Text("设施尚未发布。", "No facilities are published."),
                Text("请先核准并发布设施登记。", "Approve and publish them first."),
            )
        names: dict[str, str] = {}
        if divisions:
            named = self._published("divisions", divisions)["name"]
            names = {str(code): str(name) for code, name in named.items()}
        return offers(
            self._published("facilities", number),
            names,
            version=number,
            as_of=str(self.store.version(number, "facilities").effective),
            divisions_version=divisions,
            day=today(),
            suppressed_below=self.settings.services.suppressed_below,
        )

    def handbook(
        self, actor: str, district: str, *, approval: str = "", language: str = "zh"
    ) -> Handbook:
        """Return the handbook of a district, not yet set.

        Parameters
        ----------
        district
            Code of a district, county, street or town.
        approval
            The map approval number (审图号) this very handbook was given; without
            one it is marked as internal. That of the public map does not hold for it.

        Raises
        ------
        NotFoundError
            Nothing is published, or there is no such division.
        """
        from boundaries.documents.handbook import compose

        self.may("view_published", actor)
        number = " ".join(approval.split())
        if number:
            require_number(number, on=True)
        found = self.care_offers()
        if not found.divisions_version:
            raise NotFoundError(
                Text("行政区划尚未发布。", "No divisions are published."),
                Text("请先发布行政区划。", "Publish the divisions first."),
            )
        return compose(
            found,
            self._published("divisions", found.divisions_version),
            district,
            made_on=today(),
            approval=number,
            notice=half(self._notice(), language),
            language=language,
        )

    def handbook_districts(self) -> list[tuple[str, str]]:
        """Return code and name of every district a handbook can be made of."""
        facilities, divisions = self.care_edition()
        if not (facilities and divisions):
            return []
        frame = self.store.snapshot("divisions", at=divisions, geometry=False)
        frame = frame[frame["valid_to"].isna() & (frame["level"] == _DISTRICT)]
        return [(str(code), str(name)) for code, name in frame["name"].items()]

    def request_handbook(
        self,
        actor: str,
        district: str,
        driver: str = "HANDBOOK-PDF",
        *,
        approval: str = "",
        language: str = "zh",
    ) -> dict[str, Any]:
        """Queue a handbook among the exports; return its document."""
        self.may("export", actor)
        if driver not in HANDBOOKS:
            raise InputError(
                Text(
                    f"手册不能写成 {driver}。", f"No handbook is written as {driver}."
                ),
                Text(
                    f"可用：{'、'.join(HANDBOOKS)}。",
                    f"One of: {', '.join(HANDBOOKS)}.",
                ),
            )
        book = self.handbook(actor, district, approval=approval, language=language)
        user, version = self.user(actor), self.care_edition()[0]
        asked = {
            "layer": "facilities",
            "driver": driver,
            "version": version,
            "valid_on": None,
            "known_on": None,
            "scope": district,
            "keys": [],
            "fields": [],
            "encoding": None,
            "approval": approval,
            "language": language,
        }
        name = f"handbook-{district}-v{version}{HANDBOOKS[driver]}"
        return self._queued(actor, user, asked, name, len(book.entries))

    def make_export(self, actor: str, export: str) -> dict[str, Any]:
        """Write the file that was asked for: a handbook, or a layer."""
        document = self._own_export(actor, export, self.store)
        if document["driver"] not in HANDBOOKS or document["made"]:
            return super().make_export(actor, export)
        with logged("export", actor, export=export) as said:
            self.may("export", actor)
            book = self.handbook(
                actor,
                document["scope"],
                approval=document["approval"],
                language=document["language"],
            )
            with tempfile.TemporaryDirectory(prefix="quhua-export-") as folder:
                path = Path(folder) / document["name"]
                write_handbook(book, path)
                size = path.stat().st_size
                with self.store.write(lock=[EXPORTS]) as tx:
                    document = self._own_export(actor, export, tx)
                    if document["made"]:
                        return self._export_shown(document)
                    version = self.store.version(book.version, "facilities")
                    document["version"] = book.version
                    document["made"] = {
                        "when": now(),
                        "features": len(book.entries),
                        "bytes": size,
                        "digest": tx.put_blob(path),
                        "version_digest": version.digest,
                        "notice": {"zh": book.stamp, "en": book.stamp},
                    }
                    put_export(tx, document)
                    self.record(
                        tx, actor, "export", f"facilities@{book.version}",
                        export=export, **document["made"],
                    )  # fmt: skip
            said.update(features=len(book.entries), bytes=size)
            return self._export_shown(document)

    def _notice(self) -> str:
        return str((self.store.get(*NOTICE) or {"text": ""})["text"])

    def _published(self, layer: str, number: int) -> gpd.GeoDataFrame:
        """Return what is in force of a published version."""
        frame = self.store.snapshot(layer, at=number)
        return frame[frame["valid_to"].isna()]


def write_handbook(book: Handbook, path: Path) -> None:
    """Set a handbook and write it whole, in the format its suffix says.

    Raises
    ------
    InputError
        For another suffix than .pdf and .docx.
    """
    from boundaries.documents import editable, printed
    from boundaries.documents.handbook import SUFFIXES
    from geodata.files.atomic import replacing

    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise InputError(
            Text(f"手册不能写成 {suffix}。", f"No handbook is written as {suffix}."),
            Text("请用 .pdf 或 .docx。", "Use .pdf or .docx."),
        )
    made = printed.write if suffix == ".pdf" else editable.write
    with replacing(path) as work:
        made(book, work)
