"""Risk points as programs read them."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict

from backend.risks.queries.one import PointView, SourceView

_POINT: dict[str, Any] = {
    "id": 7,
    "code": "R-012",
    "name": "反应釜",
    "name_en": "Reactor",
    "kind": "equipment",
    "level": "significant",
    "control": "workshop",
    "stage_id": 2,
    "area_id": 12,
    "equipment_id": 40,
    "post_id": 4,
    "unit": "合成车间",
    "keeper": "王工",
    "version": 3,
    "created_at": "2026-03-02T01:00:00Z",
    "retired_at": None,
}
_GRADING: dict[str, Any] = {
    "id": 90,
    "source_id": 31,
    "residual": True,
    "method": "lec",
    "l": 3.0,
    "e": 6.0,
    "c": 15.0,
    "s": None,
    "value": 270.0,
    "level": "significant",
    "bands": [70.0, 160.0, 320.0],
    "graded_by": 5,
    "why": "联锁改造后",
    "created_at": "2026-09-01T02:30:00Z",
}


class RiskPointOut(BaseModel):
    """A risk point. ``level``: the highest of its sources as graded now, "" while none is; ``control``: who holds it
    at least."""

    model_config = ConfigDict(from_attributes=True, json_schema_extra={"examples": [_POINT]})

    id: int
    code: str
    name: str
    name_en: str
    kind: str
    level: str
    control: str
    stage_id: int | None
    area_id: int | None
    equipment_id: int | None
    post_id: int | None
    unit: str
    keeper: str
    version: int
    created_at: datetime
    retired_at: datetime | None


class RiskPointsOut(BaseModel):
    """In the order of their ids; ``following`` goes into ``after`` for the next page, null on the last."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [_POINT], "following": None}]})

    items: list[RiskPointOut]
    following: int | None


class GradingOut(BaseModel):
    """How a source was graded once; it never changes. ``residual``: with its measures in place, else as if there were
    none. ``method``: ``lec`` (l, e, c), ``ls`` (l, s) or ``direct``; ``bands`` made a level of the value."""

    model_config = ConfigDict(from_attributes=True, json_schema_extra={"examples": [_GRADING]})

    id: int
    source_id: int
    residual: bool
    method: str
    l: float | None  # noqa: E741 - the letter of the method
    e: float | None
    c: float | None
    s: float | None
    value: float | None
    level: str
    bands: list[float]
    graded_by: int | None
    why: str
    created_at: datetime


class GradingsOut(BaseModel):
    """The newest first; ``following`` goes into ``before`` for older ones, null on the last page."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [_GRADING], "following": None}]})

    items: list[GradingOut]
    following: int | None


class MeasureOut(BaseModel):
    """What holds a source: whose it is, and which plan checks or keeps it. ``gone``: the checklist lacks its item."""

    id: int
    kind: str
    words: str
    words_en: str
    post_id: int | None
    plan_id: int | None
    check_item: str
    maintenance_plan_id: int | None
    gone: bool


class SourceOut(BaseModel):
    """A hazard source with its present levels and gradings ("" and null: not graded), and its measures."""

    id: int
    name: str
    name_en: str
    accidents: list[str]
    factor: str
    consequence: str
    consequence_en: str
    basis: str
    inherent_level: str
    residual_level: str
    inherent: GradingOut | None
    residual: GradingOut | None
    measures: list[MeasureOut]


class RiskPointWholeOut(RiskPointOut):
    """A risk point with its sources in use. ``should_hold``: who should hold it, where it is held too low."""

    sources: list[SourceOut]
    should_hold: str | None


def whole_out(view: PointView) -> RiskPointWholeOut:
    """All of a risk point."""
    own = RiskPointOut.model_validate(view.point).model_dump()
    return RiskPointWholeOut(**own, sources=[_source(one) for one in view.sources], should_hold=view.too_low)


def _source(view: SourceView) -> SourceOut:
    one = view.source
    newest = {name: view.newest(residual=name == "residual") for name in ("inherent", "residual")}
    words = ("id", "name", "name_en", "accidents", "factor", "consequence", "consequence_en", "basis")
    return SourceOut(
        **{name: getattr(one, name) for name in (*words, "inherent_level", "residual_level")},
        **{name: GradingOut.model_validate(found) if found else None for name, found in newest.items()},
        measures=[
            MeasureOut(
                **{name: getattr(each.measure, name) for name in MeasureOut.model_fields if name != "gone"},
                gone=each.gone,
            )
            for each in view.measures
        ],
    )
