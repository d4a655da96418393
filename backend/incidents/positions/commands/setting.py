"""Setting how long positions are kept after an incident, and where the site's ground is."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from backend.identity.actor import Actor
from backend.identity.audit import record_change
from backend.identity.permissions import require
from backend.incidents.positions.models import PositionRule
from backend.incidents.positions.queries.rules import rule_of
from backend.incidents.positions.rule import Rule
from backend.incidents.queries.standing import hold_site


async def set_rule(session: AsyncSession, actor: Actor, rule: Rule) -> Rule:
    """Put ``rule`` in force as a further version, unless it changes nothing. Raises Forbidden."""
    require(actor, "incidents.policy")
    await hold_site(session, actor.site_id)
    before = await rule_of(session, actor)
    if (before.keep_days, before.ground) == (rule.keep_days, rule.ground):
        return before
    row = PositionRule(
        site_id=actor.site_id,
        version=before.version + 1,
        keep_days=rule.keep_days,
        lat=rule.ground.lat if rule.ground else None,
        lon=rule.ground.lon if rule.ground else None,
        radius_m=rule.ground.radius_m if rule.ground else None,
        set_by=actor.person_id,
    )
    session.add(row)
    await session.flush()
    change: dict[str, list[Any]] = {
        "keep_days": [before.keep_days, rule.keep_days],
        "fence": [_said(before), _said(rule)],
    }
    changed = {name: pair for name, pair in change.items() if pair[0] != pair[1]}
    await record_change(session, actor, "incident.position_rule", "incident_position_rule", row.id, changed)
    return await rule_of(session, actor)


def _said(rule: Rule) -> str | None:
    return f"{rule.ground.lat:.5f}, {rule.ground.lon:.5f}, {rule.ground.radius_m:g} m" if rule.ground else None
