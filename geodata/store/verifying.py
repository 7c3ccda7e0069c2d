"""Recompute everything that was promised never to change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from geodata.errors import InputError, StoreError, Text
from geodata.store import chain, digests
from geodata.store.tables import as_wkb, blob, journal, state, version

if TYPE_CHECKING:
    from collections.abc import Iterator

    from geodata.store.backend import Backend

_ALTERED = Text("内容与摘要不符。", "The content does not match its digest.")
_MISSING = Text("缺失。", "It is missing.")
MEND = Text(
    "quhua audit verify 会逐一列出；缺损的附件可重新交入原文件补上。",
    "quhua audit verify lists every one; handing the same file in again brings a "
    "lost attachment back.",
)
"""What to do when the live store does not verify."""
_CUT = Text(
    "此锚点之后的记录被截断或改写。",
    "The chain was cut off or rewritten since this anchor.",
)


def anchor(connection: sa.Connection) -> dict[str, Any]:
    """Return the heads of both chains and the number of blobs."""
    heads: dict[str, Any] = {}
    for name, table, number in _CHAINS:
        row = connection.execute(
            sa.select(number, table.c.digest).order_by(number.desc()).limit(1)
        ).first()
        heads[name] = {"id": row[0], "digest": row[1]} if row else None
    count = sa.select(sa.func.count()).select_from(blob)
    return {**heads, "blobs": connection.execute(count).scalar()}


def require_anchor(known: dict[str, Any]) -> None:
    """Raise InputError unless ``known`` is shaped as :func:`anchor` gives it."""
    heads = (known.get(name) for name, _, _ in _CHAINS)
    if not isinstance(known.get("blobs", 0), int) or not all(
        head is None
        or (
            isinstance(head, dict)
            and isinstance(head.get("id"), int)
            and isinstance(head.get("digest"), str)
        )
        for head in heads
    ):
        raise InputError(
            Text("这不是导出的锚点。", "This is not an anchor."),
            Text(
                "请使用 quhua audit anchor 写出的文件，不要改动。",
                "Use the file quhua audit anchor wrote, as it is.",
            ),
            code="anchor",
        )


def verify(
    backend: Backend, connection: sa.Connection, known: dict[str, Any] | None = None
) -> list[dict[str, Any]]:
    """Return every break found; ``known`` is an earlier :func:`anchor`."""
    if known is not None:
        require_anchor(known)
    return [
        {"what": what, "id": id_, "reason": reason._asdict()}
        for what, id_, reason in (
            *_journal(connection),
            *_versions(connection),
            *_blobs(backend, connection),
            *(("box", id_, _ALTERED) for id_ in backend.wrong_boxes(connection)),
            *_against(connection, known or {}),
        )
    ]


def failure(
    breaks: list[dict[str, Any]],
    hint: Text = Text("请使用另一份备份。", "Use another backup."),  # noqa: B008 - a constant
) -> StoreError:
    """Return the error for a copy whose chains do not hold."""
    first = breaks[0]
    return StoreError(
        Text(
            f"校验未通过，共 {len(breaks)} 处，第一处：{first['what']} {first['id']}。",
            f"It does not verify: {len(breaks)} breaks, the first at "
            f"{first['what']} {first['id']}.",
        ),
        hint,
        code="damaged",
    )


_Break = tuple[str, Any, Text]
_CHAINS = (
    ("version", version, version.c.number),
    ("journal", journal, journal.c.seq),
)


def _journal(connection: sa.Connection) -> Iterator[_Break]:
    previous, expected = digests.START, 1
    for row in connection.execute(
        sa.select(journal).order_by(journal.c.seq)
    ).mappings():
        for seq in range(expected, row["seq"]):
            yield "journal", seq, _MISSING
        expected = row["seq"] + 1
        algorithm = _algorithm(row["digest"])
        if algorithm is None or row["digest"] != chain.journal_digest(
            previous, row, algorithm
        ):
            yield "journal", row["seq"], _ALTERED
        previous = row["digest"]


def _versions(connection: sa.Connection) -> Iterator[_Break]:
    lines: dict[int, list[str]] = {}
    yield from _states(connection, lines)
    previous, expected = digests.START, 1
    query = sa.select(version).order_by(version.c.number)
    for row in connection.execute(query).mappings():
        for number in range(expected, row["number"]):
            yield "version", number, _MISSING
        expected = row["number"] + 1
        algorithm = _algorithm(row["digest"])
        mine = lines.pop(row["number"], [])
        if algorithm is None or row["digest"] != chain.version_digest(
            previous, row, mine, algorithm
        ):
            yield "version", row["number"], _ALTERED
        previous = row["digest"]
    for number in sorted(lines):
        yield "version", number, _MISSING


def _states(connection: sa.Connection, lines: dict[int, list[str]]) -> Iterator[_Break]:
    """Check each state's content; gather what its versions hashed of it."""
    columns = (
        state.c.id,
        state.c.layer,
        state.c.key,
        state.c.valid_from,
        state.c.valid_to,
        state.c.version_from,
        state.c.version_to,
        state.c.digest,
        state.c.props,
        as_wkb(state.c.geom).label("wkb"),
    )
    query = sa.select(*columns).order_by(state.c.id)
    layers = dict(
        connection.execute(sa.select(version.c.number, version.c.layer)).all()
    )
    for row in connection.execution_options(yield_per=5000).execute(query):
        algorithm = _algorithm(row.digest)
        wkb = None if row.wkb is None else bytes(row.wkb)
        if (
            algorithm is None
            or row.digest != digests.of_feature(row.key, row.props, wkb, algorithm)
            or row.layer != layers.get(row.version_from)
        ):
            yield "state", row.id, _ALTERED
        lines.setdefault(row.version_from, []).append(
            chain.opened(row.id, row.key, row.valid_from, row.valid_to, row.digest)
        )
        if row.version_to is not None:
            lines.setdefault(row.version_to, []).append(
                chain.closed(row.id, row.digest)
            )


def _blobs(backend: Backend, connection: sa.Connection) -> Iterator[_Break]:
    query = sa.select(blob.c.digest, blob.c.size).order_by(blob.c.digest)
    for digest, size in connection.execute(query).all():
        algorithm = _algorithm(digest)
        try:
            content = backend.blob_content(connection, digest)
        except (StoreError, OSError):
            yield "blob", digest, _MISSING
            continue
        if algorithm is None or (
            len(content) != size or digests.of_bytes(content, algorithm) != digest
        ):
            yield "blob", digest, _ALTERED


def _against(connection: sa.Connection, known: dict[str, Any]) -> Iterator[_Break]:
    for name, table, number in _CHAINS:
        head = known.get(name)
        if head is None:
            continue
        digest = connection.execute(
            sa.select(table.c.digest).where(number == head["id"])
        ).scalar()
        if digest != head["digest"]:
            yield name, head["id"], _CUT
    count = connection.execute(sa.select(sa.func.count()).select_from(blob)).scalar()
    if (count or 0) < (known.get("blobs") or 0):
        yield "blob", count, _CUT


def _algorithm(digest: str) -> str | None:
    name = str(digest).partition(":")[0]
    return name if name in digests.ALGORITHMS else None
