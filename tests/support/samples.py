"""What stands in for the variable parts of addresses, so that every route can be asked.

:func:`seeded` makes a small store with something of each noun in district 120101. A
part with objects of its own adds them there and names them by their parameter.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import shapely

from boundaries.settings import Access
from boundaries.vocabulary import Role
from geodata import crs
from tests.support.published import publish
from tests.support.registries import Office, office, streets
from tests.support.signed import add_user
from tests.support.streets import two_streets

if TYPE_CHECKING:
    from pathlib import Path

    from geodata.store.protocol import Store

OURS, THEIRS = "120101", "120102"
"""The district the objects lie in, and another one."""
NATIONAL = frozenset(
    {Role.AUDITOR, Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDIT_ADMIN}
)


MARKER, PLACE = f"{OURS}001-{OURS}002-001Q", "P0001"
"""A marker and a place name of ours, published."""
FACILITY, SECOND = "YL0001", "YL0002"
"""Two facilities of ours, published."""
PEOPLE = 987_654
"""How many live in a street of ours, published."""
PRIVATE = ("upload", "job", "export", "number", "place", "facility")
"""What is li's own, and what lies in our district alone: nobody of another district
reaches it by any route."""


@dataclass
class Seeded:
    """A store, who is in it, and the values of the addresses' variable parts."""

    office: Office
    values: dict[str, str]
    people: dict[str, tuple[Role, str] | None] = field(default_factory=dict)


def seeded(folder: Path, url: str | None = None) -> Seeded:
    """Return a store with people of every role in two districts, and objects."""
    often = "100000 per minute"
    made = office(folder, url, access=Access(sign_in_rate=often, account_rate=often))
    registry = made.registry
    made.commit()
    registry.publish("chen")
    renamed = streets(A="南开街道")
    draft = registry.stage(
        "li", renamed, effective="2022-01-01", basis="津民〔2022〕1号"
    )
    registry.submit("li", draft["id"])
    upload = registry.begin_upload("li", "streets.gpkg", 4096)
    job = registry.start_job("li", "check", draft["id"], {})
    export = registry.request_export("li", scope=OURS)
    registers(registry.store)
    registry.add_network("planner", two_streets(lat=39.18))
    asked = registry.ask_siting("planner", {"number": 1})
    people: dict[str, tuple[Role, str] | None] = {"": None}
    for role in Role:
        for subtree in ("",) if role in NATIONAL else (OURS, THEIRS):
            name = f"{role.value}.{subtree}".rstrip(".")
            add_user(registry, name, [f"{role.value}:{subtree}".rstrip(":")])
            people[name] = (role, subtree)
    add_user(registry, "closed", [f"boundary_manager:{OURS}"])
    registry.set_active("keeper", "closed", active=False)
    people["closed"] = None
    add_user(registry, "spare")
    values = {
        "draft": draft["id"],
        "upload": upload["id"],
        "job": job["id"],
        "export": export["id"],
        "code": f"{OURS}001",
        "date": "2020-01-01",
        "old": "2020-01-01",
        "new": "2022-01-01",
        "name": "spare",
        "digest": "0" * 64,
        "address": "0/0/0.mvt",
        "level": "4",
        "filename": "mark.svg",
        "number": MARKER,
        "network": "1",
        "siting": asked["id"],
        "place": PLACE,
        "facility": FACILITY,
        "other": SECOND,
        "version": "1",
        "layer": "divisions",
        "indicator": "I2",
        "kind": "targets",
        "template": "one_n",
        "form": "svg",
    }
    return Seeded(made, values, people)


def registers(store: Store) -> None:
    """Publish :data:`MARKER`, :data:`PLACE` and the facilities, in ours alone."""
    sides = [f"{OURS}001", f"{OURS}002"]
    marker = {"marker": MARKER, "form": "single", "level": 4, "units": sides}
    place = {"place": PLACE, "name": "长乐路", "division": sides[0], "public": True}
    for layer, row in (("markers", marker), ("place_names", place)):
        publish(store, _one(row), "2021", layer=layer, basis="登记表")
    homes = [
        _one({"facility": code, "name": "康乐养老院", "type": "INST", **more})
        for code in (FACILITY, SECOND)
        for more in [{"division": sides[0], "status": "operating"}]
    ]
    publish(store, pd.concat(homes), "2021", layer="facilities", basis="台账")
    people = _one({"division": sides[0], "total": PEOPLE, "aged_60": 1234})
    people.geometry = [None]
    publish(store, people, "2021", layer="population", basis="统计表")


def _one(row: dict[str, Any]) -> gpd.GeoDataFrame:
    key = next(iter(row.values()))
    cells = {name: [value] for name, value in row.items()}
    at = [shapely.Point(117.0, 39.0)]
    return gpd.GeoDataFrame(cells, geometry=at, crs=crs.STORAGE, index=[key])
