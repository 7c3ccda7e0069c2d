"""Bring a store's own tables to the form this program knows."""

from __future__ import annotations

import io
import json
import re
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from geodata.errors import StoreError, Text
from geodata.store import digests, documents
from geodata.store.tables import layer, setting

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from geodata.store.backend import Backend
    from geodata.store.changes import LayerSchema
    from geodata.store.documents import Labelling
    from geodata.store.writer import SqlTransaction

CURRENT = "0002"
"""The newest migration; a test holds it to the files."""
_LABELS = "0002"
"""The migration that brought labels: documents written before it have none."""
_MAKING, _FIRST_MAKING = "labels", "1"
"""The setting that says how labels were made, and what it was before it was kept."""
_FOLDER = Path(__file__).with_name("migrations")
_REVISION = sa.table("alembic_version", sa.column("version_num"))
_HOW_TO_MIGRATE = Text(
    "请先备份，再运行 quhua migrate（加 --dry-run 先看 SQL）。",
    "Back it up, then run quhua migrate (--dry-run shows the SQL first).",
)


def shown(url: str) -> str:
    """Return a store's address without its password."""
    return re.sub(r"(://[^:/@]+):[^@/]*@", r"\1:***@", url)


def revision(connection: sa.Connection) -> str | None:
    """Return the revision a store is at, None when it has no tables of ours."""
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    found = connection.execute(sa.select(_REVISION.c.version_num)).scalar()
    return None if found is None else str(found)


def require_current(connection: sa.Connection, url: str) -> None:
    """Refuse a store whose tables this program does not know."""
    found = revision(connection)
    if found == CURRENT:
        return
    if found is None:
        raise no_store(url)
    if found > CURRENT:
        raise StoreError(
            Text(
                f"数据库由更新版本的程序写成（{found}，本程序为 {CURRENT}）。",
                f"The store was written by a newer program ({found}; this one "
                f"knows {CURRENT}).",
            ),
            Text(
                "请升级程序：pip install -U quhua。", "Upgrade: pip install -U quhua."
            ),
            code="schema_newer",
        )
    raise StoreError(
        Text(
            f"数据库结构较旧（{found}，需要 {CURRENT}）。",
            f"The store's tables are older ({found}; {CURRENT} is needed).",
        ),
        _HOW_TO_MIGRATE,
        code="schema_older",
    )


def require_labels(connection: sa.Connection, labelling: Labelling) -> None:
    """Refuse a store whose documents are labelled in another way than we ask."""
    if _stale(connection, labelling):
        raise StoreError(
            Text(
                "数据库中文档的检索标签由另一版本的程序生成。",
                "The documents of the store were labelled by another program.",
            ),
            _HOW_TO_MIGRATE,
            code="schema_older",
        )


def no_store(url: str) -> StoreError:
    """Return the error for a place without a store."""
    url = shown(url)
    return StoreError(
        Text(f"{url} 里没有数据库。", f"There is no store at {url}."),
        Text("请先运行 quhua init。", "Run quhua init first."),
        code="no_store",
    )


def upgrade(
    backend: Backend,
    layers: Iterable[LayerSchema] = (),
    *,
    digest: str = "sha256",
    accept: Callable[[SqlTransaction, str], None] = lambda _, __: None,
) -> list[str]:
    """Run the migrations that are missing and grow the layers; return them.

    Everything in one transaction: it is all there, or nothing is. ``accept`` is
    asked last, on the new tables, with what was done; it may refuse by raising.
    """
    from geodata.store.writer import SqlTransaction

    backend.prepare()
    with backend.writing(("schema",)) as connection:
        before = revision(connection)
        relabelled = bring_up(connection, backend.labelling)
        if before is None:
            values = {"name": "digest", "value": digests.require(digest)}
            connection.execute(sa.insert(setting).values(values))
        grown = [
            f"layer {schema.name}" for schema in layers if _grow(connection, schema)
        ]
        ran = [] if before == CURRENT else [f"{before or 'empty'} -> {CURRENT}"]
        ran += ["labels"] if relabelled else []
        accept(SqlTransaction(backend, connection), "\n".join([*ran, *grown]))
        return [*ran, *grown]


