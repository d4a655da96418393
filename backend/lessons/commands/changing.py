"""The changes that reviews of incidents ask for: an earlier limit of a rule, a further step of an emergency plan."""

from dataclasses import replace
from math import isfinite

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.alarms.commands.rules import create_rule, edit_rule
from backend.alarms.drafts import RuleDraft, draft_of
from backend.alarms.models import AlarmRule, Level, RuleKind
from backend.alarms.parameters import Threshold, read_parameters, stored_form
from backend.core.errors import N_, Conflict, Invalid
from backend.identity.actor import Actor
from backend.identity.permissions import visible
from backend.identity.scoping import get_visible
from backend.incidents.models import IncidentKind
from backend.incidents.response.commands.planning import MOST_LETTERS, MOST_STEPS, StepDraft, set_plan
from backend.incidents.response.content import PlanStep, Who, usual_plan
from backend.incidents.response.models import IncidentPlan
from backend.incidents.response.queries.plans import plan_versions
from backend.lessons.models import Suggestion
from backend.lessons.reviewed.moving import with_limit


async def set_limit(session: AsyncSession, actor: Actor, one: Suggestion, value: float | None, reason: str) -> int:
    """Move the limit that the suggestion names, or make the rule that it asks for; gives the rule's id.

    Raises Invalid by field, Conflict when the rule is gone or judges otherwise by now, and as the rule's commands do.
    """
    if value is None or not isfinite(value):
        raise Invalid(fields={"limit_value": N_("请填写数字")})
    try:
        if "point_id" in one.proposal:
            return await _new_rule(session, actor, one, value)
        return await _move_limit(session, actor, one, value, reason)
    except Invalid as error:
        raise Invalid(fields={"limit_value": next(iter(error.fields.values()), "")}) from error


async def _new_rule(session: AsyncSession, actor: Actor, one: Suggestion, value: float) -> int:
    """An early warning of its own, by one limit."""
    about = one.proposal
    draft = RuleDraft(
        RuleKind.THRESHOLD,
        f"{about['point']}预警",
        {"limits": {about["limit"]: {"value": value}}},
        about["point_id"],
        f"{about['point_en']} early warning",
        warning=True,
        deadband=about["deadband"],
    )
    return (await create_rule(session, actor, draft)).id


async def _move_limit(session: AsyncSession, actor: Actor, one: Suggestion, value: float, reason: str) -> int:
    """Move the rule's limit to ``value``, or add it, as the rule's next version.

    Raises Conflict when the rule is gone or judges otherwise by now, and as ``edit_rule`` does.
    """
    if one.rule_id is None:
        raise Conflict(N_("这条规则已不在"))
    rule = await get_visible(session, actor, AlarmRule, one.rule_id, lock=True)
    if rule.kind != RuleKind.THRESHOLD:
        raise Conflict(N_("这条规则已不按限值判断"))
    parameters = read_parameters(rule.kind, rule.parameters)
    assert isinstance(parameters, Threshold)
    moved = Threshold(with_limit(parameters.limits, one.proposal["limit"], value, Level.GENERAL))
    draft = replace(draft_of(rule), parameters=stored_form(moved), reason=reason)
    await edit_rule(session, actor, rule.id, draft, version=rule.version)
    return rule.id


async def add_step(session: AsyncSession, actor: Actor, one: Suggestion, draft: StepDraft) -> tuple[int, str]:
    """Put the site's plan in force with one step more; gives the id of the plan's version and the step's key.

    Raises Invalid by field, and as ``set_plan`` does.
    """
    kind = IncidentKind(one.proposal["kind"])
    own = await plan_versions(session, actor, kind)
    steps = own[0].steps if own else usual_plan(kind).steps
    wrong: dict[str, str] = {}
    if not draft.text.strip() or max(len(draft.text), len(draft.text_en)) > MOST_LETTERS:
        wrong["words"] = N_("请填写这一步，不超过 300 个字符")
    elif len(steps) >= MOST_STEPS:
        wrong["words"] = N_("预案最多 40 步，太长没人看得完")
    if draft.who not in set(Who):
        wrong["who"] = N_("请选择由谁做")
    if wrong:
        raise Invalid(fields=wrong)
    drafts = [*map(_as_draft, steps), draft]
    version = await set_plan(session, actor, kind, drafts, own[0].version if own else 0)
    wanted = select(IncidentPlan).where(
        visible(actor, IncidentPlan), col(IncidentPlan.kind) == kind, col(IncidentPlan.version) == version
    )
    row = (await session.scalars(wanted)).one()
    return row.id, str(row.steps[-1]["key"])


def _as_draft(step: PlanStep) -> StepDraft:
    known = msgspec.structs.asdict(step)
    return StepDraft(**{name: known[name] for name in ("text", "text_en", "who", "basis", "key")})
