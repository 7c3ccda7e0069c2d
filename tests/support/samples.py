"""What stands in for the variable parts of addresses, so that every route can be asked.

:func:`seeded` makes a small store with something of each noun in district 120101. A
part with objects of its own adds them there and names them by their parameter.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from boundaries.settings import Access
from boundaries.vocabulary import Role
from tests.support.registries import Office, office, streets
from tests.support.signed import add_user

if TYPE_CHECKING:
    from pathlib import Path

OURS, THEIRS = "120101", "120102"
"""The district the objects lie in, and another one."""
NATIONAL = frozenset(
    {Role.AUDITOR, Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDIT_ADMIN}
)


PRIVATE = ("upload", "job", "export")
"""What is li's own: nobody of another district reaches it by any route."""


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
        "filename": "mark.svg",
        "number": "1",
        "version": "1",
        "layer": "divisions",
    }
    return Seeded(made, values, people)
