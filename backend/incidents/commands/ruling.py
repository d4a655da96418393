"""Setting which outbreaks open an incident at a site."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.core.errors import NotFound
from backend.identity.actor import Actor
from backend.identity.audit import record_change
from backend.identity.permissions import require, visible
from backend.incidents.models import IncidentPolicy
from backend.incidents.policy import Policy
from backend.incidents.queries.standing import hold_site, policy_from, policy_of_site

_FIELDS = ("alarm_level", "flood_alarms", "flood_minutes", "major_hazards", "join_minutes")


async def set_policy(session: AsyncSession, actor: Actor, policy: Policy) -> Policy:
    """Put ``policy`` in force at the actor's site as a further version, unless it changes nothing. Raises Forbidden."""
    require(actor, "incidents.policy")
    await hold_site(session, actor.site_id)
    before = await policy_of_site(session, actor.site_id)
    change = {
        name: [_plain(before, name), _plain(policy, name)]
        for name in _FIELDS
        if getattr(before, name) != getattr(policy, name)
    }
    if not change:
        return before
    row = IncidentPolicy(
        site_id=actor.site_id,
        version=before.version + 1,
        alarm_level=policy.alarm_level or "",
        flood_alarms=policy.flood_alarms,
        flood_minutes=policy.flood_minutes,
        major_hazards=policy.major_hazards,
        join_minutes=policy.join_minutes,
        set_by=actor.person_id,
    )
    session.add(row)
    await session.flush()
    await record_change(session, actor, "incident.policy", "incident_policy", row.id, change)
    return await policy_of_site(session, actor.site_id)


async def restore_policy(session: AsyncSession, actor: Actor, version: int) -> Policy:
    """Put a former version's rules in force as a further one; 0 for the usual ones. Raises Forbidden, NotFound."""
    require(actor, "incidents.policy")
    former = await session.scalar(
        select(IncidentPolicy).where(visible(actor, IncidentPolicy), col(IncidentPolicy.version) == version)
    )
    if former is None and version != 0:
        raise NotFound()
    return await set_policy(session, actor, policy_from(former))


def _plain(policy: Policy, name: str) -> str | int | bool:
    value = getattr(policy, name)
    return str(value or "") if name == "alarm_level" else value
