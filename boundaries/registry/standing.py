"""Hold what stands now against what the journal says was done.

The chain tells that its links were not altered. It does not tell by itself that the
published version or somebody's role was not altered beside it: for that the links are
replayed here and compared with the rows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from boundaries.registry.desk import USERS
from boundaries.registry.publishing import tag_of
from geodata.errors import Text

if TYPE_CHECKING:
    from geodata.store.changes import JournalEntry
    from geodata.store.protocol import Reader

_NOTHING = "—"


def deviations(reader: Reader) -> list[dict[str, Any]]:
    """Return each tag and account that stands otherwise than it was journalled.

    Each ``{"what": "tag" | "user", "id", "reason": {"zh", "en"}}`` as the store's own
    breaks are.
    """
    tags: dict[str, int] = {}
    roles: dict[str, list[str]] = {}
    active: dict[str, bool] = {}
    for entry in reader.journal():
        _published(entry, tags)
        _granted(entry, roles, active)
    found = [
        _break("tag", name, tags.get(name), number)
        for name, number in _both(tags, _public_tags(reader))
        if tags.get(name) != number
    ]
    kept = {document["key"]: document for document in reader.find(USERS)}
    for name in sorted(kept.keys() | roles.keys()):
        stands = _account(kept[name]) if name in kept else None
        done = (sorted(roles[name]), active[name]) if name in roles else None
        if stands != done:
            found.append(_break("user", name, _words(done), _words(stands)))
    return found


def _published(entry: JournalEntry, tags: dict[str, int]) -> None:
    layer, _, number = entry.subject.partition("@")
    if entry.verb == "publish" and number.isdigit():
        tags[tag_of(layer)] = int(number)


def _granted(
    entry: JournalEntry, roles: dict[str, list[str]], active: dict[str, bool]
) -> None:
    name, detail = entry.subject, entry.detail
    if entry.verb in {"init", "add_user"}:
        roles[name], active[name] = detail.get("roles", []), True
    elif entry.verb == "set_roles":
        roles[name] = detail.get("after", [])
    elif entry.verb == "set_active":
        active[name] = detail.get("active", True)


def _public_tags(reader: Reader) -> dict[str, int]:
    prefix = tag_of("")
    return {k: v for k, v in reader.tags().items() if k.startswith(prefix)}


def _both(done: dict[str, int], stands: dict[str, int]) -> list[tuple[str, int | None]]:
    return [(name, stands.get(name)) for name in sorted(done.keys() | stands.keys())]


def _account(document: dict[str, Any]) -> tuple[list[str], bool]:
    return sorted(document["roles"]), document["active"]


def _words(state: tuple[list[str], bool] | None) -> str | None:
    if state is None:
        return None
    return ", ".join((*state[0], "active" if state[1] else "closed"))


def _break(what: str, name: str, done: object, stands: object) -> dict[str, Any]:
    done = _NOTHING if done is None else done
    stands = _NOTHING if stands is None else stands
    reason = Text(
        f"现为“{stands}”，审计记录为“{done}”：有改动未经审计。",
        f"It stands as '{stands}', the journal says '{done}': changed beside it.",
    )
    return {"what": what, "id": name, "reason": reason._asdict()}
