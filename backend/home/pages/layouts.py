"""``/dashboards``: which cards each role's first page has, in which order; tried, saved as a version, taken back."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated

from fastapi import Form, Query, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import RedirectResponse

from backend.core.pages import render
from backend.core.refusals import REFUSALS, Refusal, refusal
from backend.core.routing import APIRouter
from backend.hazards.forms import database_id
from backend.home import commands
from backend.home.catalogue import CATALOGUE
from backend.home.layout import Arrangement, Layout, moved, optional, page
from backend.home.pages.shown import first_paint
from backend.home.queries import layouts, look, versions
from backend.identity.actor import Actor
from backend.identity.models import Role
from backend.identity.web import ActorDep, SessionDep, allow
from backend.identity.wording import ROLES

router = APIRouter(prefix="/dashboards")
Word = Annotated[str, Form(max_length=80)]
Codes = Annotated[list[str] | None, Form(max_length=100)]
_DONE = ("saved", "restored")


@dataclass(frozen=True)
class Draft:
    """What stands in the form: not kept anywhere until it is saved."""

    cards: Sequence[str]
    free: bool
    seen: int
    why: str = ""
    changed: bool = False


@router.get("", dependencies=[allow("dashboards.arrange")])
async def arranged(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    role: Annotated[str, Query(max_length=40)] = "",
    done: str = "",
) -> Response:
    """The roles, or one role's cards, with its versions."""
    if role not in set(Role):
        found = await layouts(session, actor)
        return render(request, "home/layouts.html", layouts=found, roles=ROLES, card_of=CATALOGUE)
    return await _one(request, session, actor, Role(role), done=done if done in _DONE else "")


@router.post("/draft", dependencies=[allow("dashboards.arrange")])
async def draft(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    role: Word = Role.WORKER,
    move: Word = "",
    why: Annotated[str, Form(max_length=4000)] = "",
    free: Word = "",
    seen: Word = "0",
    cards: Codes = None,
) -> Response:
    """The form after a tap; nothing is kept."""
    typed = Draft(moved(cards or (), move), bool(free), database_id(seen) or 0, why.replace("\0", ""), changed=True)
    return await _one(request, session, actor, _role(role), typed)


@router.post("", dependencies=[allow("dashboards.arrange")])
async def save(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    role: Word = Role.WORKER,
    why: Annotated[str, Form(max_length=4000)] = "",
    free: Word = "",
    seen: Word = "0",
    cards: Codes = None,
) -> Response:
    """Keep it as the newest version."""
    chosen, typed = _role(role), Draft(cards or (), bool(free), database_id(seen) or 0, why.replace("\0", ""), True)
    try:
        async with session.begin_nested():
            await commands.save_layout(session, actor, chosen, typed.cards, typed.why, free=typed.free, seen=typed.seen)
    except REFUSALS as error:
        return await _one(request, session, actor, chosen, typed, refused=refusal(request, error))
    return RedirectResponse(f"/dashboards?role={chosen}&done=saved", 303)


@router.post("/restore", dependencies=[allow("dashboards.arrange")])
async def restore(
    request: Request, session: SessionDep, actor: ActorDep, role: Word = Role.WORKER, number: Word = "0"
) -> Response:
    """Go back to a version."""
    chosen = _role(role)
    try:
        async with session.begin_nested():
            await commands.restore_layout(session, actor, chosen, database_id(number) or 0)
    except REFUSALS as error:
        return await _one(request, session, actor, chosen, refused=refusal(request, error))
    return RedirectResponse(f"/dashboards?role={chosen}&done=restored", 303)


@router.get("/preview", dependencies=[allow("dashboards.arrange")])
async def preview(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    role: Annotated[str, Query(max_length=40)] = Role.WORKER,
    cards: Annotated[list[str] | None, Query(max_length=100)] = None,
) -> Response:
    """How it looks on a phone, with what the administrator themselves would see in that role."""
    chosen = _role(role)
    as_role = replace(actor, role=chosen)
    wanted = Layout(tuple(cards)) if cards is not None else (await layouts(session, actor))[chosen]
    shown = page(wanted, Arrangement(), lambda one: one.allowed(as_role))
    seen = await look(session, as_role)
    context = await first_paint(session, as_role, seen, shown)
    target = request.headers.get("hx-target")
    block = "phone" if target == "layout-preview" else None
    return render(request, "home/preview.html", block=block, role=chosen, roles=ROLES, **context)


def _role(word: str) -> Role:
    return Role(word) if word in set(Role) else Role.WORKER


async def _one(
    request: Request,
    session: AsyncSession,
    actor: Actor,
    role: Role,
    typed: Draft | None = None,
    *,
    done: str = "",
    refused: Refusal | None = None,
) -> Response:
    refused = refused or Refusal()
    counting = (await layouts(session, actor))[role]
    typed = typed or Draft(counting.cards, counting.free, counting.number)
    chosen = optional(typed.cards)
    as_role = replace(actor, role=role)
    others = [one for one in CATALOGUE.values() if one.optional and one.code not in chosen and one.allowed(as_role)]
    response = render(
        request,
        "home/layout.html",
        block="editor" if request.headers.get("hx-target") == "layout-editor" else None,
        role=role,
        roles=ROLES,
        counting=counting,
        typed=typed,
        chosen=[CATALOGUE[code] for code in chosen],
        unseen={code for code in chosen if not CATALOGUE[code].allowed(as_role)},
        others=others,
        always=[one for one in CATALOGUE.values() if not one.optional],
        versions=await versions(session, actor, role),
        card_of=CATALOGUE,
        done=done,
        refused=refused,
    )
    response.status_code = refused.status
    return response
