"""Sets how adoption is weighed."""

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.core.errors import N_, Conflict, Invalid
from backend.identity.actor import Actor
from backend.identity.audit import record_change
from backend.identity.permissions import require, visible
from backend.operations.adoption.assessing import Rule
from backend.operations.adoption.models import AdoptionRule
from backend.operations.adoption.queries import rule_of

LONGEST_REASON = 1000


async def set_rule(session: AsyncSession, actor: Actor, rule: Rule, reason: str, *, seen: int | None) -> AdoptionRule:
    """Keep a new version, which counts at once; ``seen``: the newest version as the form showed it (0: none).

    Raises Forbidden, Invalid without a reason, Conflict when somebody else made a version meanwhile.
    """
    require(actor, "adoption.weigh")
    if not 0 < len(reason.strip()) <= LONGEST_REASON:
        raise Invalid(fields={"reason": N_("请写明原因")})
    await session.execute(text("SELECT pg_advisory_xact_lock(46, CAST(:site AS int))"), {"site": actor.site_id})
    newest = await session.scalar(select(func.max(col(AdoptionRule.number))).where(visible(actor, AdoptionRule))) or 0
    if seen is not None and seen != newest:
        raise Conflict(N_("刚才有人改了权重，请查看最新情况后再改"))
    before = await rule_of(session, actor)
    made = AdoptionRule(
        site_id=actor.site_id,
        number=newest + 1,
        weights=dict(rule.weights),
        good=rule.good,
        fair=rule.fair,
        reason=reason.strip(),
        set_by=actor.person_id,
    )
    session.add(made)
    await session.flush()
    change = {"weights": [_said(before), _said(rule)], "reason": [None, made.reason]}
    await record_change(session, actor, "adoption.rule", "adoption_rule", made.id, change)
    return made


def _said(rule: Rule) -> str:
    weights = " / ".join(f"{value} %" for value in rule.weights.values())
    return f"{weights} · ≥ {round(rule.good * 100)} % · ≥ {round(rule.fair * 100)} %"
