"""The review of an incident for programs, with the permissions of the pages."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import Form, Header, Query
from pydantic import BaseModel

from backend.core.errors import NotFound
from backend.core.routing import APIRouter
from backend.identity.web import ActorDep, SessionDep, allow
from backend.incidents.review import commands
from backend.incidents.review.queries import LapseView, duties, report

router = APIRouter(prefix="/api/v1/incidents/{incident_id}", tags=["incidents"])


class ReplyOut(BaseModel):
    """What the person concerned said."""

    words: str
    at: datetime


class LapseOut(BaseModel):
    """A duty not done: the row ``row_id`` behind it is of the table that its ``kind`` names, shown at ``url``.

    ``person_id`` is null where nobody held the post; ``done_at`` is null where it wasn't done until the incident.
    """

    id: int
    kind: str
    row_id: int
    url: str
    title: str
    title_en: str
    person_id: int | None
    post_id: int | None
    equipment_id: int | None
    due_at: datetime
    done_at: datetime | None
    late_s: float
    replies: list[ReplyOut]


class DutiesOut(BaseModel):
    """Those that the caller may see: a worker's own alone."""

    duties: list[LapseOut]


class ReviewOut(BaseModel):
    """A version of the report. ``author_id`` is null where the system wrote it; ``content`` holds names in both
    languages as they were then, and moments in UTC."""

    version: int
    made_at: datetime
    author_id: int | None
    remarks: str
    content: dict[str, Any]


@router.get("/duties", dependencies=[allow("incidents.see")])
async def list_duties(session: SessionDep, actor: ActorDep, incident_id: int) -> DutiesOut:
    """Duties not done that touch the incident. Each is what a record says, never a verdict."""
    found = await duties(session, actor, incident_id)
    return DutiesOut(duties=[_out(view) for view in found.views])


@router.post("/duties/{lapse_id}/replies", dependencies=[allow("incidents.see")], status_code=201)
async def reply(
    session: SessionDep,
    actor: ActorDep,
    incident_id: int,
    lapse_id: int,
    words: Annotated[str, Form(max_length=4000)] = "",
    key: Annotated[str, Header(alias="Idempotency-Key", max_length=64)] = "",
) -> DutiesOut:
    """The person concerned answers; a repeated ``Idempotency-Key`` says it once."""
    await commands.reply(session, actor, lapse_id, words, key)
    return await list_duties(session, actor, incident_id)


@router.get("/review", dependencies=[allow("incidents.see")])
async def read_review(
    session: SessionDep,
    actor: ActorDep,
    incident_id: int,
    version: Annotated[int | None, Query(ge=1, lt=2**31)] = None,
) -> ReviewOut:
    """The newest version of its report, or the one asked for; 404 while there is none."""
    shown = (await report(session, actor, incident_id, version)).shown
    if shown is None:
        raise NotFound()
    return ReviewOut(
        version=shown.version,
        made_at=shown.made_at,
        author_id=shown.author_id,
        remarks=shown.remarks,
        content=shown.content,
    )


def _out(view: LapseView) -> LapseOut:
    names = ("id", "kind", "row_id", "url", "title", "title_en", "person_id", "post_id", "equipment_id")
    one = view.lapse
    return LapseOut(
        **{name: getattr(one, name) for name in names},
        due_at=one.due_at,
        done_at=one.done_at,
        late_s=view.late_s,
        replies=[ReplyOut(words=said.words, at=said.at) for said in view.replies],
    )
