"""Imported by the fork server: what a writer needs is loaded before it forks."""

from __future__ import annotations

import tempfile
from pathlib import Path

from geodata.store import (
    open_store,
    postgis,  # noqa: F401 - loaded for the children
)
from tests.support import store_writer, stores

with tempfile.TemporaryDirectory() as folder:
    store = open_store(
        str(Path(folder) / "warm.sqlite"), create=True, layers=stores.LAYERS
    )
    said = [store_writer.one_write(store, "warm", number) for number in range(4)]
    store.close()
