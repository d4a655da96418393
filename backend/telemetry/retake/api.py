"""What is held and taking it in, for programs, with the permissions of the pages."""

from datetime import datetime
from typing import Annotated

from fastapi import Query
from pydantic import BaseModel, Field

from backend.core.routing import APIRouter
from backend.identity.web import ActorDep, SessionDep, allow
from backend.telemetry.reasons import Reason
from backend.telemetry.retake import commands, queries
from backend.telemetry.retake.models import RetakeRun
from backend.telemetry.retake.queries import Wish

router = APIRouter(prefix="/api/v1/retakes", tags=["telemetry"])

_LONGEST = 200
SourceDep = Annotated[str, Query(max_length=_LONGEST)]


class GroupOut(BaseModel):
    """Held parts of one cause, point and source: how many messages and values, from when to when they came."""

    reason: str
    code: str
    source: str
    messages: int
    parts: int
    first_at: datetime
    last_at: datetime


class HeldOut(BaseModel):
    """The store: messages and reckoned bytes, those that had to go for lack of room and since when, and the latest
    groups."""

    messages: int
    size: int
    lost: int
    lost_since: datetime | None
    groups: list[GroupOut]


class WishIn(BaseModel):
    """Which of what is held; what is left out is any."""

    reason: Reason | None = None
    code: str = Field("", max_length=_LONGEST)
    source: str = Field("", max_length=_LONGEST)


class RunOut(BaseModel):
    """A taking in: ``looked_at`` of ``total`` messages are done; values stored, there already, and still refused."""

    id: int
    total: int
    looked_at: int
    stored: int
    duplicate: int
    refused: int
    created_at: datetime
    finished_at: datetime | None


@router.get("", dependencies=[allow("telemetry.rejections")])
async def list_held(
    session: SessionDep, actor: ActorDep, reason: Reason | None = None, source: SourceDep = ""
) -> HeldOut:
    """What is held, by cause."""
    store = await queries.store(session, actor)
    found = await queries.groups(session, actor, reason=reason or "", source=source)
    return HeldOut(
        messages=store.messages,
        size=store.size,
        lost=store.loss.messages if store.loss else 0,
        lost_since=store.loss.since if store.loss else None,
        groups=[GroupOut.model_validate(one, from_attributes=True) for one in found[: queries.MOST_GROUPS]],
    )


@router.post("", dependencies=[allow("telemetry.retake")])
async def take_in(session: SessionDep, actor: ActorDep, wanted: WishIn) -> RunOut:
    """Have it taken in; one that is under way is gone on with."""
    return _out(await commands.ask(session, actor, Wish(wanted.reason or "", wanted.code, wanted.source)))


@router.get("/{retake_id}", dependencies=[allow("telemetry.retake")])
async def one_run(session: SessionDep, actor: ActorDep, retake_id: int) -> RunOut:
    """How far it is, or what came of it."""
    return _out(await queries.run_of(session, actor, retake_id))


def _out(run: RetakeRun) -> RunOut:
    return RunOut.model_validate(run, from_attributes=True)
