"""The public view: whether anybody may look, and under which approval number."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from boundaries.registry.desk import Desk, now
from geodata.errors import InputError, StateError, Text

if TYPE_CHECKING:
    from geodata.store.protocol import Reader

SITE, PUBLIC = "site", "public"
LONGEST = 60
"""Characters of an approval number, such as GS(2026)0001号."""
LONGEST_NOTE = 2000


class PublicView(Desk):
    """Switch the public view on and off."""

    def public(self, reader: Reader | None = None) -> dict[str, Any]:
        """Return the state of the public view; anybody may ask.

        Returns
        -------
        dict
            ``{"on", "approval_number", "note", "changed", "by", "rev"}``; the number
            stays when the view is switched off.
        """
        found = (reader or self.store).get(SITE, PUBLIC) or {}
        return {
            "on": bool(found.get("on")),
            "approval_number": str(found.get("approval_number", "")),
            "note": str(found.get("note", "")),
            "changed": found.get("changed"),
            "by": found.get("by"),
            "rev": int(found.get("rev", 0)),
        }

    def set_public(
        self,
        actor: str,
        on: bool,  # noqa: FBT001 - the verb is this
        approval_number: str = "",
        note: str = "",
        *,
        rev: int | None = None,
    ) -> dict[str, Any]:
        """Open the public view under a map approval number (审图号), or close it.

        Parameters
        ----------
        approval_number
            Shown on every public map and print; without one the view stays closed.
            Empty while closing: the number last used is kept.
        note
            Why, for the audit.
        rev
            Of the state that was looked at; ConflictError when another came between.

        Raises
        ------
        InputError
            For a number that is missing, too long or has signs no number has.
        StateError
            When nothing is published yet.
        """
        number = " ".join(approval_number.split())
        require_number(number, on=on)
        _require_short(note)
        with self.store.write(lock=[SITE]) as tx:
            self.may("set_public", actor, reader=tx)
            before = self.public(tx)
            if on and "published/divisions" not in tx.tags():
                raise StateError(
                    Text(
                        "尚未发布任何区划，不能开放公众查看。",
                        "Nothing is published yet, so there is nothing to open.",
                    )
                )
            document = {
                "on": on,
                "approval_number": number or before["approval_number"],
                "note": note.strip(),
                "changed": now(),
                "by": actor,
            }
            tx.put(SITE, PUBLIC, document, rev=before["rev"] if rev is None else rev)
            self.record(
                tx, actor, "set_public", PUBLIC,
                on=on, approval_number=document["approval_number"],
                note=document["note"], was_on=before["on"],
            )  # fmt: skip
        return self.public()


def require_number(number: str, *, on: bool) -> None:
    """Refuse what is no map approval number; ``on``: one is needed."""
    if on and not number:
        raise InputError(
            Text("请填写审图号。", "Enter the map approval number."),
            Text(
                "没有审图号的地图不得公开；审图号由自然资源主管部门核发。",
                "A map without one must not be made public; the authority of natural "
                "resources gives it.",
            ),
        )
    fit = number.isprintable() and any(sign.isdigit() for sign in number)
    if number and (len(number) > LONGEST or not fit):
        raise InputError(
            Text(
                f"“{number[:LONGEST]}”不像审图号。",
                f"'{number[:LONGEST]}' does not look like an approval number.",
            ),
            Text("例如：GS(2026)0001号。", "For example: GS(2026)0001号."),
        )


def _require_short(note: str) -> None:
    if len(note) > LONGEST_NOTE:
        raise InputError(
            Text(
                f"说明最多 {LONGEST_NOTE} 个字符。",
                f"The note may have {LONGEST_NOTE} characters.",
            )
        )
