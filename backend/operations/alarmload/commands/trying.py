"""Ask that a rule be tried on the past. What is soon done is done at once, the rest by a worker."""

from dataclasses import asdict
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from backend.alarms.drafts import RuleDraft, draft_of
from backend.alarms.models import AlarmRule, RuleKind
from backend.core.clock import now
from backend.core.errors import N_, Invalid
from backend.core.jobs import enqueue
from backend.identity.actor import Actor
from backend.identity.permissions import require
from backend.identity.scoping import get_visible
from backend.operations.alarmload.models import TRIAL_JOB, Purpose, RuleTrial
from backend.operations.alarmload.working import begin
from backend.plant.models import Point

DAYS = (7, 30, 90)
SUGGESTION_DAYS = 30


async def ask_trial(
    session: AsyncSession, actor: Actor, draft: RuleDraft, *, rule_id: int | None = None, days: int = 7
) -> RuleTrial:
    """Judge the last ``days`` by ``draft`` and, where there is one, by the rule in force.

    Raises Invalid with a message a field, NotFound for a rule that isn't the actor's to see.
    """
    require(actor, "rules.edit")
    if days not in DAYS:
        raise Invalid(fields={"days": N_("请选择 7、30 或 90 天")})
    rule = await get_visible(session, actor, AlarmRule, rule_id) if rule_id is not None else None
    checked = draft.checked()
    point_id = await _point(session, actor, checked)
    same = rule is not None and rule.point_id == point_id and rule.kind != RuleKind.DEVIATION
    return await _ask(
        session, actor, purpose=Purpose.TRY, rule=rule, present=rule if same else None, draft=checked, days=days
    )


async def ask_suggestion(session: AsyncSession, actor: Actor, rule_id: int) -> RuleTrial:
    """Look for the smallest safe change to the rule's deadband and delays. Raises Invalid for one that has none."""
    require(actor, "rules.edit")
    rule = await get_visible(session, actor, AlarmRule, rule_id)
    await _point(session, actor, draft_of(rule))
    return await _ask(
        session, actor, purpose=Purpose.SUGGEST, rule=rule, present=rule, draft=None, days=SUGGESTION_DAYS
    )


async def _point(session: AsyncSession, actor: Actor, draft: RuleDraft) -> int:
    if draft.kind == RuleKind.DEVIATION or draft.point_id is None:
        raise Invalid(N_("多变量偏离请在“正常基线”页试用，那里用的是同样的过去数据"))
    return (await get_visible(session, actor, Point, draft.point_id)).id


async def _ask(
    session: AsyncSession,
    actor: Actor,
    *,
    purpose: Purpose,
    rule: AlarmRule | None,
    present: AlarmRule | None,
    draft: RuleDraft | None,
    days: int,
) -> RuleTrial:
    moment = now()
    trial = RuleTrial(
        site_id=actor.site_id,
        rule_id=rule.id if rule else None,
        rule_version=rule.version if rule else 0,
        purpose=purpose,
        present=asdict(draft_of(present)) if present else {},
        draft=asdict(draft) if draft else {},
        from_at=moment - timedelta(days=days),
        to_at=moment,
        asked_by=actor.person_id,
    )
    session.add(trial)
    await session.flush()
    if not await begin(session, trial):
        await enqueue(session, TRIAL_JOB, {"trial_id": trial.id}, site_id=actor.site_id, dedupe_key=str(trial.id))
    return trial