def bring_up(connection: sa.Connection, labelling: Labelling) -> bool:
    """Run the migrations that are missing, and what follows from them for rows.

    Return whether the labels of documents were made anew.
    """
    before = revision(connection)
    run(connection)
    stale = before is not None and (before < _LABELS or _stale(connection, labelling))
    if stale:
        documents.label_all(connection, labelling)
    if documents.making(labelling):
        connection.execute(sa.delete(setting).where(setting.c.name == _MAKING))
        values = {"name": _MAKING, "value": documents.making(labelling)}
        connection.execute(sa.insert(setting).values(values))
    return stale


def _stale(connection: sa.Connection, labelling: Labelling) -> bool:
    """Return whether labels were made in another way than they would be now."""
    now = documents.making(labelling)
    query = sa.select(setting.c.value).where(setting.c.name == _MAKING)
    made = connection.execute(query).scalar()
    return bool(now) and (made or _FIRST_MAKING) != now


def run(connection: sa.Connection, to: str = "head") -> None:
    """Run the migrations up to a revision, in the transaction given."""
    from alembic import command

    command.upgrade(_config(connection=connection), to)


def dry_run(backend: Backend, layers: Iterable[LayerSchema] = ()) -> str:
    """Return the SQL that :func:`upgrade` would run, changing nothing.

    Layers that grow are named with the fields they gain.
    """
    from alembic import command

    before, grown = None, []
    if backend.exists():
        with backend.reading() as connection:
            before = revision(connection)
            if before is not None:
                grown = [
                    f"-- layer {schema.name}: + {', '.join(gained)}"
                    for schema in layers
                    if (gained := _gained(connection, schema))
                ]
            if before == CURRENT and _stale(connection, backend.labelling):
                grown.append("-- labels of all documents")
    output = io.StringIO()
    config = _config(dialect=backend.name, output=output)
    command.upgrade(config, f"{before or 'base'}:head", sql=True)
    return "\n".join([output.getvalue(), *grown])


def require_layers(connection: sa.Connection, layers: Iterable[LayerSchema]) -> None:
    """Refuse a store whose layers lack fields this program writes.

    Read as it stands, a value of such a field would be lost among the others.
    """
    older = [schema.name for schema in layers if _gained(connection, schema)]
    if older:
        raise StoreError(
            Text(
                f"数据库中这些图层的字段较旧：{'、'.join(older)}。",
                f"These layers of the store lack fields: {', '.join(older)}.",
            ),
            _HOW_TO_MIGRATE,
            code="schema_older",
        )


def _config(**attributes: Any) -> Any:
    from alembic.config import Config

    config = Config(stdout=io.StringIO())
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes.update(attributes)
    return config


def _known(connection: sa.Connection, name: str) -> dict[str, Any] | None:
    """Return the declaration of a layer that the store was last given."""
    doc = connection.execute(sa.select(layer.c.doc).where(layer.c.name == name))
    found = doc.scalar()
    return None if found is None else dict(json.loads(found))


def _gained(connection: sa.Connection, schema: LayerSchema) -> list[str]:
    """Return the fields a layer would gain; all of them when it is not there."""
    before = _known(connection, schema.name)
    had = {} if before is None else {f["name"]: f["type"] for f in before["fields"]}
    return [f.name for f in schema.fields if had.get(f.name) != f.type]


def _grow(connection: sa.Connection, schema: LayerSchema) -> bool:
    """Add a layer, or fields it gained; fields are never taken away."""
    doc = digests.canonical(asdict(schema))
    before = _known(connection, schema.name)
    if before is None:
        connection.execute(sa.insert(layer).values(name=schema.name, doc=doc))
        return True
    if digests.canonical(before) == doc:
        return False
    lost = {f["name"]: f["type"] for f in before["fields"]}.items() - {
        f.name: f.type for f in schema.fields
    }.items()
    if lost or (before["key"], before["geometry"]) != (schema.key, schema.geometry):
        names = ", ".join(sorted(name for name, _ in lost)) or schema.key
        raise StoreError(
            Text(
                f"图层“{schema.name}”的字段不能删除或改类型：{names}。",
                f"Layer “{schema.name}” cannot lose or retype fields: {names}.",
            ),
            code="schema",
        )
    connection.execute(
        sa.update(layer).where(layer.c.name == schema.name).values(doc=doc)
    )
    return True
