"""Plans in force, their versions, and an incident's plan with what was ticked."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.core.statements import one_of
from backend.identity.actor import Actor
from backend.identity.models import Person
from backend.identity.permissions import made_once, visible
from backend.identity.scoping import get_visible
from backend.incidents.lifecycle import LIVE
from backend.incidents.models import Disposal, Incident, IncidentKind
from backend.incidents.response.content import Advice, PlanStep, read_steps, usual_plan
from backend.incidents.response.models import IncidentPlan, PlanTick, TickState
from backend.tracing.advice import Advice as TraceAdvice
from backend.tracing.advice import advice_for
from backend.tracing.models import Trace
from backend.tracing.queries import TraceView, trace_view

MOST_VERSIONS = 20


@dataclass(frozen=True)
class Plan:
    """The plan in force for a kind; ``version`` 0: the usual one."""

    kind: IncidentKind
    version: int
    steps: Sequence[PlanStep]
    made_by: Person | None = None
    made_at: datetime | None = None


@dataclass(frozen=True)
class Ticked:
    """The latest tick of a step: what was said, by whom, when (UTC, the phone's time by our clock)."""

    tick: PlanTick
    line: Disposal
    person: Person | None

    @property
    def settled(self) -> bool:
        """Whether nothing is left to do about the step."""
        return self.tick.state != TickState.TAKEN_BACK


@dataclass(frozen=True)
class IncidentChecklist:
    """An incident's plan: its steps in order, each with its tick (None: nobody ticked it), ticks of steps that aren't
    in the plan any more, and the advice of its kind and of its trace."""

    incident: Incident
    plan: Plan
    items: Sequence[tuple[PlanStep, Ticked | None]]
    former: Sequence[Ticked]
    advice: Sequence[Advice]
    trace: TraceView | None
    trace_advice: Sequence[TraceAdvice]

    @property
    def open_items(self) -> list[tuple[int, tuple[PlanStep, Ticked | None]]]:
        """What is still to be done, with the place of each in the plan, which begins with 1."""
        places = enumerate(self.items, 1)
        return [(place, (step, ticked)) for place, (step, ticked) in places if not (ticked and ticked.settled)]

    @property
    def settled(self) -> int:
        """How many steps are done or not needed."""
        return sum(ticked is not None and ticked.settled for _, ticked in self.items)


@dataclass(frozen=True)
class Progress:
    """How far an incident's plan is done, and the first step that isn't, with its place, which begins with 1."""

    settled: int
    steps: int
    following: tuple[int, PlanStep] | None


async def plans_in_force(session: AsyncSession, actor: Actor) -> list[Plan]:
    """The plan of every kind, in the kinds' order."""
    newest = (
        select(IncidentPlan, Person)
        .join(Person, col(Person.id) == col(IncidentPlan.made_by))
        .where(visible(actor, IncidentPlan))
        .ext(distinct_on(col(IncidentPlan.kind)))
        .order_by(col(IncidentPlan.kind), col(IncidentPlan.version).desc())
    )
    own = {row.kind: _plan(row, person) for row, person in await session.execute(newest)}
    return [own.get(kind) or Plan(kind, 0, usual_plan(kind).steps) for kind in IncidentKind]


async def plan_versions(session: AsyncSession, actor: Actor, kind: IncidentKind) -> list[Plan]:
    """A site's own versions of one plan, the newest first; none where the usual one is in force."""
    wanted = (
        select(IncidentPlan, Person)
        .join(Person, col(Person.id) == col(IncidentPlan.made_by))
        .where(visible(actor, IncidentPlan), col(IncidentPlan.kind) == kind)
        .order_by(col(IncidentPlan.version).desc())
        .limit(MOST_VERSIONS)
    )
    return [_plan(row, person) for row, person in await session.execute(wanted)]


async def plan_for(session: AsyncSession, actor: Actor, incident: Incident) -> Plan:
    """The plan of the incident's kind: as it is in force, or, of one that is over, was when it ended."""
    wanted = (
        select(IncidentPlan, Person)
        .join(Person, col(Person.id) == col(IncidentPlan.made_by))
        .where(visible(actor, IncidentPlan), col(IncidentPlan.kind) == incident.kind)
        .order_by(col(IncidentPlan.version).desc())
        .limit(1)
    )
    if incident.closed_at is not None:
        wanted = wanted.where(col(IncidentPlan.created_at) <= incident.closed_at)
    row = (await session.execute(wanted)).one_or_none()
    kind = IncidentKind(incident.kind)
    return _plan(*row) if row else Plan(kind, 0, usual_plan(kind).steps)


async def step_known(session: AsyncSession, actor: Actor, kind: IncidentKind, key: str) -> tuple[PlanStep, int] | None:
    """A step by its key as it stands in the newest version that has it, of ``kind`` before others, with that version;
    None where no plan of the site ever had it."""
    wanted = (
        select(IncidentPlan)
        .where(visible(actor, IncidentPlan), col(IncidentPlan.steps).contains([{"key": key}]))
        .order_by(col(IncidentPlan.kind) != kind, col(IncidentPlan.version).desc())
        .limit(1)
    )
    row = await session.scalar(wanted)
    of_site = read_steps(row.steps) if row else []
    usual = [step for each in (kind, *IncidentKind) for step in usual_plan(each).steps]
    found = next((step for step in (*of_site, *usual) if step.key == key), None)
    return (found, row.version if row else 0) if found else None


async def steps_of_posts(
    session: AsyncSession, actor: Actor, post_ids: Collection[int]
) -> list[tuple[Incident, PlanStep]]:
    """Steps of these posts that nobody has settled, of incidents that go on."""
    if not post_ids:
        return []
    live = await session.scalars(_live(actor))
    found: list[tuple[Incident, PlanStep]] = []
    for incident in live:
        own = [step for step in (await plan_for(session, actor, incident)).steps if step.post_id in post_ids]
        ticks = await _latest_ticks(session, actor, incident.id) if own else {}
        found += [(incident, step) for step in own if step.key not in ticks or not ticks[step.key].settled]
    return found


@made_once
def _live(actor: Actor) -> Select[Any]:
    return (
        select(Incident).where(visible(actor, Incident), one_of(col(Incident.state), LIVE)).order_by(col(Incident.id))
    )


async def checklist(session: AsyncSession, actor: Actor, incident_id: int) -> IncidentChecklist:
    """The plan of an incident with what was ticked. Raises NotFound, also for one of another site."""
    incident = await get_visible(session, actor, Incident, incident_id)
    plan = await plan_for(session, actor, incident)
    ticks = await _latest_ticks(session, actor, incident_id)
    known = {step.key for step in plan.steps}
    trace = await trace_of(session, actor, incident)
    return IncidentChecklist(
        incident,
        plan,
        [(step, ticks.get(step.key)) for step in plan.steps],
        [one for key, one in ticks.items() if key not in known and one.settled],
        usual_plan(plan.kind).advice,
        trace,
        advice_for(trace.result) if trace else [],
    )


async def progress(session: AsyncSession, actor: Actor, incident: Incident) -> Progress:
    """How far the plan of an incident is done."""
    plan, ticks = await plan_for(session, actor, incident), await _latest_ticks(session, actor, incident.id)
    settled = {key for key, one in ticks.items() if one.settled}
    left = [(place, step) for place, step in enumerate(plan.steps, 1) if step.key not in settled]
    return Progress(len(plan.steps) - len(left), len(plan.steps), left[0] if left else None)


async def _latest_ticks(session: AsyncSession, actor: Actor, incident_id: int) -> dict[str, Ticked]:
    """By step the tick that was made last by our clock, whenever it arrived."""
    rows = await session.execute(
        select(PlanTick, Disposal, Person)
        .join(Disposal, col(Disposal.id) == col(PlanTick.disposal_id))
        .outerjoin(Person, col(Person.id) == col(Disposal.person_id))
        .where(visible(actor, PlanTick), col(PlanTick.incident_id) == incident_id)
        .ext(distinct_on(col(PlanTick.step_key)))
        .order_by(col(PlanTick.step_key), col(Disposal.at).desc(), col(PlanTick.id).desc())
    )
    return {tick.step_key: Ticked(tick, line, person) for tick, line, person in rows}


async def trace_of(session: AsyncSession, actor: Actor, incident: Incident) -> TraceView | None:
    """The trace of the flood by which the incident shows."""
    if incident.group_id is None:
        return None
    wanted = select(col(Trace.id)).where(visible(actor, Trace), col(Trace.group_id) == incident.group_id)
    found = await session.scalar(wanted.order_by(col(Trace.id).desc()).limit(1))
    return await trace_view(session, actor, found) if found is not None else None


def _plan(row: IncidentPlan, person: Person) -> Plan:
    return Plan(IncidentKind(row.kind), row.version, read_steps(row.steps), person, row.created_at)
