"""What goes out names its version, is counted, and is handed to whom it may be."""

from __future__ import annotations

import io
import sqlite3
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pytest

from boundaries.accounts import Grant
from boundaries.products import INTERNAL, LABELS
from boundaries.vocabulary import Role
from geodata.errors import ForbiddenError, InputError, NotFoundError, StateError
from geodata.files import read
from geodata.files.limits import OPERATOR
from tests.support.registries import streets

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.registries import Office


def _asked(desk: Office, actor: str = "planner", **how: Any) -> dict[str, Any]:
    return desk.registry.request_export(actor, **how)


def _made(desk: Office, actor: str = "planner", **how: Any) -> dict[str, Any]:
    asked = _asked(desk, actor, **how)
    return desk.registry.make_export(actor, asked["id"])


def _file(desk: Office, actor: str, export: str) -> tuple[dict[str, Any], bytes]:
    document, file = desk.registry.export_file(actor, export)
    with file:
        return document, file.read()


def _frame(content: bytes) -> Any:
    return gpd.read_file(io.BytesIO(content))


def test_an_export_is_a_record_with_what_went_out(desk: Office, tmp_path: Path) -> None:
    desk.commit()
    made = _made(desk, driver="GPKG")
    registry = desk.registry
    version = registry.store.version(1)
    assert made["state"] == "done"
    assert made["made"]["version_digest"] == version.digest
    assert made["made"]["features"] == 2, "only what lies in 120101"
    document, content = _file(desk, "planner", made["id"])
    assert document["name"] == "divisions-v1.gpkg"
    file = tmp_path / "out.gpkg"
    file.write_bytes(content)
    frame = gpd.read_file(file)
    assert sorted(frame["code"]) == ["120101001", "120101002"]
    assert set(frame["version_digest"]) == {version.digest}
    assert set(frame["notice"]) == {INTERNAL.zh}
    verbs = [verb for verb in desk.verbs() if "export" in verb]
    assert verbs == ["request_export", "export", "download_export"]
    link = registry.store.journal()[-2]
    assert link.actor == "planner"
    assert link.detail["digest"] == made["made"]["digest"]
    assert registry.make_export("planner", made["id"]) == made, "once"
    assert desk.verbs().count("export") == 1


def test_what_was_asked_for_goes_out_though_more_was_committed(desk: Office) -> None:
    desk.commit()
    asked = _asked(desk, driver="CSV")
    desk.commit("AABB/AABB/CCCD", effective="2021-01-01")
    made = desk.registry.make_export("planner", asked["id"])
    assert made["version"] == 1
    assert made["made"]["version_digest"] == desk.registry.store.version(1).digest


def test_fields_scope_and_date_are_those_asked_for(desk: Office) -> None:
    desk.commit()
    desk.commit("AABB/AABB/CCCD", effective="2021-01-01")
    made = _made(
        desk, "chen", driver="GeoJSON", fields=["name"], scope="120101",
        valid_on=" 2020-06-01\r\n",
    )  # fmt: skip
    assert made["name"] == "divisions-v2-2020-06-01.geojson"
    _, content = _file(desk, "chen", made["id"])
    frame = _frame(content)
    assert sorted(frame["name"]) == ["东风街道", "南门街道"]
    assert "code" not in frame
    assert set(frame["version"]) == {2}


@pytest.mark.parametrize("driver", ["CSV", "XLSX"])
def test_a_formula_goes_out_as_text_and_comes_back(
    desk: Office, driver: str, tmp_path: Path
) -> None:
    desk.approve(desk.registry.stage(
        "zhao", streets(A="=HYPERLINK(1)"), effective="2020-01-01", basis="津",
    )["id"])  # fmt: skip
    made = _made(desk, driver=driver)
    document, content = _file(desk, "planner", made["id"])
    file = tmp_path / document["name"]
    file.write_bytes(content)
    if driver == "CSV":
        assert '"\'=HYPERLINK(1)"' in content.decode("utf-8-sig")
    else:
        from openpyxl import load_workbook

        (sheet, *_) = load_workbook(file).worksheets
        cells = [cell for row in sheet.iter_rows() for cell in row]
        assert "=HYPERLINK(1)" in {cell.value for cell in cells}
        assert {cell.data_type for cell in cells} <= {"s", "n"}
    frame, _ = read(file, limits=OPERATOR)
    assert "=HYPERLINK(1)" in set(frame["name"])


