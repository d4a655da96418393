"""Duty performance as programs read it."""

from datetime import date, datetime
from typing import Any

from pydantic import BaseModel, ConfigDict

from backend.operations.duty.models import DutyAppeal
from backend.operations.duty.queries import Brief, View
from backend.operations.duty.scoring import ItemScore, Line

_APPEAL: dict[str, Any] = {
    "id": 3,
    "person_id": 21,
    "month": "2026-11-01",
    "row_key": "visit_missed:812",
    "points": 2.0,
    "reason": "那天设备停机，已报备",
    "state": "open",
    "due_at": "2026-12-02T04:00:00Z",
    "answer": "",
    "answered_by": None,
    "answered_at": None,
    "created_at": "2026-11-27T04:00:00Z",
}
_STATEMENT: dict[str, Any] = {
    "person_id": 21,
    "name": "李强",
    "name_en": "Li Qiang",
    "team_id": 2,
    "month": "2026-11-01",
    "version": 0,
    "rule_number": 1,
    "score": 96.0,
    "exposure": 31,
    "lapses": 2,
    "frozen_at": None,
    "items": [
        {
            "item": "identify",
            "usual": 25,
            "weight": 25.0,
            "asked": 20,
            "points": 23.0,
            "lines": [
                {
                    "key": "visit_missed:812",
                    "kind": "visit_missed",
                    "points": -2.0,
                    "words": "泵区巡检",
                    "words_en": "Pump round",
                    "url": "/checkins/missed#visit-812",
                    "at": "2026-11-08T12:00:00Z",
                    "appeal_id": 3,
                }
            ],
        }
    ],
    "appeals": [3],
}


class LineOut(BaseModel):
    """A record that took points (below zero) or gave some back; ``key`` names it in an appeal."""

    key: str
    kind: str
    points: float
    words: str
    words_en: str
    url: str
    at: str
    appeal_id: int | None


class ItemOut(BaseModel):
    """One of the four items: ``usual`` points by the rule, ``weight`` after items of which nothing was asked gave
    theirs to the others."""

    item: str
    usual: int
    weight: float
    asked: int
    points: float
    lines: list[LineOut]


class StatementOut(BaseModel):
    """A person's month. ``version`` 0 still runs; null ``score``: nothing was asked, which is neither 0 nor 100."""

    model_config = ConfigDict(json_schema_extra={"examples": [_STATEMENT]})

    person_id: int
    name: str
    name_en: str
    team_id: int | None
    month: date
    version: int | None
    rule_number: int
    score: float | None
    exposure: int
    lapses: int
    frozen_at: datetime | None
    items: list[ItemOut]
    appeals: list[int]


class BriefOut(BaseModel):
    """A person's newest statement of the month."""

    person_id: int
    name: str
    name_en: str
    team_id: int | None
    post_ids: list[int]
    version: int
    score: float | None
    exposure: int
    lapses: int


class BoardOut(BaseModel):
    """Everybody whom the caller may see. Scores of people of whom much and little was asked aren't comparable."""

    month: date
    frozen_at: datetime | None
    people: list[BriefOut]


class AppealOut(BaseModel):
    """An appeal against one lost point. ``state``: open, upheld, refused; to be answered until ``due_at``."""

    model_config = ConfigDict(from_attributes=True, json_schema_extra={"examples": [_APPEAL]})

    id: int
    person_id: int
    month: date
    row_key: str
    points: float
    reason: str
    state: str
    due_at: datetime
    answer: str
    answered_by: int | None
    answered_at: datetime | None
    created_at: datetime


class AppealsOut(BaseModel):
    """The newest first; ``following`` goes into ``before`` for older ones, null on the last page."""

    items: list[AppealOut]
    following: int | None


def statement_out(view: View) -> StatementOut:
    """A person's month with every point's row."""
    kept, result = view.statement, view.result
    return StatementOut(
        person_id=view.person.id,
        name=view.person.name,
        name_en=view.person.name_en,
        team_id=view.team.id if view.team else None,
        month=view.month,
        version=kept.version if kept else None,
        rule_number=view.rule.number,
        score=float(result.score) if result and result.score is not None else None,
        exposure=result.exposure if result else 0,
        lapses=result.lapses if result else 0,
        frozen_at=view.frozen_at,
        items=[_item(one, view) for one in result.items] if result else [],
        appeals=sorted(one.id for one in view.appeals.values()),
    )


def _item(one: ItemScore, view: View) -> ItemOut:
    return ItemOut(
        item=one.item,
        usual=one.usual,
        weight=float(one.weight),
        asked=one.asked,
        points=float(one.points),
        lines=[_line(line, view.appeals.get(line.row.key)) for line in one.lines],
    )


def _line(line: Line, appeal: DutyAppeal | None) -> LineOut:
    row = line.row
    return LineOut(
        **{name: getattr(row, name) for name in ("key", "kind", "words", "words_en", "url", "at")},
        points=float(line.points),
        appeal_id=appeal.id if appeal else None,
    )


def brief_out(one: Brief) -> BriefOut:
    """One line of the board."""
    kept = one.statement
    return BriefOut(
        person_id=one.person.id,
        name=one.person.name,
        name_en=one.person.name_en,
        team_id=kept.team_id,
        score=one.points,
        **{name: getattr(kept, name) for name in ("post_ids", "version", "exposure", "lapses")},
    )
