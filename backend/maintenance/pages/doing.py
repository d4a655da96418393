"""``/maintenance/<plan>/done``: whoever maintained it says so, with photos, with or without a network."""

from typing import Annotated

from fastapi import Depends, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import RedirectResponse

from backend.core.form_keys import form_key
from backend.core.pages import render
from backend.core.refusals import REFUSALS, Refusal, refusal
from backend.core.routing import APIRouter
from backend.identity.actor import Actor
from backend.identity.web import ActorDep, SessionDep, allow
from backend.maintenance import commands, queries
from backend.maintenance.commands.doing import MOST_PHOTOS
from backend.maintenance.forms import WorkForm
from backend.maintenance.wording import KINDS, STANDINGS, TONES

router = APIRouter(prefix="/maintenance")


@router.get("/{maintenance_plan_id}/done", dependencies=[allow("maintenance.do")])
async def done_page(request: Request, session: SessionDep, actor: ActorDep, maintenance_plan_id: int) -> Response:
    """The form: nothing but a button where no photo is asked for."""
    return await _page(request, session, actor, maintenance_plan_id)


@router.post("/{maintenance_plan_id}/done", dependencies=[allow("maintenance.do")])
async def done(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    maintenance_plan_id: int,
    form: Annotated[WorkForm, Depends()],
) -> Response:
    """Record it and open the next time."""
    try:
        work = await form.read()
        async with session.begin_nested():
            record = await commands.do_maintenance(session, actor, maintenance_plan_id, work)
    except REFUSALS as error:
        refused = refusal(request, error, photos_lost=bool(form.used))
        return await _page(request, session, actor, maintenance_plan_id, form, refused)
    return RedirectResponse(f"/maintenance/{record.plan_id}?done=done&record={record.id}", 303)


async def _page(
    request: Request,
    session: AsyncSession,
    actor: Actor,
    plan_id: int,
    typed: WorkForm | None = None,
    refused: Refusal | None = None,
) -> Response:
    refused = refused or Refusal()
    response: Response = render(
        request,
        "maintenance/done.html",
        view=await queries.plan_view(session, actor, plan_id),
        typed=typed or WorkForm(),
        refused=refused,
        errors=refused.errors,
        key=form_key(),
        today=queries.site_day(actor),
        most_photos=MOST_PHOTOS,
        kinds=KINDS,
        standings=STANDINGS,
        tones=TONES,
    )
    response.status_code = refused.status
    return response
