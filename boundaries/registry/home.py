"""The desk of one person: what is theirs, what waits for them, what is late."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from boundaries import review
from boundaries.jobs.model import instant
from boundaries.labels import OPEN_LABEL
from boundaries.registry.desk import USERS, WAIVERS, now, today
from boundaries.registry.jobs import Jobs
from boundaries.registry.publishing import tag_of
from boundaries.registry.reviewing import Reviewing
from boundaries.registry.site import Site, hours_since
from boundaries.vocabulary import DraftState, Role

if TYPE_CHECKING:
    from boundaries.accounts import User
    from geodata.store.changes import Version

_JOBS = 10
"""Jobs told at most."""
RECENT = 8
"""Published versions told at most."""
_S = DraftState
_MINE = (_S.CONFLICT, _S.RETURNED, _S.DRAFT, _S.WITHDRAWN, _S.SUBMITTED)
"""States of one's own drafts that are not at an end, what is to do first."""


class Home(Reviewing, Jobs, Site):
    """What a person sees first after signing in."""

    def desk_of(self, actor: str) -> dict[str, Any]:
        """Return what concerns the actor now, within their subtree.

        Returns
        -------
        dict
            ``may`` (verbs the page offers), ``mine`` (own drafts not at an end),
            ``waiting`` (submitted by others, the actor may approve), ``approved``
            (to be published by the actor), ``waivers`` (that end soon), ``changes``
            (published versions that touched the subtree, newest first), ``jobs``
            (not finished, or failed within a day), ``server`` (None but for
            administrators). A draft that is late says so by ``late`` days.
        """
        user = self.user(actor)
        return {
            "may": [
                verb for verb in ("receive", "approve") if review.holds(verb, user)
            ],
            "subtrees": sorted({grant.subtree for grant in user.grants}),
            "mine": self._desk_drafts(user),
            "waiting": self._desk_waiting(user),
            "approved": self._desk_approved(user),
            "waivers": self._desk_waivers(user),
            "changes": self._desk_changes(user),
            "jobs": self._desk_jobs(actor),
            "server": self._desk_server(user),
        }

    def _desk_drafts(self, user: User) -> list[dict[str, Any]]:
        order = {state: place for place, state in enumerate(_MINE)}
        mine = [f"author:{user.name}"]
        own = self.drafts_with(user, mine, [f"state:{state}" for state in _MINE])
        own.sort(key=lambda d: d["updated"], reverse=True)
        own.sort(key=lambda d: order[d["state"]])
        return [self._desk_line(draft) for draft in own]

    def _desk_waiting(self, user: User) -> list[dict[str, Any]]:
        """Return what others submitted and the user may decide, oldest first."""
        if not review.holds("approve", user):
            return []
        submitted = self.drafts_with(user, [f"state:{_S.SUBMITTED}"])
        found = [d for d in submitted if "approve" in d["moves"]]
        return [self._desk_line(draft) for draft in sorted(found, key=_submitted)]

    def _desk_approved(self, user: User) -> list[dict[str, Any]]:
        if not review.holds("publish", user):
            return []
        row = review.verb("publish")
        return [
            self._desk_line(draft)
            for draft in self.drafts_with(user, [f"state:{_S.APPROVED}"])
            if not review.outside(user, row, draft["scope"], draft["layer"])
        ]

    def _desk_line(self, draft: dict[str, Any]) -> dict[str, Any]:
        """Return a draft as a line of a list."""
        last = draft["history"][-1] if draft["history"] else {}
        late = 0
        if draft["state"] == _S.SUBMITTED:
            days = int(hours_since(_submitted(draft)) // 24)
            late = days if days >= self.settings.review.overdue_days else 0
        return {
            "id": draft["id"],
            "title": draft["title"],
            "layer": draft["layer"],
            "state": draft["state"],
            "author": draft["author"],
            "effective": draft["effective"],
            "updated": draft["updated"],
            "submitted": _submitted(draft),
            "note": last.get("note", ""),
            "by": last.get("actor", ""),
            "errors": (draft["findings"] or {}).get("open_errors"),
            "version": draft["version"],
            "late": late,
        }

    def _desk_waivers(self, user: User) -> list[dict[str, Any]]:
        """Return the waivers in the user's hands that end within the notice."""
        if not review.holds("waive", user):
            return []
        days = self.settings.review.waiver_notice_days
        last = dt.datetime.now(dt.UTC).date() + dt.timedelta(days=days)
        row = review.verb("waive")
        found = [
            {
                name: waiver[name]
                for name in ("draft", "rule", "reason", "expires", "participants")
            }
            for waiver in self.store.find(
                WAIVERS, parent="divisions", since=today(), until=f"{last}~"
            )
            if not review.outside(user, row, waiver["participants"])
        ]
        return sorted(found, key=lambda waiver: waiver["expires"])

    def _desk_changes(self, user: User) -> list[dict[str, Any]]:
        """Return the newest published versions that touched the user's subtree."""
        top = self.store.tags().get(tag_of("divisions"), 0)
        versions = [v for v in self.store.versions("divisions") if v.number <= top]
        subtrees = {grant.subtree for grant in user.grants} or {""}
        found: list[dict[str, Any]] = []
        for version in reversed(versions):
            keys = self._desk_touched(version, subtrees)
            if keys is None or keys:
                found.append(_told(version, keys))
            if len(found) == RECENT:
                break
        return found

    def _desk_touched(self, version: Version, subtrees: set[str]) -> list[str] | None:
        """Return the keys of a version within the subtrees; None: not known."""
        from boundaries.codes import is_within

        draft = self.store.get("drafts", str(version.doc.get("draft")))
        if draft is None:
            return None
        keys = [str(key) for key in draft.get("keys") or ()]
        if "" in subtrees:
            return keys
        return [k for k in keys if any(is_within(k, tree) for tree in subtrees)]

    def _desk_jobs(self, actor: str) -> list[dict[str, Any]]:
        """Return the newest of what is not finished, or failed within a day."""
        going = self.jobs(actor, only=(OPEN_LABEL,), limit=_JOBS)
        failed = self.jobs(actor, only=("state:failed",), since=instant(1), limit=_JOBS)
        found = sorted([*going, *failed], key=lambda job: job["id"], reverse=True)
        return found[:_JOBS]

    def _desk_server(self, user: User) -> dict[str, Any] | None:
        """Return what an administrator looks after, None for everybody else."""
        if not user.roles & {Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN}:
            return None
        from geodata import guard

        newest = self.newest_backup()
        accounts = self.store.find(USERS)
        return {
            "guard": guard.status()["warning"],
            "backup": newest,
            "backup_late": newest is None or self.due_backup(),
            "locked": [
                doc["name"] for doc in accounts if doc.get("locked_until", "") > now()
            ],
            "accounts": len(accounts),
        }


def _submitted(draft: dict[str, Any]) -> str:
    """Return when a draft was last submitted; when it was last moved, if never."""
    moves = [h["when"] for h in draft["history"] if h["state"] == _S.SUBMITTED]
    return str(moves[-1] if moves else draft["updated"])


def _told(version: Version, keys: list[str] | None) -> dict[str, Any]:
    return {
        "version": version.number,
        "effective": version.effective,
        "title": str(version.doc.get("title") or version.message),
        "basis": version.basis,
        "recorded": version.recorded,
        "units": len(keys) if keys is not None else None,
        "keys": (keys or [])[:3],
    }
