"""Rules by which a cause assigns a course: keep one, take one back."""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from backend.core.errors import N_, Invalid
from backend.identity.actor import Actor
from backend.identity.audit import record_change
from backend.identity.permissions import require
from backend.training import queries
from backend.training.models import CauseRule

MOST_DUE_DAYS = 90


@dataclass(frozen=True)
class RuleDraft:
    """A rule as it was typed. ``target`` as for ``assign``; "" asks who answers for the equipment."""

    equipment_id: int | None = None
    equipment_class: str = ""
    word: str = ""
    target: str = ""
    due_days: int = 7


async def add_cause_rule(session: AsyncSession, actor: Actor, course_id: int, draft: RuleDraft) -> CauseRule:
    """Cases that fit ``draft`` assign the course from now on. Raises Forbidden, NotFound (course), Invalid by field."""
    require(actor, "training.assign")
    await queries.course_now(session, actor, course_id)
    asked = await queries.target_ids(session, actor, draft.target) if draft.target else {}
    wrong = await _wrong(session, actor, draft)
    if asked is None:
        wrong["rule_target"] = N_("请选择学习对象")
    if wrong or asked is None:
        raise Invalid(fields=wrong)
    rule = CauseRule(
        site_id=actor.site_id,
        course_id=course_id,
        equipment_id=draft.equipment_id,
        equipment_class=draft.equipment_class,
        word=" ".join(draft.word.split()),
        due_days=draft.due_days,
        made_by=actor.person_id,
        **asked,
    )
    session.add(rule)
    await session.flush()
    change = {"rule": [None, rule.id], "cause": [None, [draft.equipment_id, draft.equipment_class, rule.word]]}
    await record_change(session, actor, "training.rule_add", "course", course_id, change)
    return rule


async def _wrong(session: AsyncSession, actor: Actor, draft: RuleDraft) -> dict[str, str]:
    wrong: dict[str, str] = {}
    equipment, classes = await queries.causes_offered(session, actor)
    unknown = draft.equipment_id is not None and draft.equipment_id not in {one.id for one in equipment}
    if unknown or (draft.equipment_class and draft.equipment_class not in classes):
        wrong["equipment"] = N_("请选择设备或设备类别")
    if draft.equipment_id is None and not draft.equipment_class and not draft.word.strip():
        wrong["word"] = N_("请选择设备，或填写原因中的词")
    if not 1 <= draft.due_days <= MOST_DUE_DAYS:
        wrong["due_days"] = N_("请填写范围内的整数")
    return wrong


async def remove_cause_rule(session: AsyncSession, actor: Actor, course_id: int, rule_id: int) -> None:
    """It assigns nothing any more; what it assigned stays. Raises Forbidden, NotFound."""
    require(actor, "training.assign")
    rule = await queries.locked_rule(session, actor, course_id, rule_id)
    await record_change(session, actor, "training.rule_remove", "course", course_id, {"rule": [rule.id, None]})
    await session.delete(rule)
    await session.flush()
