"""A demo site lives through its pack's story: each reading is judged, and each deed done, as of the moment it is of.

What comes of it (alarms, floods, traces, the incident, its log and report) is made by the commands and jobs of a
running plant, in one transaction. System role.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.alarms.commands.handling import acknowledge
from backend.alarms.judge import AlarmJudge
from backend.alarms.models import Alarm, AlarmState
from backend.core.clock import now
from backend.core.database import driver_connection
from backend.core.jobs import Job
from backend.core.past import as_of
from backend.identity.actor import Actor
from backend.identity.models import Person, PostHolder, Role, Site
from backend.identity.permissions import system_query
from backend.incidents.commands import Tap, report_incident
from backend.incidents.commands.leading import Ending, close, contain, put_in_charge
from backend.incidents.commands.logging import log_disposal
from backend.incidents.models import Incident, SourceKind
from backend.incidents.recording import Said
from backend.incidents.response.commands import tick_step
from backend.incidents.response.models import TickState
from backend.incidents.response.queries.plans import plan_for
from backend.incidents.review.making import review_incident
from backend.incidents.watching import consider
from backend.plant.models import Equipment, Point
from backend.starter.history import HISTORY
from backend.starter.pack import PACKS, Pack
from backend.starter.runs import Row as Values
from backend.starter.runs import Run, read_run
from backend.starter.story import DeedSpec, StorySpec
from backend.telemetry.assembly import Row
from backend.telemetry.formats.moments import from_datetime
from backend.telemetry.judging import LiveValue
from backend.telemetry.partitions import ensure_partitions
from backend.telemetry.storage import copy_rows
from backend.tracing.checks.answering import Answer, answer_check
from backend.tracing.making import make_trace
from backend.tracing.models import TraceCheck


@dataclass(frozen=True)
class Moment:
    """What happens at ``at`` (UTC): a row of readings comes in, or somebody does something."""

    at: datetime
    values: Values | None = None
    deed: DeedSpec | None = None


async def live_through(session: AsyncSession, site_id: int, pack: Pack, normal: Run) -> int:
    """Live through the pack's story, so that the site has an incident behind it; gives the incident's id.

    ``normal`` is the run of normal work. The site's rules and people must be there; nobody else may be at work.
    """
    story = pack.story
    fault = read_run(PACKS / pack.code, pack, story.fault)
    began = now() - timedelta(hours=story.began_hours_ago)
    moments = list(course(story, pack.row_s, began, fault, normal, until=now() - HISTORY))
    points = await _ids(session, site_id, Point)
    await _store(session, site_id, points, moments)
    life = _Life(session, site_id, points, await _ids(session, site_id, Equipment), await _people(session, site_id))
    await life.begin()
    for moment in moments:
        async with as_of(session, moment.at):
            await life.go_on(moment)
    return await life.end()


def course(
    story: StorySpec, row_s: float, began: datetime, fault: Run, normal: Run, *, until: datetime
) -> Iterator[Moment]:
    """What happens in the order of time: normal work, the fault from ``began``, standstill, normal work up to
    ``until``, and between the rows what people do."""
    step = timedelta(seconds=row_s)
    first = fault.spec.fault_row or 0
    played = fault.rows[first - story.normal_rows : first + story.fault_rows]
    rows = [Moment(began + (number - story.normal_rows) * step, values) for number, values in enumerate(played)]
    day = int(HISTORY.total_seconds() / row_s)
    restart = normal.rows[-day - story.restart_rows : -day]
    rows += [Moment(until - (len(restart) - number) * step, values) for number, values in enumerate(restart)]
    deeds = [Moment(began + deed.row * step, deed=deed) for deed in story.deeds]
    yield from sorted([*rows, *deeds], key=lambda moment: moment.at)


class _Life:
    """The site while it lives through its story."""

    def __init__(
        self,
        session: AsyncSession,
        site_id: int,
        points: Mapping[str, int],
        equipment: Mapping[str, int],
        people: Mapping[str, Actor],
    ) -> None:
        self._session = session
        self._site_id = site_id
        self._points = points
        self._equipment = equipment
        self._people = people
        self._judge = AlarmJudge([site_id])
        self._known: set[int] = set()
        self._incident_id = 0
        self._ticked = 0

    async def begin(self) -> None:
        """Read the rules."""
        await self._judge.load(self._session)

    async def go_on(self, moment: Moment) -> None:
        """Judge a row, or do a deed. The present moment must be ``moment.at``."""
        if moment.deed is not None:
            await self._do(moment.deed)
        elif moment.values is not None:
            await self._read(moment.at, moment.values)

    async def end(self) -> int:
        """Nothing of it waits any more: a worker that starts would do again what was done."""
        await self._judge.checkpoint(self._session)
        await _drop_jobs(self._session, self._site_id)
        return self._incident_id

    async def _read(self, at: datetime, values: Values) -> None:
        live = [
            LiveValue(self._site_id, self._points[code], at, value, 0)
            for code, value in values.items()
            if code in self._points
        ]
        await self._judge.record(self._session, self._judge.judge(live, at))
        raised = [alarm for alarm in await self._alarms() if alarm.id not in self._known]
        self._known |= {alarm.id for alarm in raised}
        if raised:
            await consider(
                self._session, self._site_id, {SourceKind.ALARM: dict.fromkeys((alarm.id for alarm in raised), at)}
            )

    async def _do(self, deed: DeedSpec) -> None:
        actor, said = self._people[deed.account], Said(deed.words)
        if deed.does == "acknowledge":
            await self._acknowledge(actor)
        elif deed.does == "report":
            await self._report(actor, deed, said)
        elif deed.does == "lead":
            await put_in_charge(self._session, actor, self._incident_id, None, Said())
        elif deed.does == "log":
            await log_disposal(self._session, actor, self._incident_id, deed.deed, said)
        elif deed.does == "answer":
            await self._answer(actor, deed)
        elif deed.does == "tick":
            await self._tick(actor, deed.steps)
        elif deed.does == "contain":
            await contain(self._session, actor, self._incident_id, said)
        else:
            await self._close(actor, deed, said)

    async def _acknowledge(self, actor: Actor) -> None:
        for alarm in await self._alarms():
            if alarm.state in (AlarmState.UNACKNOWLEDGED, AlarmState.RETURNED):
                await acknowledge(self._session, actor, alarm.id)
        if self._incident_id and not await self._alarms():
            incident = await _incident(self._session, self._incident_id)
            if incident.group_id is not None:
                await make_trace(self._session, incident.group_id, review=True)

    async def _report(self, actor: Actor, deed: DeedSpec, said: Said) -> None:
        equipment_id = self._equipment[deed.equipment]
        alarm = next((one for one in await self._alarms() if one.equipment_id == equipment_id), None)
        tap = Tap(kind=deed.incident_kind, equipment_id=equipment_id, alarm_id=alarm.id if alarm else None, said=said)
        incident = await report_incident(self._session, actor, tap)
        self._incident_id = incident.id
        if incident.group_id is not None:
            await make_trace(self._session, incident.group_id)
        await review_incident(self._session, incident.id)

    async def _answer(self, actor: Actor, deed: DeedSpec) -> None:
        check = await _check(self._session, f"equipment:{self._equipment[deed.equipment]}?{deed.question}")
        await answer_check(self._session, actor, check.id, Answer(answer=deed.answer, note=deed.words))

    async def _tick(self, actor: Actor, steps: int) -> None:
        incident = await _incident(self._session, self._incident_id)
        plan = await plan_for(self._session, actor, incident)
        for step in plan.steps[self._ticked : self._ticked + steps]:
            await tick_step(self._session, actor, incident.id, step.key, TickState.DONE, Said())
        self._ticked += steps

    async def _close(self, actor: Actor, deed: DeedSpec, said: Said) -> None:
        loss = Decimal(deed.loss_yuan) if deed.loss_yuan else None
        ending = Ending(losses=deed.losses, loss_yuan=loss, injured=deed.injured)
        await close(self._session, actor, self._incident_id, ending, said)
        await review_incident(self._session, self._incident_id)

    @system_query("a demo lives on behalf of no person")
    async def _alarms(self) -> Sequence[Alarm]:
        """The site's open alarms, the newest first."""
        wanted = select(Alarm).where(col(Alarm.site_id) == self._site_id, col(Alarm.state) != AlarmState.CLOSED)
        found = await self._session.scalars(
            wanted.order_by(col(Alarm.id).desc()).execution_options(populate_existing=True)
        )
        return found.all()


