"""The hostile corpus: verdicts, canary, connections, time, nothing lost silently."""

from __future__ import annotations

import csv
import http.server
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from geodata.files.reading import Reading
from tests.support.verdict import ACCEPTED, ASKS, Verdict, verdict

CANARY = Path("/tmp/hostile-canary")  # noqa: S108 - the corpus names this folder
CONTENT = "TOPSECRET-4711"
PORT = 8799
SLOWEST_S = 70.0
REGIONS = {"gcj_outside_china.geojson": "120000"}
NOT_HOSTILE = {
    "synthetic/malformed/base.gpkg",  # the whole file the damaged ones are made from
}
# One file of each kind, for every push; all 269 with --full.
ONE_OF_EACH_KIND = (
    "real/fiona_pyogrio/curvepolygon.gpkg",
    "real/fiona_pyogrio/line_zm.gpkg",
    "real/fiona_pyogrio/testopenfilegdb.gdb.zip",
    "real/fiona_pyogrio/test_tin.shp",
    "real/geojsonhint/bad_multiple_problems.geojson",
    "real/geojsonhint/good_good-featurecollection.geojson",
    "real/geojsonhint/good_good-geometrycollection.geojson",
    "real/gpkg_cite/null_geometry.gpkg",
    "real/kml_cite/LinearRingWith1DTuple.kml",
    "real/mapnik_csv/csv_fails_invalid_wkt.csv",
    "real/mapnik_json/null_feature.geojson",
    "real/pyshp/blockgroups_multishapefile.zip",
    "synthetic/driver_abuse/crslink.geojson",
    "synthetic/driver_abuse/gdalg_as.geojson",
    "synthetic/driver_abuse/lol.kml",
    "synthetic/driver_abuse/networklink.kml",
    "synthetic/driver_abuse/symlink.zip",
    "synthetic/driver_abuse/traversal.zip",
    "synthetic/driver_abuse/vrt_as.csv",
    "synthetic/driver_abuse/xsd.gml",
    "synthetic/geometry_strings/bowtie.geojson",
    "synthetic/geometry_strings/dup_pts.geojson",
    "synthetic/geometry_strings/gk_zone39.geojson",
    "synthetic/geometry_strings/nest100000.wkt",
    "synthetic/geometry_strings/randring_4000.geojson",
    "synthetic/malformed/4d.geojson",
    "synthetic/malformed/badgeom.gpkg",
    "synthetic/malformed/bomb.xlsx",
    "synthetic/malformed/bomb.zip",
    "synthetic/malformed/formula.csv",
    "synthetic/malformed/h_insertbomb.dxf",
    "synthetic/malformed/inf_view.gpkg",
    "synthetic/malformed/manyprops.geojson",
    "synthetic/malformed/nan.geojson",
    "synthetic/malformed/shp_amp.zip",
    "synthetic/malformed/shp_gbk_wrongcpg.zip",
    "synthetic/malformed/shp_hugecount.zip",
    "synthetic/malformed/trigger.gpkg",
    "synthetic/malformed/virtualogr.gpkg",
    "synthetic/malformed/wal_present.zip",
)


@dataclass(frozen=True)
class Row:
    """One line of expect.csv and what we made of it."""

    path: str
    kind: str
    must_not: str
    outcome: Verdict
    seconds: float

    @property
    def held_back(self) -> bool:
        """Refused, asked about, or the bad record named with its reason or place."""
        reading = self.outcome.reading
        if self.outcome.outcome != ACCEPTED or reading is None:
            return True
        return bool(reading.geometry.invalid or reading.records.refused)


@pytest.fixture(scope="module")
def requests() -> Iterator[list[str]]:
    """Requests that reached the listener; the canary lies where files look for it."""
    seen: list[str] = []

    class Listener(http.server.BaseHTTPRequestHandler):
        def handle(self) -> None:
            seen.append(self.rfile.readline().decode("latin-1"))

        def log_message(self, *_: object) -> None:
            pass

    CANARY.mkdir(exist_ok=True)
    (CANARY / "secret.csv").write_text(f"id,name\n1,{CONTENT}\n", encoding="utf-8")
    (CANARY / "secret.geojson").write_text(
        '{"type":"Feature","properties":{"name":"' + CONTENT + '"},'
        '"geometry":{"type":"Point","coordinates":[117,39]}}',
        encoding="utf-8",
    )
    server = http.server.ThreadingHTTPServer(("127.0.0.1", PORT), Listener)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield seen
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(scope="module")
def rows(data: Path, requests: list[str], request: pytest.FixtureRequest) -> list[Row]:
    assert requests == []
    folder = data / "hostile"
    with (folder / "expect.csv").open(encoding="utf-8-sig", newline="") as stream:
        expected = list(csv.DictReader(stream))
    if not request.config.getoption("--full"):
        expected = [row for row in expected if row["path"] in ONE_OF_EACH_KIND]
        assert len(expected) == len(ONE_OF_EACH_KIND)
    return [_judged(folder, row) for row in expected]


