"""From a confirmed root cause to a case, and at once to a new version, in the transaction that confirms."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.identity.actor import Actor
from backend.identity.permissions import visible
from backend.tracing.engine import Signature
from backend.tracing.engine.learned import lags_along
from backend.tracing.models import Trace
from backend.tracing.naming import in_order, verdicts
from backend.tracing.versions.making import alone, current_version, make_version, places
from backend.tracing.versions.models import Because, TraceCase, TraceLearning, TraceModel

OTHER = "other"
"""What is confirmed when the root is none of the plant graph's nodes."""


async def learn_from(session: AsyncSession, actor: Actor, trace: Trace, *, fused: str = "") -> TraceCase:
    """Remember the root that was confirmed of ``trace``, and learn from it at once if the site wants that.

    ``fused``: the key of the fused cause that was confirmed (``equipment:3/valve.sticking``), where it was one. A
    correction takes the place of what was confirmed before; the same said again changes nothing.
    """
    await alone(session, trace.site_id)
    model = await current_version(session, actor)
    known = await _current_case(session, actor, trace.id)
    place = trace.confirmed_node.partition("/")[0]
    node, library_key = ("" if place == OTHER else place), library_key_of(fused)
    if known and (known.node, known.library_key) == (node, library_key):
        return known
    case = await _remember(session, actor, trace, known, node, library_key, fused)
    if await learns_at_once(session, actor):
        await _learn(session, actor, model, case, corrects=known is not None)
    return case


async def learns_at_once(session: AsyncSession, actor: Actor) -> bool:
    """Whether the site wants each confirmation to make a version; it does unless somebody switched it off."""
    wanted = select(col(TraceLearning.at_once)).where(visible(actor, TraceLearning))
    chosen = (await session.execute(wanted)).scalar_one_or_none()
    return chosen is not False


async def _current_case(session: AsyncSession, actor: Actor, trace_id: int) -> TraceCase | None:
    wanted = select(TraceCase).where(
        visible(actor, TraceCase), col(TraceCase.trace_id) == trace_id, col(TraceCase.current)
    )
    return (await session.execute(wanted.with_for_update())).scalar_one_or_none()


def library_key_of(fused: str) -> str:
    """``valve.sticking`` of ``equipment:3/valve.sticking``: what is learned holds for all equipment of the class."""
    return fused.rpartition("/")[2]


async def _remember(
    session: AsyncSession, actor: Actor, trace: Trace, known: TraceCase | None, node: str, library_key: str, fused: str
) -> TraceCase:
    if known is not None:
        known.current = False
        session.add(known)
        await session.flush()
    result = trace.result
    signature = Signature.from_dict(result.get("signature"))
    units = {name: place.unit for name, place in (await places(session, actor)).items()}
    path: list[str] = next((cause["path"] for cause in result["causes"] if cause["node"] == node), [])
    case = TraceCase(
        site_id=trace.site_id,
        trace_id=trace.id,
        node=node,
        library_key=library_key,
        note=trace.confirmation_note,
        rank=rank_shown(result, fused or node),
        model_version=int(result.get("model_version", 0)),
        signature=signature.to_dict(),
        lags=[list(lag) for lag in lags_along(path, signature, units)],
        offered=sorted({library_key_of(one["key"]) for one in result.get("fused", [])}),
        confirmed_by=trace.confirmed_by,
    )
    session.add(case)
    await session.flush()
    return case


def rank_shown(result: Mapping[str, Any], key: str) -> int | None:
    """Place of a node or of a library's cause in the list that the person saw, 1 = first; None: not in it.

    Causes are counted among causes, as the indicator 溯源精准率 does: what merely contributes, or isn't listed, stands
    before none, however likely. Equipment without a cause agrees with any cause there.
    """
    nodes = [cause["node"] for cause in result["causes"]]
    roots = [one.key for one in verdicts(result)]
    places = [root.partition("/")[0] for root in roots]
    listed = [str(one["key"]) for one in in_order(result.get("fused", ()))]
    return next((shown.index(key) + 1 for shown in (nodes, roots, places, listed) if key in shown), None)


async def _learn(session: AsyncSession, actor: Actor, model: TraceModel, case: TraceCase, *, corrects: bool) -> None:
    """The next version: what the active one knows, with this trace's case in place of its earlier ones."""
    of_trace = select(col(TraceCase.id)).where(visible(actor, TraceCase), col(TraceCase.trace_id) == case.trace_id)
    earlier = set((await session.scalars(of_trace)).all())
    before = model.content.get("cases", [])
    after = [id_ for id_ in before if id_ not in earlier] + ([case.id] if case.node or case.library_key else [])
    if after != before:
        because = Because.CORRECTED if corrects else Because.CONFIRMED
        await make_version(session, actor, after, because=because, trace_id=case.trace_id, note=case.note)
