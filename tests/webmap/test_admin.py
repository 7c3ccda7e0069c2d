"""Administration, audit and exports as those who may see them."""

from __future__ import annotations

import csv
import io
import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.signed import add_user, client_as

if TYPE_CHECKING:
    from flask import Flask

PEOPLE = {
    "xi": ["system_admin"],
    "an": ["security_admin"],
    "shen": ["audit_admin"],
    "ji": ["auditor"],
    "gui": ["planner:120000"],
    "kan": ["viewer"],
}
PAGES = {
    "/admin": {"xi", "an", "shen", "ji"},
    "/admin/health": {"xi", "an", "shen"},
    "/admin/settings": {"xi", "an", "shen"},
    "/admin/backups": {"xi"},
    "/admin/public": {"xi", "an", "shen"},
    "/audit": {"ji", "shen"},
    "/exports": {"gui", "ji", "shen", "xi", "an"},
    "/api/v1/settings": {"xi", "an", "shen"},
    "/api/v1/backups": {"xi"},
    "/api/v1/audit": {"ji", "shen"},
    "/api/v1/exports": {"gui", "ji", "shen", "xi", "an"},
    "/api": set(PEOPLE),
}
"""Who sees which page; everybody else gets 403."""


@pytest.fixture
def people(app: Flask) -> dict[str, Any]:
    registry = app.extensions["registry"]
    for name, roles in PEOPLE.items():
        add_user(registry, name, roles)
    return {name: client_as(app, name) for name in PEOPLE}


@pytest.mark.parametrize("path", PAGES)
def test_who_sees_what(people: dict[str, Any], path: str) -> None:
    seen = {name for name, c in people.items() if c.get(path).status_code == 200}
    assert seen == PAGES[path]
    refused = {c.get(path).status_code for n, c in people.items() if n not in seen}
    assert refused <= {403}


@pytest.mark.parametrize("language", ["zh", "en"])
def test_health_says_what_it_found(people: dict[str, Any], language: str) -> None:
    page = people["xi"].get(f"/admin/health?lang={language}").get_data(as_text=True)
    for word in ("SQLite", "Landlock", "GDAL", "PROJ", "journal_mode = wal"):
        assert word in page
    for raw in ("busy_timeout_s", "wal_bytes", "landlock_abi"):
        assert raw not in page, "keys of the store are said in words"
    found = people["xi"].get("/api/v1/health").json
    names = {check["name"]["en"] for check in found["checks"]}
    assert {"Outside hosts", "Newest backup", "Worker of jobs", "Clock"} <= names
    assert found["outside_hosts"] == []


