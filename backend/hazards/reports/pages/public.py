"""``/public/report/{public_key}``: anybody reports to a site that lets them. Shows nothing of the plant but its areas.

No cookie says who sends, so there is no token to forge either; the wall still takes forms of our own pages only.
"""

from typing import Annotated
from uuid import uuid4

from fastapi import APIRouter, Depends, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from backend.core.pages import render
from backend.hazards.pages.refusals import REFUSALS, Refusal, refusal
from backend.hazards.reports import commands, queries
from backend.hazards.reports.commands.public import MOST_PHOTOS
from backend.hazards.reports.draft import MOST_LETTERS
from backend.hazards.reports.forms import ReportForm
from backend.hazards.reports.wording import FACTORS
from backend.identity.actor import Actor
from backend.identity.web import SessionDep, address_of, public

router = APIRouter(prefix="/public/report/{public_key}")


@router.get("", dependencies=[public("a site may let anybody report; the long random key says which")])
async def public_page(request: Request, session: SessionDep, public_key: str) -> Response:
    """The form."""
    nobody = await commands.site_of(session, public_key, address_of(request))
    return await _form(request, session, nobody, ReportForm())


@router.post("", dependencies=[public("a site may let anybody report; counted by address and by site")])
async def send(
    request: Request, session: SessionDep, public_key: str, typed: Annotated[ReportForm, Depends()]
) -> Response:
    """Take it, and say its number; a refused one shows the form again as it was typed."""
    nobody = await commands.site_of(session, public_key, address_of(request))
    try:
        await commands.count_try(request.app.state.limits, nobody)
        draft = await typed.read()
        async with session.begin_nested():
            report = await commands.report_publicly(session, nobody, draft)
    except REFUSALS as error:
        return await _form(request, session, nobody, typed, refusal(request, error, photos_lost=typed.has_files))
    return render(request, "reports/public_done.html", number=report.number, site=nobody, again=request.url.path)


async def _form(
    request: Request, session: AsyncSession, nobody: Actor, typed: ReportForm, refused: Refusal | None = None
) -> Response:
    refused = refused or Refusal()
    response: Response = render(
        request,
        "reports/public.html",
        typed=typed,
        site=nobody,
        here=request.url.path,
        areas=[area for area, _ in await queries.places(session, nobody) if area],
        factors=FACTORS,
        most=MOST_LETTERS["details"],
        most_photos=MOST_PHOTOS,
        key=uuid4().hex,
        refused=refused,
        errors=refused.errors,
    )
    response.status_code = refused.status
    return response
