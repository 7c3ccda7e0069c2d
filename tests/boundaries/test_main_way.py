"""The main way on real files, through the command line.

Two vintages of Tianjin's districts: the older has two invalid polygons, the newer
moves borders. The measures are those of the issue (ellipsoidal, after repair).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest

from tests.support.commands import Ran, quhua

HECTARES = {
    "120103": 909.5,
    "120112": 566.5,
    "120111": 393.2,
    "120117": 93.3,
    "120104": 41.1,
    "120116": 11.4,
    "120113": 10.4,
    "120114": 10.4,
    "120119": 9.8,
}


class Bureau:
    """Somebody at a terminal, with one store."""

    def __init__(self, folder: Path, data: Path) -> None:
        self.folder = folder
        self.store = folder / "store.sqlite"
        self.file = data / "tianjin" / "tianjin.gpkg"

    def run(self, *words: object, status: int = 0) -> Ran:
        """Run a command on the store and require its exit status."""
        place = () if words[0] == "inspect" else ("--store", self.store)
        ran = quhua(*words, *place, "--json")
        assert ran.status == status, ran.out + ran.err
        return ran

    def json(self, *words: object, status: int = 0) -> Any:
        """Run a command and return its document."""
        return self.run(*words, status=status).document

    def take(self, layer: str, date: str, *more: object, status: int = 0) -> Any:
        """Import a layer of the file as the surveyor."""
        return self.json(
            *("import", self.file, "--source-layer", layer, "--valid-from", date),
            *("--as", "li", "--yes", *more),
            status=status,
        )


@pytest.fixture
def bureau(tmp_path: Path, data: Path) -> Bureau:
    """A new store with a surveyor, two boundary managers and an auditor."""
    made = Bureau(tmp_path, data)
    made.run("init", "--admin", "root")
    for name, role in {
        "li": "surveyor:120000",
        "wang": "boundary_manager:120000",
        "auditor": "auditor",
    }.items():
        made.run("user", "add", name, "--role", role, "--as", "root")
    return made


def test_from_a_real_file_to_a_published_successor(bureau: Bureau) -> None:
    first = bureau.take("districts_datav_older", "2019", status=1)
    draft = first["draft"]["id"]
    errors = [f for f in first["findings"]["shown"] if f["severity"] == "error"]
    places = {tuple(f["participants"]): f["at"] for f in errors}
    assert set(places) == {("120113",), ("120117",)}
    assert places["120113",] == pytest.approx([117.140775, 39.193224], abs=1e-5)
    assert places["120117",] == pytest.approx([117.805291, 39.373299], abs=1e-5)
    assert all("crosses itself" in f["message"]["en"] for f in errors)

    blocked = bureau.json("draft", "submit", draft, "--as", "li", status=1)
    assert blocked["error"] == "blocked"
    repaired = bureau.json("draft", "repair", draft, "--as", "li")
    assert {key for r in repaired["draft"]["repairs"] for key in r["keys"]} == {
        "120113",
        "120117",
    }
    assert repaired["draft"]["findings"]["errors"] == 0
    bureau.run("draft", "submit", draft, "--as", "li")
    own = bureau.json("draft", "approve", draft, "--as", "li", status=2)
    assert own["error"] == "forbidden"
    bureau.run("draft", "approve", draft, "--as", "wang")
    bureau.run("publish", "--as", "wang")

    second = bureau.take(
        "districts_datav_areas_v3", "2021", "--submit", "--basis", "国函〔2021〕1号"
    )
    assert second["draft"]["state"] == "submitted"
    assert second["draft"]["counts"] == {"added": 0, "changed": 9, "removed": 0}
    bureau.run("draft", "approve", second["draft"]["id"], "--as", "wang")

    found = bureau.json("diff", "1", "2", "--as", "wang")
    measured = {
        item["key"]: item["symmetric_difference_m2"] / 1e4 for item in found["features"]
    }
    assert measured == pytest.approx(HECTARES, abs=0.06)
    pairs = {(m["from"], m["to"]): m["area_m2"] / 1e4 for m in found["moves"]}
    assert pairs["120112", "120103"] == pytest.approx(561.9, abs=0.1)
    assert pairs["120111", "120103"] == pytest.approx(347.6, abs=0.1)
    assert [item["basis"] for item in found["basis"]] == ["国函〔2021〕1号"]

    done = bureau.json("publish", "--as", "wang", "--out", bureau.folder / "out")
    assert (done["version"], done["previous"]) == (2, 1)
    for item in done["products"]:
        frame = gpd.read_file(bureau.folder / "out" / item["name"])
        assert len(frame) == 16
        assert frame.geometry.is_valid.all()
        assert set(frame["valid_from"]) == {"2019", "2021"}
    drafts = bureau.json("draft", "list", "--as", "li")["drafts"]
    assert [d["state"] for d in drafts] == ["superseded", "published"]

    before = bureau.json("divisions", "tree", "--on", "2020", "--as", "li")
    assert len(before["divisions"]) == 16
    states = bureau.json("history", "120103", "--as", "li")["states"]
    current = [s for s in states if s["superseded_by"] is None]
    assert [(s["valid_from"], s["valid_to"]) for s in current] == [
        ("2019", "2021"),
        ("2021", None),
    ]
    assert bureau.json("audit", "verify", "--as", "auditor")["ok"]


def test_a_shift_is_detected_offered_and_not_taken_unasked(bureau: Bureau) -> None:
    draft = bureau.take("districts_datav_areas_v3", "2021", "--submit")["draft"]["id"]
    bureau.run("draft", "approve", draft, "--as", "wang")
    stopped = bureau.json(
        *("import", bureau.file, "--source-layer", "heping_streets_c2014"),
        *("--valid-from", "2014", "--as", "li", "--yes", "--map", "乡=name"),
        status=1,
    )
    assert stopped["error"] == "decision_needed"
    assert "shift" in stopped["message"]["en"]

    bureau.json("export", "--as", "wang", "--out", bureau.folder / "d.gpkg")
    reading = bureau.json(
        *("inspect", bureau.file, "--layer", "heping_streets_c2014"),
        *("--reference", bureau.folder / "d.gpkg"),
        status=1,
    )
    shift = reading["shift"]
    assert shift["dx_m"] == pytest.approx(541, abs=15)
    assert shift["dy_m"] == pytest.approx(135, abs=15)
    assert shift["suspect"] in {"reference", "unknown"}


def test_the_same_file_twice_makes_one_draft(bureau: Bureau) -> None:
    draft = bureau.take("districts_datav_areas_v3", "2021", "--submit")["draft"]["id"]
    bureau.run("draft", "approve", draft, "--as", "wang")
    again = bureau.take("districts_datav_areas_v3", "2022")
    assert again["draft"] is None
    assert len(bureau.json("draft", "list", "--as", "li")["drafts"]) == 1


def test_a_file_without_codes_shows_its_gaps(data: Path) -> None:
    """Seen at the end 2: 38 tiny gaps among the 74 streets of Shenzhen."""
    file = data / "shenzhen" / "shenzhen.gpkg"
    ran = quhua(
        *("inspect", file, "--layer", "streets", "--check", "--json"),
        *("--reference", f"{file}#districts"),
    )
    found = ran.document["findings"]["shown"]
    gaps = [f for f in found if f["rule"] in {"gap", "sliver_gap"}]
    assert len(gaps) == 38
    assert all(f["at"] and f["area_m2"] > 0 for f in gaps)
    assert {f["severity"] for f in found} == {"warning"}
    assert ran.document["shift"]["kind"] == "gcj02"
    assert ran.document["shift"]["suspect"] == "file"
    assert ran.status == 1
