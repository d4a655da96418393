"""The log of what people change about the plant: what a thing was before and after, so that it can be taken back.

Who changes a row takes a ``snapshot`` before, changes, flushes, and calls ``note`` in the same transaction. Pages that
show the plant hear of it at once (``tell``), and so does the ingest.
"""

from datetime import date, datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from backend.core.events import record_event
from backend.core.tables import SiteScoped
from backend.identity.actor import Actor
from backend.identity.audit import record_change
from backend.plant.models import Area, Equipment, FloorPlan, Link, PlantChange, Point, Stage

_NAMED = ("code", "name", "name_en")
_PLACED = ("position", "retired_at")
TRACKED: dict[type[SiteScoped], tuple[str, tuple[str, ...]]] = {
    Stage: ("stage", (*_NAMED, *_PLACED)),
    Area: ("area", (*_NAMED, "stage_id", "team_id", "floor_plan_id", "polygon", *_PLACED)),
    Equipment: (
        "equipment",
        (
            *_NAMED,
            *("equipment_class", "area_id", "stage_id", "owner_post_id", "commissioned_on"),
            *("floor_plan_id", "x", "y", *_PLACED),
        ),
    ),
    Point: (
        "point",
        (
            *_NAMED,
            *("unit", "kind", "equipment_id", "area_id", "range_low", "range_high", "decimals"),
            *("expected_interval_s", "manipulated", "position", "status"),
        ),
    ),
    FloorPlan: ("floor_plan", ("name", "name_en", "width", "height", "width_m", "picture_path", *_PLACED)),
    Link: (
        "link",
        (
            *("kind", "delay_s", "source_equipment_id", "source_point_id"),
            *("target_equipment_id", "target_point_id"),
        ),
    ),
}
"""Table → what the log calls it, and its columns that the log keeps."""
MODELS: dict[str, type[Any]] = {kind: model for model, (kind, _) in TRACKED.items()}

Snapshot = dict[str, Any]
"""Column → value as JSON."""


def new_batch() -> str:
    """The name of what is done at once."""
    return uuid4().hex


def snapshot(row: SiteScoped) -> Snapshot:
    """The columns of ``row`` that the log keeps, as JSON."""
    return {name: _as_json(getattr(row, name)) for name in TRACKED[type(row)][1]}


def from_json(column: str, value: Any) -> Any:
    """A value of a snapshot as the row has it."""
    if value is not None and column == "retired_at":
        return datetime.fromisoformat(value)
    if value is not None and column == "commissioned_on":
        return date.fromisoformat(value)
    return value


def differences(before: Snapshot, after: Snapshot) -> tuple[Snapshot, Snapshot]:
    """The columns that are not alike in both, as they were and as they are; pure."""
    names = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    return {n: before[n] for n in names if n in before}, {n: after[n] for n in names if n in after}


async def note(
    session: AsyncSession,
    actor: Actor,
    row: Any,
    before: Snapshot,
    *,
    batch: str = "",
    action: str = "plant.edit",
    names: tuple[str, str] | None = None,
    removed: bool = False,
    reverses: str = "",
) -> bool:
    """Log that ``row`` was ``before`` (empty: it is new) and is what it is now (``removed``: is no more).

    ``action``: the audit's word, "" where the caller audits a whole batch itself. ``names``: what it is called, where
    it has no name of its own. False, and nothing logged, when nothing changed.
    """
    kind = TRACKED[type(row)][0]
    former, present = differences(before, {} if removed else snapshot(row))
    if not former and not present:
        return False
    name, name_en = names or (row.name, row.name_en)
    session.add(
        PlantChange(
            site_id=actor.site_id,
            batch=batch or new_batch(),
            kind=kind,
            object_id=row.id,
            name=name,
            name_en=name_en,
            before=former,
            after=present,
            made_by=actor.person_id,
            reverses=reverses,
        )
    )
    if action:
        change = {key: [former.get(key), present.get(key)] for key in {**former, **present}}
        await record_change(session, actor, action, kind, row.id, change)
    return True


async def tell(session: AsyncSession, actor: Actor) -> None:
    """Let open pages, the ingest and the alarms' judge take the plant as it is now, when this commits."""
    await record_event(
        session,
        site_id=actor.site_id,
        kind="plant.changed",
        subject="plant",
        subject_id=actor.site_id,
        actor_id=actor.person_id,
    )
    wake = text("SELECT pg_notify('ansu_plant', ''), pg_notify('ansu_rules', :site)")
    await session.execute(wake, {"site": str(actor.site_id)})


def _as_json(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value  # a datetime is a date too
