"""``/duty/me`` and ``/duty/people/<person>``: a month with every point's row, and as a sheet to print."""

from datetime import date
from typing import Annotated

from fastapi import Query, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from backend.core.clock import now
from backend.core.errors import Conflict
from backend.core.pages import render
from backend.core.routing import APIRouter
from backend.identity.actor import Actor
from backend.identity.alike import alike
from backend.identity.web import ActorDep, SessionDep, allow
from backend.operations.duty import queries
from backend.operations.duty.appealing import check_appealable
from backend.operations.duty.comparing import load, mean
from backend.operations.duty.months import read_month
from backend.operations.duty.pages.shown import words
from backend.operations.duty.wording import DONE

router = APIRouter(prefix="/duty")
_Month = Annotated[str, Query(max_length=10)]


@router.get("/me", dependencies=[allow("duty.see")])
async def own(request: Request, session: SessionDep, actor: ActorDep, month: _Month = "", done: str = "") -> Response:
    """One's own month."""
    return await _month(request, session, actor, actor.person_id, read_month(month, _present(actor)), done)


@router.get("/people/{person_id}", dependencies=[allow("duty.see")])
@alike
async def one(
    request: Request, session: SessionDep, actor: ActorDep, person_id: int, month: _Month = "", done: str = ""
) -> Response:
    """Somebody's month: of one's team, or one's own."""
    return await _month(request, session, actor, person_id, read_month(month, _present(actor)), done)


@router.get("/people/{person_id}/statement", dependencies=[allow("duty.see")])
async def statement(
    request: Request, session: SessionDep, actor: ActorDep, person_id: int, month: _Month = ""
) -> Response:
    """The month on a sheet of paper."""
    view = await queries.of_person(session, actor, person_id, read_month(month, _present(actor)))
    return render(request, "duty/statement.html", view=view, **words())


def _present(actor: Actor) -> date:
    return queries.present_month(actor)


async def _month(
    request: Request, session: AsyncSession, actor: Actor, person_id: int, month: date, done: str
) -> Response:
    view = await queries.of_person(session, actor, person_id, month)
    return render(
        request,
        "duty/person.html",
        view=view,
        own=person_id == actor.person_id,
        months=view.months,
        quarter=mean([points for _, points in view.quarter if points is not None]),
        load=load(view.facts.exposure, view.rule.rule.few),
        appealable=person_id == actor.person_id and _appealable(view),
        done=DONE.get(done, ""),
        **words(),
    )


def _appealable(view: queries.View) -> bool:
    try:
        check_appealable(view.rule.rule, view.frozen_at, now())
    except Conflict:
        return False
    return True
