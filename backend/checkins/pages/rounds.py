"""``/checkins``: the round that is to be made now, as a list and a map; ``/checkins/missed`` for leaders."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Query, Request, Response

from backend.checkins import queries
from backend.checkins.queries import DueVisit, Round
from backend.checkins.wording import STATES, TONES
from backend.core.pages import render
from backend.core.paging import cut
from backend.core.routing import APIRouter
from backend.identity.alike import alike
from backend.identity.models import Role
from backend.identity.web import ActorDep, SessionDep, allow
from backend.plant.drawing import Drawing
from backend.plant.queries import floor_plan

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
async def round_page(request: Request, session: SessionDep, actor: ActorDep, all: bool | None = None) -> Response:  # noqa: A002 - the address' own word
    """The round; ``all`` shows that of all posts one may see. htmx gets the list alone, anew."""
    everyone = all if all is not None else actor.role != Role.WORKER and not actor.post_ids
    found = await queries.round_of(session, actor, everyone=everyone)
    plan = await floor_plan(session, actor)
    return render(
        request,
        "checkins/round.html",
        block="rows" if request.headers.get("hx-target") == "round-rows" else None,
        round=found,
        everyone=everyone,
        drawing=plan,
        dots=dots(found, plan) if plan else [],
        states=STATES,
        tones=TONES,
    )


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
