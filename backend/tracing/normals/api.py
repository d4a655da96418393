"""Baselines for programs, with the permissions of the pages."""

from datetime import datetime

from pydantic import AwareDatetime, BaseModel

from backend.core.routing import APIRouter
from backend.identity.web import ActorDep, SessionDep, allow
from backend.tracing.normals import commands, queries
from backend.tracing.normals.queries import VersionView, WorkView

router = APIRouter(prefix="/api/v1", tags=["normal baselines"])


class PeriodIn(BaseModel):
    """A time of the past."""

    from_at: AwareDatetime
    to_at: AwareDatetime


class LearningIn(PeriodIn):
    """What to learn from; ``with_deviations``: times of early warnings are learned too."""

    with_deviations: bool = False


class WarningOut(BaseModel):
    """A warning that would have been; ``peak`` 1 = at the limit; ``alarm_s``: when an alarm followed, epoch seconds."""

    from_s: float
    to_s: float
    peak: float
    point: str
    alarm_s: float | None


class OutcomeOut(BaseModel):
    """What a trial found: ``over`` of ``rows`` beyond the limit, ``learned_rows`` of them learned from; ``warned``
    warnings, ``followed`` of them by an alarm; ``foreseen`` of ``alarms``."""

    rows: int
    over: int
    learned_rows: int
    warned: int
    followed: int
    alarms: int
    foreseen: int
    warnings: list[WarningOut]


class WorkOut(BaseModel):
    """Learning or trying: how many of its rows of ``row_s`` seconds are taken in; ``problem`` says why it was
    refused."""

    id: int
    kind: str
    state: str
    running: bool
    normal_id: int | None
    from_at: datetime
    to_at: datetime
    row_s: float
    read_rows: int
    rows: int
    problem: str


class VersionOut(BaseModel):
    """A baseline. ``from_at`` … ``to_at`` is what it was learned from, null for a starter pack's."""

    id: int
    version: int
    active: bool
    learned_at: datetime
    learned_from: str
    from_at: datetime | None
    to_at: datetime | None
    row_s: float | None
    points: int
    rows: int
    trial: OutcomeOut | None


@router.get("/normals", dependencies=[allow("normals.see")])
async def normals(session: SessionDep, actor: ActorDep) -> list[VersionOut]:
    """Baselines, the newest first."""
    return [_version(view) for view in await queries.versions(session, actor)]


@router.post("/normals", dependencies=[allow("normals.edit")], status_code=202)
async def learn(session: SessionDep, actor: ActorDep, sent: LearningIn) -> WorkOut:
    """Learn a baseline from the readings of a time; a worker does it, and tries what came out."""
    period = {"from_at": sent.from_at, "to_at": sent.to_at}
    asked = await commands.ask_learning(session, actor, **period, with_deviations=sent.with_deviations)
    return _work(await queries.work_view(session, actor, asked.id))


@router.get("/normals/{normal_id}", dependencies=[allow("normals.see")])
async def normal(session: SessionDep, actor: ActorDep, normal_id: int) -> VersionOut:
    """One baseline with its latest trial."""
    return _version(await queries.version(session, actor, normal_id))


@router.post("/normals/{normal_id}/activate", dependencies=[allow("normals.edit")])
async def activate(session: SessionDep, actor: ActorDep, normal_id: int) -> VersionOut:
    """Judge readings by this baseline from now on."""
    await commands.activate_normal(session, actor, normal_id)
    return _version(await queries.version(session, actor, normal_id))


@router.post("/normals/{normal_id}/trials", dependencies=[allow("normals.edit")], status_code=202)
async def try_it(session: SessionDep, actor: ActorDep, normal_id: int, sent: PeriodIn) -> WorkOut:
    """Try this baseline on the readings of a time; a worker does it."""
    asked = await commands.ask_trial(session, actor, normal_id, from_at=sent.from_at, to_at=sent.to_at)
    return _work(await queries.work_view(session, actor, asked.id))


@router.get("/normal-works/{work_id}", dependencies=[allow("normals.see")])
async def work(session: SessionDep, actor: ActorDep, work_id: int) -> WorkOut:
    """How far learning or a trial is."""
    return _work(await queries.work_view(session, actor, work_id))


def _version(view: VersionView) -> VersionOut:
    told = {name: getattr(view, name) for name in VersionOut.model_fields if name != "trial"}
    done = view.trial.work.result if view.trial else None
    return VersionOut(**told, trial=OutcomeOut(**done) if done else None)


def _work(view: WorkView) -> WorkOut:
    told = {name: getattr(view.work, name) for name in WorkOut.model_fields if name != "running"}
    return WorkOut(**told, running=view.running)
