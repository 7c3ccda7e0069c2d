"""Changes found between two versions, against what was published about them."""

from __future__ import annotations

import time
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest

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
    moved = set(zip(found["from"], found["to"], strict=True))
    say(capsys, f"transfers in whose place the layers are alike: {len(handed - moved)}")
    scored("transferred", pairs_of(found, ["transferred"]), handed & moved, capsys)
    assert handed & moved <= pairs_of(found, ["transferred", "border_moved"])


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
