"""A store whose every text field carries strings that would run where they could.

Each text is planted once and remembered with the field it went into, so that a test
can ask whether a page shows it exactly as it was given.
"""

from __future__ import annotations

import contextlib
import hashlib
import http.server
import json
import sqlite3
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pyogrio
import pytest

from boundaries.settings import Access
from geodata import crs
from geodata.errors import ConflictError
from tests.support.registries import CODES, Office, office, streets
from tests.support.signed import client_as
from tests.support.streets import two_streets
from tests.support.working import inline
from webmap import create_app

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from flask import Flask

MARKER = "120101-120102-001Q"
FACILITIES = ["YL0001", "YL0002"]
PEOPLE = {
    "drawer": "surveyor:120000",
    "decider": "boundary_manager:120000",
    "namer": "name_staff:120000",
    "judge": "name_reviewer:120000",
    "plans": "planner:120000",
    "cares": "eldercare_officer:120000",
    "reads": "viewer",
    "system": "system_admin",
    "secures": "security_admin",
    "audits": "audit_admin",
}
"""Who walks the pages; each has a hostile display name."""
COLUMNS = (
    'x"; drop table audit; --',
    "<img src=x onerror=window.ran=1>",
    "{{7*191}}${window.ran=1}",
)
LAYER = "<svg onload=window.ran=1>{{7*7}}`${7}'\"; drop table audit; --"


@contextlib.contextmanager
def beacon() -> Iterator[tuple[str, list[str]]]:
    """Listen for what code in a text would call if it ran; yields address and calls."""
    hits: list[str] = []

    class Listener(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            hits.append(self.path)
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Listener) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/HIT", hits
        server.shutdown()


def corpus(data: Path, address: str) -> list[str]:
    """Return the strings of the corpus and of the threat list, calling ``address``."""
    path = data / "hostile/synthetic/geometry_strings/strings.json"
    found = [
        text for group in json.loads(path.read_text("utf-8")).values() for text in group
    ]
    call = f"window.ran=1,new Image().src='{address}'"
    armed = [
        text.replace("alert(1)", call).replace("/HIT/.source", f"'{address}'")
        for text in found
    ]
    extra = [
        f'<img src=x onerror="{call}">',
        f"<script src='{address}'></script>",
        f"{{{{ cycler.__init__.__globals__.os.popen('curl {address}') }}}}",
        f"${{fetch('{address}')}}",
        f"</textarea></title></style><svg/onload={call}>",
        f"' autofocus onfocus={call} x='",
        "%(count)s %s {0} {name}",
    ]
    clean = [text.replace("\x00", "")[:200].strip() for text in [*armed, *extra]]
    return list(dict.fromkeys(text for text in clean if text))


@dataclass
class Planted:
    """What was put where: field → the texts, each different from all others."""

    strings: list[str]
    texts: dict[str, list[str]] = field(default_factory=dict)
    given: int = 0

    def text(self, where: str, longest: int = 900) -> str:
        """Return a text for a field: the next strings, as many as it holds."""
        mark = f"【{sum(map(len, self.texts.values())) + 1}】"
        taken: list[str] = []
        room = longest - len(mark)
        for _ in range(len(self.strings)):
            string = self.strings[self.given % len(self.strings)]
            if taken and len(string) + 1 > room:
                break
            self.given += 1
            if len(string) > room:
                continue
            taken.append(string)
            room -= len(string) + 1
        made = " ".join(taken) + mark
        self.texts.setdefault(where, []).append(made)
        return made

    def several(self, where: str, count: int, longest: int = 300) -> list[str]:
        """Return so many texts for a column."""
        return [self.text(where, longest) for _ in range(count)]


@dataclass
class Filled:
    """The store, what is in it, and the values of the addresses' variable parts."""

    office: Office
    app: Flask
    planted: Planted
    values: dict[str, list[str]]


def filled(folder: Path, strings: Sequence[str]) -> Filled:
    """Return a store filled through the registry, the API and the jobs."""
    often = "100000 per minute"
    made = office(folder, access=Access(sign_in_rate=often, account_rate=often))
    planted = Planted(list(strings))
    app = create_app(made.registry, cache=folder / "cache")
    filling = _Filling(made, app, planted)
    filling.people()
    filling.divisions()
    filling.registers()
    filling.uploads(folder)
    filling.drafts()
    filling.exports()
    filling.networks()
    filling.coverage()
    filling.scenarios()
    filling.siting()
    filling.indicators()
    filling.site()
    return Filled(made, app, planted, filling.values)


