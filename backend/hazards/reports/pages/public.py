"""``/public/report/{public_key}``: anybody reports to a site that lets them. Shows nothing of the plant but its areas,
or the place of the label that one came by.

No cookie says who sends, so there is no token to forge either; the wall still takes forms of our own pages only.
"""

from typing import Annotated

from fastapi import Depends, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from backend.core.errors import NotFound
from backend.core.form_keys import form_key
from backend.core.pages import render
from backend.core.refusals import REFUSALS, Refusal, refusal
from backend.core.routing import APIRouter
from backend.hazards.reports import commands, queries
from backend.hazards.reports.commands.public import MOST_PHOTOS, Visit
from backend.hazards.reports.draft import MOST_LETTERS
from backend.hazards.reports.forms import ReportForm
from backend.hazards.reports.wording import FACTORS
from backend.identity.web import SessionDep, address_of, public

router = APIRouter(prefix="/public/report/{public_key}")


@router.get("", dependencies=[public("a site may let anybody report; the long random key says which")])
async def public_page(request: Request, session: SessionDep, public_key: str) -> Response:
    """The form."""
    came = await commands.visit(session, public_key, address_of(request))
    return await _form(request, session, came, ReportForm())


@router.get("/offer", dependencies=[public("the sign-in asks whether who has scanned a label may report without one")])
async def offer(request: Request, session: SessionDep, public_key: str) -> Response:
    """The way to the form, for the sign-in's page; nothing where the site lets nobody report."""
    try:
        await commands.visit(session, public_key, address_of(request))
    except NotFound:
        return Response(status_code=204)
    return render(request, "reports/public_offer.html", public_key=public_key)


@router.post("", dependencies=[public("a site may let anybody report; counted by address and by site")])
async def send(
    request: Request, session: SessionDep, public_key: str, typed: Annotated[ReportForm, Depends()]
) -> Response:
    """Take it, and say its number; a refused one shows the form again as it was typed."""
    came = await commands.visit(session, public_key, address_of(request))
    try:
        await commands.count_try(request.app.state.limits, came.nobody)
        draft = await typed.read()
        async with session.begin_nested():
            report = await commands.report_publicly(session, came, draft)
    except REFUSALS as error:
        return await _form(request, session, came, typed, refusal(request, error, photos_lost=typed.has_files))
    return render(request, "reports/public_done.html", number=report.number, site=came.nobody, again=request.url.path)


async def _form(
    request: Request, session: AsyncSession, came: Visit, typed: ReportForm, refused: Refusal | None = None
) -> Response:
    refused = refused or Refusal()
    response: Response = render(
        request,
        "reports/public.html",
        typed=typed,
        site=came.nobody,
        spot=came.here,
        here=request.url.path,
        areas=[area for area, _ in await queries.places(session, came.nobody) if area],
        factors=FACTORS,
        most=MOST_LETTERS["details"],
        most_photos=MOST_PHOTOS,
        key=form_key(),
        refused=refused,
        errors=refused.errors,
    )
    response.status_code = refused.status
    return response
