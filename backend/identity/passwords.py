"""Password hashes: argon2id, computed in a thread because one check takes about 0.2 s of a core."""

import asyncio
import secrets

from pwdlib import PasswordHash

from backend.core.errors import N_, Invalid

_hasher = PasswordHash.recommended()
_decoy = _hasher.hash(secrets.token_urlsafe())
"""Checked when an account doesn't exist, so that the answer takes as long."""

MIN_LENGTH = 10


async def hash_password(password: str) -> str:
    """The argon2id hash of ``password``, with its parameters and salt."""
    return await asyncio.to_thread(_hasher.hash, password)


async def verify_password(password: str, password_hash: str | None) -> bool:
    """Whether ``password`` fits; None (no such account) takes as long and is False."""
    fits = await asyncio.to_thread(_hasher.verify, password, password_hash or _decoy)
    return fits and password_hash is not None


def check_strength(password: str, account: str) -> None:
    """Raise Invalid when a new password is too weak: short, of few characters, or holding the account.

    Length over composition, after NIST SP 800-63B 5.1.1.2.
    """
    if len(password) < MIN_LENGTH:
        raise Invalid(fields={"password": N_("密码至少 10 个字符")})
    if len(set(password)) < 5 or (account and account.lower() in password.lower()):
        raise Invalid(fields={"password": N_("密码太容易被猜到，请换一个")})
