"""``/incidents/{id}/positions``: where everybody is, and the same played back."""

from fastapi import Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from backend.core.clock import now
from backend.core.pages import locale_of, render
from backend.core.routing import APIRouter
from backend.identity.actor import Actor
from backend.identity.web import ActorDep, SessionDep, allow
from backend.incidents.positions.commands import note_look
from backend.incidents.positions.queries.concerning import concerning
from backend.incidents.positions.queries.consent import in_force, newest_consent
from backend.incidents.positions.queries.erased import gone_of
from backend.incidents.positions.queries.picture import picture_of
from backend.incidents.positions.queries.replay import replay_of
from backend.incidents.positions.queries.rules import ground_of
from backend.incidents.positions.telling import MOST_ROWS, rows_of, script_of
from backend.incidents.positions.wording import SOURCES
from backend.incidents.queries.listing import Card, card
from backend.plant.floors import PlanId

router = APIRouter(prefix="/incidents/{incident_id}/positions")

SHORT = 5
"""So many people stand on the incident's own page; the others a tap away."""


@router.get("", dependencies=[allow("incidents.see")])
async def positions_page(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    incident_id: int,
    whole: bool = False,
    listed: bool = False,
    plan: PlanId = None,
) -> Response:
    """Where everybody is now, or was when it ended; htmx gets the list, or its first lines for the incident's page.

    ``whole``: with the map; ``listed``: everybody, but without it; ``plan``: on that one. Raises NotFound for a plan
    that isn't in use.
    """
    shown, fragment = await card(session, actor, incident_id), "hx-request" in request.headers
    await note_look(session, actor, incident_id)
    return render(
        request,
        "incidents/positions/positions.html",
        block="people" if fragment else None,
        one=shown.incident,
        card=shown,
        picture=await picture_of(session, actor, shown, shown.incident.closed_at or now(), plan),
        plan=plan,
        gone=await gone_of(session, actor, incident_id),
        own="" if listed else await _own(session, actor, shown),
        sources=SOURCES,
        short=SHORT if fragment and not (whole or listed) else None,
        mapped=whole or not fragment,
    )


@router.get("/replay", dependencies=[allow("incidents.see")])
async def replay_page(
    request: Request, session: SessionDep, actor: ActorDep, incident_id: int, plan: PlanId = None
) -> Response:
    """The incident from its first sign on, moment by moment; htmx gets it alone, for the page of positions. Raises
    NotFound for a plan that isn't in use."""
    shown = await card(session, actor, incident_id)
    await note_look(session, actor, incident_id)
    replay, locale = await replay_of(session, actor, shown, now(), plan), locale_of(request)
    rows = rows_of(replay, locale)
    return render(
        request,
        "incidents/positions/replay.html",
        block="replay" if "hx-request" in request.headers else None,
        one=shown.incident,
        replay=replay,
        script=script_of(replay, locale),
        rows=rows[:MOST_ROWS],
        more=len(rows) > MOST_ROWS,
        gone=await gone_of(session, actor, incident_id),
    )


async def _own(session: AsyncSession, actor: Actor, shown: Card) -> str:
    """What the page says of one's own phone: ``ask`` whether it may send, that it ``sends``, or nothing."""
    concerned = any(one.incident_id == shown.incident.id and one.live for one in await concerning(session, actor))
    if not concerned or not (await ground_of(session, actor)).known:
        return ""
    return "sends" if in_force(await newest_consent(session, actor)) else "ask"
