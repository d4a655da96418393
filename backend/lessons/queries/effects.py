"""What came of an adopted suggestion, with the records counted, and when more will be known."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.identity.actor import Actor
from backend.identity.permissions import visible
from backend.incidents.models import Incident, IncidentState
from backend.incidents.response.models import PlanTick, TickState
from backend.lessons.effect import MILESTONES
from backend.lessons.models import Suggestion, SuggestionKind
from backend.lessons.queries.patterns import rows_of
from backend.lessons.queries.records import Row


@dataclass(frozen=True)
class StepUse:
    """Of ``of`` incidents of its kind that ended since, in ``times`` the step was ticked as done."""

    times: int
    of: int


@dataclass(frozen=True)
class Effect:
    """``done``: a milestone each, as ``measuring.milestones`` writes it; ``ahead``: days after adoption, and the day of
    the site on which they are over, of those still to come; ``before`` and ``after``: what the newest one counted;
    ``use``: of a step of a plan, which is shown instead."""

    done: Sequence[Mapping[str, Any]]
    ahead: Sequence[tuple[int, date]]
    before: Sequence[Row] = ()
    after: Sequence[Row] = ()
    use: StepUse | None = None

    @property
    def newest(self) -> Mapping[str, Any] | None:
        """The latest milestone that is over."""
        return self.done[-1] if self.done else None


async def effect_of(session: AsyncSession, actor: Actor, one: Suggestion) -> Effect | None:
    """None: it isn't in force."""
    if not one.in_force or one.decided_at is None:
        return None
    if one.kind == SuggestionKind.PLAN_STEP:
        return Effect([], [], use=await _use(session, actor, one))
    adopted = one.decided_at
    days = MILESTONES[len(one.effect) :]
    ahead = [(n, (adopted + timedelta(days=n)).astimezone(actor.zone).date()) for n in days]
    newest = one.effect[-1] if one.effect else {}
    before = await rows_of(session, actor, newest.get("refs_before", []))
    return Effect(one.effect, ahead, before, await rows_of(session, actor, newest.get("refs_after", [])))


async def _use(session: AsyncSession, actor: Actor, one: Suggestion) -> StepUse:
    ticked = exists().where(
        visible(actor, PlanTick),
        col(PlanTick.incident_id) == col(Incident.id),
        col(PlanTick.step_key) == one.proposal.get("step_key", ""),
        col(PlanTick.state) == TickState.DONE,
    )
    since = (
        visible(actor, Incident),
        col(Incident.kind) == one.proposal["kind"],
        col(Incident.state) == IncidentState.CLOSED,
        col(Incident.opened_at) >= one.decided_at,
    )
    counted = select(func.count(), func.count().filter(ticked)).select_from(Incident).where(*since)
    of, times = (await session.execute(counted)).one()
    return StepUse(times, of)
