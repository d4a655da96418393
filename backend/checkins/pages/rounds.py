"""``/checkins``: the round that is to be made now, as a list and a map; ``/checkins/missed`` for leaders."""

from collections import Counter
from dataclasses import dataclass
from typing import Annotated

from fastapi import Query, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from backend.checkins import queries
from backend.checkins.queries import DueVisit, Round
from backend.checkins.wording import STATES, TONES
from backend.core.pages import render
from backend.core.paging import cut
from backend.core.routing import APIRouter
from backend.identity.actor import Actor
from backend.identity.alike import alike
from backend.identity.models import Role
from backend.identity.web import ActorDep, SessionDep, allow
from backend.plant.drawing import Drawing
from backend.plant.floors import Floors, PlanId, drawing_of, floors_of

router = APIRouter(prefix="/checkins")


@dataclass(frozen=True)
class Dot:
    """A stop of the round on the floor plan; ``number`` is its place among those that are to be done."""

    x: float
    y: float
    visit: DueVisit
    number: int | None


@router.get("", dependencies=[allow("checkins.see")])
@alike
async def round_page(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    all: bool | None = None,  # noqa: A002 - the address' own word
    plan: PlanId = None,
) -> Response:
    """The round; ``all`` shows that of all posts one may see, ``plan`` another plan than that of the next stop. htmx
    gets the list alone, anew. Raises NotFound for a plan that isn't in use."""
    everyone = all if all is not None else actor.role != Role.WORKER and not actor.post_ids
    found = await queries.round_of(session, actor, everyone=everyone)
    floors, stops = await _stops(session, actor, found)
    drawing = await drawing_of(session, actor, floors, floors.chosen(plan, *stops))
    return render(
        request,
        "checkins/round.html",
        block="rows" if request.headers.get("hx-target") == "round-rows" else None,
        round=found,
        everyone=everyone,
        drawing=drawing,
        floors=floors,
        plan=plan,
        stops=Counter(stops),
        dots=dots(found, drawing) if drawing else [],
        states=STATES,
        tones=TONES,
    )


async def _stops(session: AsyncSession, actor: Actor, found: Round) -> tuple[Floors, list[int]]:
    """The plans, and the plan of each stop that is drawn: of those to be done in their order, else of those done."""
    visits = [*found.inherited, *found.due] or found.done
    places = dict.fromkeys((visit.place.is_area, visit.place.id) for visit in visits)
    areas, equipment = ([id_ for is_area, id_ in places if is_area is kind] for kind in (True, False))
    floors = await floors_of(session, actor, areas, equipment)
    on = [floors.of(area_id=id_) if is_area else floors.of(id_) for is_area, id_ in places]
    return floors, [one for one in on if one is not None]


def dots(found: Round, plan: Drawing) -> list[Dot]:
    """Where the visits of the round lie, those to be done numbered in the order of the list."""
    spots = {(False, one.id): (one.x, one.y) for one in plan.equipment}
    for area in plan.areas:
        xs, ys = [x for x, _ in area.polygon], [y for _, y in area.polygon]
        spots[True, area.id] = ((min(xs) + max(xs)) / 2, (min(ys) + max(ys)) / 2)
    to_do = [*found.inherited, *found.due]
    order = {visit.id: number for number, visit in enumerate(to_do, 1)}
    # One dot a place: what is to be done there lies over what was done.
    shown = {(visit.place.is_area, visit.place.id): visit for visit in [*found.done, *reversed(to_do)]}
    return [Dot(*spots[key], visit, order.get(visit.id)) for key, visit in shown.items() if key in spots]


@router.get("/missed", dependencies=[allow("plans.see")])
@alike
async def missed_page(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    before: Annotated[int | None, Query(ge=1, lt=2**63)] = None,
) -> Response:
    """Missed visits with who held the post then."""
    missed, last = cut(await queries.missed_visits(session, actor, before=before), queries.MISSED_PAGE)
    return render(
        request,
        "checkins/missed.html",
        block="rows" if request.headers.get("hx-target") == "missed-rows" else None,
        missed=missed,
        following=last.visit.id if last else None,
        states=STATES,
        tones=TONES,
    )