async def _store(session: AsyncSession, site_id: int, points: Mapping[str, int], moments: Iterable[Moment]) -> None:
    readings = [
        Row(site_id, points[code], stamp, value, 0, stamp)
        for moment in moments
        if moment.values is not None
        for stamp in [from_datetime(moment.at)]
        for code, value in moment.values.items()
        if code in points
    ]
    await ensure_partitions(session, {moment.at.date() for moment in moments})
    await copy_rows(await driver_connection(session), readings)


@system_query("a demo lives on behalf of no person")
async def _incident(session: AsyncSession, incident_id: int) -> Incident:
    return (await session.scalars(select(Incident).where(col(Incident.id) == incident_id))).one()


@system_query("a demo lives on behalf of no person")
async def _check(session: AsyncSession, question: str) -> TraceCheck:
    return (await session.scalars(select(TraceCheck).where(col(TraceCheck.question) == question))).one()


@system_query("a demo lives on behalf of no person")
async def _ids(session: AsyncSession, site_id: int, of: type[Point] | type[Equipment]) -> dict[str, int]:
    found = await session.execute(select(col(of.code), col(of.id)).where(col(of.site_id) == site_id))
    return {code: id_ for code, id_ in found}


@system_query("the sample people of a demo do what its story says of them")
async def _people(session: AsyncSession, site_id: int) -> dict[str, Actor]:
    site = await session.get_one(Site, site_id)
    held = await session.execute(
        select(col(PostHolder.person_id), col(PostHolder.post_id)).where(
            col(PostHolder.site_id) == site_id, col(PostHolder.until).is_(None)
        )
    )
    posts: dict[int, set[int]] = {}
    for person_id, post_id in held:
        posts.setdefault(person_id, set()).add(post_id)
    people = await session.scalars(select(Person).where(col(Person.site_id) == site_id, col(Person.sample)))
    return {one.account: _actor(one, site, posts.get(one.id, set())) for one in people}


def _actor(person: Person, site: Site, post_ids: Iterable[int]) -> Actor:
    return Actor(
        person_id=person.id,
        site_id=site.id,
        role=Role(person.role),
        name=person.name,
        name_en=person.name_en,
        account=person.account,
        team_id=person.team_id,
        post_ids=frozenset(post_ids),
        site_code=site.code,
        site_name=site.name,
        site_name_en=site.name_en,
        time_zone=site.time_zone,
        modules_off=frozenset(site.modules_off),
    )


@system_query("what a demo's past would ask of the worker is done")
async def _drop_jobs(session: AsyncSession, site_id: int) -> None:
    await session.execute(delete(Job).where(col(Job.site_id) == site_id, col(Job.status) == "queued"))
