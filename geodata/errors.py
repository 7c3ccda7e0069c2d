"""The tree of what can go wrong, each with words for the person in front of it.

Every error carries its message in Chinese and in English and, where something
can be done, a hint that says what. The text of a lower library is kept in
``__cause__`` for the log and never shown alone.
"""

from __future__ import annotations

from typing import NamedTuple


class Text(NamedTuple):
    """A sentence for the user in both languages."""

    zh: str
    en: str

    def to(self, language: str) -> str:
        """Return the sentence in ``language`` (``"zh"`` or ``"en"``)."""
        return self.en if language.startswith("en") else self.zh

    def __str__(self) -> str:
        return self.zh


class QuhuaError(Exception):
    """Base of everything a user may be told.

    Parameters
    ----------
    message
        What happened and where, in both languages.
    hint
        What to do about it, in both languages.
    code
        A short stable word for programs; defaults to the class's own.
    """

    code = "error"

    def __init__(
        self, message: Text, hint: Text | None = None, *, code: str | None = None
    ) -> None:
        super().__init__(message.en)
        self.message = message
        self.hint = hint
        if code is not None:
            self.code = code

    def text(self, language: str) -> str:
        """Return message and hint as one paragraph in ``language``."""
        parts = [self.message.to(language)]
        if self.hint is not None:
            parts.append(self.hint.to(language))
        return " ".join(parts)

    def to_dict(self) -> dict[str, object]:
        """Return the error as JSON for the API and ``--json``."""
        return {
            "error": self.code,
            "message": self.message._asdict(),
            "hint": self.hint._asdict() if self.hint else None,
        }


class FileRefusedError(QuhuaError):
    """The file cannot be read: wrong kind, damaged, hostile or over a limit."""

    code = "file_refused"


class LimitError(FileRefusedError):
    """A limit was exceeded; ``setting`` names the setting that holds it."""

    code = "limit"

    def __init__(
        self, message: Text, hint: Text | None = None, *, setting: str
    ) -> None:
        super().__init__(message, hint)
        self.setting = setting

    def to_dict(self) -> dict[str, object]:
        """Return the error as JSON, with the setting's name."""
        return {**super().to_dict(), "setting": self.setting}


class UnsupportedFormatError(FileRefusedError):
    """A format we do not read (DWG, MDB, VCT, ...); the hint says what to export."""

    code = "unsupported_format"


class CancelledError(QuhuaError):
    """The user, or a shutdown, ended the work before it was done."""

    code = "cancelled"


class CRSError(QuhuaError):
    """The coordinate reference system is missing, contradictory or unusable."""

    code = "crs"


class TransformError(CRSError):
    """PROJ would do nothing silently (Xian 1980, Beijing 1954 to CGCS2000)."""

    code = "transform"


class GeometryError(QuhuaError):
    """A geometry cannot be processed; the message says where."""

    code = "geometry"


class WorkersError(QuhuaError):
    """The processes that share a piece of work died too often."""

    code = "workers"


class InfeasibleError(QuhuaError):
    """A siting model has no answer; the hint says what would give it one."""

    code = "infeasible"


class StoreError(QuhuaError):
    """The store cannot do what was asked."""

    code = "store"


class NotFoundError(StoreError):
    """No such layer, version, tag, draft, key or record."""

    code = "not_found"


class ConflictError(StoreError):
    """The base moved under a change: somebody else wrote first.

    ``details`` holds one object per key or border: ``{"key", "base", "mine",
    "theirs"}`` with properties and GeoJSON geometry of each side.
    """

    code = "conflict"

    def __init__(
        self,
        message: Text,
        hint: Text | None = None,
        *,
        details: tuple[dict[str, object], ...] = (),
    ) -> None:
        super().__init__(message, hint)
        self.details = details

    def to_dict(self) -> dict[str, object]:
        """Return the error as JSON, with both sides of each conflict."""
        return {**super().to_dict(), "details": list(self.details)}


class ForbiddenError(QuhuaError):
    """The user may not do this, or not there."""

    code = "forbidden"


class SignInError(ForbiddenError):
    """Nobody is signed in, or the session has ended."""

    code = "sign_in"


class StateError(QuhuaError):
    """The draft is not in a state from which this move is allowed."""

    code = "state"


class InputError(QuhuaError):
    """An argument, a date or a field given by the user is wrong."""

    code = "input"
