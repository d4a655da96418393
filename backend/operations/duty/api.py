"""Duty performance for programs, with the permissions of the pages: one's own, a leader's team, or the site."""

from typing import Annotated, Literal

from fastapi import Depends, Form, Query
from sqlalchemy.ext.asyncio import AsyncSession

from backend.core.routing import APIRouter
from backend.identity.actor import Actor
from backend.identity.web import ActorDep, SessionDep, allow
from backend.operations.duty import commands, queries
from backend.operations.duty.forms import AppealForm
from backend.operations.duty.models import AppealState
from backend.operations.duty.months import read_month
from backend.operations.duty.queries.paging import PAGE, appeals_page
from backend.operations.duty.shapes import AppealOut, AppealsOut, BoardOut, StatementOut, brief_out, statement_out

router = APIRouter(prefix="/api/v1/duty", tags=["duty performance"])

_Month = Annotated[str, Query(max_length=10, description="2026-11; the month that runs without it")]
_Id = Annotated[int | None, Query(ge=1, lt=2**63)]
_Most = Annotated[int, Query(ge=1, le=100)]


@router.get("", dependencies=[allow("duty.list")])
async def read_board(session: SessionDep, actor: ActorDep, month: _Month = "") -> BoardOut:
    """A month of everybody whom the caller may see."""
    chosen = read_month(month, queries.present_month(actor))
    found = await queries.of_month(session, actor, chosen)
    frozen = await queries.frozen_at(session, actor, chosen)
    return BoardOut(month=chosen, frozen_at=frozen, people=[brief_out(one) for one in found])


@router.get("/me", dependencies=[allow("duty.see")])
async def read_own_statement(session: SessionDep, actor: ActorDep, month: _Month = "") -> StatementOut:
    """The caller's own month."""
    return await _statement(session, actor, actor.person_id, month)


@router.get("/people/{person_id}", dependencies=[allow("duty.see")])
async def read_statement(session: SessionDep, actor: ActorDep, person_id: int, month: _Month = "") -> StatementOut:
    """Somebody's month: the caller's own, or of somebody whose statements they may see."""
    return await _statement(session, actor, person_id, month)


@router.get("/appeals", dependencies=[allow("duty.see")])
async def list_appeals(
    session: SessionDep, actor: ActorDep, state: AppealState | None = None, before: _Id = None, most: _Most = PAGE
) -> AppealsOut:
    """Appeals that the caller may see."""
    found = await appeals_page(session, actor, state=state, before=before, most=most)
    items = [AppealOut.model_validate(one) for one in found]
    return AppealsOut(items=items, following=items[-1].id if len(items) == most else None)


@router.post("/appeals", dependencies=[allow("duty.see")], status_code=201)
async def appeal(session: SessionDep, actor: ActorDep, form: Annotated[AppealForm, Depends()]) -> AppealOut:
    """Appeal against one of the caller's own lost points, as multipart form: ``month``, ``row`` (a line's ``key``),
    ``reason``, at most one of ``photos``. Sent twice it is the first."""
    said = await form.read(queries.present_month(actor))
    return AppealOut.model_validate(await commands.appeal_point(session, actor, said))


@router.get("/appeals/{duty_appeal_id}", dependencies=[allow("duty.see")])
async def read_appeal(session: SessionDep, actor: ActorDep, duty_appeal_id: int) -> AppealOut:
    """One."""
    return AppealOut.model_validate((await queries.appeal(session, actor, duty_appeal_id)).appeal)


@router.post("/appeals/{duty_appeal_id}/answer", dependencies=[allow("duty.govern")])
async def answer_appeal(
    session: SessionDep,
    actor: ActorDep,
    duty_appeal_id: int,
    verdict: Annotated[Literal["upheld", "refused"], Form()] = "refused",
    answer: Annotated[str, Form(max_length=4000)] = "",
) -> AppealOut:
    """Uphold it, by which the score is computed anew, or refuse it with a reason in ``answer``."""
    done, _ = await commands.answer_appeal(
        session, actor, duty_appeal_id, upheld=verdict == "upheld", answer=answer.replace("\0", "")
    )
    return AppealOut.model_validate(done)


async def _statement(session: AsyncSession, actor: Actor, person_id: int, month: str) -> StatementOut:
    chosen = read_month(month, queries.present_month(actor))
    return statement_out(await queries.of_person(session, actor, person_id, chosen))
