"""How a plan stood and what was changed of it, as the audit keeps it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.checkins.checklists import Question, loaded
from backend.checkins.models import Checklist, InspectionPlan, InspectionStop
from backend.core.errors import NotFound
from backend.core.statements import among
from backend.identity.actor import Actor
from backend.identity.models import Post
from backend.identity.permissions import visible
from backend.identity.queries.audit import Entry, Filter, audit_entries
from backend.identity.undoing import Past, in_words
from backend.plant.models import Area, Equipment

FIELDS = ("name", "name_en", "post_id", "rhythm", "interval_minutes", "skips_holidays", "asks_photo")
UNDONE = frozenset({"plan.edit", "plan.restored"})
"""What can be taken back; stopping and resuming have their own button."""
_NAMED = {"post_id": Post, "equipment_ids": Equipment, "area_ids": Area}


async def as_kept(session: AsyncSession, actor: Actor, plan: InspectionPlan) -> dict[str, Any]:
    """All of a plan that an edit may touch: its fields, the number of its checklist, its places in order."""
    number = await session.scalar(
        select(col(Checklist.number)).where(visible(actor, Checklist), col(Checklist.id) == plan.checklist_id)
    )
    stops = (
        select(InspectionStop)
        .where(visible(actor, InspectionStop), col(InspectionStop.plan_id) == plan.id, col(InspectionStop.active))
        .order_by(col(InspectionStop.position), col(InspectionStop.id))
    )
    places = list(await session.scalars(stops))
    return {
        **{name: getattr(plan, name) for name in FIELDS},
        "checklist": number,
        "equipment_ids": [one.equipment_id for one in places if one.equipment_id],
        "area_ids": [one.area_id for one in places if one.area_id],
    }


async def checklist_numbered(session: AsyncSession, actor: Actor, plan_id: int, number: int) -> tuple[Question, ...]:
    """The items of a plan's checklist as they were. Raises NotFound."""
    found = await session.scalar(
        select(Checklist).where(
            visible(actor, Checklist), col(Checklist.plan_id) == plan_id, col(Checklist.number) == number
        )
    )
    if found is None:
        raise NotFound()
    return loaded(found.items)


async def plan_changes(session: AsyncSession, actor: Actor, plan_id: int) -> Sequence[Entry]:
    """The last changes of a plan, the newest first."""
    return (await audit_entries(session, actor, Filter(object_type="inspection_plan", object_id=plan_id))).entries


async def plan_past(session: AsyncSession, actor: Actor, plan_id: int, locale: str) -> list[Past]:
    """The same in words: posts and places by their names in ``locale``."""
    entries = [one for one in await plan_changes(session, actor, plan_id) if one.action in UNDONE]
    names = {field: await _names(session, actor, field, entries, locale) for field in _NAMED}
    told = [
        replace(one, change={field: _named(pair, names.get(field)) for field, pair in one.change.items()})
        for one in entries
    ]
    return in_words(told, actor.zone)


async def _names(
    session: AsyncSession, actor: Actor, field: str, entries: Sequence[Entry], locale: str
) -> Mapping[int, str]:
    model: Any = _NAMED[field]
    ids = {id_ for one in entries for side in one.change.get(field, ()) for id_ in _listed(side)}
    rows = await session.scalars(select(model).where(visible(actor, model), among(col(model.id), ids))) if ids else ()
    return {one.id: (locale == "en" and one.name_en) or one.name for one in rows}


def _named(pair: Any, names: Mapping[int, str] | None) -> Any:
    if names is None:
        return pair
    return [[names.get(id_, f"#{id_}") for id_ in _listed(side)] for side in pair]


def _listed(side: Any) -> list[int]:
    return list(side) if isinstance(side, list) else [side] if isinstance(side, int) else []
