"""Secrets that must be read again, kept so that the store alone tells none of them.

Passwords and tokens are kept as digests; the secret of one-time codes is needed in full
at every sign-in. It is encrypted with a key that lies in a file of the server, not in
the store: a copy or a backup of the store makes no codes.
"""

from __future__ import annotations

import base64
import hashlib

from geodata.errors import StateError, Text

_SEALED = "sealed:"
_PURPOSE = b"quhua one-time codes"


class Vault:
    """Seals and opens short texts with a key made from the server's."""

    def __init__(self, key: bytes) -> None:
        # another purpose, another key: what signs cookies decrypts nothing
        own = hashlib.blake2b(key, digest_size=32, person=b"quhua.vault").digest()
        self._key = base64.urlsafe_b64encode(
            hashlib.blake2b(_PURPOSE, key=own, digest_size=32).digest()
        )

    def seal(self, text: str) -> str:
        """Return a text encrypted and signed; ``""`` stays as it is."""
        from cryptography.fernet import Fernet

        return text and _SEALED + Fernet(self._key).encrypt(text.encode()).decode()

    def open(self, kept: str) -> str:
        """Return what was sealed, and as it is what was kept before there was a key.

        Raises
        ------
        StateError
            When it was sealed with another key, or altered.
        """
        from cryptography.fernet import Fernet, InvalidToken

        if not is_sealed(kept):
            return kept
        try:
            token = kept.removeprefix(_SEALED).encode()
            return Fernet(self._key).decrypt(token).decode()
        except InvalidToken as error:
            raise StateError(
                Text(
                    "动态验证码的密钥解不开：服务器的密钥文件不是写入时的那一个。",
                    "The secret of the one-time codes cannot be opened: the server's "
                    "key file is not the one it was sealed with.",
                ),
                HOW_TO_MEND,
                code="other_key",
            ) from error


HOW_TO_MEND = Text(
    "请管理员把原服务器的 .key 文件放回原处并重新启动；找不到时，由安全管理员重置"
    "动态验证码（或在服务器上运行 quhua user codes）。",
    "Let an administrator put the .key file of the old server back and start again; "
    "where it is lost the security administrator resets the codes (or quhua user codes "
    "on the server).",
)


def is_sealed(kept: str) -> bool:
    """Return whether a text is encrypted."""
    return kept.startswith(_SEALED)
