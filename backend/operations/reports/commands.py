"""What people do about safety reports: have one written anew, say who is told."""

from datetime import date

from sqlalchemy.ext.asyncio import AsyncSession

from backend.core.clock import now
from backend.core.errors import N_, Invalid
from backend.identity.actor import Actor
from backend.identity.audit import record_change
from backend.identity.permissions import require
from backend.operations.reports.making import ask_for
from backend.operations.reports.models import Period, ReportAudience
from backend.operations.reports.periods import period_of
from backend.operations.reports.queries import readers


async def write_now(session: AsyncSession, actor: Actor, kind: str, day: date | None) -> None:
    """Have the worker write the report of the week or month that ``day`` lies in. Raises Forbidden, Invalid."""
    require(actor, "operations.decide")
    wrong = {}
    if kind not in set(Period):
        wrong["kind"] = N_("请选择周报或月报")
    if day is None or day > now().astimezone(actor.zone).date():
        wrong["day"] = N_("请选择今天或以前的日期")
    if wrong or day is None:
        raise Invalid(fields=wrong)
    await ask_for(session, actor.site_id, Period(kind), period_of(Period(kind), day).first, actor.person_id)


async def choose_readers(session: AsyncSession, actor: Actor, kind: str, person_ids: list[int]) -> None:
    """Tell these people of reports of ``kind`` from now on. Raises Forbidden, Invalid for who can't read it."""
    require(actor, "operations.decide")
    people, chosen = await readers(session, actor)
    known = {one.id for one in people}
    if kind not in set(Period) or not set(person_ids) <= known:
        raise Invalid(fields={"people": N_("请从列出的人员中选择")})
    made = ReportAudience(site_id=actor.site_id, kind=kind, person_ids=sorted(set(person_ids)), set_by=actor.person_id)
    session.add(made)
    await session.flush()
    change = {kind: [sorted(chosen[kind]), made.person_ids]}
    await record_change(session, actor, "safety_report.readers", "report_audience", made.id, change)
