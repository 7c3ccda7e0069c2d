"""The main job by programs alone: from a file to a published version, with tokens."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import pytest

from tests.support import registries
from tests.webmap.test_uploads import content, work
from webmap import create_app

if TYPE_CHECKING:
    from pathlib import Path

    from flask.testing import FlaskClient

    from tests.support.registries import Office


class Program:
    """Somebody's program: their token, no session, no CSRF token."""

    def __init__(self, office: Office, client: FlaskClient, name: str, role: str):
        made = office.registry.create_token(name, "program", [role], days=7)
        self.client, self.headers = client, {"Authorization": f"Bearer {made['token']}"}

    def ask(self, method: str, path: str, status: int = 200, **sent: Any) -> Any:
        headers = {**self.headers, **sent.pop("headers", {})}
        answer = self.client.open(
            f"/api/v1{path}", method=method, headers=headers, **sent
        )
        assert answer.status_code == status, (method, path, answer.text)
        return answer.json


@pytest.fixture
def office(tmp_path: Path) -> Office:
    made = registries.office(tmp_path)
    made.commit()
    made.registry.publish("chen")
    return made


def test_from_a_file_to_a_published_version(office: Office) -> None:
    client = create_app(office.registry).test_client()
    surveyor = Program(office, client, "zhao", "surveyor:120000")
    manager = Program(office, client, "chen", "boundary_manager:120000")

    body = content()
    digest = hashlib.sha256(body).hexdigest()
    sent = {"name": "streets.geojson", "size": len(body), "digest": digest}
    upload = surveyor.ask("POST", "/uploads", 201, json=sent)["id"]
    surveyor.ask(
        "PUT", f"/uploads/{upload}/parts/0", data=body,
        headers={"X-Part-Digest": digest},
    )  # fmt: skip
    job = surveyor.ask("POST", f"/uploads/{upload}/finish", json={})["job"]
    work(office)
    assert surveyor.ask("GET", f"/jobs/{job}")["state"] == "done"
    assert surveyor.ask("GET", f"/uploads/{upload}/reading")

    said = {"effective": "2021-01-01", "basis": "津〔2021〕1号", "title": "调整"}
    staging = surveyor.ask("POST", f"/uploads/{upload}/stage", 202, json=said)
    work(office)
    draft = surveyor.ask("GET", f"/jobs/{staging['id']}")["result"]["draft"]
    surveyor.ask("POST", f"/drafts/{draft}/check", 202)
    work(office)
    assert surveyor.ask("GET", f"/drafts/{draft}/findings")["total"] >= 0
    surveyor.ask("POST", f"/drafts/{draft}/submit", json={"note": "请审"})

    seen = {"staging": manager.ask("GET", f"/drafts/{draft}")["staging"]}
    surveyor.ask("POST", f"/drafts/{draft}/approve", 403, json=seen)
    approved = manager.ask(
        "POST", f"/drafts/{draft}/approve", json={**seen, "note": "同意"}
    )
    assert approved["state"] == "approved"
    manager.ask("POST", f"/drafts/{draft}/publish", 202)
    work(office)
    assert office.registry.store.tags()["published/divisions"] == approved["version"]
    entry = office.registry.store.journal()[-1]
    approving = [e for e in office.registry.store.journal() if e.verb == "approve"][-1]
    assert entry.actor == "chen"
    assert approving.account.startswith("token "), "the audit says by which token"


def test_a_token_does_no_more_than_it_was_given(office: Office) -> None:
    client = create_app(office.registry).test_client()
    narrow = Program(office, client, "chen", "boundary_manager:120101")
    narrow.ask("GET", "/settings", 403)
    narrow.ask("GET", "/audit", 403)
    asked = narrow.ask("POST", "/exports", 202, json={"driver": "CSV"})
    assert asked["expected"] == 2, "the districts of its subtree, not all four"
    bad = client.get("/api/v1/drafts", headers={"Authorization": "Bearer quhua_no"})
    assert bad.status_code == 401
