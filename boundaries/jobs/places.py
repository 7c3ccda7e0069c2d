"""Where work in hand lies beside the store: the queue, parts of uploads."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import urlparse

_OWNER_FOLDER = 0o700


def folder_beside(url: str) -> Path:
    """Return the folder for work in hand of a store.

    ``store.sqlite.work`` beside ``store.sqlite``; for a server's store below
    ``QUHUA_CACHE`` or this user's own cache folder. What is in it is not yet, or no
    longer, the store's: parts of uploads that nobody finished, and a queue.
    """
    if not url.startswith(("postgresql:", "postgres:")):
        store = Path(url.removeprefix("sqlite:///"))
        return store.with_name(f"{store.name}.work")
    place = urlparse(url)
    name = f"{place.hostname or 'local'}-{place.path.strip('/') or 'quhua'}.work"
    named = os.environ.get("QUHUA_CACHE")
    if named:
        return Path(named) / name
    home = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA")
    return (Path(home) if home else Path.home() / ".cache") / "quhua" / name


def tiles_beside(url: str) -> Path:
    """Return the folder of prepared tiles of a store.

    ``QUHUA_TILES`` where a server told its worker; ``store.tiles`` beside
    ``store.sqlite``; for a server's store ``QUHUA_CACHE`` or this user's own cache
    folder.
    """
    named = os.environ.get("QUHUA_TILES") or os.environ.get("QUHUA_CACHE")
    if named:
        return Path(named)
    if url.startswith(("postgresql:", "postgres:")):
        return folder_beside(url).with_suffix(".tiles")
    return Path(url.removeprefix("sqlite:///")).with_suffix(".tiles")


def made(folder: Path) -> Path:
    """Make a folder that only its owner may look into; return it."""
    folder.mkdir(mode=_OWNER_FOLDER, parents=True, exist_ok=True)
    return folder
