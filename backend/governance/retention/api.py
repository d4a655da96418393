"""Retention for programs, with the permissions of the pages: the settings, and the dry run, which changes nothing."""

from datetime import datetime
from typing import Annotated

from fastapi import Query
from pydantic import BaseModel

from backend.core.routing import APIRouter
from backend.governance.retention.forms import read_days
from backend.governance.retention.kinds import FOR_EVER, KINDS, LONGEST_DAYS
from backend.governance.retention.models import Kind
from backend.governance.retention.queries import dry_run, overview
from backend.identity.web import ActorDep, SessionDep, allow

router = APIRouter(prefix="/api/v1", tags=["retention"])


class KindOut(BaseModel):
    """A kind of data. Days: 0 is for ever, ``most_days`` None: no bound. ``rows`` and ``bytes``: of the server."""

    kind: Kind
    keep_days: int
    version: int
    least_days: int
    most_days: int | None
    waiting_days: int | None
    waiting_until: datetime | None
    rows: int
    bytes: int
    oldest: datetime | None


class HoldOut(BaseModel):
    """What keeps data that is old enough; ``ends`` None: until it is closed."""

    why: str
    id: int
    number: str
    starts: datetime
    ends: datetime | None


class DryRunOut(BaseModel):
    """What would go. ``held``: rows that stay, of readings days; ``more``: there are more than were counted."""

    kind: Kind
    days: int
    rows: int
    more: bool
    oldest: datetime | None
    newest: datetime | None
    freed_bytes: int
    held: int
    holds: list[HoldOut]


@router.get("/data-retention", dependencies=[allow("retention.see")])
async def settings_(session: SessionDep, actor: ActorDep) -> list[KindOut]:
    """How long the site keeps each kind, and how much there is."""
    return [
        KindOut(
            kind=kind,
            keep_days=standing.days,
            version=standing.version,
            least_days=KINDS[kind].least,
            most_days=KINDS[kind].most or None,
            waiting_days=standing.waiting.keep_days if standing.waiting else None,
            waiting_until=standing.waiting.effective_at if standing.waiting else None,
            rows=stored.rows,
            bytes=stored.size,
            oldest=stored.oldest,
        )
        for kind, (standing, stored) in (await overview(session, actor)).kinds.items()
    ]


@router.get("/data-retention/preview", dependencies=[allow("retention.see")])
async def preview(
    session: SessionDep,
    actor: ActorDep,
    kind: Kind = Kind.READINGS,
    days: Annotated[int, Query(ge=0, le=LONGEST_DAYS)] = FOR_EVER,
) -> DryRunOut:
    """What would go of ``kind`` if it were kept ``days`` (0: for ever). 422 outside of what is allowed."""
    tried = await dry_run(session, actor, kind, read_days(kind, str(days)))
    holds = [HoldOut(why=h.why, id=h.id, number=h.number, starts=h.starts, ends=h.ends) for h in tried.holds]
    return DryRunOut(
        kind=kind,
        days=tried.days,
        rows=tried.rows,
        more=tried.more,
        oldest=tried.oldest,
        newest=tried.newest,
        freed_bytes=tried.freed,
        held=tried.held,
        holds=holds,
    )
