"""The trace model for programs, with the permissions of the pages."""

from datetime import datetime

from pydantic import AwareDatetime, BaseModel, Field

from backend.core.errors import NotFound
from backend.core.routing import APIRouter
from backend.identity.web import ActorDep, SessionDep, allow
from backend.tracing.queries import trace_view
from backend.tracing.versions import commands, queries
from backend.tracing.versions.content import delays_of
from backend.tracing.versions.precision import Precision
from backend.tracing.versions.queries import CaseView, Trial, VersionRow

router = APIRouter(prefix="/api/v1", tags=["trace models"])


class PrecisionOut(BaseModel):
    """溯源精准率: shares 0 … 1 of ``reviewed`` traces, null without any."""

    reviewed: int
    top1: float | None
    top3: float | None


class CaseOut(BaseModel):
    """A confirmed case; ``node`` is empty for another cause, ``rank`` null where the root wasn't listed."""

    id: int
    trace_id: int
    node: str
    name: str
    name_en: str
    note: str
    rank: int | None
    confirmed_at: datetime


class TrialOut(BaseModel):
    """A trial on history: this version beside another."""

    id: int
    state: str
    version: int
    against_version: int
    done: int
    of: int
    skipped: int
    precision: PrecisionOut
    against: PrecisionOut


class VersionOut(BaseModel):
    """A version; ``live`` is the precision of traces made with it."""

    id: int
    version: int
    base_version: int | None
    active: bool
    because: str
    trace_id: int | None
    made_at: datetime
    live: PrecisionOut
    trial: TrialOut | None


class DelayOut(BaseModel):
    """A learned delay of a link, in seconds."""

    source: str
    target: str
    seconds: float
    cases: int


class ContentOut(VersionOut):
    """A version with what it learned; ``prior`` and ``causes`` are log-priors by node key and library key."""

    prior: dict[str, float]
    causes: dict[str, float]
    delays: list[DelayOut]
    cases: list[CaseOut]


class SimilarOut(BaseModel):
    """An earlier confirmed trace and how alike it is, 0 … 1."""

    likeness: float
    case: CaseOut


class PeriodIn(BaseModel):
    """The period whose confirmed traces are tried; ``against``: the version beside it (its base)."""

    from_at: AwareDatetime
    to_at: AwareDatetime
    against: int | None = Field(None, ge=0, le=2**31 - 1)


@router.get("/trace-models", dependencies=[allow("trace_models.see")])
async def versions(session: SessionDep, actor: ActorDep) -> list[VersionOut]:
    """Versions, newest first."""
    return [VersionOut(**_version(row)) for row in (await queries.overview(session, actor)).rows]


@router.get("/trace-models/{model_id}", dependencies=[allow("trace_models.see")])
async def version(session: SessionDep, actor: ActorDep, model_id: int) -> ContentOut:
    """One version with what it learned."""
    return await _content(session, actor, model_id)


@router.post("/trace-models/{model_id}/activate", dependencies=[allow("trace_models.edit")])
async def activate(session: SessionDep, actor: ActorDep, model_id: int) -> ContentOut:
    """Let traces be made with this version from now on."""
    await commands.activate_version(session, actor, model_id)
    return await _content(session, actor, model_id)


@router.post("/trace-models/{model_id}/replays", dependencies=[allow("trace_models.edit")])
async def replay(session: SessionDep, actor: ActorDep, model_id: int, sent: PeriodIn) -> TrialOut:
    """Try this version on the confirmed traces of a period; a worker does it."""
    period = {"from_at": sent.from_at, "to_at": sent.to_at}
    asked = await commands.ask_replay(session, actor, model_id, **period, against=sent.against)
    return _trial(await queries.trial(session, actor, asked.id))


@router.get("/trace-replays/{replay_id}", dependencies=[allow("trace_models.see")])
async def trial(session: SessionDep, actor: ActorDep, replay_id: int) -> TrialOut:
    """How far a trial is, and what came out so far."""
    return _trial(await queries.trial(session, actor, replay_id))


@router.get("/traces/{trace_id}/similar", dependencies=[allow("traces.see")])
async def similar(session: SessionDep, actor: ActorDep, trace_id: int) -> list[SimilarOut]:
    """Earlier confirmed traces like this one, the most alike first."""
    view = await trace_view(session, actor, trace_id)
    if view is None:
        raise NotFound()
    found = await queries.similar_to(session, actor, view.trace)
    return [SimilarOut(likeness=round(one.likeness, 3), case=_case(one.seen)) for one in found]


async def _content(session: SessionDep, actor: ActorDep, model_id: int) -> ContentOut:
    row = await queries.version_row(session, actor, model_id)
    content = row.model.content
    cases = await queries.cases_by_id(session, actor, content.get("cases", []))
    return ContentOut(
        **_version(row),
        prior=content.get("prior", {}),
        causes=content.get("causes", {}),
        delays=[
            DelayOut(source=source, target=target, seconds=delay.seconds, cases=delay.cases)
            for (source, target), delay in delays_of(content).items()
        ],
        cases=[_case(view) for view in cases],
    )


def _version(row: VersionRow) -> dict[str, object]:
    names = ("id", "version", "base_version", "active", "because", "trace_id", "made_at")
    told = {name: getattr(row.model, name) for name in names}
    return told | {"live": _precision(row.live), "trial": _trial(row.trial) if row.trial else None}


def _trial(found: Trial) -> TrialOut:
    return TrialOut(
        id=found.replay.id,
        state=found.replay.state,
        version=found.replay.version,
        against_version=found.replay.against,
        done=found.done,
        of=found.of,
        skipped=found.skipped,
        precision=_precision(found.version),
        against=_precision(found.against),
    )


def _precision(found: Precision) -> PrecisionOut:
    return PrecisionOut(reviewed=found.reviewed, top1=found.top1, top3=found.top3)


def _case(view: CaseView) -> CaseOut:
    case, name = view.case, view.name
    return CaseOut(
        id=case.id,
        trace_id=case.trace_id,
        node=case.node,
        name=name.name if name else "",
        name_en=name.name_en if name else "",
        note=case.note,
        rank=case.rank,
        confirmed_at=case.confirmed_at,
    )
