"""The reading verbs in SQL, the same for both backends."""

from __future__ import annotations

import abc
import json
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
import shapely
import sqlalchemy as sa

from geodata.errors import InputError, NotFoundError, StoreError, Text
from geodata.store import dates, digests, documents, features
from geodata.store.changes import (
    ChangeSet,
    Field,
    JournalEntry,
    LayerSchema,
    Version,
)
from geodata.store.tables import (
    as_wkb,
    blob,
    document,
    journal,
    layer,
    setting,
    staged,
    staged_feature,
    state,
    tag,
    version,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    import geopandas as gpd

    from geodata.store.backend import Backend


class SqlReader(abc.ABC):
    """Reads through whatever connection :meth:`_reading` gives.

    Every verb is one transaction of its own on a store, and part of the one
    transaction inside a write block; either way it sees one state throughout.
    """

    _backend: Backend

    @abc.abstractmethod
    def _reading(self) -> AbstractContextManager[sa.Connection]:
        """Return the connection this reads through, inside its transaction."""

    def layers(self) -> dict[str, LayerSchema]:
        """Return the layers by name."""
        with self._reading() as connection:
            rows = connection.execute(sa.select(layer.c.doc).order_by(layer.c.name))
            schemas = [schema_from(json.loads(doc)) for (doc,) in rows]
        return {schema.name: schema for schema in schemas}

    def head(self, layer: str) -> int:
        """Return the number of the layer's newest version, 0 when it is empty."""
        with self._reading() as connection:
            return head_of(connection, layer)

    def versions(self, layer: str | None = None) -> list[Version]:
        """Return versions, oldest first."""
        query = sa.select(version).order_by(version.c.number)
        if layer is not None:
            query = query.where(version.c.layer == layer)
        with self._reading() as connection:
            return [version_from(row) for row in connection.execute(query).mappings()]

    def version(self, ref: int | str, layer: str | None = None) -> Version:
        """Return the version by number or tag; raise NotFoundError.

        A tag may be named without the layer when ``layer`` is given:
        ``version("published", "divisions")``.
        """
        with self._reading() as connection:
            number = resolve(connection, ref, layer)
            query = sa.select(version).where(version.c.number == number)
            row = connection.execute(query).mappings().first()
        if row is None or (layer is not None and row["layer"] != layer):
            raise _no_version(ref)
        return version_from(row)

    def tags(self) -> dict[str, int]:
        """Return version numbers by tag (``"published/divisions"``)."""
        with self._reading() as connection:
            rows = connection.execute(sa.select(tag).order_by(tag.c.name))
            return {row.name: row.version for row in rows}

    def snapshot(
        self,
        layer: str,
        *,
        at: int | str | None = None,
        valid_on: str | None = None,
        known_on: str | None = None,
        in_force: str | None = None,
        keys: Sequence[str] | None = None,
        bbox: tuple[float, float, float, float] | None = None,
        geometry: bool = True,
    ) -> gpd.GeoDataFrame:
        """Return the layer's features; see :class:`geodata.store.protocol.Reader`."""
        with self._reading() as connection:
            schema = schema_of(connection, layer)
            where = [
                state.c.layer == layer,
                *_recorded(connection, layer, at, known_on),
                *_valid(valid_on, in_force),
            ]
            if keys is not None:
                where.append(self._backend.key_filter([str(key) for key in keys]))
            if bbox is not None:
                where.append(self._backend.box_filter(bbox))
            rows = _fetch(connection, where, geometry=geometry or bbox is not None)
        frame = _frame(schema, rows)
        if bbox is not None:
            frame = _meeting(frame, bbox)
        if not geometry:
            frame = frame.set_geometry(
                features.empty_geometry(len(frame)), crs=frame.crs
            )
        return frame

    def states(self, layer: str, *, at: int | str | None = None) -> gpd.GeoDataFrame:
        """Return every state; see :class:`geodata.store.protocol.Reader`."""
        with self._reading() as connection:
            schema = schema_of(connection, layer)
            where = [state.c.layer == layer, *_recorded(connection, layer, at, None)]
            frame = _frame(schema, _fetch(connection, where, geometry=False))
        blank = features.empty_geometry(len(frame))
        return frame.set_geometry(blank, crs=frame.crs)

    def dates(self, layer: str, *, at: int | str | None = None) -> list[str]:
        """Return the valid-time dates on which the layer changed, oldest first."""
        with self._reading() as connection:
            schema_of(connection, layer)
            where = [state.c.layer == layer, *_recorded(connection, layer, at, None)]
            begun = sa.select(state.c.valid_from).where(*where)
            ended = sa.select(state.c.valid_to).where(
                *where, state.c.valid_to.is_not(None)
            )
            found = connection.execute(sa.union(begun, ended)).scalars()
            return sorted(found)

    def history(self, layer: str, key: str) -> list[dict[str, Any]]:
        """Return every state of a feature, oldest first."""
        query = (
            sa.select(state, as_wkb(state.c.geom).label("wkb"))
            .where(state.c.layer == layer, state.c.key == key)
            .order_by(state.c.version_from, state.c.valid_from, state.c.id)
        )
        with self._reading() as connection:
            schema_of(connection, layer)
            rows = connection.execute(query).mappings().all()
        return [
            {
                "valid_from": row["valid_from"],
                "valid_to": row["valid_to"],
                "version": row["version_from"],
                "superseded_by": row["version_to"],
                "properties": json.loads(row["props"]),
                "geometry": shapely.from_wkb(row["wkb"]) if row["wkb"] else None,
            }
            for row in rows
        ]

    def staged(self, draft: str) -> ChangeSet:
        """Return the ChangeSet staged under a draft id."""
        with self._reading() as connection:
            head = connection.execute(
                sa.select(staged).where(staged.c.draft == draft)
            ).first()
            if head is None:
                raise NotFoundError(
                    Text(f"没有草案“{draft}”。", f"There is no draft “{draft}”.")
                )
            schema = schema_of(connection, head.layer)
            sides = [
                features.decode(schema, *_staged_side(connection, draft, side))
                for side in ("old", "new")
            ]
        return ChangeSet(head.layer, head.base, head.effective, *sides)

    def get(self, collection: str, key: str) -> dict[str, Any] | None:
        """Return a document, with its ``key`` and ``rev``, or None."""
        query = sa.select(document.c.key, document.c.rev, document.c.doc).where(
            document.c.collection == collection, document.c.key == key
        )
        with self._reading() as connection:
            row = connection.execute(query).first()
        return None if row is None else _document(*row)

    def find(
        self,
        collection: str,
        *,
        parent: str | None = None,
        prefix: str | None = None,
        labels: Sequence[Sequence[str]] = (),
        since: str = "",
        until: str = "",
        before: str = "",
        order: str = "key",
        descending: bool = False,
        start: int = 0,
        limit: int | None = None,
    ) -> list[dict[str, Any]]:
        """Return documents; see :class:`geodata.store.protocol.Reader`."""
        query = documents.select(
            documents.Sought(collection, parent, prefix, labels, since, until, before),
            order,
            descending=descending,
            start=start,
            limit=limit,
            dialect=self._backend.engine.dialect.name,
        )
        with self._reading() as connection:
            return [_document(*row) for row in connection.execute(query)]

    def count(
        self,
        collection: str,
        *,
        parent: str | None = None,
        labels: Sequence[Sequence[str]] = (),
        since: str = "",
        until: str = "",
    ) -> int:
        """Return how many documents there are; see :meth:`find`."""
        sought = documents.Sought(collection, parent, None, labels, since, until)
        with self._reading() as connection:
            return int(connection.execute(documents.count(sought)).scalar_one())

    def tally(
        self, collection: str, prefix: str, *, labels: Sequence[Sequence[str]] = ()
    ) -> dict[str, int]:
        """Return how many documents have each label that begins with ``prefix``."""
        query = documents.tally(documents.Sought(collection, labels=labels), prefix)
        with self._reading() as connection:
            found = connection.execute(query)
            return {word.removeprefix(prefix): number for word, number in found}

    def blob(self, digest: str) -> bytes:
        """Return content by its hash (verified); raise NotFoundError."""
        with self._reading() as connection:
            require_blob(connection, digest)
            content = self._backend.blob_content(connection, digest)
        _require_whole(digests.of_bytes(content, digest.partition(":")[0]), digest)
        return content

    def open_blob(self, digest: str) -> BinaryIO:
        """Return content as an open file; see the protocol."""
        with self._reading() as connection:
            require_blob(connection, digest)
            file = self._backend.open_blob(connection, digest)
        try:
            _require_whole(digests.of_open(file, digest.partition(":")[0]), digest)
            file.seek(0)
        except BaseException:
            file.close()
            raise
        return file

    def blob_path(self, digest: str) -> Path | None:
        """Return where the content lies as a file, None when it lies in the store."""
        with self._reading() as connection:
            require_blob(connection, digest)
        return self._backend.blob_file(digest)

    def journal(
        self, *, after: int = 0, limit: int | None = None
    ) -> list[JournalEntry]:
        """Return links of the audit chain, oldest first."""
        query = (
            sa.select(journal)
            .where(journal.c.seq > after)
            .order_by(journal.c.seq)
            .limit(limit)
        )
        with self._reading() as connection:
            return [entry_from(row) for row in connection.execute(query).mappings()]

    def search_journal(
        self,
        *,
        actor: str | None = None,
        verb: str | None = None,
        subject: str | None = None,
        since: str | None = None,
        until: str | None = None,
        before: int | None = None,
        limit: int = 100,
    ) -> list[JournalEntry]:
        """Return links of the audit chain that fit, newest first."""
        query = sa.select(journal).order_by(journal.c.seq.desc()).limit(limit)
        exactly = ((journal.c.actor, actor), (journal.c.verb, verb))
        for column, value in exactly:
            if value:
                query = query.where(column == value)
        if subject:
            query = query.where(*documents.begins(journal.c.subject, subject))
        if since:
            query = query.where(journal.c.recorded >= since)
        if until:
            query = query.where(journal.c.recorded < until)
        if before is not None:
            query = query.where(journal.c.seq < min(before, _LAST))
        with self._reading() as connection:
            return [entry_from(row) for row in connection.execute(query).mappings()]


_LAST = 2**63 - 1
"""Beyond it neither store counts."""


def schema_from(doc: dict[str, Any]) -> LayerSchema:
    """Return the schema kept as ``doc``."""
    fields = tuple(Field(**field) for field in doc["fields"])
    return LayerSchema(doc["name"], doc["key"], doc["geometry"], fields)


def schema_of(connection: sa.Connection, name: str) -> LayerSchema:
    """Return a layer's schema; raise NotFoundError."""
    doc = connection.execute(
        sa.select(layer.c.doc).where(layer.c.name == name)
    ).scalar_one_or_none()
    if doc is None:
        raise NotFoundError(Text(f"没有图层“{name}”。", f"There is no layer “{name}”."))
    return schema_from(json.loads(doc))


def head_of(connection: sa.Connection, layer: str) -> int:
    """Return the number of a layer's newest version; raise NotFoundError."""
    schema_of(connection, layer)
    query = sa.select(sa.func.max(version.c.number)).where(version.c.layer == layer)
    return connection.execute(query).scalar() or 0


def algorithm_of(connection: sa.Connection) -> str:
    """Return the digest algorithm the store was created with."""
    query = sa.select(setting.c.value).where(setting.c.name == "digest")
    return str(connection.execute(query).scalar_one())


def version_from(row: Any) -> Version:
    """Return the version kept as a row."""
    values = dict(row)
    values["counts"] = json.loads(values["counts"])
    values["doc"] = json.loads(values["doc"])
    return Version(**values)


def entry_from(row: Any) -> JournalEntry:
    """Return the journal entry kept as a row."""
    return JournalEntry(**{**row, "detail": json.loads(row["detail"])})


def require_blob(connection: sa.Connection, digest: str) -> None:
    """Raise NotFoundError unless the store keeps the content."""
    query = sa.select(blob.c.size).where(blob.c.digest == digest)
    if connection.execute(query).first() is None:
        raise NotFoundError(
            Text(f"没有附件 {digest}。", f"There is no attachment {digest}.")
        )


def resolve(connection: sa.Connection, ref: int | str, layer: str | None) -> int:
    """Return the number of a version named by number or tag."""
    if isinstance(ref, int | np.integer):
        return int(ref)
    names = [ref] if layer is None else [ref, f"{ref}/{layer}"]
    for name in names:
        number = connection.execute(
            sa.select(tag.c.version).where(tag.c.name == name)
        ).scalar()
        if number is not None:
            return int(number)
    if ref.isdecimal():
        return int(ref)
    raise _no_version(ref)


def _require_whole(found: str, digest: str) -> None:
    if found != digest:
        raise StoreError(
            Text(
                f"附件内容与摘要不符：{digest}。",
                f"The content of {digest} does not match its hash.",
            ),
            Text("请从备份恢复。", "Restore it from a backup."),
            code="damaged",
        )


def _no_version(ref: int | str) -> NotFoundError:
    return NotFoundError(Text(f"没有版本“{ref}”。", f"There is no version “{ref}”."))


def _recorded(
    connection: sa.Connection,
    layer: str,
    at: int | str | None,
    known_on: str | None,
) -> list[sa.ColumnElement[bool]]:
    """Return what a state must fulfil to be known then."""
    if at is None and known_on is None:
        return [state.c.version_to.is_(None)]
    bounds = []
    if at is not None:
        bounds.append(_existing(connection, resolve(connection, at, layer)))
    if known_on is not None:
        query = sa.select(sa.func.max(version.c.number)).where(
            version.c.recorded <= dates.instant_end(known_on)
        )
        bounds.append(connection.execute(query).scalar() or 0)
    known = min(bounds)
    return [
        state.c.version_from <= known,
        sa.or_(state.c.version_to.is_(None), state.c.version_to > known),
    ]


def _existing(connection: sa.Connection, number: int) -> int:
    query = sa.select(sa.func.max(version.c.number))
    if not 0 <= number <= (connection.execute(query).scalar() or 0):
        raise _no_version(number)
    return number


def _valid(valid_on: str | None, in_force: str | None) -> list[sa.ColumnElement[bool]]:
    """Return what a state must fulfil to be in force then."""
    if in_force is not None:
        moment = dates.parse(in_force)
    elif valid_on is not None:
        moment = dates.last_day(dates.parse(valid_on))
    else:
        return [state.c.valid_to.is_(None)]
    return [
        state.c.valid_from <= moment,
        sa.or_(state.c.valid_to.is_(None), state.c.valid_to > moment),
    ]


def _fetch(
    connection: sa.Connection, where: list[sa.ColumnElement[bool]], *, geometry: bool
) -> list[tuple[Any, ...]]:
    """Return raw rows, sorted by key."""
    columns: list[Any] = [
        state.c.key,
        state.c.valid_from,
        state.c.valid_to,
        state.c.props,
    ]
    if geometry:
        columns.append(as_wkb(state.c.geom))
    result = connection.execute(sa.select(*columns).where(*where))
    rows = driver_rows(result)
    rows.sort(key=lambda row: row[0].encode())
    return rows


def driver_rows(result: sa.CursorResult[Any]) -> list[tuple[Any, ...]]:
    """Return all rows as the driver gives them; much faster than Row objects."""
    cursor: Any = result.cursor
    rows: list[tuple[Any, ...]] = cursor.fetchall()
    result.close()
    return rows


def _frame(schema: LayerSchema, rows: list[tuple[Any, ...]]) -> gpd.GeoDataFrame:
    if not rows:
        return features.decode(schema, [], [], [], ([], []))
    keys, begun, ended, props, *wkb = zip(*rows, strict=True)
    return features.decode(schema, keys, props, wkb[0] if wkb else None, (begun, ended))


def _meeting(
    frame: gpd.GeoDataFrame, bbox: tuple[float, float, float, float]
) -> gpd.GeoDataFrame:
    """Return the features whose box truly meets ``bbox`` (indexes round)."""
    west, south, east, north = bbox
    if west > east or south > north:
        raise InputError(
            Text("范围应为 西、南、东、北。", "A box is west, south, east, north.")
        )
    w, s, e, n = shapely.bounds(np.asarray(frame.geometry.array, dtype=object)).T
    meets: gpd.GeoDataFrame = frame.loc[
        (w <= east) & (e >= west) & (s <= north) & (n >= south)
    ]
    return meets


def _staged_side(
    connection: sa.Connection, draft: str, side: str
) -> tuple[list[str], list[str], list[bytes | None]]:
    query = (
        sa.select(staged_feature.c.key, staged_feature.c.props, staged_feature.c.wkb)
        .where(staged_feature.c.draft == draft, staged_feature.c.side == side)
        .order_by(staged_feature.c.key)
    )
    result = connection.execute(query)
    rows = driver_rows(result)
    keys, props, wkb = (
        (list(each) for each in zip(*rows, strict=True)) if rows else ([], [], [])
    )
    return keys, props, wkb


def _document(key: str, rev: int, doc: str) -> dict[str, Any]:
    return {**json.loads(doc), "key": key, "rev": rev}
