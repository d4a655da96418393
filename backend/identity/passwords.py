"""Password hashes: argon2id, computed aside because one check takes about 0.2 s of a core and 64 MB."""

import asyncio
import secrets
from concurrent.futures import ThreadPoolExecutor
from functools import cache

from pwdlib import PasswordHash

from backend.core.errors import N_, Invalid

_hasher = PasswordHash.recommended()
_aside = ThreadPoolExecutor(2, thread_name_prefix="argon2")
"""Two at a time: a flood of sign-ins must not take the memory and cores that alarms need."""

MIN_LENGTH = 10
MAX_LENGTH = 200
"""Longer ones are refused before they are hashed."""
_UNAMBIGUOUS = "23456789abcdefghjkmnpqrstuvwxyz"


@cache
def _decoy() -> str:
    """Checked when an account doesn't exist, so that the answer takes as long."""
    return _hasher.hash(secrets.token_urlsafe())


async def hash_password(password: str) -> str:
    """The argon2id hash of ``password``, with its parameters and salt."""
    return await asyncio.get_running_loop().run_in_executor(_aside, _hasher.hash, password)


async def verify_password(password: str, password_hash: str | None) -> bool:
    """Whether ``password`` fits; None (no such account) takes as long and is False."""
    return await asyncio.get_running_loop().run_in_executor(_aside, _fits, password, password_hash)


def _fits(password: str, password_hash: str | None) -> bool:
    return _hasher.verify(password[:MAX_LENGTH], password_hash or _decoy()) and password_hash is not None


def check_strength(password: str, account: str, *, field: str = "password") -> None:
    """Raise Invalid beside ``field`` when a new password is too weak: short, of few characters, or holding the account.

    Length over composition, after NIST SP 800-63B 5.1.1.2.
    """
    if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
        raise Invalid(fields={field: N_("密码须为 10 到 200 个字符")})
    if len(set(password)) < 5 or (account and account.lower() in password.lower()):
        raise Invalid(fields={field: N_("密码太容易被猜到，请换一个")})


def one_time_password() -> str:
    """A password to be told to somebody and changed at once: twelve characters that can't be misread, 59 bits."""
    return "-".join("".join(secrets.choice(_UNAMBIGUOUS) for _ in range(4)) for _ in range(3))
