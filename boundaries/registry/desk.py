"""What every verb of the registry stands on: store, settings, the acting user."""

from __future__ import annotations

import copy
import datetime as dt
import getpass
import logging
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Self

from boundaries import review
from boundaries.accounts import ANONYMOUS, LOCAL, Grant, User
from boundaries.jobs import ledger
from boundaries.site import SiteSettings
from boundaries.vocabulary import Role
from geodata.errors import ForbiddenError, NotFoundError, StateError, Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from boundaries.settings import Settings
    from boundaries.vault import Vault
    from geodata.store.protocol import Reader, Store, Transaction

log = logging.getLogger("boundaries.registry")

USERS = "users"
DRAFTS = "drafts"
WAIVERS = "waivers"
ORIGINALS = "originals"
PRODUCTS = "products"
SESSIONS = "sessions"
TOKENS = "tokens"


class Desk:
    """Holds the store; subclasses add the verbs of one noun each.

    Parameters
    ----------
    store
        An open store.
    settings
        None: the defaults.
    account
        Account of the operating system or session that runs this, for the audit;
        None: the process's own.
    local
        Whether reading verbs may be asked as :data:`boundaries.accounts.LOCAL`:
        on the command line, where the caller can open the store anyway.
    """

    def __init__(
        self,
        store: Store,
        settings: Settings | None = None,
        *,
        account: str | None = None,
        local: bool = False,
    ) -> None:
        if settings is None:
            from boundaries.settings import Settings

            settings = Settings()
        self.store = store
        self.site = SiteSettings(store, settings)
        self.account = account if account is not None else os_account()
        self.local = local
        self.vault: Vault | None = None
        """Given by the server, which has the key; None where nobody signs in."""
        self.within: tuple[str, tuple[Grant, ...]] | None = None
        self.claimed: tuple[str, str] | None = None
        """The job (and the token of the attempt) that every verb is done for."""
        self.prompt = False
        """Whether somebody waits for the answer: what may take long is a job's then."""

    @property
    def settings(self) -> Settings:
        """The settings in force now, with what administrators changed."""
        return self.site.now()

    def acting(
        self, account: str, *, within: tuple[str, tuple[Grant, ...]] | None = None
    ) -> Self:
        """Return the same registry as used through one session or token.

        Parameters
        ----------
        account
            What the audit says beside the actor's name.
        within
            An actor's name and the grants a token was given: the actor has what
            their own grants and these have in common, and stays who they are.
        """
        made = copy.copy(self)
        made.account, made.local, made.within = account, False, within
        return made

    def close(self) -> None:
        """Release the store."""
        self.store.close()

    def user(self, actor: str, reader: Reader | None = None) -> User:
        """Return the acting user; raise ForbiddenError for one nobody knows."""
        if actor == ANONYMOUS:
            return User(ANONYMOUS, grants=(Grant(Role.VIEWER),))
        if actor == LOCAL and self.local:
            return User(LOCAL, local=True)
        document = (reader or self.store).get(USERS, actor)
        if document is None:
            raise ForbiddenError(
                Text(f"没有用户 {actor}。", f"There is no user {actor}."),
                Text(
                    "请管理员用 quhua user add 新建。",
                    "Let an administrator add it: quhua user add.",
                ),
            )
        user = User.from_document(document)
        if self.within and self.within[0] == actor:
            return user.narrowed(self.within[1])
        return user

    def may(
        self,
        verb: str,
        actor: str,
        *,
        draft: dict[str, Any] | None = None,
        keys: Iterable[str] = (),
        reader: Reader | None = None,
        layer: str = review.DIVISIONS,
    ) -> User:
        """Return the acting user if they may do this now and there.

        With a draft its layer decides, else ``layer``. A refusal about a draft that
        the user may not see is that there is none: it names nobody and nothing.
        """
        user = self.user(actor, reader)
        if draft is None:
            review.allow(verb, user, layer=layer, keys=keys)
            return user
        try:
            review.allow(
                verb,
                user,
                layer=draft["layer"],
                state=draft["state"],
                author=draft["author"],
                keys=[*keys, *draft["scope"]],
            )
        except (ForbiddenError, StateError):
            if draft["author"] != actor:
                self.require_sight(user, draft)
            raise
        return user

    def require_sight(self, user: User, draft: dict[str, Any]) -> None:
        """Raise NotFoundError for a draft the user may not see."""
        review.allow("view_draft", user, layer=review.ANY_LAYER)
        row, layer = review.verb("view_draft"), draft["layer"]
        if not review.holds("view_draft", user, layer) or review.outside(
            user, row, draft["scope"], layer
        ):
            raise NotFoundError(
                Text(f"没有草稿 {draft['id']}。", f"There is no draft {draft['id']}."),
                Text("quhua draft list 列出草稿。", "See: quhua draft list."),
            )

    def document(self, draft: str, reader: Reader | None = None) -> dict[str, Any]:
        """Return a draft's document; raise NotFoundError."""
        found = (reader or self.store).get(DRAFTS, draft)
        if found is None:
            raise NotFoundError(
                Text(f"没有草稿 {draft}。", f"There is no draft {draft}."),
                Text("quhua draft list 列出草稿。", "See: quhua draft list."),
            )
        return found

    def record(
        self,
        tx: Transaction,
        actor: str,
        verb: str,
        subject: str,
        **detail: Any,
    ) -> None:
        """Append the verb's link to the audit chain, inside its transaction.

        Done for a job, the job's row says in the same transaction that this step is
        written; a job cancelled or given to another attempt writes nothing more.
        """
        if self.claimed is not None:
            ledger.note(tx, *self.claimed, verb, subject)
        tx.append(
            actor=actor, account=self.account, verb=verb, subject=subject, detail=detail
        )

    def move(
        self,
        tx: Transaction,
        document: dict[str, Any],
        state: str,
        actor: str,
        note: str = "",
        **changes: Any,
    ) -> dict[str, Any]:
        """Write a draft's new state with its history; the stored rev must stand."""
        moved = {
            **document,
            **changes,
            "state": str(state),
            "updated": now(),
            "history": [
                *document["history"],
                {"state": str(state), "actor": actor, "when": now(), "note": note},
            ],
        }
        return self.put_draft(tx, moved)

    def put_draft(self, tx: Transaction, document: dict[str, Any]) -> dict[str, Any]:
        """Write a draft's document if nobody wrote it since it was read."""
        body = {k: v for k, v in document.items() if k not in ("rev", "key")}
        rev = tx.put(
            DRAFTS,
            document["id"],
            body,
            parent=document["layer"],
            rev=document.get("rev", 0),
        )
        return {**body, "rev": rev}


def now() -> str:
    """Return the UTC instant, ISO 8601 to the second with ``Z``."""
    return dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def today() -> str:
    """Return the UTC date, ISO 8601."""
    return now()[:10]


def since(instant: str) -> dt.timedelta:
    """Return the time since a UTC instant written as :func:`now` does."""
    return dt.datetime.now(dt.UTC) - dt.datetime.fromisoformat(instant)


def os_account() -> str:
    """Return the operating system's account, ``""`` where there is none."""
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        return ""


@contextmanager
def logged(verb: str, actor: str, **what: Any) -> Iterator[dict[str, Any]]:
    """Log one line for a verb with its duration; add counts to what it yields."""
    started = time.perf_counter()
    said = dict(what)
    try:
        yield said
    finally:
        ms = (time.perf_counter() - started) * 1000
        words = " ".join(f"{k}={v}" for k, v in said.items())
        log.info("%s actor=%s %s ms=%.0f", verb, actor, words, ms)
