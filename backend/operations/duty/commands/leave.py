"""Days on which somebody was away: entered by who leads them, taken back rather than deleted."""

from datetime import date, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from backend.core.clock import now
from backend.core.errors import N_, Forbidden, Invalid
from backend.identity.actor import Actor
from backend.identity.audit import record_change
from backend.identity.permissions import require
from backend.identity.scoping import get_visible
from backend.operations.duty.appealing import LONGEST_WORDS
from backend.operations.duty.models import DutyAbsence
from backend.operations.duty.queries.decisions import people_led

LONGEST = timedelta(days=366)


async def add_absence(
    session: AsyncSession, actor: Actor, person_id: int | None, from_on: date | None, to_on: date | None, reason: str
) -> DutyAbsence:
    """Enter leave. Months that are frozen stay as they are. Raises Forbidden (also for oneself), Invalid by field."""
    require(actor, "duty.list")
    wrong: dict[str, str] = {}
    if person_id is None or person_id not in {one.id for one in await people_led(session, actor)}:
        wrong["person_id"] = N_("请选择人员")
    if from_on is None or to_on is None or not timedelta(0) <= to_on - from_on <= LONGEST:
        wrong["from_on"] = N_("请选择起止日期，结束不早于开始，最长一年")
    if not 0 < len(reason.strip()) <= LONGEST_WORDS:
        wrong["reason"] = N_("请写明原因")
    if wrong or person_id is None or from_on is None or to_on is None:
        raise Invalid(fields=wrong)
    if person_id == actor.person_id:
        raise Forbidden(N_("自己的请假请由上级登记"))
    absence = DutyAbsence(
        site_id=actor.site_id,
        person_id=person_id,
        from_on=from_on,
        to_on=to_on,
        reason=reason.strip(),
        made_by=actor.person_id,
    )
    session.add(absence)
    await session.flush()
    change = {"person_id": [None, person_id], "days": [None, f"{from_on}–{to_on}"], "reason": [None, absence.reason]}
    await record_change(session, actor, "duty.absence", "duty_absence", absence.id, change)
    return absence


async def remove_absence(session: AsyncSession, actor: Actor, absence_id: int) -> DutyAbsence:
    """Take it back; done twice it is done once. Raises Forbidden, NotFound."""
    require(actor, "duty.list")
    absence = await get_visible(session, actor, DutyAbsence, absence_id, lock=True)
    if absence.person_id == actor.person_id:
        raise Forbidden(N_("自己的请假请由上级登记"))
    if absence.removed_at is None:
        absence.removed_at, absence.removed_by = now(), actor.person_id
        await record_change(session, actor, "duty.absence_removed", "duty_absence", absence.id, {})
    return absence