class _Filling:
    """The steps of :func:`filled`, each by who may do it."""

    def __init__(self, made: Office, app: Flask, planted: Planted) -> None:
        self.planted = planted
        self.registry, self.app = made.registry, app
        self.text, self.several = planted.text, planted.several
        self.edited: list[str] = []
        self.values: dict[str, list[str]] = {
            "batch": ["1"],
            "code": [CODES["A"][0]],
            "number": [MARKER],
            "name": ["drawer"],
        }

    def send(
        self, who: str, path: str, body: dict[str, Any], method: str = "POST"
    ) -> Any:
        """Ask the API as somebody; it must say yes."""
        client = client_as(self.app, who)
        answer = client.open(f"/api/v1/{path}", method=method, json=body)
        assert answer.status_code < 300, (path, answer.json)
        return answer.json

    def people(self) -> None:
        """Accounts, their tokens."""
        for name, role in PEOPLE.items():
            display = self.text("display name", 64)
            self.send("root", "users", {"name": name, "display": display})
            self.send("keeper", f"users/{name}/roles", {"roles": [role]}, "PUT")
            token = {"name": self.text("token", 60), "roles": [role], "days": 3}
            self.send(name, "account/tokens", token)

    def agreed(self, frame: Any, layer: str, by: Sequence[str], **more: Any) -> str:
        """Stage, waive what is found, submit with a note, approve with one, publish."""
        author, approver = by
        draft = str(
            self.registry.stage(
                author, frame, layer=layer, basis=self.text("basis"),
                title=self.text("title", 200), **more,
            )["id"]
        )  # fmt: skip
        self.registry.check(author, draft)
        self.waive(draft, author, approver)
        self.send(author, f"drafts/{draft}/submit", {"note": self.text("note")})
        staging = self.registry.draft(author, draft)["staging"]
        body = {"note": self.text("note"), "staging": staging}
        self.send(approver, f"drafts/{draft}/approve", body)
        self.registry.publish(approver, layer=layer)
        return draft

    def waive(self, draft: str, author: str, approver: str) -> None:
        """Let every finding stand, each for a hostile reason."""
        for mark in self.registry.findings(author, draft)["fingerprint"]:
            body = {"finding": mark, "reason": self.text("waiver")}
            self.send(approver, f"drafts/{draft}/waivers", body)

    def streets(self, picture: str) -> Any:
        """Streets whose every text is hostile."""
        frame = streets(picture)
        for column in ("name", "seat", "remark"):
            frame[column] = self.several(f"division {column}", len(frame))
        return frame

    def divisions(self) -> None:
        """Two states, with the events that led from the first to the second."""
        by = ("drawer", "decider")
        self.agreed(self.streets("AABB/AABB/CCDD"), "divisions", by, effective="2020")
        event = {
            "type": "rename", "from": [CODES["A"][0]], "to": [CODES["A"][0]],
            "basis": self.text("event basis"),
        }  # fmt: skip
        self.agreed(
            self.streets("AAAB/AABB/CCDD"), "divisions", by, effective="2022",
            events=[event],
        )  # fmt: skip

    def registers(self) -> None:
        """A marker with an inspection, a place name, and a draft of each by form."""
        by = ("drawer", "decider")
        spot = [self.registry.store.snapshot("divisions").geometry.iloc[0].centroid]
        words = ("name", "location", "custodian", "remark")
        marker = {name: [self.text(f"marker {name}", 300)] for name in words}
        self.agreed(
            _rows(spot, marker=[MARKER], form=["单立"], **marker), "markers", by,
            effective="2020",
        )  # fmt: skip
        words = ("damage", "inspectors", "document", "remark")
        seen = {name: [self.text(f"inspection {name}", 300)] for name in words}
        self.agreed(
            _rows(
                [None], subject=[MARKER], date=["2021-05-06"], kind=["联检"],
                result=["丢失"], **seen,
            ),
            "inspections", by, effective="2021",
        )  # fmt: skip
        told = (
            *("name", "location", "origin", "meaning", "history", "document"),
            *("authority", "remark", "specific", "generic", "script", "romanised"),
        )
        named = {name: [self.text(f"place {name}", 200)] for name in told}
        self.agreed(
            _rows(spot, category=["街路巷"], public=["是"], **named), "place_names",
            ("namer", "judge"), effective="2020",
        )  # fmt: skip
        self.facilities(spot)
        found = self.registry.store.snapshot("place_names", geometry=False)
        self.values["place"] = [str(found.index[0])]
        edits = {
            "markers": ("drawer", {"marker": MARKER}),
            "names": (
                "namer",
                {"place": self.values["place"][0], "division": CODES["A"][0]},
            ),
            "facilities": ("cares", {"facility": FACILITIES[0]}),
        }
        for path, (who, record) in edits.items():
            body = {
                "record": {**record, "remark": self.text(f"edited {path}")},
                "effective": "2023",
                "basis": self.text("basis"),
            }
            self.edited.append(self.send(who, path, body)["id"])

    def facilities(self, spot: list[Any]) -> None:
        """Two facilities, one of them the new site of the other."""
        told = (
            *("name", "address", "contact", "phone", "website", "credit", "phase"),
            *("document", "source", "remark"),
        )
        for code, more in zip(
            FACILITIES, ({"status": ["迁建"]}, {"moved_from": FACILITIES[:1]}),
            strict=True,
        ):  # fmt: skip
            texts = {name: [self.text(f"facility {name}", 200)] for name in told}
            row = {"facility": [code], "type": ["养老院"], "public": ["是"], **more}
            self.agreed(
                _rows(spot, **row, **texts), "facilities", ("cares", "plans"),
                effective="2020",
            )  # fmt: skip
        self.values["facility"] = [FACILITIES[0]]
        self.values["other"] = [FACILITIES[1]]

    def networks(self) -> None:
        """Two networks, one taken out of use, and lines drawn by hand."""
        far = [[118.0, 39.0], [118.0, 39.001]]
        line = {"kind": "link", "points": far, "remark": self.text("line remark", 400)}
        body = {"base": 0, "lines": [line], "note": self.text("line note", 400)}
        self.send("plans", "networks/lines", body, "PUT")
        for _ in range(2):
            self.registry.add_network(
                "plans", two_streets(lat=39.18), title=self.text("network title", 200),
                name=self.text("network file", 200),
                remark=self.text("network remark"),
            )  # fmt: skip
        body = {"reason": self.text("network reason", 900)}
        self.send("plans", "networks/2/withdraw", body)
        self.values["network"] = ["1", "2"]

    def coverage(self) -> None:
        """Coverage as its page asks for it first, and drawn as a sheet."""
        key = self.registry.make_coverage("plans")
        wish = {"level": "street", "indicator": "circle_share", "language": "zh"}
        self.values["key"] = [key]
        self.values["sheet"] = [self.registry.make_coverage_sheet("plans", key, **wish)]

    def scenarios(self) -> None:
        """Two scenarios, one commented and returned with a reason."""
        spot = {"lon": 117.0005, "lat": 39.1805, "type": "DAY"}
        for at in range(2):
            edit = {
                "do": "add", "facility": self.text("edit facility", 190), **spot,
                "name": self.text("edit name", 190),
                "note": self.text("edit note", 190),
            }  # fmt: skip
            body = {
                "title": self.text("scenario title", 110), "edits": [edit],
                "note": self.text("scenario note"), "base": {"level": "street"},
            }  # fmt: skip
            made = self.send("plans", "scenarios", body)["id"]
            self.values.setdefault("scenario", []).append(made)
            if at:
                self.send("plans", f"scenarios/{made}/submit", {"note": ""})
                said = {"text": self.text("scenario comment")}
                self.send("plans", f"scenarios/{made}/comments", said)
                body = {"note": self.text("scenario reason")}
                self.send("cares", f"scenarios/{made}/return", body)

    def siting(self) -> None:
        """A siting question that has an answer, and one that has none."""
        for at in range(2):
            points = [
                {"name": self.text("siting point", 190), "lon": 117.0005 + at,
                 "lat": 39.1805}
            ]  # fmt: skip
            body = {"number": 1, "source": "points", "points": points, "minutes": 60}
            made = self.send("plans", "siting", body)["id"]
            self.values.setdefault("siting", []).append(made)
        inline(self.registry)

    def indicators(self) -> None:
        """A record of each kind and a template; one target is a sentence."""
        here = CODES["A"][0]
        told = {"source": self.text("indicator source", 190), "scope": here}
        self.record("targets", indicator="B07", year=2025, baseline="100", **told,
                    target=self.text("indicator target", 190))  # fmt: skip
        for kind, more in (
            ("values", {"indicator": "B07", "on": "2020"}),
            ("areas", {"area": "A1", "division": here, "households": 100}),
            ("projects", {"project": "P1", "year": 2020, "target": 4, "scope": here}),
        ):
            name = "text" if kind == "values" else "name"
            texts = {
                "source": self.text(f"{kind} source", 190),
                name: self.text(f"{kind} {name}", 190),
            }
            self.record(kind, **{"scope": here, **more, **texts})
        part = {"types": ["DAY"], "level": 4, "role": self.text("template role", 58)}
        body = {
            "name": self.text("template name", 58), "parts": [part], "scope": here,
        }  # fmt: skip
        self.send("cares", "indicators/templates/mine", body, "PUT")
        self.values["indicator"] = ["I2"]
        self.values["kind"] = ["targets", "values", "areas", "projects"]
        self.values["template"] = ["mine"]
        self.values["form"] = ["svg"]

    def record(self, kind: str, **record: Any) -> None:
        """Enter a record of indicators."""
        self.send("cares", f"indicators/records/{kind}", {"record": record})

    def uploads(self, folder: Path) -> None:
        """A file with hostile names of file, layers, columns and values."""
        path = folder / "sent.gpkg"
        frame = streets("AAAB/AABB/CCDD")
        frame["name"] = self.several("file value", len(frame))
        for number, column in enumerate(COLUMNS):
            frame[column] = number
        self.planted.texts |= {"column": list(COLUMNS), "layer": [f"{LAYER}0"]}
        for number in range(2):
            pyogrio.write_dataframe(
                frame, path, layer=f"a{number}", append=bool(number),
                SPATIAL_INDEX="NO",
            )  # fmt: skip
            _rename(path, f"a{number}", f"{LAYER}{number}")
        body = path.read_bytes()
        path.unlink()
        name = self.text("file name", 180).replace("/", "∕").replace("\\", "∖")
        upload = self.send(
            "drawer", "uploads", {"name": f"{name}.gpkg", "size": len(body)}
        )["id"]
        digest = hashlib.sha256(body).hexdigest()
        answer = client_as(self.app, "drawer").put(
            f"/api/v1/uploads/{upload}/parts/0", data=body,
            headers={"X-Part-Digest": digest},
        )  # fmt: skip
        assert answer.status_code == 200, answer.json
        self.send("drawer", f"uploads/{upload}/finish", {})
        inline(self.registry)
        self.values["upload"] = [upload]
        kept = self.registry.upload("drawer", upload)["name"]
        self.planted.texts["file name"] = [kept]  # nothing invisible is left in it

    def drafts(self) -> None:
        """One returned with findings, waivers and comments, one in conflict."""
        registry = self.registry
        find = registry.stage(
            "drawer", self.streets("AAAB/AA.B/CCDD"), effective="2023",
            basis=self.text("basis"), title=self.text("title", 200),
        )["id"]  # fmt: skip
        registry.check("drawer", find)
        mark = registry.findings("drawer", find)["fingerprint"].iloc[0]
        for finding in (None, mark):
            body = {"text": self.text("comment", 4000), "finding": finding}
            self.send("decider", f"drafts/{find}/comments", body)
        self.waive(find, "drawer", "decider")
        registry.submit("drawer", find)
        body = {"note": self.text("return note")}
        self.send("decider", f"drafts/{find}/return", body)
        mine, theirs = (
            registry.stage(
                "drawer", self.streets(picture), effective="2023",
                title=self.text("title", 200), basis=self.text("basis"),
            )["id"]
            for picture in ("AAAB/AABB/CCCD", "AAAB/AABB/CDDD")
        )  # fmt: skip
        for draft in (mine, theirs):
            registry.check("drawer", draft)
            self.waive(draft, "drawer", "decider")
            registry.submit("drawer", draft)
        registry.approve("decider", mine)
        with pytest.raises(ConflictError):
            registry.approve("decider", theirs)
        self.values["draft"] = [find, theirs, *self.edited]

    def exports(self) -> None:
        """Every layer as the table formats, and one that fails."""
        asked = [
            self.send("decider", "exports", {"layer": layer, "driver": driver})["id"]
            for layer in ("divisions", "markers", "inspections", "place_names")
            for driver in ("CSV", "XLSX")
        ]
        inline(self.registry)
        self.values["export"] = asked
        jobs = self.registry.jobs("decider")
        self.values["job"] = [jobs[0]["id"]]

    def site(self) -> None:
        """The notice, the public view, and the texts of the settings."""
        body: dict[str, Any] = {"text": self.text("notice", 200)}
        self.send("system", "settings/notice", body, "PUT")
        number = "".join(filter(str.isprintable, self.text("approval number", 60)))
        self.planted.texts["approval number"] = [number]  # no other is taken
        body = {
            "on": True,
            "approval_number": number,
            "note": self.text("public note"),
        }
        self.send("system", "public", body, "PUT")


def _rows(shapes: list[Any], **columns: Any) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=crs.STORAGE)


def _rename(path: Path, old: str, new: str) -> None:
    """Call a layer of a GeoPackage what GDAL would not write but reads."""
    with contextlib.closing(sqlite3.connect(path)) as opened, opened:
        for (trigger,) in opened.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        ).fetchall():
            opened.execute(f'DROP TRIGGER "{trigger}"')
        quoted = new.replace('"', '""')
        opened.execute(f'ALTER TABLE "{old}" RENAME TO "{quoted}"')
        for table in ("gpkg_contents", "gpkg_geometry_columns", "gpkg_ogr_contents"):
            opened.execute(
                f"UPDATE {table} SET table_name = ? WHERE table_name = ?",  # noqa: S608
                (new, old),
            )
        opened.execute("UPDATE gpkg_contents SET identifier = table_name")
