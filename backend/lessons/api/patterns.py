"""Patterns for programs."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel

from backend.core.routing import APIRouter
from backend.identity.web import ActorDep, SessionDep, allow
from backend.lessons.queries.patterns import overview

router = APIRouter()


class PatternOut(BaseModel):
    """A pattern. ``q`` bounds the share of chance among all claimed down to this one; ``refs`` are its records."""

    id: int
    kind: str
    items: list[dict[str, Any]]
    times: int
    of: int
    expected: float
    lift: float
    p: float
    q: float
    delay_s: float | None
    refs: list[str]


class PatternsOut(BaseModel):
    """What the newest round found; ``tested``: among how many combinations."""

    looked_at: datetime | None
    records: int
    tested: int
    patterns: list[PatternOut]


@router.get("/patterns", dependencies=[allow("lessons.see")])
async def list_patterns(session: SessionDep, actor: ActorDep) -> PatternsOut:
    """The patterns that hold now, the surest first."""
    found = await overview(session, actor)
    newest = found.round
    return PatternsOut(
        looked_at=newest.made_at if newest else None,
        records=newest.records if newest else 0,
        tested=newest.tested if newest else 0,
        patterns=[
            PatternOut(**one.model_dump(include=set(PatternOut.model_fields)), lift=one.lift) for one in found.patterns
        ],
    )
