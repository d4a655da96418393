"""``/duty/rules``: how scores are made, for everybody; tried on the last quarter and changed by safety officers."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import Query, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import RedirectResponse

from backend.core.errors import N_, Invalid
from backend.core.pages import render
from backend.core.refusals import REFUSALS, Refusal, refusal
from backend.core.routing import APIRouter
from backend.identity.actor import Actor
from backend.identity.web import ActorDep, SessionDep, allow
from backend.operations.duty import commands, queries
from backend.operations.duty.forms import read_rule, read_start, typed_of
from backend.operations.duty.months import last_quarter, shifted
from backend.operations.duty.pages.shown import words
from backend.operations.duty.previewing import Kept, Preview, preview
from backend.operations.duty.rules import GAINS, ITEM_OF, Rule, check_rule
from backend.operations.duty.scoring import Facts
from backend.operations.duty.wording import DONE, RULE_NUMBERS

router = APIRouter(prefix="/duty/rules")
_LONGEST = 4000


@router.get("", dependencies=[allow("duty.see")])
async def rules_page(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    of: Annotated[int | None, Query(ge=0, lt=2**31)] = None,
    done: str = "",
) -> Response:
    """The rule that counts and its versions; ``of``: the form begins with that version, to go back to it."""
    return await _page(request, session, actor, of=of, done=done)


@router.post("/preview", dependencies=[allow("duty.rule")])
async def tried(request: Request, session: SessionDep, actor: ActorDep) -> Response:
    """What the rule would have made of the last quarter; nothing is kept."""
    typed = await _typed(request)
    try:
        rule = read_rule(typed)
        check_rule(rule)
    except REFUSALS as error:
        return await _page(request, session, actor, typed, refused=refusal(request, error))
    return await _page(request, session, actor, typed, shown=await _preview(session, actor, rule))


@router.post("", dependencies=[allow("duty.rule")])
async def keep(request: Request, session: SessionDep, actor: ActorDep) -> Response:
    """Keep a new version."""
    typed = await _typed(request)
    try:
        rule, starts = read_rule(typed), read_start(typed.get("from_month", ""))
        if starts is None:
            raise Invalid(fields={"from_month": N_("请选择生效月份")})
        seen = int(typed["seen"]) if typed.get("seen", "").isdecimal() else None
        async with session.begin_nested():
            await commands.set_rule(session, actor, rule, starts, typed.get("why", ""), seen=seen)
    except REFUSALS as error:
        return await _page(request, session, actor, typed, refused=refusal(request, error))
    return RedirectResponse("/duty/rules?done=rule", 303)


async def _typed(request: Request) -> dict[str, str]:
    form = await request.form()
    return {name: value.replace("\0", "")[:_LONGEST] for name, value in form.items() if isinstance(value, str)}


async def _preview(session: AsyncSession, actor: Actor, rule: Rule) -> Preview:
    present = queries.present_month(actor)
    statements = await queries.of_months(session, actor, last_quarter(present))
    kept = [
        Kept(
            one.person_id,
            one.month,
            Facts.of(one.facts),
            one.excused,
            None if one.score is None else float(one.score),
        )
        for one in statements
    ]
    return preview(kept, (await queries.rule_of(session, actor, present)).rule, rule)


async def _page(
    request: Request,
    session: AsyncSession,
    actor: Actor,
    typed: Mapping[str, str] | None = None,
    *,
    of: int | None = None,
    done: str = "",
    shown: Preview | None = None,
    refused: Refusal | None = None,
) -> Response:
    refused = refused or Refusal()
    month = queries.present_month(actor)
    versions, counting = await queries.versions(session, actor), await queries.rule_of(session, actor, month)
    begins = counting.rule if of is None else await queries.rule_numbered(session, actor, of)
    names = {one.id: one for one in await queries.people_led(session, actor)} if shown else {}
    response: Response = render(
        request,
        "duty/rules.html",
        counting=counting,
        versions=versions,
        typed={**typed_of(begins), "from_month": f"{shifted(month, 1):%Y-%m}", "why": "", **(typed or {})},
        edits=actor.can("duty.rule"),
        opened=bool(typed) or of is not None,
        newest=versions[0][0].number if versions else 0,
        next_month=f"{shifted(month, 1):%Y-%m}",
        preview=shown,
        months=last_quarter(month),
        names=names,
        numbers=RULE_NUMBERS,
        item_of=ITEM_OF,
        gains=GAINS,
        done=DONE.get(done, ""),
        refused=refused,
        errors=refused.errors,
        **words(),
    )
    response.status_code = refused.status
    return response
