"""Making and activating versions: what ``learning`` and ``commands`` share. One at a time for each site."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.core.events import record_event
from backend.identity.actor import Actor
from backend.identity.audit import record_change
from backend.identity.permissions import visible
from backend.plant.models import Equipment, Link, Point, PointStatus
from backend.tracing.engine import ConfirmedCase, Place
from backend.tracing.plant import equipment_key, point_key
from backend.tracing.versions.active import case_of
from backend.tracing.versions.content import content_of
from backend.tracing.versions.models import Because, TraceCase, TraceModel


async def alone(session: AsyncSession, site_id: int) -> None:
    """Until the transaction ends, nobody else makes or activates a version of this site."""
    key = f"trace_model:{site_id}"
    await session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))"), {"key": key})


async def current_version(session: AsyncSession, actor: Actor) -> TraceModel:
    """The active version; version 0 is made where there is none."""
    wanted = select(TraceModel).where(visible(actor, TraceModel), col(TraceModel.active))
    row = (await session.execute(wanted)).scalar_one_or_none()
    if row is None:
        row = TraceModel(site_id=actor.site_id, version=0, active=True, content=content_of([], {}, {}))
        session.add(row)
        await session.flush()
    return row


async def make_version(
    session: AsyncSession,
    actor: Actor,
    case_ids: Iterable[int],
    *,
    because: Because,
    trace_id: int | None = None,
    note: str = "",
) -> TraceModel:
    """Learn from exactly these cases, as the next version, and let traces be made with it. Call ``alone`` before."""
    base = await current_version(session, actor)
    newest = await session.scalar(select(func.max(col(TraceModel.version))).where(visible(actor, TraceModel)))
    stored = select(TraceCase).where(visible(actor, TraceCase), col(TraceCase.id).in_(list(case_ids)))
    cases = [case_of(row) for row in (await session.scalars(stored.order_by(col(TraceCase.id)))).all()]
    made = TraceModel(
        site_id=actor.site_id,
        version=(newest or 0) + 1,
        base_version=base.version,
        because=because,
        trace_id=trace_id,
        note=note,
        content=content_of(cases, await places(session, actor), await _drawn(session, actor, cases)),
        made_by=actor.person_id,
    )
    await activate(session, actor, base, made, action="trace_model.learn", kind="trace_model.made")
    return made


async def activate(
    session: AsyncSession, actor: Actor, before: TraceModel, after: TraceModel, *, action: str, kind: str
) -> None:
    """Let traces be made with ``after`` from now on; on record, and told."""
    before.active = False
    session.add(before)
    await session.flush()
    after.active = True
    session.add(after)
    await session.flush()
    await record_change(
        session, actor, action, "trace_model", after.id, {"model_version": [before.version, after.version]}
    )
    await record_event(
        session,
        site_id=after.site_id,
        kind=kind,
        subject="trace_model",
        subject_id=after.id,
        actor_id=actor.person_id,
        data={
            "title_zh": f"溯源模型第 {after.version} 版启用",
            "title_en": f"Trace model version {after.version} in use",
            "url": f"/trace-models/{after.id}",
            "before": before.version,
        },
    )


async def places(session: AsyncSession, actor: Actor) -> dict[str, Place]:
    """Every active point and all equipment: what a root cause can be, and where it stands."""
    classes = {
        equipment_key(id_): kind
        for id_, kind in await session.execute(
            select(col(Equipment.id), col(Equipment.equipment_class)).where(visible(actor, Equipment))
        )
    }
    points = await session.execute(
        select(col(Point.id), col(Point.equipment_id)).where(
            visible(actor, Point), col(Point.status) == PointStatus.ACTIVE, func.left(col(Point.code), 1) != "_"
        )
    )
    found = {unit: Place(unit, kind) for unit, kind in classes.items()}
    for id_, equipment_id in points:
        unit = equipment_key(equipment_id) if equipment_id else point_key(id_)
        found[point_key(id_)] = Place(unit, classes.get(unit, ""))
    return found


async def _drawn(
    session: AsyncSession, actor: Actor, cases: Sequence[ConfirmedCase]
) -> dict[tuple[str, str], float | None]:
    """Delays that the plan gives for the links on the cases' ways; None where it gives none."""
    ways = {(source, target) for case in cases for source, target, _ in case.lags}
    ids: dict[str, set[int]] = {"point": set(), "equipment": set()}
    for source, _ in ways:
        kind, _, number = source.partition(":")
        ids[kind].add(int(number))
    links = await session.execute(
        select(Link).where(
            visible(actor, Link),
            col(Link.source_point_id).in_(ids["point"]) | col(Link.source_equipment_id).in_(ids["equipment"]),
        )
    )
    drawn = {(_end(link, "source"), _end(link, "target")): link.delay_s for link in links.scalars()}
    return {way: drawn[way] for way in sorted(ways) if way in drawn}


def _end(link: Any, side: str) -> str:
    equipment_id = getattr(link, f"{side}_equipment_id")
    return equipment_key(equipment_id) if equipment_id is not None else point_key(getattr(link, f"{side}_point_id"))
