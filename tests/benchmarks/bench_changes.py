"""Changes found between two versions, against what was published about them."""

from __future__ import annotations

import time
from pathlib import Path

import geopandas as gpd
import openpyxl
import pandas as pd
import pytest
import shapely

from boundaries.divisions import code_history
from geodata.topology import changes

IDENTITY = ["recoded", "renamed", "merged", "split"]
Pairs = set[tuple[str, str]]


def scored(name: str, told: Pairs, true: Pairs, capsys: pytest.CaptureFixture[str]):
    """Print and return precision and recall."""
    precision = len(told & true) / max(len(told), 1)
    recall = len(told & true) / max(len(true), 1)
    say(
        capsys,
        f"{name}: {len(true)} true, {len(told)} found, {len(told & true)} both: "
        f"precision {precision:.3f}, recall {recall:.3f}",
    )
    return precision, recall


def say(capsys: pytest.CaptureFixture[str], line: str) -> None:
    with capsys.disabled():
        print(f"\n{line}", end="")  # noqa: T201 - a benchmark reports


def pairs_of(found: pd.DataFrame, kinds: list[str]) -> Pairs:
    rows = found[found["kind"].isin(kinds)]
    return set(zip(rows["from"], rows["to"], strict=True))


def published(data: Path, old: dict[str, str], new: dict[str, str]) -> Pairs:
    """Whose area became whose in 2018-2021, between units that the layers have.

    The layers keep some codes after a unit was renamed, so a unit is also looked
    for by its name in the same prefecture.
    """
    links = code_history.read(data / "codes" / "areacodes_cc0").links
    years = links["changed"].astype(str).str[:4]
    found = set()
    for row in links[years.between("2018", "2021")].itertuples():
        one = placed(row.from_code, {row.from_name, row.to_name}, old)
        other = placed(row.to_code, {row.to_name}, new)
        if one and other and (one != other or old[one] != new[other]):
            found.add((one, other))
    return found


def placed(code: str, names: set[str], layer: dict[str, str]) -> str | None:
    if layer.get(code) in names:
        return code
    near = [key for key, name in layer.items() if name in names and key[:4] == code[:4]]
    return near[0] if len(near) == 1 else None


CONTAINED_M2 = 1e6
"""A township is larger: where less moved, the layers do not have its transfer."""


def of_towns(data: Path) -> Pairs:
    """Which county gave a township to which, as published by year 2014-2023."""
    book = openpyxl.load_workbook(
        data / "codes/areacodes_cc0/sub-county-diff.xlsx", read_only=True
    )
    found = set()
    for sheet in book:
        columns = None
        for cells in sheet.iter_rows(values_only=True):
            row = ["" if cell is None else str(cell).strip() for cell in cells]
            if "原区划代码" in row:
                columns = row.index("原区划代码"), row.index("现区划代码")
            elif columns is not None:
                one, other = (row[column] for column in columns)
                if one.isdigit() and other.isdigit() and one[:6] != other[:6]:
                    found.add((one[:6], other[:6]))
    return found


def untouched(old: gpd.GeoDataFrame, new: gpd.GeoDataFrame, told: Pairs) -> Pairs:
    """The pairs of which both units keep half of their vertices to the bit."""
    before, after = (
        {
            key: set(map(tuple, shapely.get_coordinates(shape).tolist()))
            for key, shape in zip(frame["adcode"], frame.geometry, strict=True)
        }
        for frame in (old, new)
    )
    kept = {
        key: len(before[key] & after[key]) / len(before[key])
        for key in before.keys() & after.keys()
    }
    return {pair for pair in told if all(kept.get(key, 1.0) >= 0.5 for key in pair)}


@pytest.mark.benchmark
def test_counties_of_china(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old, new = (
        gpd.read_parquet(data / f"bench/cn_county_{year}.parquet")
        for year in (2020, 2022)
    )
    began = time.process_time()
    found = changes(old, new, key="adcode", name="name")
    say(capsys, f"cn_county 2020-2022: {time.process_time() - began:.1f} s CPU, ")
    say(capsys, str(found["kind"].value_counts().to_dict()))
    names = [dict(zip(f["adcode"], f["name"], strict=True)) for f in (old, new)]
    true = published(data, *names)
    official = set().union(
        *(
            {
                line.split()[0]
                for line in (data / f"codes/areacodes_cc0/data/{year}.txt")
                .read_text("utf-8-sig")
                .splitlines()
                if line.strip()
            }
            for year in range(2017, 2022)
        )
    )
    known = {one for one, _ in true} | {other for _, other in true} | official
    told = {p for p in pairs_of(found, IDENTITY) if set(p) <= known}
    left_out = pairs_of(found, IDENTITY) - told
    say(capsys, f"found, of units in no code table: {sorted(left_out)}")
    lasting = {
        one for one, other in pairs_of(found, ["kept", "renamed"]) if one == other
    }
    handed = {p for p in true if p[0] != p[1] and set(p) <= lasting}
    precision, recall = scored(
        "recoded, renamed, merged, split", told, true - handed, capsys
    )
    assert precision >= 0.99
    assert recall >= 0.98
    towns = of_towns(data)
    known_moves = {
        (row["from"], row["to"])
        for _, row in found[found["area_m2"] >= CONTAINED_M2].iterrows()
        if row["kind"] in ("transferred", "border_moved")
    }
    say(
        capsys,
        f"published transfers {len(handed | towns)}, of which the layers have "
        f"{len((true | towns) & known_moves)}",
    )
    told = pairs_of(found, ["transferred"])
    _, recall = scored("transferred", told, (true | towns) & known_moves, capsys)
    assert recall >= 0.99
    still = untouched(old, new, told)
    say(
        capsys,
        f"of {len(told)}, both units keep half of their other vertices to the bit in "
        f"{len(still)}: {sorted(told - still)} were drawn anew",
    )
    assert len(still) >= 0.8 * len(told)


@pytest.mark.benchmark
@pytest.mark.parametrize(("first", "last"), [(2010, 2013), (2013, 2016), (2010, 2016)])
def test_swiss_municipalities(
    data: Path, first: int, last: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """Truth by other means: the municipality in which a point of an ended one lies."""
    old, new = (
        gpd.read_file(data / f"swiss_history/{year}/municipalities.shp")
        for year in (first, last)
    )
    began = time.process_time()
    found = changes(old, new, key="id", name="name")
    say(capsys, f"Swiss {first}-{last}: {time.process_time() - began:.1f} s CPU")
    say(capsys, str(found["kind"].value_counts().to_dict()))
    inside = gpd.GeoDataFrame(
        {"old": old["id"].astype(str)}, geometry=old.representative_point(), crs=old.crs
    )
    plain = new.set_crs(old.crs, allow_override=True).rename(columns={"id": "new"})
    joined = gpd.sjoin(inside, plain[["new", "geometry"]], predicate="within")
    lies = set(zip(joined["old"], joined["new"].astype(str), strict=True))
    gone = set(old["id"].astype(str)) - set(new["id"].astype(str))
    true = {pair for pair in lies if pair[0] in gone}
    told = {p for p in pairs_of(found, ["merged", "recoded", "split"]) if p[0] in gone}
    precision, recall = scored("ended municipalities and heirs", told, true, capsys)
    assert precision >= 0.97
    assert recall >= 0.99
