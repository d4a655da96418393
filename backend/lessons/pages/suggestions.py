"""``/lessons/suggestions/{id}``: one suggestion, decided on its page."""

from typing import Annotated

from fastapi import Depends, Form, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import RedirectResponse

from backend.core.errors import DomainError
from backend.core.pages import render
from backend.core.refusals import REFUSALS, Refusal, refusal
from backend.core.routing import APIRouter
from backend.identity.actor import Actor
from backend.identity.web import ActorDep, SessionDep, allow
from backend.incidents.response.wording import WHO
from backend.incidents.wording import KINDS
from backend.lessons import commands
from backend.lessons.forms import ChoiceForm
from backend.lessons.models import YEAR_DAYS, SuggestionState
from backend.lessons.queries.effects import effect_of
from backend.lessons.queries.suggestions import offered, suggestion_view
from backend.lessons.rights import needed
from backend.lessons.wording import DONE, LANDED, LANDED_URLS, STATES, TONES, VERDICT_TONES, VERDICTS, WISHES

router = APIRouter(prefix="/lessons")


@router.get("/suggestions/{suggestion_id}", dependencies=[allow("lessons.see")])
async def suggestion_page(
    request: Request, session: SessionDep, actor: ActorDep, suggestion_id: int, done: str = ""
) -> Response:
    """The suggestion with what it rests on; who may decides here."""
    return await _show(request, session, actor, suggestion_id, done=DONE.get(done, ""))


@router.post("/suggestions/{suggestion_id}/adopt", dependencies=[allow("lessons.decide")])
async def adopt(
    request: Request, session: SessionDep, actor: ActorDep, suggestion_id: int, form: Annotated[ChoiceForm, Depends()]
) -> Response:
    """Make the change."""
    try:
        async with session.begin_nested():
            await commands.adopt(session, actor, suggestion_id, form.read())
    except REFUSALS as error:
        return await _refused(request, session, actor, suggestion_id, form.typed(), error)
    return RedirectResponse(f"/lessons/suggestions/{suggestion_id}?done=adopted", 303)


@router.post("/suggestions/{suggestion_id}/decline", dependencies=[allow("lessons.decide")])
async def decline(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    suggestion_id: int,
    reason: Annotated[str, Form(max_length=4000)] = "",
) -> Response:
    """Leave it."""
    try:
        async with session.begin_nested():
            await commands.decline(session, actor, suggestion_id, reason.replace("\0", ""))
    except REFUSALS as error:
        return await _refused(request, session, actor, suggestion_id, {"declined": reason}, error)
    return RedirectResponse(f"/lessons/suggestions/{suggestion_id}?done=declined", 303)


async def _refused(
    request: Request,
    session: AsyncSession,
    actor: Actor,
    suggestion_id: int,
    typed: dict[str, str],
    error: DomainError,
) -> Response:
    return await _show(request, session, actor, suggestion_id, typed=typed, refused=refusal(request, error))


async def _show(
    request: Request,
    session: AsyncSession,
    actor: Actor,
    suggestion_id: int,
    *,
    done: str = "",
    typed: dict[str, str] | None = None,
    refused: Refusal | None = None,
) -> Response:
    view = await suggestion_view(session, actor, suggestion_id)
    one, refused = view.one, refused or Refusal()
    decides = one.state == SuggestionState.OPEN and all(map(actor.can, needed(one.kind)))
    offer = await offered(session, actor, one) if decides else None
    suggested = {"words": one.words, "words_en": one.words_en, "who": str(one.proposal.get("who", ""))}
    suggested |= {"on_delay_s": f"{one.proposal.get('on_delay_s', 0):g}"}
    suggested |= {"limit_value": f"{one.proposal.get('value', 0):g}"}
    response: Response = render(
        request,
        "lessons/suggestion.html",
        view=view,
        one=one,
        offer=offer,
        effect=await effect_of(session, actor, one),
        typed={**ChoiceForm().typed(), **suggested, **(offer.first if offer else {}), **(typed or {})},
        refused=refused,
        wishes=WISHES,
        states=STATES,
        tones=TONES,
        verdicts=VERDICTS,
        verdict_tones=VERDICT_TONES,
        lately=round(one.per_90_days / 90 * YEAR_DAYS),
        again=sum(each.source.made_at > one.decided_at for each in view.sources) if one.decided_at else 0,
        who=WHO,
        kinds=KINDS,
        landed_words=LANDED,
        landed_url=LANDED_URLS.get(one.landed_kind, "").format(one.landed_id, kind=one.proposal.get("kind", "")),
        done=done,
    )
    response.status_code = refused.status
    return response
