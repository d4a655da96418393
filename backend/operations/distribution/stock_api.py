"""The stock of risk points for programs, with the permissions of its pages."""

from typing import Annotated

from fastapi import Depends
from pydantic import BaseModel, ConfigDict

from backend.core.routing import APIRouter
from backend.identity.permissions import require
from backend.identity.web import ActorDep, SessionDep, allow
from backend.operations.distribution.queries.stock import stock_rows
from backend.operations.distribution.stock import AskedStock, stock_view

router = APIRouter(prefix="/api/v1/distribution/risk-points", tags=["distribution"])
AskedDep = Annotated[AskedStock, Depends()]


class PlaceCount(BaseModel):
    """How many stand at a place or belong to a post; null: at none."""

    id: int | None
    count: int


class MarkOut(BaseModel):
    """So many alarms or incidents of a level above what the area's risk points say."""

    source: str
    level: str
    count: int


class HeavierOut(BaseModel):
    """An area where what happened in 90 days is heavier (``shown``) than its risk points say ("": none is graded)."""

    area_id: int
    said: str
    shown: str
    marks: list[MarkOut]
    source_id: int | None
    """The gravest hazard source there, to be graded anew."""


class StockOut(BaseModel):
    """Risk points in use: ``levels`` with measures in place, ``inherent`` without any; "" isn't graded."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "total": 3,
                    "levels": {"major": 1, "general": 2},
                    "inherent": {"major": 3},
                    "areas": [{"id": 12, "count": 3}],
                    "stages": [{"id": None, "count": 3}],
                    "posts": [{"id": 4, "count": 3}],
                    "accidents": {"fire": 2},
                    "heavier": [
                        {
                            "area_id": 12,
                            "said": "general",
                            "shown": "major",
                            "marks": [{"source": "incident", "level": "major", "count": 1}],
                            "source_id": 31,
                        }
                    ],
                }
            ]
        }
    )

    total: int
    levels: dict[str, int]
    inherent: dict[str, int]
    areas: list[PlaceCount]
    stages: list[PlaceCount]
    posts: list[PlaceCount]
    accidents: dict[str, int]
    heavier: list[HeavierOut]


class StockRowOut(BaseModel):
    """A risk point in use with its two levels and its place."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    code: str
    name: str
    name_en: str
    level: str
    inherent: str
    area_id: int | None
    stage_id: int | None
    equipment_id: int | None
    post_id: int | None


@router.get("", dependencies=[allow("operations.see")])
async def read_stock(session: SessionDep, actor: ActorDep, asked: AskedDep) -> StockOut:
    """How many risk points of what level, where, whose; and where what happened is heavier than they say."""
    require(actor, "risks.see")
    seen = await stock_view(session, actor, asked)
    found = seen.stock
    return StockOut(
        total=found.total,
        levels=found.levels,
        inherent=found.inherent,
        areas=_places(found.areas),
        stages=_places(found.stages),
        posts=_places(found.posts),
        accidents=found.accidents,
        heavier=[
            HeavierOut(
                area_id=one.area_id,
                said=one.said,
                shown=one.shown,
                marks=[MarkOut(source=mark.source, level=mark.level, count=mark.count) for mark in one.marks],
                source_id=seen.gravest[one.area_id].source_id if one.area_id in seen.gravest else None,
            )
            for one in seen.heavier
        ],
    )


@router.get("/rows", dependencies=[allow("operations.see")])
async def read_stock_rows(session: SessionDep, actor: ActorDep, asked: AskedDep) -> list[StockRowOut]:
    """The risk points behind a count, the gravest first, at most 300."""
    require(actor, "risks.see")
    return [StockRowOut.model_validate(one) for one in await stock_rows(session, actor, asked.read())]


def _places(counts: dict[int | None, int]) -> list[PlaceCount]:
    return [PlaceCount(id=id_, count=n) for id_, n in counts.items()]
