"""The audit: one link a verb, whoever acts; breaks are found and named."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from geodata.errors import ForbiddenError
from tests.support.commands import quhua
from tests.support.registries import Office, office, streets


def test_every_verb_leaves_one_link(desk_anywhere: Office) -> None:
    desk = desk_anywhere
    draft = desk.stage()["id"]
    desk.registry.check("zhao", draft)
    desk.registry.submit("zhao", draft)
    desk.registry.return_draft("chen", draft, "复核")
    desk.registry.submit("zhao", draft)
    desk.registry.approve("chen", draft)
    links = desk.registry.audit("auditor")[-6:]
    assert [link.verb for link in links] == [
        "stage",
        "check",
        "submit",
        "return",
        "submit",
        "approve",
    ]
    assert [link.actor for link in links] == ["zhao"] * 3 + ["chen", "zhao", "chen"]
    assert {link.account for link in links} == {desk.registry.account}
    assert links[-1].detail["version"] == 1


@pytest.mark.parametrize("who", ["zhao", "chen", "root", "viewer", "keeper"])
def test_who_may_not_read_the_audit(desk: Office, who: str) -> None:
    with pytest.raises(ForbiddenError):
        desk.registry.audit(who)


@pytest.mark.parametrize("digest", ["sha256", "sm3"])
def test_the_digest_is_chosen_when_the_store_is_made(
    tmp_path: Path, digest: str
) -> None:
    from boundaries.registry import open_registry

    registry = open_registry(str(tmp_path / "s.sqlite"), create=True, digest=digest)
    registry.init("root")
    registry.add_user("root", "zhao", ["surveyor"])
    registry.stage("zhao", streets(), effective="2020")
    assert registry.store.journal()[-1].digest.startswith(f"{digest}:")
    assert registry.verify("root") == []
    registry.close()


def test_an_altered_link_is_named(tmp_path: Path) -> None:
    made = office(tmp_path)
    made.commit()
    made.registry.close()
    _tamper(made.path, "UPDATE journal SET actor = 'sun' WHERE seq = 14")
    from boundaries.registry import open_registry

    registry = open_registry(str(made.path))
    breaks = registry.verify("watcher")
    assert breaks[0]["what"] == "journal"
    assert str(breaks[0]["id"]) == "14"
    registry.close()


def test_a_cut_chain_is_found_with_an_anchor(tmp_path: Path) -> None:
    made = office(tmp_path)
    made.commit()
    anchor = made.registry.anchor("watcher")
    assert made.registry.verify("watcher", anchor) == []
    last = anchor["journal"]["id"]
    made.registry.close()
    _tamper(made.path, "DELETE FROM journal WHERE seq >= ?", last)
    from boundaries.registry import open_registry

    registry = open_registry(str(made.path))
    assert registry.verify("watcher", anchor)
    registry.close()


@pytest.mark.parametrize(
    ("what", "statement", "named"),
    [
        ("tag", "UPDATE tag SET version = 1 WHERE name = ?", "published/divisions"),
        ("tag", "DELETE FROM tag WHERE name = ?", "published/divisions"),
        (
            "user",
            "UPDATE document SET doc = replace(doc, ':120101', '') WHERE key = ?",
            "li",
        ),
        (
            "user",
            "UPDATE document SET doc = replace(doc, 'true', 'false') WHERE key = ?",
            "sun",
        ),
        ("user", "DELETE FROM document WHERE key = ?", "wang"),
    ],
)
def test_what_was_changed_beside_the_journal_is_named(
    tmp_path: Path, what: str, statement: str, named: str
) -> None:
    """The chain holds, but a tag or an account no longer is what its links say."""
    from boundaries.registry import open_registry

    made = office(tmp_path)
    made.commit()
    made.registry.publish("chen")
    made.commit("ABBB/AABB/CCDD", effective="2021-01-01")
    made.registry.publish("chen")
    made.registry.set_roles("keeper", "zhao", ["surveyor:120101"])
    made.registry.set_active("keeper", "viewer", active=False)
    assert made.registry.verify("watcher") == []
    made.registry.close()
    _tamper(made.path, statement, named)
    registry = open_registry(str(made.path))
    (found,) = registry.verify("watcher")
    assert (found["what"], found["id"]) == (what, named)
    registry.close()


def _tamper(path: Path, statement: str, *values: Any) -> None:
    """Change the file behind the store's back, triggers and all."""
    from pysqlite3 import dbapi2

    connection: Any = dbapi2.connect(str(path))
    triggers = connection.execute(
        "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    ).fetchall()
    for (name,) in triggers:
        connection.execute(f'DROP TRIGGER "{name}"')
    assert connection.execute(statement, values).rowcount > 0
    connection.commit()
    connection.close()


def test_verify_on_the_command_line_names_the_first_bad_link(tmp_path: Path) -> None:
    made = office(tmp_path)
    made.commit()
    made.registry.close()
    words = ("audit", "verify", "--store", made.path, "--json")
    assert quhua(*words).status == 0
    _tamper(made.path, "UPDATE journal SET detail = '{}' WHERE seq IN (15, 14)")
    ran = quhua(*words)
    assert ran.status == 1
    assert ran.document["ok"] is False
    assert ran.document["first"]["what"] == "journal"
    assert str(ran.document["first"]["id"]) == "14"
    plain = quhua("audit", "verify", "--store", made.path, "--lang", "en")
    assert "journal 14" in plain.out
