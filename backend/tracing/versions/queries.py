"""Versions, cases and trials as people see them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.core.jobs import Job, JobStatus
from backend.identity.actor import Actor
from backend.identity.models import Person
from backend.identity.permissions import visible
from backend.identity.scoping import get_visible
from backend.tracing.engine import Signature
from backend.tracing.engine.learned import similar
from backend.tracing.models import Trace
from backend.tracing.queries import NodeName, PersonName, node_names
from backend.tracing.versions.active import MOST_COMPARED, MOST_SIMILAR, case_of
from backend.tracing.versions.models import REPLAY_JOB, ReplayState, TraceCase, TraceModel, TraceReplay
from backend.tracing.versions.precision import Precision, precision

MOST_VERSIONS = 60
"""Versions on the list; older ones are reached from those made of them."""
MOST_CASES = 50


@dataclass(frozen=True)
class CaseView:
    """A confirmed case, with who said it and what its root is called; ``name`` None for another cause."""

    case: TraceCase
    name: NodeName | None
    by: PersonName | None


@dataclass(frozen=True)
class SimilarView:
    """An earlier case like the trace that is looked at; ``likeness`` 0 … 1."""

    seen: CaseView
    likeness: float


@dataclass(frozen=True)
class Trial:
    """A trial and what came out so far: precision of both versions, traces passed over."""

    replay: TraceReplay
    version: Precision
    against: Precision
    skipped: int
    running: bool
    """Whether a worker goes on with it; a trial whose job failed for good is neither running nor done."""

    @property
    def broken(self) -> bool:
        """Whether it ended before its last trace."""
        return not self.running and self.replay.state != ReplayState.DONE

    @property
    def done(self) -> int:
        """Traces tried so far."""
        return len(self.replay.results)

    @property
    def of(self) -> int:
        """Traces to be tried."""
        return len(self.replay.trace_ids)


@dataclass(frozen=True)
class VersionRow:
    """A version on the list. ``live``: precision of the traces that it made and people reviewed."""

    model: TraceModel
    by: PersonName | None
    live: Precision
    trial: Trial | None
    added: tuple[CaseView, ...]
    removed: tuple[CaseView, ...]


@dataclass(frozen=True)
class Overview:
    """All that the list shows."""

    rows: list[VersionRow] = field(default_factory=list)
    all_time: Precision = field(default_factory=lambda: precision(()))
    waiting: tuple[CaseView, ...] = ()


async def overview(session: AsyncSession, actor: Actor) -> Overview:
    """Versions, newest first; precision over all reviewed traces; cases that wait to be learned."""
    wanted = select(TraceModel).where(visible(actor, TraceModel)).order_by(col(TraceModel.version).desc())
    models = list((await session.scalars(wanted.limit(MOST_VERSIONS))).all())
    live = await _live(session, actor)
    trials = await _trials(session, actor)
    rows = [await _row(session, actor, model, models, live, trials) for model in models]
    active = next((model for model in models if model.active), None)
    waiting = await waiting_cases(session, actor, active) if active else []
    ranks = [rank for ranks in live.values() for rank in ranks]
    return Overview(rows, precision(ranks), tuple(await case_views(session, actor, waiting)))


async def version_row(session: AsyncSession, actor: Actor, model_id: int) -> VersionRow:
    """One version. Raises NotFound for none that the actor may see."""
    model = await get_visible(session, actor, TraceModel, model_id)
    bases = select(TraceModel).where(visible(actor, TraceModel), col(TraceModel.version) == model.base_version)
    known = [model, *(await session.scalars(bases)).all()]
    return await _row(session, actor, model, known, await _live(session, actor), await _trials(session, actor))


async def _row(
    session: AsyncSession,
    actor: Actor,
    model: TraceModel,
    models: Iterable[TraceModel],
    live: Mapping[int, list[int | None]],
    trials: Mapping[int, Trial],
) -> VersionRow:
    base = next((one for one in models if one.version == model.base_version), None)
    before, after = ((one.content.get("cases", []) if one else []) for one in (base, model))
    changed = await cases_by_id(session, actor, set(before) ^ set(after))
    makers = await _people(session, actor, [model.made_by])
    return VersionRow(
        model,
        makers.get(model.made_by or 0),
        precision(live.get(model.version, ())),
        trials.get(model.version),
        tuple(view for view in changed if view.case.id in after),
        tuple(view for view in changed if view.case.id in before),
    )


async def waiting_cases(session: AsyncSession, actor: Actor, model: TraceModel) -> list[TraceCase]:
    """Confirmed cases that ``model`` doesn't know and could learn from, the latest last."""
    wanted = select(TraceCase).where(
        visible(actor, TraceCase),
        col(TraceCase.current),
        (col(TraceCase.node) != "") | (col(TraceCase.library_key) != ""),
        col(TraceCase.id).not_in(model.content.get("cases", [])),
    )
    return list((await session.scalars(wanted.order_by(col(TraceCase.id)))).all())


