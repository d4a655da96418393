"""The four-colour map for programs, with the permission of its page."""

from typing import Any

from pydantic import BaseModel, ConfigDict

from backend.core.clock import now
from backend.core.routing import APIRouter
from backend.identity.web import ActorDep, SessionDep, allow
from backend.operations.riskmap import queries

router = APIRouter(prefix="/api/v1/risk-map", tags=["risk points"])

_EXAMPLE: dict[str, Any] = {
    "at": "2026-11-27T08:00:00+00:00",
    "areas": [
        {
            "area_id": 12,
            "code": "A-01",
            "name": "反应区",
            "name_en": "Reaction",
            "still": "general",
            "live": "significant",
            "reasons": [
                {
                    "why": "alarm",
                    "level": "significant",
                    "words": "压力高",
                    "words_en": "Pressure high",
                    "url": "/alarms/9",
                }
            ],
        }
    ],
}


class ReasonOut(BaseModel):
    """A row that lifts an area: ``why`` is alarm, report, rectification (to ``level``), late_rectification, missed,
    late_maintenance or weather (by a step; no level of their own)."""

    model_config = ConfigDict(from_attributes=True)

    why: str
    level: str
    words: str
    words_en: str
    url: str


class AreaLevelOut(BaseModel):
    """``still``: the highest present level of its risk points ("": none is graded); ``live``: as of now."""

    area_id: int
    code: str
    name: str
    name_en: str
    still: str
    live: str
    reasons: list[ReasonOut]


class RiskMapOut(BaseModel):
    """Every area, by its code."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    at: str
    areas: list[AreaLevelOut]


@router.get("", dependencies=[allow("risks.map")])
async def read_risk_map(session: SessionDep, actor: ActorDep) -> RiskMapOut:
    """The levels of all areas now, each with what lifts it."""
    places = await queries.areas(session, actor)
    standings = await queries.standings(session, actor, places)
    return RiskMapOut(
        at=now().isoformat(),
        areas=[
            AreaLevelOut(
                area_id=area.id,
                code=area.code,
                name=area.name,
                name_en=area.name_en,
                still=standings[area.id].still,
                live=standings[area.id].live,
                reasons=[ReasonOut.model_validate(one) for one in standings[area.id].reasons],
            )
            for area in places
        ],
    )
