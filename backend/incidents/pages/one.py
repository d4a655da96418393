"""``/incidents/{id}``: one with its log, the minutes before, and what who looks can do."""

from dataclasses import dataclass, field

from fastapi import Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from backend.core.clock import now
from backend.core.form_keys import form_key
from backend.core.pages import render
from backend.core.refusals import Refusal
from backend.core.routing import APIRouter
from backend.delivery.commands import mark_seen
from backend.delivery.queries import receipts
from backend.identity.actor import Actor
from backend.identity.alike import alike
from backend.identity.sharing import shared
from backend.identity.web import ActorDep, SessionDep, allow
from backend.identity.wording import ROLES
from backend.incidents import wording
from backend.incidents.charts import charts
from backend.incidents.glance.queries import Spread, glance, spread_of
from backend.incidents.lifecycle import Case, possible
from backend.incidents.models import Deed, Incident
from backend.incidents.queries import listing
from backend.incidents.queries.story import Story, story
from backend.incidents.queries.suggesting import suggested
from backend.incidents.recording import MOST_LETTERS
from backend.incidents.response.wording import WHO
from backend.live.queries import limit_marks
from backend.live.wording import LIMITS

router = APIRouter(prefix="/incidents/{incident_id}")

OPEN_CHARTS = 3
"""So many charts are seen at once; the others a tap away."""


@dataclass(frozen=True)
class Tried:
    """A form that was refused: which, what had been typed by field, and why."""

    form: str = ""
    typed: dict[str, str] = field(default_factory=dict)
    refused: Refusal = field(default_factory=Refusal)


@router.get("", dependencies=[allow("incidents.see")])
async def one_page(
    request: Request, session: SessionDep, actor: ActorDep, incident_id: int, done: str = ""
) -> Response:
    """The incident as it is now; opening it is noted, so that others see who knows."""
    if request.headers.get("hx-request") != "true":
        await mark_seen(session, actor, f"incident:{incident_id}")
    return await _alike(request=request, session=session, actor=actor, incident_id=incident_id, done=done)


@alike
async def _alike(*, request: Request, session: AsyncSession, actor: Actor, incident_id: int, done: str) -> Response:
    return await show(
        request, session, actor, await story(session, actor, incident_id), done=wording.DONE.get(done, "")
    )


async def show(
    request: Request,
    session: AsyncSession,
    actor: Actor,
    shown: Story,
    *,
    done: str = "",
    tried: Tried | None = None,
) -> Response:
    """The page, with what was refused beside its form."""
    tried = tried or Tried()
    incident = shown.card.incident
    can = _can(actor, incident)
    moment = now()

    async def make() -> Spread:
        return await spread_of(session, actor, shown.card, moment)

    # Half of the page's questions for five figures: put once for all who look. While it goes on people move, and no
    # figure of theirs may be half a minute old.
    over = incident.closed_at is not None
    spread = await shared(request, session, actor, "incident-spread", incident.id, make) if over else None
    limits = await limit_marks(session, actor, [one.point.id for one in shown.before])
    response: Response = render(
        request,
        "incidents/incident.html",
        story=shown,
        card=shown.card,
        one=incident,
        glance=await glance(session, actor, shown.card, moment, spread=spread),
        who=WHO,
        key=form_key(),
        charts=charts(incident, shown.before, limits, actor.zone),
        open_charts=OPEN_CHARTS,
        can=can,
        likely=await suggested(session, actor, incident) if can and not incident.accident else None,
        people=await listing.leaders(session, actor) if Deed.LED in can else [],
        receipts=await receipts(session, actor, f"incident:{incident.id}"),
        roles=ROLES,
        limit_words=LIMITS,
        words=wording,
        most=MOST_LETTERS,
        keys={name: form_key() for name in ("disposals", "lead", "facts", "contain", "close", "accident", "call-off")},
        done=done,
        tried=tried,
        refused=tried.refused,
    )
    response.status_code = tried.refused.status
    return response


def _can(actor: Actor, incident: Incident) -> frozenset[Deed]:
    """The steps that the actor can take now."""
    if not actor.can("incidents.lead"):
        return frozenset()
    return possible(Case(incident.state, incident.level, incident.contained_by), actor.person_id)
