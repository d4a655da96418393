"""``/incidents/basis``: which points measure the site's weather, and what equipment holds in store."""

from typing import Annotated

from fastapi import Depends, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import RedirectResponse

from backend.core.clock import now
from backend.core.pages import render
from backend.core.refusals import REFUSALS, Refusal, refusal
from backend.core.routing import APIRouter
from backend.identity.actor import Actor
from backend.identity.web import ActorDep, SessionDep, allow
from backend.incidents.tracking.basis_forms import BufferForm, WeatherForm
from backend.incidents.tracking.commands import keep_buffer, name_weather, remove_buffer
from backend.incidents.tracking.queries.buffers import buffer_points, buffers, stored
from backend.incidents.tracking.queries.winds import measured_wind, named_weather, weather_candidates
from backend.plant import queries as plant

router = APIRouter(prefix="/incidents/basis", include_in_schema=False)


@router.get("", dependencies=[allow("incidents.policy")])
async def basis(request: Request, session: SessionDep, actor: ActorDep, buffer: int = 0, done: str = "") -> Response:
    """What is known, to read and to change; ``buffer``: that one stands in the form."""
    return await _page(request, session, actor, buffer=buffer, done=bool(done))


@router.post("/wind", dependencies=[allow("incidents.policy")])
async def set_wind(
    request: Request, session: SessionDep, actor: ActorDep, typed: Annotated[WeatherForm, Depends()]
) -> Response:
    """Say which points measure the weather."""
    try:
        await name_weather(session, actor, typed.read())
    except REFUSALS as error:
        return await _page(request, session, actor, wind=typed, refused=refusal(request, error))
    return RedirectResponse("/incidents/basis?done=1", 303)


@router.post("/buffers", dependencies=[allow("incidents.policy")])
async def set_buffer(
    request: Request, session: SessionDep, actor: ActorDep, typed: Annotated[BufferForm, Depends()]
) -> Response:
    """State what equipment holds."""
    try:
        await keep_buffer(session, actor, typed.read())
    except REFUSALS as error:
        return await _page(request, session, actor, held=typed, refused=refusal(request, error))
    return RedirectResponse("/incidents/basis?done=1", 303)


@router.post("/buffers/{buffer_id}/remove", dependencies=[allow("incidents.policy")])
async def drop_buffer(session: SessionDep, actor: ActorDep, buffer_id: int) -> Response:
    """Forget what equipment holds."""
    await remove_buffer(session, actor, buffer_id)
    return RedirectResponse("/incidents/basis?done=1", 303)


async def _page(
    request: Request,
    session: AsyncSession,
    actor: Actor,
    *,
    wind: WeatherForm | None = None,
    held: BufferForm | None = None,
    refused: Refusal | None = None,
    buffer: int = 0,
    done: bool = False,
) -> Response:
    moment, refused = now(), refused or Refusal()
    listed = await buffers(session, actor)
    shown = next((one.buffer for one in listed if one.buffer.id == buffer), None)
    levels, flows = await buffer_points(session, actor)
    response: Response = render(
        request,
        "incidents/tracking/basis.html",
        wind=wind or WeatherForm.of(await named_weather(session, actor)),
        measured=await measured_wind(session, actor.site_id, moment),
        candidates=await weather_candidates(session, actor),
        held=held or (BufferForm.of(shown) if shown else BufferForm()),
        listed=listed,
        stored=await stored(session, actor, {one.equipment.id for one in listed}, moment),
        equipment=await plant.all_equipment(session, actor),
        levels=levels,
        flows=flows,
        refused=refused,
        errors=refused.errors,
        done=done,
    )
    response.status_code = refused.status
    return response
