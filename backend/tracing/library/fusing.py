"""The fused list of a trace, from the engine's answer and the site's own records. System role."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import structlog
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from backend.identity.permissions import system_query
from backend.tracing.engine import Cause, TraceResult
from backend.tracing.engine.behaviour import Behaviour, Shape
from backend.tracing.engine.fusion import fuse as weigh
from backend.tracing.library.assembling import Answer, Known, Place, PointFact, apart, assemble
from backend.tracing.library.catalogue import Library, in_force
from backend.tracing.library.quantities import quantity_of
from backend.tracing.library.telling import of_two_faults, told
from backend.tracing.records import RecordEvidence, needs_keeping, records_about, records_kept

_log = structlog.get_logger()
MOST_PLACES = 6
"""So many pieces of equipment are looked at; what the engine gives to others is part of what isn't listed."""
UNMEASURED_SHARE = 0.25
"""Of a cause's probability, the part that its unmeasured equipment upstream gets: readings can't tell it from what it
acts on. Our own estimate; an answer from the site decides."""
CLEAR_Z = 3.0


@dataclass(frozen=True)
class Seen:
    """What the engine saw, as far as the fusion needs it; made from its answer or from a stored trace.

    ``units``: equipment → probability, of which equipment without points upstream of a cause has got its part;
    ``second``: of these the equipment of a second fault that runs at the same time, empty where there is one fault.
    """

    units: Mapping[int, float]
    unknown: float
    behaviours: Mapping[str, tuple[tuple[Shape, ...], float]]
    paths: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    second: frozenset[int] = frozenset()


def seen_in(
    result: TraceResult, equipment_of: Mapping[str, int], behaviours: Sequence[Behaviour] | None = None
) -> Seen:
    """From the engine's answer; without ``behaviours`` the sign of each cause's deviation stands in for them."""
    units = {equipment_of[unit.unit]: unit.probability for unit in result.units if unit.unit in equipment_of}
    shown: dict[str, tuple[tuple[Shape, ...], float]] = {
        cause.node: _direction(cause.deviation) for cause in result.causes
    }
    if behaviours is not None:
        shown = {one.point: (one.shapes, one.size) for one in behaviours}
    causes = [(equipment_of.get(c.node), c.probability, c.path, c.explanation.unmeasured_above) for c in result.causes]
    seen = _seen(units, result.unknown, shown, causes, equipment_of)
    return replace(seen, second=_of_second_fault(result.causes, equipment_of))


def stored(seen: Seen) -> dict[str, Any]:
    """As JSON, to be kept with the trace."""
    return {
        "units": [[id_, p] for id_, p in seen.units.items()],
        "unknown": seen.unknown,
        "behaviours": [[point, [*shapes], size] for point, (shapes, size) in seen.behaviours.items()],
        "paths": [[id_, [*path]] for id_, path in seen.paths.items()],
        "second": sorted(seen.second),
    }


def seen_in_stored(result: Mapping[str, Any], equipment_of: Mapping[str, int]) -> Seen:
    """From a stored trace, so that an answer can be weighed without asking the engine again: what ``stored`` kept
    under ``seen``, or for older traces what its causes say."""
    if kept := result.get("seen"):
        return Seen(
            {int(id_): float(p) for id_, p in kept["units"]},
            float(kept["unknown"]),
            {point: (tuple(Shape(s) for s in shapes), float(size)) for point, shapes, size in kept["behaviours"]},
            {int(id_): tuple(path) for id_, path in kept["paths"]},
            frozenset(kept.get("second", ())),
        )
    units = {int(unit["equipment_id"]): float(unit["probability"]) for unit in result["units"]}
    shown = {cause["node"]: _direction(float(cause["deviation"])) for cause in result["causes"]}
    causes = [
        (cause["equipment_id"], float(cause["probability"]), tuple(cause["path"]), tuple(cause["look_at"]))
        for cause in result["causes"]
    ]
    return _seen(units, float(result.get("unknown", 1.0)), shown, causes, equipment_of)


def _of_second_fault(causes: Sequence[Cause], equipment_of: Mapping[str, int]) -> frozenset[int]:
    """Equipment whose likeliest cause, or what is unmeasured upstream of it, belongs to the second fault."""
    fault: dict[int, int] = {}
    for cause in causes:
        for node in (cause.node, *cause.explanation.unmeasured_above):
            if node in equipment_of:
                fault.setdefault(equipment_of[node], cause.disturbance)
    return frozenset(id_ for id_, number in fault.items() if number)


