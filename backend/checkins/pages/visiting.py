"""``/checkins/<visit>``, ``/checkins/new``, ``/checkins/records/<one>``: a place's checklist, and what was found."""

from typing import Annotated

from fastapi import Query, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse

from backend.checkins import commands, queries
from backend.checkins.forms import VisitForm, VisitFormDep
from backend.checkins.models import CheckIn
from backend.checkins.photos import MOST_PHOTOS
from backend.checkins.queries import Asked
from backend.checkins.wording import PROOFS, STATES, TONES
from backend.core.errors import NotFound
from backend.core.form_keys import form_key
from backend.core.pages import render
from backend.core.refusals import REFUSALS, Refusal, refusal
from backend.core.routing import APIRouter
from backend.exclusions.models import RecordKind
from backend.exclusions.queries import exclusion_of
from backend.identity.actor import Actor
from backend.identity.web import ActorDep, SessionDep, allow

router = APIRouter(prefix="/checkins")

_Id = Annotated[int | None, Query(ge=1, lt=2**63)]


@router.get("/new", dependencies=[allow("checkins.do")])
async def new_page(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    equipment: _Id = None,
    area: _Id = None,
    label: Annotated[str, Query(max_length=400)] = "",
) -> Response:
    """After a scan: the visit that waits at this place, else its checklist alone. Without a place one chooses it."""
    if equipment is None and area is None:
        return render(request, "checkins/where.html", places=await queries.places(session, actor))
    asked = await queries.asked_of_place(session, actor, equipment_id=equipment, area_id=area)
    return await _page(request, session, actor, asked, label=label)


@router.post("", dependencies=[allow("checkins.do")])
async def check_in_place(request: Request, session: SessionDep, actor: ActorDep, form: VisitFormDep) -> Response:
    """Check in where nothing was due."""
    place = await queries.place_with_id(session, actor, equipment_id=form.equipment_id, area_id=form.area_id)
    try:
        look = await form.read()
        async with session.begin_nested():
            done = await commands.check_in_place(session, actor, place, look)
    except REFUSALS as error:
        asked = await queries.asked_of_place(
            session, actor, equipment_id=place.equipment_id, area_id=place.area_id, unplanned=True
        )
        return await _page(request, session, actor, asked, form, refusal(request, error, photos_lost=form.has_photos))
    return _done(done)


@router.get("/records/{check_in_id}", dependencies=[allow("checkins.see")])
async def record_page(
    request: Request, session: SessionDep, actor: ActorDep, check_in_id: int, done: bool = False
) -> Response:
    """What was found; ``done`` says that it has just arrived."""
    found = await queries.checked(session, actor, check_in_id)
    present = await queries.round_of(session, actor) if done else None
    following = [*present.due, *present.inherited] if present else []
    return render(
        request,
        "checkins/record.html",
        found=found,
        one=found.check_in,
        done=done,
        following=following[0] if following else None,
        proofs=PROOFS,
        excluded=await exclusion_of(session, actor, RecordKind.CHECKIN, check_in_id),
    )


@router.get("/{visit_id}", dependencies=[allow("checkins.do")])
async def visit_page(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    visit_id: int,
    label: Annotated[str, Query(max_length=400)] = "",
) -> Response:
    """The checklist of a visit."""
    asked = await queries.asked_of_visit(session, actor, visit_id)
    return await _page(request, session, actor, asked, label=label)


@router.post("/{visit_id}", dependencies=[allow("checkins.do")])
async def check_in(
    request: Request, session: SessionDep, actor: ActorDep, visit_id: int, form: VisitFormDep
) -> Response:
    """Check in on a visit. One that was taken back while the phone had no network counts for its place."""
    try:
        look = await form.read()
        async with session.begin_nested():
            done = await commands.check_in_visit(session, actor, visit_id, look)
    except NotFound:
        if form.equipment_id is None and form.area_id is None:
            raise
        return await check_in_place(request, session, actor, form)
    except REFUSALS as error:
        asked = await queries.asked_of_visit(session, actor, visit_id)
        return await _page(request, session, actor, asked, form, refusal(request, error, photos_lost=form.has_photos))
    return _done(done)


def _done(checked: CheckIn) -> Response:
    return RedirectResponse(f"/checkins/records/{checked.id}?done=1", 303)


async def _page(
    request: Request,
    session: AsyncSession,
    actor: Actor,
    asked: Asked,
    typed: VisitForm | None = None,
    refused: Refusal | None = None,
    label: str = "",
) -> Response:
    typed, refused = typed or VisitForm(FormData()), refused or Refusal()
    visit = asked.visit
    response: Response = render(
        request,
        "checkins/visit.html",
        asked=asked,
        visit=visit,
        before=await queries.recent(session, actor, visit_id=visit.id, most=3) if visit else [],
        consents=await queries.consents(session, actor),
        label=label or typed.text("label"),
        key=form_key(),
        typed=typed,
        refused=refused,
        errors=refused.errors,
        most_photos=MOST_PHOTOS,
        states=STATES,
        tones=TONES,
    )
    response.status_code = refused.status
    return response
