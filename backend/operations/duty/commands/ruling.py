"""Sets the rule by which months to come are scored; months that have begun keep theirs."""

from datetime import date
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.core.errors import N_, Conflict, Invalid
from backend.identity.actor import Actor
from backend.identity.audit import record_change
from backend.identity.permissions import require, visible
from backend.operations.duty.appealing import LONGEST_WORDS
from backend.operations.duty.models import DutyRule
from backend.operations.duty.months import first_of
from backend.operations.duty.queries.rules import rule_of
from backend.operations.duty.queries.statements import present_month
from backend.operations.duty.rules import Rule, check_rule


async def set_rule(
    session: AsyncSession, actor: Actor, rule: Rule, from_month: date, why: str, *, seen: int | None = None
) -> DutyRule:
    """Keep a new version that counts from ``from_month`` on; ``seen``: the newest version as the form showed it.

    Raises Forbidden, Invalid by field, Conflict when somebody else made a version meanwhile.
    """
    require(actor, "duty.rule")
    check_rule(rule)
    wrong: dict[str, str] = {}
    if first_of(from_month) <= present_month(actor):
        wrong["from_month"] = N_("新规则最早从下个月起生效，已开始的月份不改")
    if not 0 < len(why.strip()) <= LONGEST_WORDS:
        wrong["why"] = N_("请写明原因")
    if wrong:
        raise Invalid(fields=wrong)
    await session.execute(text("SELECT pg_advisory_xact_lock(35, CAST(:site AS int))"), {"site": actor.site_id})
    newest = await session.scalar(select(func.max(col(DutyRule.number))).where(visible(actor, DutyRule))) or 0
    if seen is not None and seen != newest:
        raise Conflict(N_("刚才有人更新了考核规则，请查看最新规则后再修改"))
    before = (await rule_of(session, actor, first_of(from_month))).rule.stored()
    made = DutyRule(
        site_id=actor.site_id,
        number=newest + 1,
        from_month=first_of(from_month),
        terms=rule.stored(),
        made_by=actor.person_id,
        why=why.strip(),
    )
    session.add(made)
    await session.flush()
    change: dict[str, Any] = {
        name: [before[name], value] for name, value in rule.stored().items() if value != before[name]
    }
    change["from_month"] = [None, f"{made.from_month:%Y-%m}"]
    await record_change(session, actor, "duty.rule", "duty_rule", made.id, change)
    return made
