"""``/data-retention``: how much there is, how long it stays, what would go."""

from typing import Annotated, Any

from fastapi import Form, Query, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import RedirectResponse

from backend.core.clock import now
from backend.core.errors import Invalid
from backend.core.i18n import translate
from backend.core.pages import locale_of, render
from backend.core.refusals import REFUSALS, Refusal, refusal
from backend.core.routing import APIRouter
from backend.governance.retention import commands
from backend.governance.retention.charting import chart_rows
from backend.governance.retention.forms import read_days, read_kind
from backend.governance.retention.kinds import KINDS
from backend.governance.retention.models import Kind
from backend.governance.retention.queries import dry_run, overview, standing_of, versions_of
from backend.governance.retention.wording import ADDRESSES, DONE, WHYS, size_words
from backend.identity.actor import Actor
from backend.identity.web import ActorDep, SessionDep, allow

router = APIRouter(prefix="/data-retention", include_in_schema=False)
_Word = Annotated[str, Form(max_length=40)]


@router.get("", dependencies=[allow("retention.see")])
async def page(request: Request, session: SessionDep, actor: ActorDep, done: str = "") -> Response:
    """Every kind of stored data."""
    found = await overview(session, actor)
    locale = locale_of(request)
    names = {kind: translate(locale, about.name) for kind, about in KINDS.items()}
    return render(
        request,
        "governance/retention.html",
        found=found,
        abouts=KINDS,
        names=names,
        nights=chart_rows(found.runs),
        size_words=size_words,
        done=DONE.get(done, ""),
    )


@router.get("/preview", dependencies=[allow("retention.see")])
async def preview(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    kind: Annotated[str, Query(max_length=40)] = Kind.READINGS,
    days: Annotated[str | None, Query(max_length=40)] = None,
) -> Response:
    """One kind: how long it is kept, and what would go under another setting."""
    return await _show(request, session, actor, read_kind(kind), days)


@router.post("/rules", dependencies=[allow("retention.manage")])
async def save(
    request: Request, session: SessionDep, actor: ActorDep, kind: _Word = Kind.READINGS, days: _Word = ""
) -> Response:
    """Set it."""
    one = read_kind(kind)
    try:
        async with session.begin_nested():
            rule = await commands.set_rule(session, actor, one, read_days(one, days))
    except REFUSALS as error:
        return await _show(request, session, actor, one, days, refused=refusal(request, error))
    return RedirectResponse(f"/data-retention?done={'later' if rule.effective_at > now() else 'now'}", 303)


@router.post("/rules/{retention_rule_id}/withdraw", dependencies=[allow("retention.manage")])
async def withdraw(session: SessionDep, actor: ActorDep, retention_rule_id: int) -> Response:
    """Take back what waits."""
    await commands.withdraw(session, actor, retention_rule_id)
    return RedirectResponse("/data-retention?done=withdrawn", 303)


async def _show(
    request: Request,
    session: AsyncSession,
    actor: Actor,
    kind: Kind,
    typed: str | None,
    *,
    refused: Refusal | None = None,
) -> Response:
    now_kept, refused, tried = await standing_of(session, actor, kind), refused or Refusal(), None
    if typed is not None and not refused.sentence and not refused.errors:
        try:
            tried = await dry_run(session, actor, kind, read_days(kind, typed))
        except Invalid as error:
            refused = refusal(request, error)
    shown: dict[str, Any] = {
        "kind": kind,
        "about": KINDS[kind],
        "now_kept": now_kept,
        "typed": typed if typed is not None else (now_kept.days or ""),
        "tried": tried,
        "versions": await versions_of(session, actor, kind),
    }
    response = render(
        request,
        "governance/retention_kind.html",
        **shown,
        whys=WHYS,
        addresses=ADDRESSES,
        size_words=size_words,
        manages=actor.can("retention.manage"),
        refused=refused,
    )
    response.status_code = refused.status
    return response