def _direction(deviation: float) -> tuple[tuple[Shape, ...], float]:
    clear = abs(deviation) >= CLEAR_Z
    return ((Shape.MOVED, Shape.HIGH if deviation > 0 else Shape.LOW) if clear else ()), deviation


def _seen(
    units: Mapping[int, float],
    unknown: float,
    shown: Mapping[str, tuple[tuple[Shape, ...], float]],
    causes: Iterable[tuple[int | None, float, Sequence[str], Sequence[str]]],
    equipment_of: Mapping[str, int],
) -> Seen:
    paths: dict[int, tuple[str, ...]] = {}
    left, blank = dict(units), dict[int, float]()
    for equipment_id, probability, path, look_at in causes:
        if equipment_id is not None and path:
            paths.setdefault(equipment_id, tuple(path))
        above = [id_ for node in look_at if (id_ := equipment_of.get(node)) is not None and id_ not in units]
        if equipment_id is None or equipment_id not in left or not above:
            continue
        given = UNMEASURED_SHARE * min(probability, left[equipment_id])
        left[equipment_id] -= given
        for id_ in above:
            blank[id_] = blank.get(id_, 0.0) + given / len(above)
    return Seen({**left, **blank}, unknown, shown, paths)


async def fuse_seen(
    session: AsyncSession,
    site_id: int,
    seen: Seen,
    *,
    group_id: int | None,
    trace_id: int | None,
    learned: Mapping[str, float] | None = None,
) -> list[dict[str, Any]]:
    """One ranked list of physical, human and management causes of a trace, as ``Trace.result["fused"]`` keeps it.

    ``learned``: log-priors by library key. Answers that were given to the trace (or to the one of its group) count.
    """
    chosen = _chosen(seen)
    if not chosen:
        return []
    library = await site_library(session, site_id)
    records = await records_about(session, site_id, list(chosen), group_id)
    kept = await records_kept(session, site_id, list(chosen))
    said = await _said(session, site_id, group_id, trace_id)
    places, neighbours = await _places(session, site_id, chosen, seen)
    known = Known(
        places,
        seen.unknown,
        neighbours,
        _states(library, chosen, records, kept),
        said.answers,
        learned or {},
        said.waiting,
        said.ruled_out,
    )
    return await asyncio.to_thread(_weighed, library, known, records, seen.second)


def _weighed(
    library: Library, known: Known, records: Sequence[RecordEvidence], second: frozenset[int]
) -> list[dict[str, Any]]:
    """One fault has one cause, so two faults are weighed each for itself."""
    faults = apart(known, second)
    networks = [assemble(library, one) for one in faults]
    lists = [
        told(library, one, network, weigh(network.case, waiting=one.waiting), records)
        for one, network in zip(faults, networks, strict=True)
    ]
    return lists[0] if len(lists) == 1 else of_two_faults(*lists)


def _chosen(seen: Seen) -> dict[int, float]:
    """Equipment → how likely the engine thinks it, likeliest first."""
    return dict(sorted(seen.units.items(), key=lambda item: (-item[1], item[0]))[:MOST_PLACES])


def _states(
    library: Library, equipment_ids: Iterable[int], records: Sequence[RecordEvidence], kept: set[tuple[int, str]]
) -> dict[tuple[int, str], bool]:
    """Whether there is such a record; left out where its lack says nothing."""
    there = {(one.equipment_id, one.kind) for one in records}
    pairs = [(id_, factor.key) for id_ in equipment_ids for factor in library.factors]
    return {pair: pair in there for pair in pairs if pair in there or pair in kept or not needs_keeping(pair[1])}


@system_query("the worker weighs every site's causes with that site's library")
async def site_library(session: AsyncSession, site_id: int) -> Library:
    """The base library with the site's newest edits over it, if they still fit."""
    edits = (
        await session.execute(
            text("SELECT edits FROM cause_library WHERE site_id = :site ORDER BY version DESC LIMIT 1"),
            {"site": site_id},
        )
    ).scalar_one_or_none()
    library, faults = in_force(edits)
    if faults:
        _log.warning("cause_library_left_aside", site_id=site_id, faults=faults)
    return library


