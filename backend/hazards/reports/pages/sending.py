"""``/reports/new``: a report in sixty seconds; ``/reports/mine``: one's own, and what became of them."""

from typing import Annotated

from fastapi import Depends, Query, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import RedirectResponse

from backend.core.errors import NotFound
from backend.core.form_keys import form_key
from backend.core.pages import render
from backend.core.paging import cut
from backend.core.refusals import REFUSALS, Refusal, refusal
from backend.core.routing import APIRouter
from backend.hazards.reports import commands, queries
from backend.hazards.reports.draft import MOST_LETTERS
from backend.hazards.reports.forms import ReportForm
from backend.hazards.reports.labelled import spot_of_label
from backend.hazards.reports.models import ReportState
from backend.hazards.reports.queries import Spot
from backend.hazards.reports.wording import FACTORS, OUTCOMES, REASONS, TONES
from backend.identity.actor import Actor
from backend.identity.web import ActorDep, SessionDep, allow
from backend.plant.floors import drawn_on, every_drawing, floors_of

router = APIRouter(prefix="/reports")

IdDep = Annotated[int | None, Query(ge=1, lt=2**63)]
FormDep = Annotated[ReportForm, Depends()]


@router.get("/new", dependencies=[allow("reports.send")])
async def new_page(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    equipment: IdDep = None,
    area: IdDep = None,
    label: Annotated[str, Query(max_length=200)] = "",
) -> Response:
    """The form, its place filled in from a label, or from the page of the equipment or area."""
    here = await spot_of_label(session, actor, label) or await queries.spot(session, actor, equipment, area)
    return await _form(request, session, actor, ReportForm(place=here.code, label=label))


@router.post("", dependencies=[allow("reports.send")])
async def send(request: Request, session: SessionDep, actor: ActorDep, typed: FormDep) -> Response:
    """Send it and show it; a refused one shows the form again as it was typed."""
    try:
        draft = await typed.read()
        async with session.begin_nested():
            report = await commands.report_hazard(session, actor, draft)
    except REFUSALS as error:
        return await _form(request, session, actor, typed, refusal(request, error, photos_lost=typed.has_files))
    done = "joined" if report.state == ReportState.MERGED else "sent"
    return RedirectResponse(f"/reports/{report.id}?done={done}", 303)


@router.get("/mine", dependencies=[allow("reports.send")])
async def own_page(request: Request, session: SessionDep, actor: ActorDep, before: IdDep = None) -> Response:
    """What the person has reported, the newest first; htmx gets the rows alone."""
    cards, last = cut(await queries.mine(session, actor, before=before, most=queries.PAGE + 1), queries.PAGE)
    return render(
        request,
        "reports/mine.html",
        block="rows" if request.headers.get("hx-target", "") in {"report-rows", "report-more"} else None,
        cards=cards,
        more_url=f"/reports/mine?before={last.report.id}" if last else "",
        outcomes=OUTCOMES,
        tones=TONES,
        factors=FACTORS,
        decides=actor.can("reports.triage"),
    )


@router.get("/similar", dependencies=[allow("reports.send")])
async def similar(
    request: Request, session: SessionDep, actor: ActorDep, place: Annotated[str, Query(max_length=40)] = ""
) -> Response:
    """Open reports of the chosen place as a part of the form; nothing when there are none."""
    typed = ReportForm(place=place)
    found = await queries.similar(session, actor, typed.equipment_id, typed.area_id)
    return render(request, "reports/new.html", block="similar", similar=found, joins="", factors=FACTORS)


@router.get("/suggested", dependencies=[allow("reports.send")])
async def suggested(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    place: Annotated[str, Query(max_length=40)] = "",
    details: Annotated[str, Query(max_length=4000)] = "",
) -> Response:
    """The level that the words and the place suggest, and why."""
    here = await _here(session, actor, ReportForm(place=place))
    suggestion = await queries.suggestion(session, actor, details, here)
    return render(request, "reports/new.html", block="suggested", suggestion=suggestion, reasons=REASONS)


async def _here(session: AsyncSession, actor: Actor, typed: ReportForm) -> Spot:
    """The place as typed; none when it isn't there any more."""
    try:
        return await queries.spot(session, actor, typed.equipment_id, typed.area_id)
    except NotFound:
        return Spot()


async def _form(
    request: Request, session: AsyncSession, actor: Actor, typed: ReportForm, refused: Refusal | None = None
) -> Response:
    refused = refused or Refusal()
    here = await _here(session, actor, typed)
    floors = await floors_of(session, actor)
    plans = await every_drawing(session, actor, floors)
    response: Response = render(
        request,
        "reports/new.html",
        typed=typed,
        here=here,
        places=await queries.places(session, actor),
        floors=floors,
        plans=plans,
        shown_plan=floors.chosen(None, drawn_on(plans.values(), typed.equipment_id, typed.area_id)),
        similar=await queries.similar(session, actor, typed.equipment_id, typed.area_id),
        joins=typed.joins,
        suggestion=await queries.suggestion(session, actor, typed.details, here),
        factors=FACTORS,
        reasons=REASONS,
        most=MOST_LETTERS["details"],
        key=form_key(),
        refused=refused,
        errors=refused.errors,
    )
    response.status_code = refused.status
    return response
