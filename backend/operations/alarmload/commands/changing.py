"""Put a suggestion in force as a new version of the rule, with what it promised; and take it back."""

from dataclasses import replace

from sqlalchemy.ext.asyncio import AsyncSession

from backend.alarms.commands import edit_rule
from backend.alarms.drafts import RuleDraft, draft_of
from backend.alarms.models import AlarmRule
from backend.core.clock import now
from backend.core.errors import N_, Conflict
from backend.core.events import record_event
from backend.identity.actor import Actor
from backend.identity.audit import record_change
from backend.identity.permissions import require
from backend.identity.scoping import get_visible
from backend.operations.alarmload.candidates import loosens
from backend.operations.alarmload.models import Purpose, Rationalisation, RuleTrial, TrialState
from backend.operations.alarmload.working import days_of

_TIMING = ("deadband", "on_delay_s", "off_delay_s")


async def apply_suggestion(session: AsyncSession, actor: Actor, trial_id: int) -> Rationalisation:
    """The suggestion as the rule's next version. Raises Conflict when there is none, or the rule changed meanwhile."""
    require(actor, "rules.edit")
    trial = await get_visible(session, actor, RuleTrial, trial_id, lock=True)
    if trial.rule_id is None or trial.purpose != Purpose.SUGGEST:
        raise Conflict(N_("这里没有可以采用的建议"))
    if trial.state != TrialState.DONE or not trial.draft or not trial.result.get("safe"):
        raise Conflict(N_("这里没有可以采用的建议"))
    rule = await get_visible(session, actor, AlarmRule, trial.rule_id)
    before, after = draft_of(rule), RuleDraft(**trial.draft)
    if rule.version != trial.rule_version or loosens(before, after):
        raise Conflict(N_("规则在试算之后改过，请重新找一次"))
    counts = trial.result["present"]["alarms"], trial.result["draft"]["alarms"]
    days = round(days_of(trial.from_at, trial.to_at), 2)
    why = f"报警合理化：过去 {days:g} 天的报警由 {counts[0]} 次减到 {counts[1]} 次（/rule-trials/{trial.id}）"
    edited = await edit_rule(session, actor, rule.id, replace(after, reason=why), version=trial.rule_version)
    made = Rationalisation(
        site_id=actor.site_id,
        rule_id=rule.id,
        trial_id=trial.id,
        from_version=trial.rule_version,
        to_version=edited.version,
        before={name: getattr(before, name) for name in _TIMING},
        after={name: getattr(after, name) for name in _TIMING},
        days=days,
        alarms_before=counts[0],
        alarms_after=counts[1],
        applied_by=actor.person_id,
    )
    session.add(made)
    await session.flush()
    await _tell(session, actor, made, "rule.rationalised", {"version": [made.from_version, made.to_version]})
    return made


async def restore(session: AsyncSession, actor: Actor, rationalisation_id: int) -> Rationalisation:
    """Deadband and delays as they were before, as another version. Raises Conflict when the rule changed since."""
    require(actor, "rules.edit")
    made = await get_visible(session, actor, Rationalisation, rationalisation_id, lock=True)
    if made.restored_at is not None:
        raise Conflict(N_("已经恢复过了"))
    rule = await get_visible(session, actor, AlarmRule, made.rule_id)
    if rule.version != made.to_version:
        raise Conflict(N_("规则之后又改过，请到规则页手动修改"))
    why = f"恢复第 {made.from_version} 版的回差和延时（/rule-trials/{made.trial_id}）"
    back = replace(draft_of(rule), **made.before, reason=why)
    edited = await edit_rule(session, actor, rule.id, back, version=made.to_version)
    made.restored_at, made.restored_by, made.restored_version = now(), actor.person_id, edited.version
    session.add(made)
    await session.flush()
    await _tell(session, actor, made, "rule.restored", {"version": [made.to_version, edited.version]})
    return made


async def _tell(
    session: AsyncSession, actor: Actor, made: Rationalisation, kind: str, change: dict[str, list[int]]
) -> None:
    await record_change(session, actor, kind, "rationalisation", made.id, change)
    await record_event(
        session,
        site_id=actor.site_id,
        kind=kind,
        subject="rule",
        subject_id=made.rule_id,
        actor_id=actor.person_id,
        data={"url": f"/rule-trials/{made.trial_id}", "trial_id": made.trial_id, **made.after},
    )
