"""Hashes that name content and chain what was written.

A digest is ``algorithm:hex``. The algorithm is chosen when a store is created:
``sha256``, or ``sm3`` where the commercial cryptography rules ask for it.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any, BinaryIO

from geodata.errors import StoreError, Text

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

ALGORITHMS = ("sha256", "sm3")
START = ""
"""What the first link of a chain is chained to."""


def require(algorithm: str) -> str:
    """Return the algorithm when it is known and this machine has it."""
    if algorithm not in ALGORITHMS or algorithm not in hashlib.algorithms_available:
        raise StoreError(
            Text(
                f"本机没有摘要算法“{algorithm}”。",
                f"This machine has no digest algorithm “{algorithm}”.",
            ),
            Text(f"可用：{'、'.join(ALGORITHMS)}。", f"Use {' or '.join(ALGORITHMS)}."),
            code="digest",
        )
    return algorithm


def of_bytes(content: bytes, algorithm: str) -> str:
    """Return the digest of ``content``."""
    return f"{algorithm}:{hashlib.new(algorithm, content).hexdigest()}"


def of_file(path: Path, algorithm: str) -> str:
    """Return the digest of a file's content."""
    with path.open("rb") as file:
        return of_open(file, algorithm)


def of_open(file: BinaryIO, algorithm: str) -> str:
    """Return the digest of what is left of an open file."""
    found = hashlib.file_digest(file, algorithm)  # type: ignore[arg-type]
    return f"{algorithm}:{found.hexdigest()}"


def of_parts(parts: Iterable[str | bytes | None], algorithm: str) -> str:
    """Return the digest of a sequence, each part framed by its length.

    ``None`` and the empty part differ; no two sequences share a framing.
    """
    state = hashlib.new(algorithm)
    for part in parts:
        if part is None:
            state.update(b"-\n")
            continue
        content = part.encode() if isinstance(part, str) else part
        state.update(b"%d\n" % len(content))
        state.update(content)
    return f"{algorithm}:{state.hexdigest()}"


def of_feature(
    key: str, props: str, wkb: bytes | memoryview | None, algorithm: str
) -> str:
    """Return the digest of one feature's content."""
    head = f"{len(key.encode())}\n{key}{len(props.encode())}\n{props}"
    state = hashlib.new(algorithm, head.encode())
    if wkb is not None:
        state.update(b"\n")
        state.update(wkb)
    return f"{algorithm}:{state.hexdigest()}"


def canonical(value: Any) -> str:
    """Return JSON in the one form that is hashed: sorted keys, no spaces."""
    return json.dumps(
        value,
        ensure_ascii=False,
        sort_keys=True,
        separators=(",", ":"),
        allow_nan=False,
    )
