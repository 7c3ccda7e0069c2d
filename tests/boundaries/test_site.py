"""Settings that change while the program runs, and backups of the site."""

from __future__ import annotations

import ast
import json
from typing import TYPE_CHECKING, Any

import pytest

from boundaries import journal
from boundaries.accounts import LOCAL
from boundaries.registry import open_registry
from boundaries.settings import load
from geodata.errors import ForbiddenError, InputError, NotFoundError

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.registries import Office


def _row(rows: list[dict[str, Any]], name: str) -> dict[str, Any]:
    return next(row for row in rows if row["name"] == name)


def test_a_change_holds_at_once_here_and_soon_elsewhere(desk: Office) -> None:
    registry = desk.registry
    other = open_registry(str(desk.path))
    assert other.settings.review.waiver_days == 365
    assert registry.change_setting("root", "review.waiver_days", "30")["value"] == 30
    assert registry.settings.review.waiver_days == 30
    other.site._asked = float("-inf")  # a second later
    assert other.settings.review.waiver_days == 30
    row = _row(registry.site_settings("watcher"), "review.waiver_days")
    assert (row["origin"], row["by"], row["default"]) == ("site", "root", 365)
    link = registry.store.journal()[-1]
    assert (link.verb, link.subject) == ("change_setting", "review.waiver_days")
    assert link.detail == {"before": 365, "after": 30}
    assert registry.change_setting("root", "review.waiver_days", None)["value"] == 365
    assert other.store.get("site", "settings")["values"] == {}  # type: ignore[index]
    other.close()


@pytest.mark.parametrize(
    ("actor", "name", "value", "error"),
    [
        ("root", "review.waiver_days", "soon", InputError),
        ("root", "review.waiver_days", "-1", InputError),
        ("root", "review.waiver_dayz", "1", InputError),
        ("root", "store", "elsewhere", InputError),
        ("root", "audit.digest", "sm3", InputError),
        ("keeper", "access.idle_minutes", "0", InputError),
        ("root", "access.idle_minutes", "20", ForbiddenError),
        ("keeper", "review.waiver_days", "20", ForbiddenError),
        ("watcher", "review.waiver_days", "20", ForbiddenError),
        ("chen", "review.waiver_days", "20", ForbiddenError),
    ],
)
def test_what_may_not_be_set_is_refused_and_changes_nothing(
    desk: Office, actor: str, name: str, value: str, error: type[Exception]
) -> None:
    before = len(desk.registry.store.journal())
    with pytest.raises(error):
        desk.registry.change_setting(actor, name, value)
    assert desk.registry.store.get("site", "settings") is None
    assert len(desk.registry.store.journal()) == before


def test_what_the_deployment_fixes_stays_fixed(desk: Office, tmp_path: Path) -> None:
    desk.registry.change_setting("root", "review.waiver_days", "30")
    file = tmp_path / "quhua.toml"
    file.write_text("[review]\nwaiver_days = 90\n", "utf-8")
    there = {"QUHUA_BACKUP_KEEP": "3"}
    fixed = open_registry(str(desk.path), settings=load(file, there))
    assert fixed.settings.review.waiver_days == 90
    rows = fixed.site_settings("root")
    assert _row(rows, "review.waiver_days")["origin"] == "file"
    assert _row(rows, "backup.keep")["origin"] == "environment"
    with pytest.raises(InputError, match="environment") as caught:
        fixed.change_setting("root", "backup.keep", "5")
    assert caught.value.code == "fixed"
    fixed.close()


def test_no_secret_is_told_or_recorded(desk: Office) -> None:
    registry = desk.registry
    names = [row["name"] for row in registry.site_settings("root") if row["secret"]]
    assert names, "there is a key to keep"
    for name in names:
        registry.change_setting("root", name, "s3cr3t-value")
    told = json.dumps(registry.site_settings("root"), ensure_ascii=False)
    kept = json.dumps([entry.detail for entry in registry.store.journal()])
    assert "s3cr3t-value" not in told
    assert "s3cr3t-value" not in kept


def test_a_backup_is_due_made_verified_and_forgotten(desk: Office) -> None:
    registry = desk.registry
    registry.change_setting("root", "backup.keep", "2")
    assert registry.due_backup()
    made = registry.back_up_when_due()
    assert made is not None
    assert not registry.due_backup()
    assert registry.back_up_when_due() is None
    scheduled = [e for e in registry.store.journal() if e.verb == "backup"]
    assert [(e.actor, e.account) for e in scheduled] == [(LOCAL, "schedule")]
    folder = registry.backup_folder()
    for number in range(3):
        registry.backup("root", folder / f"quhua-9{number}")
    assert registry.forget_backups("root") == ["quhua-90", made.name]
    names = [item["name"] for item in registry.backups("root")]
    assert names == ["quhua-92", "quhua-91"]
    assert registry.verify_backup("root", "quhua-91")["ok"]
    (folder / "quhua-92" / "store.sqlite").write_bytes(b"damaged")
    assert not registry.verify_backup("root", "quhua-92")["ok"]
    newest, older = registry.backups("root")
    assert newest["verified"]["error"]["error"] == "damaged"
    assert older["verified"]["ok"]
    for name in ("../store", "quhua-93", "."):
        with pytest.raises(NotFoundError):
            registry.verify_backup("root", name)
    with pytest.raises(ForbiddenError):
        registry.backups("chen")


def test_every_verb_of_the_audit_has_words(root: Path) -> None:
    """Whatever the registry records, the audit page says in both languages."""
    verbs = set()
    for file in (root / "boundaries").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            named = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
            if named and node.func.attr == "record" and len(node.args) >= 3:  # type: ignore[attr-defined]
                verb = node.args[2]  # type: ignore[attr-defined]
                if isinstance(verb, ast.Constant):
                    verbs.add(str(verb.value))
    assert len(verbs) > 30
    assert {verb for verb in verbs if journal.label(verb) is None} == set()


def test_the_audit_is_searched_newest_first_page_by_page(desk: Office) -> None:
    registry = desk.registry
    for number in range(5):
        registry.change_setting("root", "backup.keep", str(number + 1))
    wanted: Any = {"who": "root", "verb": "change_setting", "subject": "backup."}
    first = registry.search_audit("auditor", **wanted, limit=3)
    assert [entry.detail["after"] for entry in first] == [5, 4, 3]
    rest = registry.search_audit("auditor", **wanted, before=first[-1].seq)
    assert [entry.detail["after"] for entry in rest] == [2, 1]
    assert registry.search_audit("auditor", until="2000-01-01T00:00:00Z") == []
    assert registry.search_audit("auditor", before=10**30, limit=1), "no store's number"
    assert registry.search_audit("auditor", subject="backup_") == []
    with pytest.raises(ForbiddenError):
        registry.search_audit("root")
    pages = list(registry.export_audit("auditor", who="root"))
    listed = [entry for page in pages for entry in page]
    assert {entry.actor for entry in listed} == {"root"}
    assert registry.store.journal()[-1].detail == {"selection": {"who": "root"}}