@dataclass(frozen=True)
class _Said:
    """What people said about a trace: the latest answer to each question, questions that wait for one, and causes of
    the library of which somebody said "not this"."""

    answers: tuple[Answer, ...]
    waiting: frozenset[str]
    ruled_out: frozenset[str]


_TRUTH = {"yes": True, "no": False, "unknown": None}


@system_query("the worker weighs what people of every site found out")
async def _said(session: AsyncSession, site_id: int, group_id: int | None, trace_id: int | None) -> _Said:
    traces = await session.execute(
        text(
            "SELECT id FROM trace WHERE site_id = :site "
            "AND (id = CAST(:trace AS bigint) OR group_id = CAST(:group_id AS bigint))"
        ),
        {"site": site_id, "trace": trace_id, "group_id": group_id},
    )
    of = {"site": site_id, "traces": list(traces.scalars())}
    answered = await session.execute(
        text(
            "SELECT DISTINCT ON (question) question, answer, answered_by, COALESCE(captured_at, answered_at) AS at "
            "FROM trace_check WHERE site_id = :site AND trace_id = ANY(CAST(:traces AS bigint[])) AND answer <> '' "
            "ORDER BY question, COALESCE(captured_at, answered_at) DESC, id DESC"
        ),
        of,
    )
    waiting = await session.execute(
        text(
            "SELECT question FROM trace_check WHERE site_id = :site AND trace_id = ANY(CAST(:traces AS bigint[])) "
            "AND question <> '' AND answered_at IS NULL"
        ),
        of,
    )
    ruled_out = await session.execute(
        text(
            "SELECT node FROM trace_dismissal WHERE site_id = :site "
            "AND trace_id = ANY(CAST(:traces AS bigint[])) AND node LIKE '%/%'"
        ),
        of,
    )
    return _Said(
        tuple(Answer(r.question, _TRUTH[r.answer], r.answered_by, r.at.isoformat()) for r in answered),
        frozenset(waiting.scalars()),
        frozenset(ruled_out.scalars()),
    )


_LINKS = """
SELECT DISTINCT COALESCE(l.source_equipment_id, s.equipment_id) AS source,
       COALESCE(l.target_equipment_id, t.equipment_id) AS target
FROM link l LEFT JOIN point s ON s.id = l.source_point_id LEFT JOIN point t ON t.id = l.target_point_id
WHERE l.site_id = :site AND l.kind IN ('material', 'energy', 'air')
ORDER BY source, target
"""


@system_query("the worker weighs every site's causes")
async def _places(
    session: AsyncSession, site_id: int, chosen: Mapping[int, float], seen: Seen
) -> tuple[list[Place], dict[int, tuple[PointFact, ...]]]:
    """The places with their points and what is linked to them, and the points of their neighbours."""
    links = [(row.source, row.target) for row in await session.execute(text(_LINKS), {"site": site_id})]
    links = [(a, b) for a, b in links if a and b and a != b]
    near = {id_ for pair in links for id_ in pair if set(pair) & chosen.keys()} | chosen.keys()
    rows = await session.execute(
        text(
            "SELECT id, equipment_id, unit, name, name_en, manipulated FROM point WHERE site_id = :site "
            "AND status = 'active' AND left(code, 1) <> '_' AND equipment_id = ANY(CAST(:near AS bigint[])) ORDER BY id"
        ),
        {"site": site_id, "near": sorted(near)},
    )
    points: dict[int, list[PointFact]] = {}
    for row in rows:
        shapes, size = seen.behaviours.get(f"point:{row.id}", (None, 0.0))
        quantity = quantity_of(row.unit, row.name, row.name_en, row.manipulated)
        points.setdefault(row.equipment_id, []).append(
            PointFact(f"point:{row.id}", quantity, row.manipulated, shapes, size)
        )
    facts = {id_: tuple(found) for id_, found in points.items()}
    about = await session.execute(
        text(
            "SELECT id, equipment_class, owner_post_id FROM equipment WHERE site_id = :site "
            "AND id = ANY(CAST(:chosen AS bigint[]))"
        ),
        {"site": site_id, "chosen": list(chosen)},
    )
    places = [
        Place(
            row.id,
            row.equipment_class,
            row.owner_post_id,
            chosen[row.id],
            facts.get(row.id, ()),
            tuple(a for a, b in links if b == row.id),
            tuple(b for a, b in links if a == row.id),
            seen.paths.get(row.id, ()),
        )
        for row in about
    ]
    return sorted(places, key=lambda place: place.equipment_id), facts
