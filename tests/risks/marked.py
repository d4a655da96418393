"""Risk points of an estate (tests/identity/estate.py)."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from backend.identity.models import Person
from backend.risks.models import ControlMeasure, HazardSource, RiskGrading, RiskPoint, RiskPolicy, RiskSheet
from tests.factories import made, unique


async def make_marked_risks(
    session: AsyncSession, leader: Person, area_id: int, equipment_id: int, mark: str
) -> dict[str, int]:
    """Gives ids by path parameter."""
    site: dict[str, Any] = {"site_id": leader.site_id}
    held = {"kind": "equipment", "control": "team", "origin": "hand", "level": "major", "unit": mark, "keeper": mark}
    point = RiskPoint(**site, code=unique("R-"), name=f"{mark}风险", name_en=mark, **held)
    point.area_id, point.equipment_id = area_id, equipment_id
    await made(session, point)
    words = {"name": f"{mark}源", "name_en": mark, "consequence": mark, "basis": mark, "residual_level": "major"}
    source = await made(session, HazardSource(**site, risk_point_id=point.id, **words))
    graded = {"residual": True, "method": "direct", "level": "major", "why": mark, "graded_by": leader.id}
    await made(session, RiskGrading(**site, source_id=source.id, **graded))
    measure = await made(session, ControlMeasure(**site, source_id=source.id, kind="engineering", words=mark))
    await made(session, RiskPolicy(**site, lec=[70, 160, 320], ls=[8, 12, 16], set_by=leader.id))
    sheet = await made(session, RiskSheet(**site, name=mark, read_by=leader.id))
    return {
        "risk_point_id": point.id,
        "hazard_source_id": source.id,
        "control_measure_id": measure.id,
        "risk_sheet_id": sheet.id,
    }