def _judged(folder: Path, row: dict[str, str]) -> Row:
    started = time.monotonic()
    path = folder / row["path"]
    outcome = verdict(path, limits="upload", region=REGIONS.get(path.name))
    seconds = time.monotonic() - started
    return Row(row["path"], row["class"], row["must_not"], outcome, seconds)


def test_accept_rows_are_accepted(rows: list[Row]) -> None:
    failed = {
        row.path: [reason.en for reason in row.outcome.reasons]
        for row in rows
        if row.kind == "accept"
        and row.path not in NOT_HOSTILE
        and not row.outcome.is_clean
    }
    assert failed == {}


def test_at_least_98_of_100_reject_and_ask_rows_are_held_back(rows: list[Row]) -> None:
    judged = [row for row in rows if row.kind in {"reject", "ask"}]
    let_through = [row.path for row in judged if not row.held_back]
    assert set(let_through) <= NOT_HOSTILE
    assert len(judged) - len(let_through) >= 0.98 * len(judged)


def test_ask_rows_are_asked_about(rows: list[Row]) -> None:
    asked = {row.path: row.outcome.outcome for row in rows if row.kind == "ask"}
    assert asked
    assert set(asked.values()) == {ASKS}


def test_no_row_takes_long(rows: list[Row]) -> None:
    assert {row.path: row.seconds for row in rows if row.seconds > SLOWEST_S} == {}


def test_no_connection_is_made(rows: list[Row], requests: list[str]) -> None:
    assert rows
    assert requests == []


def test_no_canary_is_read_and_none_written(rows: list[Row]) -> None:
    for row in rows:
        if row.outcome.frame is not None:
            assert CONTENT not in row.outcome.frame.to_csv(), row.path
        assert all(CONTENT not in reason.en for reason in row.outcome.reasons)
    assert sorted(item.name for item in CANARY.iterdir()) == [
        "secret.csv", "secret.geojson",
    ]  # fmt: skip


def test_no_record_is_lost_silently(rows: list[Row]) -> None:
    for row in rows:
        reading = row.outcome.reading
        if reading is None:
            assert row.outcome.reasons, row.path
            continue
        records = reading.records
        assert records.read == records.kept + len(records.refused), row.path
        assert row.outcome.frame is not None
        assert len(row.outcome.frame) == records.kept
        missing = row.outcome.frame.geometry.isna().any()
        assert not missing or reading.driver in {"CSV", "XLSX"}, row.path


def test_reasons_are_sentences_in_both_languages(rows: list[Row]) -> None:
    for row in rows:
        for reason in row.outcome.reasons:
            assert reason.zh, row.path
            assert reason.en, row.path
            assert "Traceback" not in reason.en


def _reading(rows: list[Row], path: str) -> tuple[Reading, list[str]]:
    (row,) = [row for row in rows if row.path == path]
    assert row.outcome.reading is not None
    assert row.outcome.frame is not None
    names = row.outcome.frame.get("name")
    return row.outcome.reading, [] if names is None else names.tolist()


@pytest.mark.parametrize(
    ("path", "names"),
    [
        ("synthetic/malformed/wal_present.zip", ["新名", "新名"]),
        ("synthetic/malformed/shp_gbk_wrongcpg.zip", ["东城区", "西城区"]),
        ("synthetic/malformed/trigger.gpkg", ["东城区", "西城区"]),
        ("synthetic/malformed/formula.csv", ["=cmd|' /C calc'!A0", "@SUM(1)"]),
    ],
)
def test_content_is_what_the_file_says(
    rows: list[Row], path: str, names: list[str]
) -> None:
    assert _reading(rows, path)[1] == names


def test_dropped_dimensions_and_curves_are_counted(rows: list[Row]) -> None:
    fourd, _ = _reading(rows, "synthetic/malformed/4d.geojson")
    assert fourd.geometry.z_dropped == 1
    lines, _ = _reading(rows, "real/fiona_pyogrio/line_zm.gpkg")
    assert (lines.geometry.z_dropped, lines.geometry.m_dropped) == (1, 1)
    curved, _ = _reading(rows, "real/fiona_pyogrio/curvepolygon.gpkg")
    assert curved.geometry.linearised == 1


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("synthetic/geometry_strings/bowtie.geojson", "Self-intersection"),
        ("synthetic/geometry_strings/randring_4000.geojson", "Self-intersection"),
        ("synthetic/geometry_strings/dup_pts.geojson", "Repeated points"),
    ],
)
def test_invalid_polygons_are_kept_and_placed(
    rows: list[Row], path: str, reason: str
) -> None:
    reading, _ = _reading(rows, path)
    (fault,) = reading.geometry.invalid
    assert fault["record"] == 1
    assert fault["reason"] == reason
    assert fault["x"] is not None
    assert reading.records.kept == 1
    assert reading.geometry.repaired == 0


def test_the_bad_record_is_named_and_the_other_kept(rows: list[Row]) -> None:
    reading, names = _reading(rows, "synthetic/malformed/shp_hugecount.zip")
    assert [item.record for item in reading.records.refused] == [1]
    assert "2000000000" in reading.records.refused[0].reason["en"]
    assert names == ["西城区"]