def test_one_hands_out_ones_own_and_those_below(desk: Office) -> None:
    desk.commit()
    registry = desk.registry
    with pytest.raises(StateError):
        registry.export_file("planner", _asked(desk, driver="CSV")["id"])[1].close()
    made = _made(desk, driver="KML", scope="120101")
    registry.export_file("wang", made["id"])[1].close()  # boundary manager of 120101
    registry.export_file("chen", made["id"])[1].close()  # and of what is above
    wide = _made(desk, "chen", driver="KML")
    with pytest.raises(NotFoundError):
        registry.export_file("wang", wide["id"])[1].close()
    for actor in ("li", "sun", "viewer"):
        with pytest.raises(NotFoundError):
            registry.export_file(actor, made["id"])[1].close()
    with pytest.raises(ForbiddenError):
        registry.export_file("auditor", made["id"])[1].close()
    assert {row["actor"] for row in registry.exports("auditor", everybody=True)} == {
        "planner", "chen",
    }  # fmt: skip
    assert registry.export_document("auditor", made["id"])["id"] == made["id"]
    with pytest.raises(ForbiddenError):
        registry.exports("planner", everybody=True)


@pytest.mark.parametrize(
    ("how", "error"),
    [
        ({"layer": "nothing"}, NotFoundError),
        ({"driver": "DWG"}, InputError),
        ({"fields": ["code; drop"]}, InputError),
        ({"scope": "12%"}, InputError),
        ({"valid_on": "soon"}, InputError),
        ({"at": "99"}, NotFoundError),
    ],
)
def test_what_cannot_be_exported_is_refused_when_asked(
    desk: Office, how: dict[str, Any], error: type[Exception]
) -> None:
    desk.commit()
    with pytest.raises(error):
        _asked(desk, **how)
    assert desk.registry.exports("planner") == []


def test_who_may_not_export_may_not(desk: Office) -> None:
    desk.commit()
    for actor in ("root", "keeper", "watcher", "auditor", "viewer"):
        with pytest.raises(ForbiddenError):
            _asked(desk, actor)


def test_an_export_is_internal_whatever_the_public_sees(desk: Office) -> None:
    desk.commit()
    registry = desk.registry
    registry.publish("chen")
    registry.set_public("root", True, "GS(2026)0001号")
    made = _made(desk, driver="GeoJSON")
    assert made["made"]["notice"]["zh"] == INTERNAL.zh


def test_products_hold_what_is_in_force_and_what_is_to_come_apart(
    desk: Office,
) -> None:
    desk.commit()
    desk.commit("AABB/AABB/CCCD", effective="2999-01-01")
    registry = desk.registry
    made = registry.publish("chen")["products"]
    assert [(item["name"], item["state_on"]) for item in made][2:] == [
        ("divisions-v2-from-2999-01-01.gpkg", "2999-01-01"),
        ("divisions-v2-from-2999-01-01.geojson", "2999-01-01"),
    ]
    now, later = (
        _frame(registry.store.blob(item["digest"])).set_index("code")
        for item in made
        if item["format"] == "GeoJSON"
    )
    before = registry.store.snapshot("divisions", at=1)
    assert (
        now.loc["120101002"]
        .geometry.normalize()
        .equals_exact(before.loc["120101002"].geometry.normalize(), 1e-9)
    )
    assert later.loc["120101002"].geometry.area > now.loc["120101002"].geometry.area
    assert set(later["state_on"].astype(str)) == {"2999-01-01"}


def test_what_a_file_says_of_itself_is_not_read_back_as_an_attribute(
    desk: Office, tmp_path: Path
) -> None:
    desk.commit()
    made = _made(desk, "chen", driver="GPKG")
    _, content = _file(desk, "chen", made["id"])
    file = tmp_path / "again.gpkg"
    file.write_bytes(content)
    with sqlite3.connect(file) as database:
        names = [row[1] for row in database.execute("PRAGMA table_info(divisions)")]
    assert set(LABELS) <= set(names)
    frame, reading = read(file, limits=OPERATOR)
    with pytest.raises(InputError) as caught:
        desk.registry.stage(
            "zhao", frame, reading=reading, effective="2021-01-01", basis="津"
        )
    assert caught.value.code == "unchanged"


def test_a_token_fetches_only_what_its_own_grants_asked_for(desk: Office) -> None:
    """The country its owner took out in person is not a district's token's."""
    desk.commit()
    person = desk.registry
    wide = _made(desk, "chen", driver="KML")
    grants = (Grant(Role.BOUNDARY_MANAGER, "120102"),)
    token = person.acting("token 1", within=("chen", grants))
    with pytest.raises(NotFoundError):
        token.export_file("chen", wide["id"])[1].close()
    assert token.exports("chen") == []
    narrow = token.request_export("chen", driver="KML")
    made = token.make_export("chen", narrow["id"])
    assert made["made"]["features"] < wide["made"]["features"]
    assert "within" not in made
    token.export_file("chen", narrow["id"])[1].close()
    person.export_file("chen", narrow["id"])[1].close()
    assert [row["id"] for row in token.exports("chen")] == [narrow["id"]]