async def cases_by_id(session: AsyncSession, actor: Actor, ids: Iterable[int]) -> list[CaseView]:
    """These cases, the latest first, at most ``MOST_CASES``."""
    wanted = select(TraceCase).where(visible(actor, TraceCase), col(TraceCase.id).in_(list(ids)))
    rows = (await session.scalars(wanted.order_by(col(TraceCase.id).desc()).limit(MOST_CASES))).all()
    return await case_views(session, actor, rows)


async def case_views(session: AsyncSession, actor: Actor, cases: Iterable[TraceCase]) -> list[CaseView]:
    """The cases with names."""
    rows = list(cases)
    names = await names_of(session, actor, (root_key(row) for row in rows if row.node))
    people = await _people(session, actor, [row.confirmed_by for row in rows])
    return [CaseView(row, names.get(root_key(row)), people.get(row.confirmed_by or 0)) for row in rows]


def root_key(case: TraceCase) -> str:
    """The key of a case's root: a cause of the library at its place, else the place."""
    return f"{case.node}/{case.library_key}" if case.node and case.library_key else case.node


async def names_of(session: AsyncSession, actor: Actor, keys: Iterable[str]) -> dict[str, NodeName]:
    """Names of nodes by key; a node that is gone is called by its key."""
    wanted = set(keys)
    return {key: NodeName(key, key, key, "") for key in wanted} | await node_names(session, actor, wanted)


async def similar_to(session: AsyncSession, actor: Actor, trace: Trace) -> list[SimilarView]:
    """Earlier confirmed traces like this one, the most alike first."""
    signature = Signature.from_dict(trace.result.get("signature"))
    if not signature.sizes:
        return []
    wanted = select(TraceCase).where(
        visible(actor, TraceCase), col(TraceCase.current), col(TraceCase.trace_id) != trace.id
    )
    rows = (await session.scalars(wanted.order_by(col(TraceCase.id).desc()).limit(MOST_COMPARED))).all()
    found = similar([case_of(row) for row in rows], signature)[:MOST_SIMILAR]
    by_id = {row.id: row for row in rows}
    views = await case_views(session, actor, [by_id[one.case.case] for one in found])
    return [SimilarView(view, one.likeness) for view, one in zip(views, found, strict=True)]


async def trial(session: AsyncSession, actor: Actor, replay_id: int) -> Trial:
    """One trial. Raises NotFound for none that the actor may see."""
    replay = await get_visible(session, actor, TraceReplay, replay_id)
    return _trial(replay, await trials_at_work(session, actor))


async def trials_at_work(session: AsyncSession, actor: Actor) -> set[int]:
    """Trials that a job of the actor's site is to go on with."""
    wanted = select(Job.payload["replay_id"].as_integer()).where(
        col(Job.kind) == REPLAY_JOB,
        col(Job.site_id) == actor.site_id,
        col(Job.status).in_([JobStatus.QUEUED, JobStatus.RUNNING]),
    )
    return set((await session.scalars(wanted)).all())


async def _live(session: AsyncSession, actor: Actor) -> dict[int, list[int | None]]:
    """Ranks of confirmed roots as people saw them, by the version that had made the ranking."""
    wanted = select(col(TraceCase.model_version), col(TraceCase.rank)).where(
        visible(actor, TraceCase), col(TraceCase.current)
    )
    found: dict[int, list[int | None]] = {}
    for version, rank in await session.execute(wanted):
        found.setdefault(version, []).append(rank)
    return found


async def _trials(session: AsyncSession, actor: Actor) -> dict[int, Trial]:
    """The latest trial of each version."""
    newest = select(func.max(col(TraceReplay.id))).where(visible(actor, TraceReplay)).group_by(col(TraceReplay.version))
    rows = await session.scalars(
        select(TraceReplay).where(visible(actor, TraceReplay), col(TraceReplay.id).in_(newest))
    )
    at_work = await trials_at_work(session, actor)
    return {row.version: _trial(row, at_work) for row in rows}


def _trial(replay: TraceReplay, at_work: set[int]) -> Trial:
    tried: list[dict[str, Any]] = [one for one in replay.results if "skipped" not in one]
    return Trial(
        replay,
        precision(one["rank"] for one in tried),
        precision(one["against"] for one in tried),
        len(replay.results) - len(tried),
        replay.state == ReplayState.RUNNING and replay.id in at_work,
    )


async def _people(session: AsyncSession, actor: Actor, ids: Iterable[int | None]) -> dict[int, PersonName]:
    wanted = select(col(Person.id), col(Person.name), col(Person.name_en)).where(
        visible(actor, Person), col(Person.id).in_([id_ for id_ in ids if id_])
    )
    return {id_: PersonName(id_, name, name_en) for id_, name, name_en in await session.execute(wanted)}
