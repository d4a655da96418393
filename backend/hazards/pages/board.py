"""``/rectifications``: whose turn it is, the urgent first; and those of one alarm, for the alarm's page."""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import Query, Request, Response

from backend.core.form_keys import form_key
from backend.core.pages import render
from backend.core.routing import APIRouter
from backend.hazards import origins, queries
from backend.hazards.lifecycle import Step
from backend.hazards.pages.one import VERBS
from backend.hazards.queries import Tab
from backend.hazards.wording import DONE, EMPTY, QUICK, STATES, TABS, TONES
from backend.identity.actor import Actor
from backend.identity.models import Role
from backend.identity.web import ActorDep, SessionDep, allow

router = APIRouter(prefix="/rectifications")

_FIRST_TABS = {Role.WORKER: Tab.MINE, Role.LEADER: Tab.TEAM}
"""What a role sees first; everybody else sees all."""


@router.get("", dependencies=[allow("rectifications.see")])
async def board_page(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    tab: str = "",
    search: Annotated[str, Query(max_length=60)] = "",
    after: Annotated[str, Query(max_length=120)] = "",
    done: str = "",
) -> Response:
    """The board; htmx gets the rows alone when somebody types, wants more, or an event tells of a change."""
    chosen = _tab(tab, actor)
    page = await queries.rectifications(session, actor, tab=chosen, search=search.strip(), after=after)
    rows_only = request.headers.get("hx-target", "") in {"rectification-rows", "rectification-more"}
    return render(
        request,
        "hazards/rectifications.html",
        block="rows" if rows_only else None,
        page=page,
        more_url=f"/rectifications?{urlencode({'tab': chosen, 'search': search, 'after': page.following})}",
        here=f"/rectifications?{urlencode({'tab': chosen, 'search': search})}",
        tab=chosen,
        tabs={code: TABS[code] for code in _tabs(actor)},
        has_all=Tab.ALL in _tabs(actor),
        quick=QUICK,
        verbs=VERBS,
        key=form_key(),
        done=DONE[Step.URGED] if done == Step.URGED else "",
        governs=actor.can("rectifications.policy"),
        counts={} if rows_only else await queries.unfinished_counts(session, actor),
        search=search,
        states=STATES,
        tones=TONES,
        empty_words=EMPTY[chosen],
        opens=actor.can("rectifications.open"),
    )


def _tabs(actor: Actor) -> tuple[Tab, ...]:
    """The four tabs of the board; who belongs to no team sees all in the team's place."""
    return (Tab.MINE, Tab.TEAM if actor.team_id else Tab.ALL, Tab.OVERDUE, Tab.TO_VERIFY)


def _tab(wanted: str, actor: Actor) -> Tab:
    return Tab(wanted) if wanted in set(Tab) else _FIRST_TABS.get(actor.role, Tab.ALL)


@router.get("/of-alarm/{alarm_id}", dependencies=[allow("rectifications.see")])
async def of_alarm(request: Request, session: SessionDep, actor: ActorDep, alarm_id: int) -> Response:
    """The alarm's rectifications as a fragment; nothing when there are none."""
    await origins.origin(session, actor, alarm_id)
    page = await queries.rectifications(session, actor, alarm_id=alarm_id)
    return render(request, "hazards/of_alarm.html", cards=page.cards, states=STATES, tones=TONES)
