"""``/plant/changes``: what was changed about the plant, by whom, and taking it back."""

from typing import Annotated

from fastapi import Query, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import RedirectResponse

from backend.core.errors import N_, Conflict, Invalid
from backend.core.pages import render
from backend.core.paging import cut
from backend.core.refusals import Refusal, refusal
from backend.core.routing import APIRouter
from backend.identity.actor import Actor
from backend.identity.web import ActorDep, SessionDep, allow
from backend.plant.editing import queries
from backend.plant.editing.commands.undoing import undo as undo_change
from backend.plant.editing.wording import COLUMN_WORDS, KINDS, STATES, VALUES
from backend.plant.history import MODELS

router = APIRouter(prefix="/plant/changes")


@router.get("", dependencies=[allow("plant.edit")])
async def changes_page(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    before: Annotated[int | None, Query(ge=1, lt=2**63)] = None,
    kind: Annotated[str, Query(max_length=20)] = "",
    thing: Annotated[int | None, Query(ge=1, lt=2**63)] = None,
    done: str = "",
) -> Response:
    """The latest first; of one ``thing`` of a ``kind`` if asked."""
    wanted = (kind, thing) if kind in MODELS and thing is not None else ("", None)
    return await _page(request, session, actor, before, wanted, done=N_("已撤销") if done else "")


@router.post("/{plant_change_id}/undo", dependencies=[allow("plant.edit")])
async def undo(request: Request, session: SessionDep, actor: ActorDep, plant_change_id: int) -> Response:
    """Take back what was changed together with this."""
    try:
        async with session.begin_nested():
            await undo_change(session, actor, plant_change_id)
    except (Conflict, Invalid) as error:
        return await _page(request, session, actor, None, ("", None), refusal(request, error))
    return RedirectResponse("/plant/changes?done=1", 303)


async def _page(
    request: Request,
    session: AsyncSession,
    actor: Actor,
    before: int | None,
    wanted: tuple[str, int | None],
    refused: Refusal | None = None,
    done: str = "",
) -> Response:
    refused = refused or Refusal()
    kind, thing = wanted
    asked_for = await queries.batches(session, actor, before=before, kind=kind, object_id=thing)
    found, last = cut(asked_for, queries.BATCHES_A_PAGE)
    more = f"&kind={kind}&thing={thing}" if kind else ""
    response: Response = render(
        request,
        "plant/editing/changes.html",
        batches=found,
        names=await queries.words_of(session, actor),
        kinds=KINDS,
        columns=COLUMN_WORDS,
        values=VALUES,
        states=STATES,
        of_one=bool(kind),
        older=f"/plant/changes?before={last.last_id}{more}" if last else "",
        refused=refused,
        done=done,
    )
    response.status_code = refused.status
    return response
