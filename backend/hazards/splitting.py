"""Splitting a rectification into parts, each with an owner and a deadline of its own, under the same number's roof."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from backend.core.clock import now
from backend.core.errors import N_, Invalid
from backend.hazards import plan
from backend.hazards.lifecycle import Step
from backend.hazards.models import Rectification
from backend.hazards.numbering import next_number
from backend.hazards.queries import case_of
from backend.hazards.recording import Sent, write_down
from backend.hazards.taking import Effects, locked, owner_of, take
from backend.identity.actor import Actor
from backend.identity.models import Person

FEWEST_PARTS = 2
MOST_PARTS = 6
"""As many as one form on a phone can hold."""


@dataclass(frozen=True)
class Part:
    """One part as a person fixes it: what is to be done, by whom (id of a person), until when (with zone)."""

    measure: str
    owner_id: int | None
    deadline: datetime | None


async def split(
    session: AsyncSession, actor: Actor, rectification_id: int, parts: Sequence[Part], sent: Sent
) -> Rectification:
    """Split it; gives the whole. It closes when all parts are verified.

    Raises Invalid (fields are ``parts`` or ``part_<measure|owner_id|deadline>_<1…>``), NotFound, Conflict, Forbidden.
    """
    parts = [Part(plan.tidy(part.measure), part.owner_id, part.deadline) for part in parts]
    whole = (await locked(session, actor, rectification_id)).rectification
    version = whole.version
    request = {"parts": [[part.measure, part.owner_id, str(part.deadline)] for part in parts]}

    def check(rectification: Rectification) -> None:
        _check(parts, rectification.deadline)

    whole = await take(session, actor, rectification_id, Step.SPLIT, sent, Effects(check, request=request))
    if whole.version == version:
        return whole
    owners = [
        await owner_of(session, actor, part.owner_id or 0, f"part_owner_id_{place}")
        for place, part in enumerate(parts, 1)
    ]
    for part, owner in zip(parts, owners, strict=True):
        await _open_part(session, actor, whole, part, owner)
    return whole


def _check(parts: Sequence[Part], latest: datetime) -> None:
    """Raise Invalid naming everything that can't be accepted; ``latest`` is the deadline of the whole."""
    if not FEWEST_PARTS <= len(parts) <= MOST_PARTS:
        words = N_("请拆成 %(fewest)s 到 %(most)s 个部分")
        raise Invalid(words, fields={"parts": words}, fewest=FEWEST_PARTS, most=MOST_PARTS)
    wrong: dict[str, str] = {}
    moment = now()
    for place, part in enumerate(parts, 1):
        if not part.measure:
            wrong[f"part_measure_{place}"] = N_("请填写")
        elif len(part.measure) > plan.MOST_LETTERS["measure"]:
            wrong[f"part_measure_{place}"] = N_("内容太长，请精简")
        if part.owner_id is None:
            wrong[f"part_owner_id_{place}"] = N_("请选择在岗的责任人")
        if refusal := _deadline_refusal(part.deadline, latest, moment):
            wrong[f"part_deadline_{place}"] = refusal
    if wrong:
        raise Invalid(fields=wrong)


def _deadline_refusal(deadline: datetime | None, latest: datetime, moment: datetime) -> str:
    if deadline is None:
        return N_("请选择期限")
    if deadline <= moment:
        return N_("期限必须晚于现在")
    # The form shows whole minutes, so that a deadline within its minute is not later than it.
    if deadline.replace(second=0, microsecond=0) > plan.latest_of_part(latest, moment):
        return N_("不能晚于整条整改的期限；需要更久，请先申请延期")
    return ""


async def _open_part(
    session: AsyncSession, actor: Actor, whole: Rectification, part: Part, owner: Person
) -> Rectification:
    """Open it in the name of who opened the whole: they answer requests about its deadline."""
    assert part.deadline is not None
    opened = Rectification(
        site_id=whole.site_id,
        number=await next_number(session, actor.site_id, actor.zone, Rectification, "ZG"),
        parent_id=whole.id,
        alarm_id=whole.alarm_id,
        equipment_id=whole.equipment_id,
        area_id=whole.area_id,
        level=whole.level,
        title=plan.title_of_part(part.measure),
        cause=whole.cause,
        measure=part.measure,
        owner_id=owner.id,
        deadline=part.deadline,
        contingency=whole.contingency,
        opened_by=whole.opened_by,
    )
    session.add(opened)
    await session.flush()
    case = case_of(opened, owner.team_id, whole.owner_id)
    change = {
        "measure": [None, opened.measure],
        "owner_id": [None, owner.id],
        "deadline": [None, opened.deadline.isoformat()],
    }
    await write_down(session, actor, opened, case, Step.OPENED, Sent(), change)
    return opened
