"""How it is served: caching, headers, languages, errors, the empty store."""

from __future__ import annotations

import gzip
import re
import time
from typing import TYPE_CHECKING, Any

import mapbox_vector_tile
import pytest

from boundaries.jobs.places import tiles_beside
from geodata import guard
from geodata.errors import InputError, QuhuaError
from tests.support import published
from tests.support.signed import add_user, client_as
from tests.webmap.conftest import drawn
from webmap import create_app, policy
from webmap import published as prepared_module
from webmap.serve import require_local

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask
    from flask.testing import FlaskClient

    from boundaries.registry import Registry

    Ask = Callable[[str], Any]


def tile_address(ask: Ask) -> str:
    digest = ask("/api/v1/dates/2022-06-01")["tiles"]
    return f"/p/{digest}/9/422/195.mvt"


def test_a_tile_is_immutable_compressed_and_answers_304(
    client: FlaskClient, ask: Ask
) -> None:
    address = tile_address(ask)
    answer = client.get(address, headers={"Accept-Encoding": "gzip"})
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "private, max-age=31536000, immutable"
    assert answer.headers["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in answer.headers["Vary"]
    assert not answer.headers["ETag"].startswith("W/")
    again = client.get(
        address,
        headers={"Accept-Encoding": "gzip", "If-None-Match": answer.headers["ETag"]},
    )
    assert again.status_code == 304
    assert again.data == b""
    plain = client.get(address)
    assert plain.data == gzip.decompress(answer.data)
    assert plain.headers["ETag"] != answer.headers["ETag"]
    layers = mapbox_vector_tile.decode(plain.data)
    names = {f["properties"]["n"] for f in layers["label"]["features"]}
    assert names == {"东区", "西区", "南区"}


def test_equal_states_share_their_tiles_and_changed_ones_do_not(ask: Ask) -> None:
    first, second = (
        ask(f"/api/v1/dates/{date}")["tiles"] for date in ("2020-01-01", "2022-06-01")
    )
    assert first != second
    assert ask("/api/v1/dates/2020-05-05")["tiles"] == first


@pytest.mark.parametrize(
    "address",
    [
        "/p/nothing/1/1/1.mvt",
        "/p/../../etc/passwd",
        "/p/{digest}/99/1/1.mvt",
        "/p/{digest}/3/9/1.mvt",
        "/p/{digest}/3/1.mvt",
        "/p/{digest}/level7/3/1/1.mvt",
        "/p/{digest}/level3/99/1/1.mvt",
        "/p/{digest}/level-3/3/1/1.mvt",
        "/p/{digest}/3/1/../../../x.mvt",
        "/p/0123456789abcdef0123456789abcdef01234567/3/1/1.mvt",
    ],
)
def test_other_addresses_find_nothing(
    client: FlaskClient, ask: Ask, address: str
) -> None:
    digest = ask("/api/v1/dates/2022-06-01")["tiles"]
    assert client.get(address.format(digest=digest)).status_code == 404


def test_the_pointer_is_asked_every_time_and_answers_304(client: FlaskClient) -> None:
    answer = client.get("/p/current.json")
    assert "no-cache" in answer.headers["Cache-Control"]
    tag = answer.headers["ETag"]
    assert (
        client.get("/p/current.json", headers={"If-None-Match": tag}).status_code == 304
    )


def test_the_pointer_follows_the_tag(moved: Registry, client: FlaskClient) -> None:
    edition = client.application.extensions["published"].edition()
    edition.state("2022-06-01", wait=20)
    assert client.get("/p/current.json").json["version"] == 2
    published.publish(moved.store, drawn("ABB/ABB/CCC"), "2023-01-01", basis="丙")
    for _ in range(200):
        if client.get("/p/current.json").json["version"] == 3:
            break
        time.sleep(0.05)
    found = client.get("/p/current.json").json
    assert found["version"] == 3
    assert [d["date"] for d in found["dates"]][-1] == "2023-01-01"


def test_what_is_not_in_force_yet_does_not_open(moved: Registry) -> None:
    published.publish(moved.store, drawn("ABB/ABB/CCC"), "2999-01-01")
    prepared = create_app(moved).extensions["published"].edition()
    assert prepared.at(None) == "2022-06-01"
    assert prepared.at("2999-01-01") == "2999-01-01"
    found = client_as(create_app(moved)).get("/p/current.json").json
    assert found["opens"] == "2022-06-01"
    assert found["dates"][-1]["date"] == "2999-01-01"


PAGES = ("/", "/healthz", "/p/current.json", "/api/v1/dates/2022-06-01")


def test_a_failed_preparation_leaves_the_edition_before_and_passes(
    moved: Registry, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepared = client.application.extensions["published"]
    prepared.edition().state("2022-06-01", wait=20)
    tries: list[str] = []

    def failing(*_: Any) -> Any:
        tries.append("tried")
        raise OSError("the disk is full")

    usual = prepared_module.state
    monkeypatch.setattr(prepared_module, "state", failing)
    monkeypatch.setattr(prepared_module, "PAUSE_S", 0.05)
    published.publish(moved.store, drawn("ABB/ABB/CCC"), "2023-01-01")
    until = time.monotonic() + 20
    while len(tries) < 4 and time.monotonic() < until:
        assert [client.get(page).status_code for page in PAGES] == [200] * len(PAGES)
        time.sleep(0.02)
    assert len(tries) >= 4
    assert client.get("/p/current.json").json["version"] == 2
    monkeypatch.setattr(prepared_module, "state", usual)
    while client.get("/p/current.json").json["version"] == 2:
        assert time.monotonic() < until
        time.sleep(0.02)
    answer = client.get("/api/v1/dates/2023-01-01")
    assert (answer.status_code, answer.json["date"]) == (200, "2023-01-01")


def test_a_failed_first_preparation_is_tried_again_after_a_pause(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = prepared_module.state
    monkeypatch.setattr(prepared_module, "state", lambda *_: 1 / 0)
    monkeypatch.setattr(prepared_module, "PAUSE_S", 0.2)
    address = "/api/v1/dates/2022-06-01"
    until = time.monotonic() + 20
    while client.get(address).status_code != 500:
        assert time.monotonic() < until
    monkeypatch.setattr(prepared_module, "state", usual)
    while client.get(address).status_code != 200:
        assert time.monotonic() < until
        time.sleep(0.02)


@pytest.mark.parametrize(
    ("host", "status"),
    [
        *(("localhost", 200), ("LOCALHOST:8000", 200), ("127.0.0.1:8000", 200)),
        *(("[::1]:8000", 200), ("10.1.2.3", 200), ("map.bureau.example", 200)),
        *(("evil.example", 400), ("evil.example:8000", 400), ("localhost.evil", 400)),
        *(("127.0.0.1.evil.example", 400), ("", 400)),
    ],
)
def test_only_names_of_this_server_are_answered(
    moved: Registry, host: str, status: int
) -> None:
    """Any other name may be one that a page elsewhere had point here."""
    client = client_as(create_app(moved, names=["map.bureau.example"]))
    for page in ("/healthz", "/static/css/none.css", "/p/current.json"):
        answer = client.get(page, headers={"Host": host})
        assert (answer.status_code == 400) == (status == 400), page


@pytest.mark.parametrize("path", ["/", "/healthz", "/nothing", "/p/current.json"])
def test_every_answer_is_guarded(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    policy = answer.headers["Content-Security-Policy"]
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    assert rules["default-src"] == "'self'"
    assert "unsafe" not in policy
    assert re.fullmatch(r"'self' 'nonce-[\w-]{20,}'", rules["script-src"])
    assert rules["frame-ancestors"] == "'none'"
    assert rules["object-src"] == "'none'"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "same-origin"


def test_a_nonce_is_used_once_and_on_every_inline_script(client: FlaskClient) -> None:
    pages = [client.get("/").get_data(as_text=True) for _ in range(2)]
    nonces = [set(re.findall(r'nonce="([^"]+)"', page)) for page in pages]
    assert len(nonces[0]) == len(nonces[1]) == 1
    assert nonces[0] != nonces[1]
    inline = re.findall(r"<script(?![^>]*\bsrc=)[^>]*>", pages[0])
    assert inline
    assert all("nonce=" in tag for tag in inline)
    assert not re.search(r"\son\w+=|\sstyle=|<style(?![^>]*nonce)", pages[0])


def test_the_page_names_no_other_host(client: FlaskClient) -> None:
    page = client.get("/").get_data(as_text=True)
    assert not re.search(r"(?:src|href)=\"(?:https?:)?//", page)


def test_chinese_first_english_by_switch_then_by_cookie(client: FlaskClient) -> None:
    def shown(path: str) -> str:
        page = client.get(path).get_data(as_text=True)
        found = re.search(r'<html lang="([\w-]+)"', page)
        assert found is not None
        return found[1]

    assert "内部使用，不得公开" in client.get("/map").get_data(as_text=True)
    english = client.get("/map?lang=en").get_data(as_text=True)
    assert "Internal use only, not to be made public" in english
    assert shown("/map") == "en"
    assert shown("/map?lang=zh") == "zh-CN"
    assert shown("/map?lang=xx") == "zh-CN"


def test_every_word_of_the_page_has_its_chinese(root: Any) -> None:
    from webmap.languages import catalog

    known = catalog("zh")
    used: set[str] = set()
    for script in (root / "webmap" / "static" / "js").glob("*.js"):
        text = script.read_text("utf-8")
        used |= set(re.findall(r'say\("((?:[^"\\]|\\.)*)"', text))
    assert used
    assert used - set(known) == set()
    assert all(re.search(r"[\u4e00-\u9fff]", known[word]) for word in used)


def test_every_word_of_the_templates_has_its_chinese(root: Any) -> None:
    import gettext

    from webmap.languages import compiled

    chinese = gettext.translation("messages", compiled(), ["zh"])
    used: set[str] = set()
    for page in (root / "webmap" / "templates").glob("*.html"):
        used |= set(re.findall(r"_\('((?:[^'\\]|\\.)*)'\)", page.read_text("utf-8")))
    assert len(used) > 30
    assert [word for word in used if chinese.gettext(word) == word] == []


def test_the_notice_of_the_store_is_told(
    moved: Registry, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert client.get("/p/current.json").json["notice"] == ""
    monkeypatch.setattr(moved, "notice", lambda: "示例数据（虚构）")
    assert client.get("/p/current.json").json["notice"] == "示例数据（虚构）"


def test_nothing_published_says_the_first_step(registry: Registry) -> None:
    app = create_app(registry)
    add_user(registry, "li", ["surveyor:120101"])
    client = client_as(app)
    for who, told in ((client, False), (client_as(app, "li"), True)):
        page = who.get("/map").get_data(as_text=True)
        assert "尚未发布任何区划" in page
        assert ("quhua import" in page) is told
    found = client.get("/p/current.json").json
    assert (found["state"], found["dates"]) == ("empty", [])
    assert client.get("/api/v1/divisions").status_code == 404
    assert client.get("/healthz").json == {"ok": True, "published": None}


def test_errors_are_told_in_both_languages(client: FlaskClient) -> None:
    assert "没有这个页面" in client.get("/nothing").get_data(as_text=True)
    assert "There is no such page" in client.get("/nothing?lang=en").get_data(True)
    found = client.get("/api/v1/nothing")
    assert found.status_code == 404
    assert set(found.json["message"]) == {"zh", "en"}


def test_a_bug_shows_nothing_of_the_inside(moved: Registry) -> None:
    app = create_app(moved)

    @policy.public
    def broken() -> str:
        raise RuntimeError("secret detail")

    app.add_url_rule("/broken", view_func=broken)
    answer = client_as(app).get("/broken")
    assert answer.status_code == 500
    assert "secret detail" not in answer.get_data(as_text=True)
    assert "已记入日志" in answer.get_data(as_text=True)


def test_health_shows_versions_and_the_red_line(
    moved: Registry, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_user(moved, "keeper", ["system_admin"])
    client = client_as(app, "keeper")
    found = client.get("/api/v1/health").json
    assert found["outside_hosts"] == []
    assert found["store"]["backend"] == "sqlite"
    assert found["libraries"]["folium"]
    usual = guard.status()
    warning = {"zh": "没有 Landlock", "en": "no Landlock"}
    monkeypatch.setattr(
        guard, "status", lambda: {**usual, "missing": ["x"], "warning": warning}
    )
    page = client.get("/health", follow_redirects=True).get_data(as_text=True)
    alert = re.search(
        r'role="alert">(?:(?!</section>).)*没有 Landlock', page, re.DOTALL
    )
    assert alert is not None
    assert client.get("/api/v1/health").json["ok"] is False


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost", "127.8.8.8"])
def test_this_machine_may_always_listen(host: str) -> None:
    require_local(host, allow_remote=False)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "server.example"])  # noqa: S104
def test_others_are_let_in_only_when_asked_for(host: str) -> None:
    with pytest.raises(InputError) as refused:
        require_local(host, allow_remote=False)
    assert "--allow-remote" in refused.value.text("zh")
    require_local(host, allow_remote=True)


def test_the_cache_lies_beside_the_store(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    monkeypatch.delenv("QUHUA_CACHE", raising=False)
    assert str(tiles_beside("sqlite:////data/a.sqlite")) == "/data/a.tiles"
    assert str(tiles_beside("/data/b.sqlite")) == "/data/b.tiles"
    remote = tiles_beside("postgresql://me:secret@db/quhua")
    assert "secret" not in str(remote)
    monkeypatch.setenv("QUHUA_CACHE", str(tmp_path))
    assert tiles_beside("/data/b.sqlite") == tmp_path


def test_errors_have_a_status_each() -> None:
    from webmap.refusals import STATUS

    assert all(issubclass(kind, QuhuaError) for kind, _ in STATUS)


def test_a_tile_once_made_is_answered_after_the_next_version_too(
    moved: Registry, client: FlaskClient, ask: Ask
) -> None:
    address = tile_address(ask)
    body = client.get(address).data
    published.publish(moved.store, drawn("ABB/ABB/CCC"), "2023-01-01")
    for _ in range(200):
        if client.get("/p/current.json").json["version"] == 3:
            break
        time.sleep(0.05)
    assert client.get(address).data == body
    again = client_as(create_app(moved))
    assert again.get(address).data == body, "and after a restart"
