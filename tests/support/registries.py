"""Registries for tests: a store, the usual people, drawn divisions."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd

from boundaries.registry import Registry, open_registry
from boundaries.settings import Settings
from boundaries.vault import Vault
from geodata import crs
from tests.support.drawn import coverage_of

PEOPLE = {
    "li": ["surveyor:120101"],
    "sun": ["surveyor:120102"],
    "zhao": ["surveyor:120000"],
    "wang": ["boundary_manager:120101"],
    "chen": ["boundary_manager:120000"],
    "ma": ["boundary_manager:120000"],
    "viewer": ["viewer"],
    "planner": ["planner:120101"],
    "auditor": ["auditor"],
    "watcher": ["audit_admin"],
    "keeper": ["security_admin"],
}
"""``root`` is the system administrator, ``keeper`` grants roles once there; 120101
and 120102 are two districts."""

PICTURE = "AABB/AABB/CCDD"
CODES = {
    "A": ("120101001", "东风街道"),
    "B": ("120102001", "西关街道"),
    "C": ("120101002", "南门街道"),
    "D": ("120102002", "北塘街道"),
}


@dataclass
class Office:
    """A registry with people in it."""

    registry: Registry
    path: Path

    def stage(self, actor: str = "zhao", picture: str = PICTURE, **more: Any) -> Any:
        """Stage what a picture shows."""
        options = {"effective": "2020-01-01", "basis": "津民发〔2020〕1号", **more}
        return self.registry.stage(actor, streets(picture), **options)

    def approve(self, draft: str, author: str = "zhao", by: str = "chen") -> Any:
        """Submit as the author and approve as a second person."""
        self.registry.submit(author, draft)
        return self.registry.approve(by, draft)

    def commit(self, picture: str = PICTURE, **more: Any) -> Any:
        """Stage, submit and approve in one go; return the draft."""
        return self.approve(self.stage(picture=picture, **more)["id"])

    def verbs(self) -> list[str]:
        """Return the verbs of the journal, oldest first."""
        return [entry.verb for entry in self.registry.store.journal()]


def streets(picture: str = PICTURE, **names: str) -> gpd.GeoDataFrame:
    """Return streets drawn with the letters of :data:`CODES`, as a file has them."""
    drawn = coverage_of(picture)
    letters = drawn["code"]
    return gpd.GeoDataFrame(
        {
            "code": [CODES[letter][0] for letter in letters],
            "name": [names.get(letter, CODES[letter][1]) for letter in letters],
        },
        geometry=drawn.geometry.to_numpy(),
        crs=crs.STORAGE,
    )


def office(folder: Path, url: str | None = None, **settings: Any) -> Office:
    """Return a new registry with :data:`PEOPLE`."""
    path = folder / "store.sqlite"
    registry = open_registry(
        url or str(path), create=True, settings=Settings(**settings)
    )
    registry.vault = Vault(b"a server's key")
    registry.init("root")
    for name, roles in PEOPLE.items():
        registry.add_user("root", name, roles)
    return Office(registry, path)
