"""Sign-in sessions: a random token in the cookie, its SHA-256 in a row that can be revoked."""

import hashlib
import secrets
from datetime import timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from backend.core.clock import now
from backend.core.settings import settings
from backend.identity.actor import Actor
from backend.identity.models import LoginSession, Person, Role
from backend.identity.permissions import system_query


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


async def open_session(session: AsyncSession, person: Person, *, device: str, address: str) -> str:
    """Start a sign-in of ``person`` on one device; gives the token for the cookie."""
    token = secrets.token_urlsafe(32)
    session.add(
        LoginSession(
            token_hash=_digest(token),
            csrf_token=secrets.token_urlsafe(24),
            person_id=person.id,
            site_id=person.site_id,
            expires_at=now() + timedelta(days=settings().session_days),
            device=device[:200],
            address=address,
        )
    )
    await session.flush()
    return token


_ACTOR = """
SELECT s.id AS session_id, s.csrf_token, s.last_seen_at < now() - interval '1 minute' AS long_unseen,
       p.id AS person_id, p.site_id, p.role, p.name, p.name_en, p.account, p.team_id, p.locale, p.theme,
       p.must_change_password, t.code AS site_code, t.name AS site_name, t.name_en AS site_name_en, t.time_zone,
       ARRAY(SELECT jsonb_array_elements_text(t.modules_off)) AS modules_off,
       ARRAY(SELECT h.post_id FROM post_holder h WHERE h.person_id = p.id AND h.until IS NULL) AS post_ids
FROM login_session s JOIN person p ON p.id = s.person_id JOIN site t ON t.id = p.site_id
WHERE s.token_hash = :token_hash AND s.revoked_at IS NULL AND s.expires_at > now() AND p.active
"""


@system_query("before its token is looked up, nobody knows whose sign-in it is")
async def actor_of(session: AsyncSession, token: str, *, address: str = "", request_id: str = "") -> Actor | None:
    """Who holds ``token``; None when it is unknown, revoked or expired, or the person was disabled."""
    row = (await session.execute(text(_ACTOR), {"token_hash": _digest(token)})).mappings().one_or_none()
    if row is None:
        return None
    if row["long_unseen"]:
        await session.execute(
            text("UPDATE login_session SET last_seen_at = now(), address = :address WHERE id = :id"),
            {"id": row["session_id"], "address": address},
        )
    own = {"long_unseen", "role", "post_ids", "modules_off"}
    facts: dict[str, Any] = {k: v for k, v in row.items() if k not in own}
    return Actor(
        **facts,
        role=Role(row["role"]),
        post_ids=frozenset(row["post_ids"]),
        modules_off=frozenset(row["modules_off"]),
        address=address,
        request_id=request_id,
    )


@system_query("a browser that signs in again ends what it held, whoever held it")
async def end_token(session: AsyncSession, token: str) -> None:
    """End the sign-in of ``token``, if there is one."""
    await session.execute(
        text("UPDATE login_session SET revoked_at = now() WHERE token_hash = :token_hash AND revoked_at IS NULL"),
        {"token_hash": _digest(token)},
    )


@system_query("asks about the sign-ins of all open sockets of a process")
async def still_valid(session: AsyncSession, session_ids: list[int]) -> set[int]:
    """Which of these sign-ins still hold; sockets ask so that a revoked one is cut."""
    found = await session.execute(
        text(
            "SELECT s.id FROM login_session s JOIN person p ON p.id = s.person_id WHERE s.id = ANY(:ids) "
            "AND s.revoked_at IS NULL AND s.expires_at > now() AND p.active"
        ),
        {"ids": session_ids},
    )
    return set(found.scalars())


@system_query("the caller has made sure whose sign-ins these are")
async def revoke(session: AsyncSession, person_id: int, *, session_id: int | None = None, keep: int = 0) -> int:
    """End one sign-in of a person, or all but ``keep``. Gives how many ended.

    Requests see it at once, open sockets within seconds (``delivery.hub``).
    """
    ended = await session.execute(
        text(
            "UPDATE login_session SET revoked_at = now() WHERE person_id = :person AND revoked_at IS NULL "
            "AND (CAST(:id AS bigint) IS NULL OR id = :id) AND id <> :keep RETURNING id"
        ),
        {"person": person_id, "id": session_id, "keep": keep},
    )
    return len(ended.all())
