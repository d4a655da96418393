"""Signing in and out. Every refusal reads alike and takes alike long, whether the account exists or not."""

import asyncio
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.core.errors import N_, TooMany
from backend.core.ratelimit import RateLimits
from backend.identity.actor import Actor
from backend.identity.audit import record_change, record_sign_in
from backend.identity.models import Person
from backend.identity.passwords import verify_password
from backend.identity.permissions import system_query
from backend.identity.sessions import end_token, open_session, revoke

ACCOUNT_LIMIT = "10/15 minute"
ADDRESS_LIMIT = "50/15 minute"
"""Failures only: a whole shift signs in from behind one address."""

_at_once = asyncio.Semaphore(4)
"""Between asking for the limit and counting the failure stand at most so many: a burst can't slip through."""


@dataclass(frozen=True)
class Attempt:
    """A try to sign in. ``device`` is the browser's own name, ``held`` the token it already carries."""

    account: str
    password: str
    device: str = ""
    address: str = ""
    request_id: str = ""
    held: str = ""


async def sign_in(session: AsyncSession, limits: RateLimits, attempt: Attempt) -> str | None:
    """The token of a new sign-in; None when account and password don't fit or the person is disabled.

    What the browser held before ends, so that nobody can plant a session. Raises TooMany after ten failures
    of an account or fifty of an address within 15 minutes.
    """
    account = attempt.account.strip().lower()[:64]
    async with _at_once:
        await _refuse_the_tireless(limits, account, attempt.address)
        person = await _person(session, account)
        fits = await verify_password(attempt.password, person.password_hash if person else None)
        if person is None or not fits or not person.active:
            await limits.count(ACCOUNT_LIMIT, "sign-in", "account", account)
            await limits.count(ADDRESS_LIMIT, "sign-in", "address", attempt.address)
            if person is not None:
                await record_sign_in(session, person, fits=False, **_trail(attempt))
            return None
    if attempt.held:
        await end_token(session, attempt.held)
    await record_sign_in(session, person, fits=True, **_trail(attempt))
    return await open_session(session, person, device=attempt.device, address=attempt.address)


def _trail(attempt: Attempt) -> dict[str, str]:
    return {"address": attempt.address, "request_id": attempt.request_id}


async def _refuse_the_tireless(limits: RateLimits, account: str, address: str) -> None:
    if await limits.exhausted(ACCOUNT_LIMIT, "sign-in", "account", account) or await limits.exhausted(
        ADDRESS_LIMIT, "sign-in", "address", address
    ):
        raise TooMany(N_("尝试次数过多，请 15 分钟后再试，或请管理员重置密码"))


@system_query("accounts are unique over all sites, and nobody is signed in yet")
async def _person(session: AsyncSession, account: str) -> Person | None:
    return (await session.execute(select(Person).where(col(Person.account) == account))).scalar_one_or_none()


async def sign_out(session: AsyncSession, actor: Actor) -> None:
    """End the sign-in that asks."""
    await revoke(session, actor.person_id, session_id=actor.session_id)
    await record_change(session, actor, "person.sign_out", "person", actor.person_id)