def test_degraded_isolation_is_a_red_line(
    people: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    from geodata import guard

    warning = {"zh": "没有 Landlock", "en": "no Landlock"}
    status = {**guard.status(), "warning": warning}
    monkeypatch.setattr(guard, "status", lambda: status)
    page = people["xi"].get("/admin/health").get_data(as_text=True)
    assert 'class="note error" role="alert"' in page
    assert "没有 Landlock" in page
    assert people["xi"].get("/api/v1/health").json["ok"] is False


def test_a_setting_is_changed_on_the_page_and_its_error_named(
    app: Flask, people: dict[str, Any]
) -> None:
    sent = {"name": "review.waiver_days", "value": "45"}
    assert people["xi"].post("/admin/settings", data=sent).status_code == 303
    assert app.extensions["registry"].settings.review.waiver_days == 45
    wrong = people["xi"].post(
        "/admin/settings", data={"name": "review.waiver_days", "value": "often"}
    )
    assert wrong.status_code == 400
    page = wrong.get_data(as_text=True)
    assert 'href="#review.waiver_days"' in page
    assert 'value="often"' in page
    assert app.extensions["registry"].settings.review.waiver_days == 45
    people["xi"].post("/admin/settings", data={"name": sent["name"], "reset": "1"})
    assert app.extensions["registry"].settings.review.waiver_days == 365
    answer = people["an"].put(
        "/api/v1/settings/access.idle_minutes", json={"value": 20}
    )
    assert answer.json["value"] == 20
    answer = people["an"].put("/api/v1/settings/backup.keep", json={"value": 2})
    assert answer.status_code == 403


def test_the_notice_is_on_every_page_as_text(people: dict[str, Any]) -> None:
    hostile = "<img src=x onerror=alert(1)>{{7*7}}${7*7}"
    people["xi"].post("/admin/notice", data={"text": hostile})
    page = people["kan"].get("/").get_data(as_text=True)
    assert "&lt;img src=x onerror=alert(1)&gt;{{7*7}}${7*7}" in page
    assert "<img src=x" not in page


def test_the_public_view_needs_its_number(people: dict[str, Any]) -> None:
    answer = people["xi"].post("/admin/public", data={"on": "1"})
    assert answer.status_code == 400
    assert "请填写审图号" in answer.get_data(as_text=True)
    sent = {"on": "1", "approval_number": "GS(2026)0001号"}
    assert people["xi"].post("/admin/public", data=sent).status_code == 303
    assert people["kan"].get("/api/v1/public").json["on"] is True
    answer = people["xi"].put("/api/v1/public", json={"on": False})
    assert answer.json["on"] is False
    assert people["an"].put("/api/v1/public", json={"on": False}).status_code == 403


def test_the_audit_is_filtered_and_taken_out_without_formulas(
    app: Flask, people: dict[str, Any]
) -> None:
    registry = app.extensions["registry"]
    with registry.store.write() as tx:
        registry.record(tx, "=cmd", "check", "D1", before="a<b", after="=1+1")
    page = people["ji"].get("/audit?verb=check").get_data(as_text=True)
    assert "=cmd" in page
    assert "<del>a&lt;b</del> → <ins>=1+1</ins>" in page
    assert "登录" not in page.partition("<tbody>")[2]
    answer = people["ji"].post("/audit/export", data={"verb": "check"})
    rows = list(
        csv.reader(io.StringIO(answer.get_data(as_text=True).removeprefix("\ufeff")))
    )
    assert rows[0][1:3] == ["recorded", "actor"]
    assert [row[2] for row in rows[1:]] == ["'=cmd"]
    assert registry.store.journal()[-1].verb == "export_audit"
    assert people["ji"].get("/audit?since=soon").status_code == 400
    many = "9" * 5_000
    assert people["ji"].get(f"/audit?before={many}").status_code == 200
    for each in (many, str(2**63)):
        refused = people["ji"].get(f"/api/v1/audit?before={each}")
        assert refused.status_code == 422
    assert (
        people["ji"].get("/audit?since=2000-01-01&until=2000-01-02").status_code == 200
    )


def test_a_large_journal_is_shown_page_by_page(
    app: Flask, people: dict[str, Any]
) -> None:
    registry = app.extensions["registry"]
    with registry.store.write() as tx:
        for number in range(120):
            registry.record(tx, "x", "check", f"D{number}")
    first = people["ji"].get("/api/v1/audit?verb=check&limit=50").json
    assert [len(first["items"]), first["items"][0]["subject"]] == [50, "D119"]
    path = f"/api/v1/audit?verb=check&limit=100&before={first['next']}"
    rest = people["ji"].get(path).json
    assert [len(rest["items"]), rest["next"]] == [70, None]
    page = people["ji"].get("/audit?verb=check").get_data(as_text=True)
    assert page.count("<tr><td") == 50
    assert 'rel="next"' in page


def test_the_anchor_is_carried_away(people: dict[str, Any]) -> None:
    answer = people["ji"].post("/audit/anchor")
    assert "attachment" in answer.headers["Content-Disposition"]
    assert json.loads(answer.data)["journal"]["digest"]


def test_an_export_is_asked_for_made_and_fetched(
    app: Flask, people: dict[str, Any]
) -> None:
    registry = app.extensions["registry"]
    sent = {"layer": "divisions", "driver": "CSV"}
    assert people["gui"].post("/exports", data=sent).status_code == 303
    (row,) = people["gui"].get("/api/v1/exports").json["items"]
    path = f"/api/v1/exports/{row['id']}/file"
    assert people["gui"].get(path).status_code == 409
    registry.make_export("gui", row["id"])  # what the worker does
    with people["gui"].get(f"/exports/{row['id']}/file") as answer:
        content = answer.data.decode("utf-8-sig")
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert "divisions-v2.csv" in answer.headers["Content-Disposition"]
    assert "东区" in content
    assert people["kan"].get(path).status_code == 403
    assert people["ji"].get(path).status_code == 403
    everybody = people["ji"].get("/exports").get_data(as_text=True)
    assert row["id"] in everybody
    wrong = people["gui"].post("/exports", data={"layer": "none"})
    assert wrong.status_code == 400
    form = people["gui"].get("/exports").get_data(as_text=True)
    offered = re.findall(r'<fieldset class="field" data-layer="(\w+)"( hidden)?', form)
    assert offered[0] == ("divisions", "")
    assert all(hidden for _, hidden in offered[1:])


def test_long_work_is_queued_by_pages_and_by_the_api(
    app: Flask, people: dict[str, Any]
) -> None:
    assert people["xi"].post("/admin/backups").status_code == 303
    assert people["xi"].post("/api/v1/backups").json["kind"] == "backup"
    assert people["ji"].post("/audit/verify").status_code == 303
    assert people["ji"].post("/api/v1/audit/verify").json["kind"] == "verify"
    registry = app.extensions["registry"]
    kinds = [job["kind"] for job in registry.jobs("ji") + registry.jobs("xi")]
    assert kinds == ["verify", "backup"], "the same, while it waits, is one job"


def test_every_page_action_has_a_route_of_the_api(app: Flask) -> None:
    """What a form does, a program can do: the policy names the route."""
    from webmap.policy import policy_of

    told = app.extensions["api"].spec.to_dict()
    known = {
        operation["operationId"]
        for item in told["paths"].values()
        for method, operation in item.items()
        if method != "parameters"
    }
    missing = []
    for rule in app.url_map.iter_rules():
        writing = (rule.methods or set()) & {"POST", "PUT", "PATCH", "DELETE"}
        if rule.rule.startswith("/api/") or not writing:
            continue
        policy = policy_of(app, rule.endpoint, "POST")
        named = policy.api if policy else ""
        if rule.endpoint not in BROWSER_ONLY and named not in known:
            missing.append(f"{rule.endpoint}: {named or 'names none'}")
    assert missing == []


BROWSER_ONLY = {"accounts.sign_in", "accounts.sign_out", "accounts.code"}
"""What only a browser has: its session."""
