"""Editing the plant in an estate (tests/identity/estate.py): a plan, a stage, a link, a change, an import."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from backend.identity.models import Person
from backend.plant.history import new_batch
from backend.plant.models import FloorPlan, Link, PlantChange, PlantImport, Stage
from tests.factories import made, unique


async def make_marked_plant(
    session: AsyncSession, person: Person, equipment_id: int, point_id: int, mark: str
) -> dict[str, int]:
    """Gives ids by path parameter."""
    site: dict[str, Any] = {"site_id": person.site_id}
    names = {"name": f"{mark}图", "name_en": mark}
    plan = await made(session, FloorPlan(**site, **names, width=360, height=270))
    plan.picture_path = f"00/{'0' * 64}.webp"
    stage = await made(session, Stage(**site, code=unique("stage"), **names))
    link = await made(session, Link(**site, source_equipment_id=equipment_id, target_point_id=point_id))
    change = PlantChange(**site, batch=new_batch(), kind="stage", object_id=stage.id, made_by=person.id, **names)
    change.after = {"name": mark, "retired_at": None}
    change.before = {"name": f"{mark}旧", "retired_at": None}
    cells = {"equipment": [[2, {"code": mark, "name": mark}]], "ignored": [mark]}
    sent = PlantImport(**site, file_name=f"{mark}.xlsx", cells=cells, made_by=person.id)
    return {
        "floor_plan_id": plan.id,
        "stage_id": stage.id,
        "link_id": link.id,
        "plant_change_id": (await made(session, change)).id,
        "plant_import_id": (await made(session, sent)).id,
    }
