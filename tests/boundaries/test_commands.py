"""Every command: its exit status, and one JSON document on stdout, nothing else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
from shapely import LineString

from boundaries.registry import open_registry
from tests.boundaries.test_console import TREE, is_chinese
from tests.support.commands import Ran, quhua
from tests.support.registries import PEOPLE, office, streets

COMMANDS = {path for path, command in TREE if not hasattr(command, "commands")}


STORELESS = {("inspect",), ("settings",), ("network", "build"), ("reach",)}


class Shell:
    """A store with people, a file to import, and every call remembered."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.store = folder / "store.sqlite"
        self.called: set[tuple[str, ...]] = set()

    def __call__(self, *words: object, status: int = 0, text: bool = False) -> Any:
        """Run a command; return its document (its text with ``text``)."""
        path = next(
            tuple(map(str, words[:n])) for n in (2, 1) if tuple(words[:n]) in COMMANDS
        )
        self.called.add(path)
        place = () if path in STORELESS else ("--store", self.store)
        if text:
            ran = quhua(*words, *place)
            assert ran.status == status, ran.err
            return ran
        ran = quhua(*words, *place, "--json")
        assert ran.status == status, ran.out + ran.err
        document = json.loads(ran.out)  # one document and nothing else
        if status == 0:
            assert ran.err == ""
        if status == 2:
            _is_an_error(document)
        return document

    def file(self, name: str = "streets.geojson", **names: str) -> Path:
        """Write the drawn streets as a file."""
        path = self.folder / name
        path.write_text(streets(**names).to_json(), encoding="utf-8")
        return path

    def take(self, path: Path, date: str, *more: object, status: int = 0) -> Any:
        """Import a file as the surveyor."""
        words = ("import", path, "--valid-from", date, "--as", "zhao", "--yes", *more)
        return self(*words, status=status)


def _networks(shell: Shell) -> None:
    """Streets become a network, are kept, and get a footbridge."""
    rows = [[(117.0, 39.18), (117.01, 39.18)], [(117.0, 39.181), (117.01, 39.181)]]
    lines = [LineString(row) for row in rows]
    streets = shell.folder / "roads.geojson"
    roads = gpd.GeoDataFrame({"class": ["residential"] * 2}, geometry=lines, crs=4490)
    streets.write_text(roads.to_json(), encoding="utf-8")
    out = shell.folder / "roads.qnet"
    built = shell("network", "build", streets, "--out", out)
    assert (built["nodes"], built["edges"], built["parts"]) == (4, 2, 2)
    sites = shell.folder / "sites.csv"
    sites.write_text("id,lon,lat\nA,117.005,39.18\n", encoding="utf-8")
    areas = shell.folder / "areas.gpkg"
    asked = ("--network", out, "--facilities", sites, "--out", areas)
    reached = shell("reach", *asked, "--minutes", "5")["union"]
    assert 590 < reached["reached_length_m"] <= 600
    kept = shell("network", "add", out, "--as", "planner", "--title", "路网")
    assert kept["network"]["version"] == built["version"]
    shell("network", "add", streets, "--as", "zhao", status=2)
    bridge = shell.folder / "links.geojson"
    over = LineString([(117.005, 39.18), (117.005, 39.181)])
    links = gpd.GeoDataFrame({"kind": ["link"]}, geometry=[over], crs=4490)
    bridge.write_text(links.to_json(), encoding="utf-8")
    made = shell("network", "draw", bridge, "--as", "planner")["network"]
    assert made["parts"] == 1
    listed = shell("network", "list")["networks"]
    assert [row["number"] for row in listed] == [2, 1]


def _is_an_error(document: Any) -> None:
    assert isinstance(document["error"], str)
    assert is_chinese(document["message"]["zh"])
    assert not is_chinese(document["message"]["en"])


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """A new store with the usual people."""
    for name in ("QUHUA_STORE", "QUHUA_USER", "QUHUA_SETTINGS", "QUHUA_DEBUG"):
        monkeypatch.delenv(name, raising=False)
    office(tmp_path).registry.close()
    return Shell(tmp_path)


