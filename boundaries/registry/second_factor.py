"""One-time codes (TOTP, RFC 6238) as a second factor, and codes for a lost device."""

from __future__ import annotations

import hmac
import secrets
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from boundaries import accounts
from boundaries.accounts import LOCAL, SecondFactor, User
from boundaries.registry.desk import SESSIONS, USERS, now
from boundaries.registry.passwords import Passwords, without_codes
from boundaries.registry.sessions import end_all, fingerprint
from boundaries.vault import Vault, is_sealed
from boundaries.vocabulary import THREE_ADMINISTRATORS
from geodata.errors import ForbiddenError, InputError, StateError, Text

if TYPE_CHECKING:
    from geodata.store.protocol import Transaction

STEP = 30
"""Seconds a code holds; the one before and the one after are taken too."""
RECOVERY_CODES = 8
ISSUER = "quhua 区划"


class SecondFactors(Passwords):
    """Set up, ask for and take away one-time codes."""

    def confirm_sign_in(
        self, secret: str, code: str, *, address: str = "", agent: str = ""
    ) -> str:
        """Turn a pending session into a whole one with another secret.

        Raises
        ------
        ForbiddenError
            For a wrong code or one used before; it counts as a wrong password.
        """
        document = self.session(secret)
        if document is None or not document["pending"]:
            raise ForbiddenError(
                Text("请重新输入密码。", "Please enter your password again."),
                code="sign_in",
            )
        name = document["user"]
        self._spend(name, code)
        self.end_session(secret)
        return self.start_session(name, address=address, agent=agent)

    def propose_codes(self, actor: str, password: str) -> None:
        """Draw a secret, to be shown until a first code confirms it."""
        import pyotp

        self._knows(actor, password)
        with self.store.write(lock=[USERS]) as tx:
            user = self.account_of(tx, actor)
            if user.codes.secret:
                raise StateError(
                    Text("已启用动态验证码。", "Codes are set up already.")
                )
            sealed = self._vault().seal(pyotp.random_base32())
            fresh = SecondFactor(proposed=sealed)
            self.save(tx, replace(user, codes=fresh))

    def proposed_codes(self, actor: str) -> dict[str, str] | None:
        """Return the secret being set up and its ``otpauth:`` address, or None."""
        import pyotp

        self.in_person()
        sealed = self.user(actor).codes.proposed
        if not sealed:
            return None
        try:
            proposed = self._vault().open(sealed)
        except StateError:  # drawn with another key: another one is drawn
            return None
        uri = pyotp.TOTP(proposed).provisioning_uri(name=actor, issuer_name=ISSUER)
        return {"secret": proposed, "uri": uri}

    def accept_codes(self, actor: str, code: str) -> list[str]:
        """Turn codes on with a first code; return the recovery codes, this once."""
        self.in_person()
        with self.store.write(lock=[USERS]) as tx:
            user = self.account_of(tx, actor)
            proposed = user.codes.proposed
            step = proposed and matching_step(self._vault().open(proposed), code)
            if not proposed or not step:
                raise InputError(
                    Text(
                        "验证码不正确，请核对手机时间后重试。",
                        "The code is wrong; check the clock of the device.",
                    )
                )
            recovery = [secrets.token_hex(5) for _ in range(RECOVERY_CODES)]
            kept = tuple(fingerprint(each) for each in recovery)
            codes = SecondFactor(secret=proposed, step=step, recovery=kept)
            self.save(tx, replace(user, codes=codes))
            self.record(tx, actor, "set_second_factor", actor)
        return recovery

    def drop_codes(self, actor: str, password: str) -> None:
        """Turn one's own codes off."""
        self._knows(actor, password)
        with self.store.write(lock=[USERS]) as tx:
            self.save(tx, without_codes(self.account_of(tx, actor)))
            self.record(tx, actor, "drop_second_factor", actor)

    def reset_codes(self, actor: str, name: str) -> dict[str, Any]:
        """Turn somebody's codes off who lost the device; their sessions end.

        One's own are turned off knowing the password, as a page left open is not
        enough; or on the server, where whoever asks could open the store anyway.
        """
        self.in_person()
        if actor == name and not self.local:
            raise ForbiddenError(
                Text(
                    "自己的动态验证码请在“我的账号”里凭密码停用。",
                    "Turn your own codes off on your account page, by the password.",
                )
            )
        with self.store.write(lock=[SESSIONS, USERS]) as tx:
            self.may("reset_second_factor", actor, reader=tx)
            user = without_codes(self.account_of(tx, name))
            self.save(tx, user)
            end_all(tx, name)
            self.record(tx, actor, "reset_second_factor", name)
        return user.public()

    def seal_codes(self) -> int:
        """Encrypt the secrets a program of before kept plainly; return how many.

        What was written down plainly before, as in old backups, stays known: whoever
        may have seen one sets their codes up anew.
        """
        vault = self._vault()
        if not any(map(_is_plain, self.store.find(USERS))):
            return 0
        with self.store.write(lock=[USERS]) as tx:
            plain = [doc for doc in tx.find(USERS) if _is_plain(doc)]
            for document in plain:
                user = User.from_document(document)
                sealed = replace(
                    user.codes,
                    secret=vault.seal(vault.open(user.codes.secret)),
                    proposed=vault.seal(vault.open(user.codes.proposed)),
                )
                self.save(tx, replace(user, codes=sealed))
            names = [document["name"] for document in plain]
            if names:
                self.record(tx, LOCAL, "seal_second_factor", "", accounts=names)
        return len(names)

    def codes_closed(self) -> list[str]:
        """Return the accounts whose codes this server's key does not open."""
        found = []
        for document in self.store.find(USERS):
            try:
                self._vault().open(document.get("codes", {}).get("secret", ""))
            except StateError:
                found.append(document["name"])
        return found

    def _vault(self) -> Vault:
        if self.vault is None:
            raise StateError(
                Text(
                    "动态验证码只能在服务器的页面上办理。",
                    "One-time codes are set up on the server's pages.",
                )
            )
        return self.vault

    def needs_codes(self, user: User) -> bool:
        """Return whether an account must set up codes before anything else."""
        asked = self.settings.access.require_totp
        return (
            asked and bool(user.roles & THREE_ADMINISTRATORS) and not user.codes.secret
        )

    def _knows(self, actor: str, password: str) -> None:
        self.in_person()
        user = self.user(actor)
        if user.locked_until > now() or not accounts.verify_password(user, password):
            self.count(actor, right=False)
            raise ForbiddenError(
                Text("密码不正确。", "The password is wrong."), code="wrong_password"
            )

    def _spend(self, name: str, code: str) -> None:
        try:
            with self.store.write(lock=[USERS]) as tx:
                user = self.account_of(tx, name)
                right = (
                    user.active
                    and user.locked_until <= now()
                    and self._take(tx, user, code)
                )
        except StateError:  # the key is another: it counts as any wrong code
            self.count(name, right=False)
            raise
        if not right:
            self.count(name, right=False)
            raise ForbiddenError(
                Text("验证码不正确或已使用。", "The code is wrong or was used."),
                code="wrong_code",
            )

    def _take(self, tx: Transaction, user: User, code: str) -> bool:
        """Use a code up; return whether it was one."""
        code = "".join(code.split()).lower()
        codes = user.codes
        if fingerprint(code) in codes.recovery:  # also when the key is lost
            left = tuple(each for each in codes.recovery if each != fingerprint(code))
            codes = replace(codes, recovery=left)
            self.record(tx, user.name, "use_recovery_code", user.name, left=len(left))
        else:
            step = codes.secret and matching_step(
                self._vault().open(codes.secret), code
            )
            if not step or step <= codes.step:
                return False
            codes = replace(codes, step=step)
        self.save(tx, replace(user, codes=codes, failures=0))
        return True


def _is_plain(document: dict[str, Any]) -> bool:
    codes = document.get("codes", {})
    kept = (codes.get("secret", ""), codes.get("proposed", ""))
    return any(each and not is_sealed(each) for each in kept)


def matching_step(secret: str, code: str) -> int:
    """Return the time step a code belongs to, now or next to now; 0 for none."""
    import pyotp

    here = int(time.time()) // STEP
    typed = "".join(code.split()).encode()
    totp = pyotp.TOTP(secret)
    found = 0
    for step in (here - 1, here, here + 1):
        if hmac.compare_digest(totp.at(step * STEP).encode(), typed):
            found = step
    return found
