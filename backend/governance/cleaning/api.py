"""The cleaning queue for programs, with the permissions of the pages."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import Query
from pydantic import BaseModel, Field

from backend.core.routing import APIRouter
from backend.governance.cleaning import commands
from backend.governance.cleaning.models import CaseState, Subject, Suspicion
from backend.governance.cleaning.queries.cases import PAGE, Asked, Card, opened, queue
from backend.identity.web import ActorDep, SessionDep, allow

router = APIRouter(prefix="/api/v1", tags=["cleaning"])


class CaseOut(BaseModel):
    """Suspect data. ``concerns``: records in the indicators that an exclusion takes out; ``records``: the first two,
    of one case all."""

    id: int
    suspicion: Suspicion
    subject: Subject
    state: CaseState
    since: datetime
    until: datetime
    count: int
    concerns: int
    point_id: int | None
    source: str
    records: list[int]


class QueueOut(BaseModel):
    """A page of the queue; ``more``: ask again with ``past`` raised by ``page``."""

    cases: list[CaseOut]
    more: bool
    page: int = PAGE


class DecisionIn(BaseModel):
    """``kept_id``: of duplicates the one that stays; the first where it is left out. ``seen``: the case's ``count``
    when somebody looked at it; 409 where it is another by now."""

    state: Literal["excluded", "kept"]
    note: str = Field(default="", max_length=commands.LONGEST_NOTE)
    kept_id: int | None = None
    seen: int | None = Field(default=None, ge=0, lt=2**31)


def _out(card: Card) -> CaseOut:
    case = card.case
    return CaseOut(
        id=case.id,
        suspicion=Suspicion(case.suspicion),
        subject=Subject(case.subject),
        state=CaseState(case.state),
        since=case.since,
        until=case.until,
        count=case.count,
        concerns=case.concerns,
        point_id=case.point_id,
        source=case.source,
        records=[one.id for one in card.records],
    )


@router.get("/data-cleaning", dependencies=[allow("data.cases")])
async def cases(
    session: SessionDep,
    actor: ActorDep,
    decided: bool = False,
    suspicion: Suspicion | None = None,
    past: Annotated[int, Query(ge=0, le=10_000)] = 0,
) -> QueueOut:
    """What waits, the worst effect first, or what was decided, the newest first."""
    found = await queue(session, actor, Asked(decided, suspicion), past)
    return QueueOut(cases=[_out(card) for card in found.cards], more=found.more)


@router.post("/data-cleaning/{cleaning_case_id}/decide", dependencies=[allow("data.clean")])
async def decide(session: SessionDep, actor: ActorDep, cleaning_case_id: int, wanted: DecisionIn) -> CaseOut:
    """Exclude or keep. 409 where it is decided already."""
    state = CaseState(wanted.state)
    await commands.decide(
        session, actor, cleaning_case_id, state, note=wanted.note, kept_id=wanted.kept_id, seen=wanted.seen
    )
    return _out((await opened(session, actor, cleaning_case_id)).card)


@router.post("/data-cleaning/{cleaning_case_id}/undo", dependencies=[allow("data.clean")])
async def undo(session: SessionDep, actor: ActorDep, cleaning_case_id: int) -> CaseOut:
    """Take the decision back. 409 where nothing is decided."""
    await commands.undo(session, actor, cleaning_case_id)
    return _out((await opened(session, actor, cleaning_case_id)).card)
