"""The page reads both stores alike."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from tests.support import published
from tests.support.signed import client_as
from tests.support.stores import postgis_server, postgis_url, store_url  # noqa: F401
from tests.webmap.conftest import drawn
from webmap import create_app

if TYPE_CHECKING:
    from pathlib import Path


def test_the_same_page_from_either_store(store_url: str, tmp_path: Path) -> None:  # noqa: F811
    registry = published.registry_at(store_url)
    published.publish(registry.store, drawn("AAB/AAB/CCC"), "2020-01-01", basis="甲")
    published.publish(registry.store, drawn("ABB/AAB/CCC"), "2022-06-01", basis="乙")
    client = client_as(create_app(registry, cache=tmp_path / "tiles"))
    for _ in range(200):
        answer = client.get("/api/v1/changes/2020-01-01/2022-06-01")
        if answer.status_code == 200:
            break
        time.sleep(0.05)
    (move,) = answer.json["moves"]
    assert (move["from"]["name"], move["to"]["name"]) == ("东区", "西区")
    assert move["ha"] == pytest.approx(95.93, abs=0.05)
    found = client.get("/api/v1/divisions/120102").json
    assert [item["cited"][0]["basis"] for item in found["history"]] == ["乙", "甲"]
    digest = client.get("/api/v1/dates/2022-06-01").json["tiles"]
    assert client.get(f"/p/{digest}/9/422/195.mvt").status_code == 200
    registry.store.close()
