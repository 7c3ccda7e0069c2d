"""Damaged files by the hundred: make them, and read a batch in one guarded process."""

from __future__ import annotations

import random
import traceback
import zipfile
from pathlib import Path
from typing import Any

from geodata.errors import LimitError, QuhuaError
from geodata.files import sniff, worker
from geodata.files.limits import UPLOAD


def damaged(content: bytes, seed: int) -> bytes:
    """Return ``content`` with bytes flipped, dropped, doubled or cut off."""
    chance = random.Random(seed)  # noqa: S311 - repeatable, not secret
    data = bytearray(content)
    way = chance.choice(["flip", "flip", "flip", "cut", "drop", "double", "zero"])
    if way == "cut":
        return bytes(data[: chance.randrange(len(data))])
    if way == "flip":
        for _ in range(chance.choice([1, 2, 8, 64])):
            data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        return bytes(data)
    start = chance.randrange(len(data))
    end = min(len(data), start + chance.choice([1, 4, 64, 512]))
    piece = {"drop": b"", "double": data[start:end] * 2, "zero": bytes(end - start)}[
        way
    ]
    data[start:end] = piece
    return bytes(data)


def damaged_inside(packed: Path, seed: int, target: Path) -> None:
    """Damage one file of a zip, leaving the zip itself whole."""
    chance = random.Random(seed)  # noqa: S311 - repeatable, not secret
    with zipfile.ZipFile(packed) as source:
        parts = {name: source.read(name) for name in source.namelist()}
    victim = chance.choice([name for name, content in parts.items() if content])
    parts[victim] = damaged(parts[victim], seed)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as sink:
        for name, content in parts.items():
            sink.writestr(name, content)


def read_batch(names: list[str]) -> list[dict[str, Any]]:
    """Read each file of the working folder; say what became of it."""
    return [{"name": name, **_read(Path(name))} for name in names]


def _read(handed_in: Path) -> dict[str, Any]:
    folder = Path(f"{handed_in.stem}.d")
    folder.mkdir(exist_ok=True)
    path = folder / f"data{handed_in.suffix}"
    path.write_bytes(handed_in.read_bytes())
    try:
        sniff.sniff(path)
        raw = worker.read(path, path.name, UPLOAD, overrides={})
    except LimitError as error:
        return {"outcome": "refused", "why": error.setting}
    except QuhuaError as error:
        return {"outcome": "refused", "why": error.message.en}
    except Exception:  # noqa: BLE001 - exactly what the test looks for
        return {"outcome": "untranslated", "why": traceback.format_exc()[-1500:]}
    shapes = raw.frame.geometry
    tables = {"CSV", "XLSX"}
    drawn = shapes[~(shapes.isna() | shapes.is_empty)]
    return {
        "outcome": "read",
        "adds_up": raw.read == len(raw.frame) + len(raw.refused),
        "null": bool(shapes.isna().any()) and raw.driver not in tables,
        "finite": bool(abs(drawn.total_bounds).max() < 1e9) if len(drawn) else True,
    }