def test_every_command_once(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """The whole bureau's day; a command left out here fails the test."""
    shell.store = shell.folder / "first.sqlite"
    shell("init", "--admin", "root", "--notice", "示例")
    for name, roles in PEOPLE.items():
        words = [word for role in roles for word in ("--role", role)]
        shell("user", "add", name, *words, "--as", "root")
    file = shell.file()
    reading = shell("inspect", file)
    assert reading["records"] == {"read": 4, "kept": 4, "refused": []}
    first = shell.take(file, "2020", "--basis", "一号")
    draft = first["draft"]["id"]
    assert first["draft"]["state"] == "draft"
    assert shell("draft", "list")["drafts"][0]["id"] == draft
    assert shell("draft", "show", draft)["findings"]["total"] == 0
    assert shell("draft", "check", draft, "--as", "zhao")["draft"]["findings"]
    shell("draft", "submit", draft, "--as", "zhao")
    shell("draft", "return", draft, "--note", "请复核", "--as", "chen")
    shell("draft", "submit", draft, "--as", "zhao")
    shell("draft", "withdraw", draft, "--as", "zhao")
    shell("draft", "submit", draft, "--as", "zhao")
    approved = shell("draft", "approve", draft, "--as", "chen", "--note", "同意")
    assert approved["draft"]["version"] == 1
    assert shell("publish", "--as", "chen")["tag"] == "published/divisions"
    assert [v["tags"] for v in shell("versions")["versions"]] == [
        ["published/divisions"]
    ]

    second = shell.take(shell.file(A="东大街道"), "2021", "--submit")["draft"]
    assert second["state"] == "submitted"
    shell("draft", "approve", second["id"], "--as", "chen")
    changed = shell("diff", 1, 2)["features"]
    assert changed[0]["attributes"]["name"] == ["东风街道", "东大街道"]
    assert len(shell("history", "120101001")["states"]) == 3
    exported = shell("export", "--out", shell.folder / "out.gpkg", "--valid-on", "2020")
    assert exported["features"] == 4
    undo = shell("revert", 2, "--as", "zhao")["draft"]["id"]
    shell("draft", "discard", undo, "--as", "zhao")

    assert len(shell("divisions", "tree")["divisions"]) == 4
    assert shell("divisions", "show", "120101001")["unit"]["name"] == "东大街道"
    shell("divisions", "lineage", "999999", status=2)
    covered = shell("coverage", "--as-of", "2021")
    assert shell("coverage", "--as-of", "2021", "--workers", 2) == covered
    assert [each["kind"] for each in covered["omitted"]][:2] == [
        "no_facility",
        "no_population",
    ]
    shell("siting", "--model", "mclp", "-p", 1, status=2)
    shell("divisions", "codes-import", shell.folder, "--as", "chen", status=2)

    _conflict(shell)
    _waive_and_repair(shell)
    _indicators(shell)

    _networks(shell)
    _handbook(shell)
    _scenarios(shell)

    shell("user", "role", "li", "--role", "viewer", "--as", "keeper")
    monkeypatch.setattr("sys.stdin", _Typed("Heping-2026!\n"))
    assert shell("user", "passwd", "li", "--stdin", "--as", "root")["user"]
    shell("user", "close", "li", "--as", "root")
    shell("user", "open", "li", "--as", "root")
    shell("user", "unlock", "li", "--as", "keeper")
    assert not shell("user", "codes", "li", "--as", "keeper")["user"]["second_factor"]
    assert shell("user", "tokens", "li", "--as", "keeper")["tokens"] == []
    assert shell("user", "revoke", "li", "--as", "keeper")["revoked"] == 0
    assert len(shell("user", "list")["users"]) == len(PEOPLE) + 2

    job = _queued(shell)
    assert shell("jobs", "show", job)["job"]["state"] == "waiting"
    assert shell("jobs", "cancel", job, "--as", "root")["job"]["state"] == "cancelled"
    assert [listed["id"] for listed in shell("jobs", "list")["jobs"]] == [job]
    assert shell("exports", "--as", "chen")["exports"] == []

    entries = shell("audit", "list")["entries"]
    assert [entry["seq"] for entry in entries] == list(range(1, len(entries) + 1))
    shell("audit", "anchor", "--out", shell.folder / "anchor.json")
    assert shell("audit", "verify", "--anchor", shell.folder / "anchor.json")["ok"]
    backup = shell.folder / "backup"
    shell("backup", "--out", backup)
    assert shell("migrate", "--dry-run")["dry_run"]
    shell("migrate")
    shell.store = shell.folder / "again.sqlite"
    shell("restore", backup)
    assert shell("versions")["versions"]
    assert shell("settings")["settings"]
    without_end = {("worker",)}  # tests/boundaries/jobs start and stop it
    # tests/boundaries/test_topology_commands.py runs those of files
    of_files = {("check",), ("repair",), ("borders",), ("simplify",), ("changes",)}
    assert shell.called == COMMANDS - without_end - of_files


def _queued(shell: Shell) -> str:
    """Ask for a job that nobody does."""
    registry = open_registry(str(shell.store))
    job = registry.start_job("root", "verify", "", {})
    registry.close()
    return str(job["id"])


def _indicators(shell: Shell) -> None:
    shell("user", "add", "jin", "--as", "root")
    officer = ("--role", "eldercare_officer:000000")
    shell("user", "role", "jin", *officer, "--as", "keeper")
    table = shell.folder / "目标.csv"
    table.write_text("指标,目标年,目标值\nI2,2025,100\nI2,去年,100\n", encoding="utf-8")
    words = ("indicators-import", table, "--kind", "targets", "--as", "jin")
    done = shell(*words, status=1)
    assert (done["kept"], [row["row"] for row in done["refused"]]) == (1, [3])
    done = shell("indicators-plan", "--as", "jin")
    assert (done["added"], done["kept"]) == (35, 1)
    book = shell.folder / "指标.xlsx"
    words = ("indicators", "--as-of", "2023", "--level", "street", "--out", book)
    found = shell(*words)
    assert found["as_of"] == "2023-12-31"
    (centre,) = [row for row in found["indicators"] if row["id"] == "I2"]
    assert (centre["value"], centre["denominator"]) == (0, 4)
    assert centre["verdict"]["is"] == "missed"
    assert book.stat().st_size == found["out"]["bytes"]
    kept = shell("indicators", "--as-of", "2023", "--reach")
    assert "reach" in kept["stamp"]
    assert "reach" not in found["stamp"]


def _handbook(shell: Shell) -> None:
    """A facility is taken in, agreed on, published, and stands in the handbook."""
    out = shell.folder / "book.pdf"
    asked = ("handbook", "--district", "120101001", "--out", out)
    assert shell(*asked, status=2)["error"] == "not_found"
    table = shell.folder / "设施.csv"
    drawn = streets().set_index("code").geometry["120101001"].representative_point()
    head = "名称,类型,区划代码,经度,纬度,状态,是否公开"
    row = f"松鹤日间照料中心,日间照料中心,120101001,{drawn.x},{drawn.y},运营,是"
    table.write_text(f"{head}\n{row}\n", encoding="utf-8")
    words = ("--layer", "facilities", "--valid-from", "2024", "--yes", "--submit")
    taken = shell("import", table, *words, "--as", "jin")
    shell("draft", "approve", taken["draft"]["id"], "--as", "planner")
    shell("publish", "--layer", "facilities", "--as", "planner")
    made = shell(*asked)
    assert (made["facilities"], made["bytes"]) == (1, out.stat().st_size)
    assert shell(*asked, "--approval", "none", status=2)["error"] == "input"


def _scenarios(shell: Shell) -> None:
    """A plan from a file is kept, recomputed, compared, exported."""
    drawn = streets().set_index("code").geometry["120101002"].representative_point()
    site = {"do": "add", "facility": "N1", "type": "DAY", "beds": 20}
    file = shell.folder / "plan.json"
    edits = [{**site, "lon": drawn.x, "lat": drawn.y}]
    file.write_text(json.dumps({"title": "新站", "edits": edits}), encoding="utf-8")
    made = shell("scenario", "save", file, "--as", "planner")
    total = made["figures"]["total"]
    assert [each["serves"] for each in made["figures"]["facilities"]] == [True]
    assert [row["id"] for row in shell("scenario", "list")["scenarios"]] == ["S0001"]
    shown = shell("scenario", "show", "S0001")
    assert (shown["title"], shown["figures"]) == ("新站", made["figures"])
    assert shell("scenario", "recompute", "S0001")["same"]
    book = shell.folder / "compared.xlsx"
    asked = ("scenario", "compare", "S0001", "--out", book, "--as", "planner")
    assert shell(*asked)["total"]["base"] == total["before"]
    assert book.stat().st_size > 0
    out = shell.folder / "S0001.gpkg"
    done = shell("scenario", "export", "S0001", "--out", out, "--as", "planner")
    assert done["bytes"] == out.stat().st_size
    assert shell("scenario", "phases") == {"phases": []}
    none = shell("scenario", "phases", "--save", "--as", "planner", status=2)
    assert none["error"] == "input"
    file.write_text("[1", encoding="utf-8")
    shell("scenario", "save", file, "--as", "planner", status=2)


def _conflict(shell: Shell) -> None:
    mine = shell.take(shell.file(B="甲街道"), "2022", "--submit")["draft"]["id"]
    theirs = shell.take(shell.file(B="乙街道"), "2022", "--submit")["draft"]["id"]
    shell("draft", "approve", mine, "--as", "chen")
    failed = shell("draft", "approve", theirs, "--as", "chen", status=2)
    assert failed["error"] == "conflict"
    assert {d["key"] for d in failed["details"]} >= {"120102001"}
    shown = shell("draft", "show", theirs)["draft"]
    assert shown["state"] == "conflict"
    assert shown["conflict"][0]["theirs"]
    shell("draft", "rebase", theirs, "--as", "zhao")


def _waive_and_repair(shell: Shell) -> None:
    file = shell.folder / "spike.geojson"
    text = json.loads(shell.file().read_text(encoding="utf-8"))
    (ring,) = text["features"][0]["geometry"]["coordinates"]
    at = next(n for n in range(len(ring)) if ring[n][1] == ring[n + 1][1] == 39.2)
    base = [(ring[at][0] + ring[at + 1][0]) / 2, 39.2]
    ring[at + 1 : at + 1] = [base, [base[0], 39.1995], base]
    text["features"][0]["geometry"] = {"type": "Polygon", "coordinates": [ring]}
    file.write_text(json.dumps(text), encoding="utf-8")
    taken = shell.take(file, "2023", status=1)
    draft = taken["draft"]["id"]
    errors = [f for f in taken["findings"]["shown"] if f["severity"] == "error"]
    assert errors[0]["at"]
    blocked = shell("draft", "submit", draft, "--as", "zhao", status=1)
    assert blocked["error"] == "blocked"
    waived = shell(
        *("draft", "waive", draft, errors[-1]["fingerprint"], "--reason", "核实"),
        *("--as", "chen"),
    )
    assert waived["waiver"]["approver"] == "chen"
    repairable = [f["fingerprint"] for f in errors if f["repair"]][:1]
    repaired = quhua(
        *("draft", "repair", draft, *repairable, "--as", "zhao"),
        *("--store", shell.store, "--json"),
    )
    shell.called.add(("draft", "repair"))
    assert repaired.status in {0, 1}
    assert repaired.document["draft"]["repairs"]
    undone = quhua(
        *("draft", "repair", draft, "--undo", "1", "--as", "zhao"),
        *("--store", shell.store, "--json"),
    )
    assert undone.document["draft"]["repairs"] == []
    assert undone.document["draft"]["mended"][0]["undone"]


class _Typed:
    """Standard input with a line in it, and no terminal."""

    def __init__(self, line: str) -> None:
        self.line = line

    def readline(self) -> str:
        return self.line

    def isatty(self) -> bool:
        return False


@pytest.mark.parametrize(
    "words",
    [
        ("draft", "show", "D9999"),
        ("draft", "approve", "D9999", "--as", "chen"),
        ("publish",),
        ("publish", "--as", "zhao"),
        ("publish", "--as", "nobody"),
        ("history", "120101001"),
        ("diff", "1", "2"),
        ("divisions", "tree"),
        ("init", "--admin", "second"),
        ("user", "add", "x", "--role", "king", "--as", "root"),
        ("user", "passwd", "li", "--as", "root"),
        ("export", "--out", "/nonexistent/a.gpkg"),
        ("audit", "list", "--as", "zhao"),
        ("revert", "7", "--as", "zhao"),
        ("restore", "/dev/null"),
    ],
    ids=" ".join,
)
def test_what_could_not_run_is_two(shell: Shell, words: tuple[str, ...]) -> None:
    shell(*words, status=2)
    ran: Ran = shell(*words, status=2, text=True)
    assert ran.out == ""
    assert ran.err.count("\n") == 1, ran.err


def test_what_cannot_be_written_is_said_before_anything_is_done(shell: Shell) -> None:
    file, nowhere = shell.file(), shell.folder / "no" / "x"
    refused = shell.take(file, "2020", "--report", nowhere, status=2)
    assert refused["error"] == "unwritable"
    assert shell("draft", "list")["drafts"] == []
    draft = shell.take(file, "2020", "--submit")["draft"]["id"]
    shell("draft", "approve", draft, "--as", "chen")
    blocked = shell.folder / "file"
    blocked.touch()
    shell("publish", "--as", "chen", "--out", blocked / "out", status=2)
    shell("draft", "check", draft, "--out", nowhere, status=2)
    shell("export", "--out", nowhere, status=2)
    shell("backup", "--out", blocked / "b", status=2)
    before = shell("audit", "list")["entries"]
    assert "publish" not in {entry["verb"] for entry in before}
    shell("audit", "anchor", "--out", nowhere, status=2)
    assert shell("audit", "list")["entries"] == before
    out = shell.folder / "new" / "products"
    shell("publish", "--as", "chen", "--out", out)
    assert len(list(out.iterdir())) >= 2


def test_who_may_not_restore_or_migrate_changes_nothing(shell: Shell) -> None:
    shell("backup", "--out", shell.folder / "b")
    verbs = shell("audit", "list")["entries"]
    assert shell("migrate", "--as", "viewer", status=2)["error"] == "forbidden"
    assert shell("audit", "list")["entries"] == verbs
    shell("migrate", "--as", "root")
    assert shell("audit", "list")["entries"][-1]["verb"] == "migrate"
    shell.store = shell.folder / "r" / "again.sqlite"
    for name in ("viewer", "nobody"):
        refused = shell("restore", shell.folder / "b", "--as", name, status=2)
        assert refused["error"] == "forbidden"
        assert list(shell.store.parent.iterdir()) == []
    shell("restore", shell.folder / "b", "--as", "root")
    last = shell("audit", "list")["entries"][-1]
    assert (last["verb"], last["actor"]) == ("restore", "root")
    assert shell("audit", "verify")["ok"]
    shell.store = shell.folder / "nothing.sqlite"
    assert shell("migrate", status=2)["error"] == "no_store"
    assert not shell.store.exists()


def test_no_store_says_how_to_make_one(tmp_path: Path) -> None:
    ran = quhua("versions", "--store", tmp_path / "none.sqlite", "--lang", "en")
    assert ran.status == 2
    assert "quhua init" in ran.err


def test_unattended_stops_where_a_person_decides(shell: Shell) -> None:
    file = shell.file()
    stopped = shell("import", file, "--as", "zhao", "--yes", status=1)
    assert stopped["error"] == "decision_needed"
    assert "--valid-from" in stopped["hint"]["en"]
    streets().to_crs(4548).to_file(shell.folder / "bare.shp")
    (shell.folder / "bare.prj").unlink()
    asked = shell.take(shell.folder / "bare.shp", "2020", status=1)
    assert asked["error"] == "decision_needed"
    assert "crs" in asked["message"]["en"]
    assert shell("draft", "list")["drafts"] == []
    told = shell.take(shell.folder / "bare.shp", "2020", "--crs", "4548")
    assert told["draft"]["counts"]["added"] == 4


def test_the_same_file_again_is_no_error(shell: Shell) -> None:
    draft = shell.take(shell.file(), "2020", "--submit")["draft"]["id"]
    shell("draft", "approve", draft, "--as", "chen")
    again = shell.take(shell.file(), "2021")
    assert again["draft"] is None
    assert again["unchanged"]["zh"]


def test_reports_and_data_go_to_files(shell: Shell) -> None:
    report = shell.folder / "report.json"
    file = shell.file()
    ran = quhua(
        *("import", file, "--valid-from", "2020", "--as", "zhao", "--yes"),
        *("--report", report, "--store", shell.store, "--lang", "en"),
    )
    assert ran.status == 0
    assert "Draft D0001" in ran.out
    assert json.loads(report.read_text(encoding="utf-8"))["draft"]["id"] == "D0001"
    out = shell.folder / "findings.gpkg"
    bad = shell.folder / "gap.geojson"
    bad.write_text(streets("AABB/AA.B/CCDD").to_json(), encoding="utf-8")
    shell.take(bad, "2020", "--draft", "D0001")
    shown = shell("draft", "show", "D0001", "--out", out)
    import geopandas as gpd

    assert len(gpd.read_file(out)) == shown["findings"]["total"] > 0


def test_the_original_of_a_shapefile_is_all_its_parts(shell: Shell) -> None:
    import io
    import zipfile

    from boundaries.registry import open_registry

    streets().to_file(shell.folder / "s.shp", encoding="GBK")
    shell.take(shell.folder / "s.shp", "2020")
    registry = open_registry(str(shell.store))
    digest = registry.store.find("drafts")[0]["original"]["digest"]
    archive = zipfile.ZipFile(io.BytesIO(registry.store.blob(digest)))
    for name in ("s.shp", "s.dbf", "s.prj"):
        assert archive.read(name) == (shell.folder / name).read_bytes()
    registry.close()


def test_events_and_complete_from_the_command_line(shell: Shell) -> None:
    draft = shell.take(shell.file(), "2020", "--submit")["draft"]["id"]
    shell("draft", "approve", draft, "--as", "chen")
    merged = shell.folder / "merged.geojson"
    merged.write_text(streets("AABB/AABB/CCBB").to_json(), encoding="utf-8")
    events = shell.folder / "events.toml"
    events.write_text(
        '[[events]]\ntype = "merge"\nfrom = ["120102002", "120102001"]\n'
        'to = ["120102001"]\nbasis = "津政函〔2021〕3号"\n',
        encoding="utf-8",
    )
    taken = shell.take(
        merged, "2021", "--complete", "120102", "--event", events, "--submit"
    )["draft"]
    assert taken["counts"] == {"added": 0, "changed": 1, "removed": 1}
    assert taken["events"][0]["type"] == "merge"
    events.write_text('{"type": "explode"}', encoding="utf-8")
    words = ("import", merged, "--valid-from", "2021", "--as", "zhao", "--yes")
    shell(*words, "--event", events, status=2)


def test_a_day_is_answered_for_that_day(shell: Shell, data: Path) -> None:
    folder = data / "codes" / "areacodes_cc0"
    refused = shell("divisions", "codes-import", folder, "--as", "chen", status=2)
    assert refused["error"] == "forbidden"
    shell("user", "add", "bai", "--as", "root")
    shell("user", "role", "bai", "--role", "boundary_manager", "--as", "keeper")
    done = shell("divisions", "codes-import", folder, "--as", "bai")
    assert all(is_chinese(notice["zh"]) for notice in done["notices"])
    assert {"zh", "en"} == set(done["notices"][0])

    def told(*more: str) -> str:
        words = ("divisions", "show", "120221", *more, "--lang", "en")
        return str(shell(*words, text=True).out)

    before, after = told("--on", "2010-01-01"), told("--on", "2018-01-01")
    assert before.startswith("2010-01-01: 120221 in use")
    assert "later: 2015" in before
    assert after.startswith("2018-01-01: 120221 not in use")
    assert "later" not in told()
    document = shell("divisions", "show", "120221", "--on", "2018-01-01")
    assert document["in_force"] == "no"


def test_what_repair_leaves_is_said_with_its_reason(shell: Shell) -> None:
    file = shell.folder / "bad.geojson"
    drawn = json.loads(shell.file().read_text(encoding="utf-8"))
    first = drawn["features"][0]
    spiked = [
        [118.0, 39.2],
        [118.0, 39.19],
        [118.01, 39.19],
        [118.01, 39.1895],
        [118.01, 39.19],
        [118.02, 39.19],
        [118.02, 39.2],
        [118.0, 39.2],
    ]
    again = json.loads(json.dumps(first))
    again["properties"] = {"code": "120101009", "name": "重复街道"}
    thorn = {
        "type": "Feature",
        "properties": {"code": "120101008", "name": "尖刺街道"},
        "geometry": {"type": "Polygon", "coordinates": [spiked]},
    }
    drawn["features"] += [again, thorn]
    file.write_text(json.dumps(drawn), encoding="utf-8")
    taken = shell.take(file, "2020", status=1)
    shown = {item["rule"]: item for item in taken["findings"]["shown"]}
    draft = taken["draft"]["id"]
    words = ("draft", "repair", draft, "--as", "zhao", "--store", shell.store)
    said = quhua(*words, "--lang", "en")
    assert "not repaired" in said.out, said.err
    mark = shown["duplicate"]["fingerprint"]
    assert f"not repaired [{mark}]: it ends a unit" in said.out
    assert "repair offered" not in next(
        line for line in said.out.splitlines() if line.startswith(f"  [{mark}]")
    )

    waive = ("draft", "waive", draft, "--reason", "核实", "--as", "chen")
    shell(*waive, mark[:7], status=2)
    waived = shell(*waive, mark[:8], "--lang", "en", text=True)
    assert f"Waived {mark}" in waived.out
    assert "120101009" in waived.out


@pytest.mark.parametrize(
    "more",
    [
        ("--map", "n2=name", "--map", "name=name"),
        ("--map", "name=name", "--map", "name=code"),
        ("--override", "axis_swapped=maybe"),
    ],
    ids=" ".join,
)
def test_what_is_typed_wrong_is_no_bug(shell: Shell, more: tuple[str, ...]) -> None:
    refused = shell("inspect", shell.file(), *more, status=2)
    assert refused["error"] == "input"


def test_a_table_without_coordinates_names_no_system(shell: Shell) -> None:
    """It said EPSG:None, as if something were wrong with the table."""
    table = shell.folder / "people.csv"
    table.write_text("区划代码,总人口\n120101001,12\n", encoding="utf-8")
    chinese = shell("inspect", table, "--lang", "zh", text=True, status=1).out
    assert "无坐标：" in chinese
    assert "EPSG" not in chinese
    english = shell("inspect", table, "--lang", "en", text=True, status=1).out
    assert "No coordinates: " in english
    assert "None" not in english
