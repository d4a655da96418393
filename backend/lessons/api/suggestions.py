"""Suggestions for programs: listed, decided by the same commands, and what came of them."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any

from fastapi import Depends, Form, Query
from pydantic import BaseModel

from backend.core.paging import cut
from backend.core.routing import APIRouter
from backend.identity.web import ActorDep, SessionDep, allow
from backend.lessons import commands
from backend.lessons.forms import ChoiceForm
from backend.lessons.models import Suggestion, SuggestionState
from backend.lessons.queries.effects import Effect, effect_of
from backend.lessons.queries.sources import PAGE, Source, page_of, sources_of
from backend.lessons.queries.suggestions import suggestion_view

router = APIRouter(prefix="/suggestions")

_Id = Annotated[int | None, Query(ge=1, lt=2**63)]


class SuggestionOut(BaseModel):
    """A suggestion. ``refs``: the records it rests on; ``incidents``: those whose reviews ask for it;
    ``per_90_days``: so many fewer are expected if it works; ``landed_kind`` and ``landed_id``: what it changed."""

    id: int
    kind: str
    state: str
    words: str
    words_en: str
    proposal: dict[str, Any]
    watch: dict[str, str]
    refs: list[str]
    incidents: list[int]
    pattern_id: int | None
    equipment_id: int | None
    rule_id: int | None
    per_90_days: float
    made_at: datetime
    decided_at: datetime | None
    decided_by: int | None
    asked_again_at: datetime | None
    reason: str
    landed_kind: str
    landed_id: int | None


class SuggestionsOut(BaseModel):
    """A page of them; ``following``: give it as ``before`` for the next page, null on the last."""

    suggestions: list[SuggestionOut]
    following: int | None


class MilestoneOut(BaseModel):
    """So many ``days`` after adoption: events here before (in ``before_days``) and after, elsewhere before and after
    where there is a comparison, and the verdict: worked, no_change, worse, too_early."""

    days: int
    before: int
    after: int
    before_days: float
    elsewhere: list[int] | None
    ratio: float | None
    verdict: str
    refs_before: list[str] = []
    refs_after: list[str] = []


class StepUseOut(BaseModel):
    """Of ``of`` incidents of its kind since, in ``times`` the step was done."""

    times: int
    of: int


class EffectOut(BaseModel):
    """What came of it. ``known_on``: when the next milestones are over, days of the site; ``use``: of a plan's step."""

    done: list[MilestoneOut]
    known_on: list[date]
    use: StepUseOut | None


class EffectOfOut(BaseModel):
    """``effect`` null: it isn't in force."""

    id: int
    state: str
    effect: EffectOut | None


@router.get("", dependencies=[allow("lessons.see")])
async def list_suggestions(
    session: SessionDep,
    actor: ActorDep,
    state: SuggestionState | None = None,
    incident: _Id = None,
    before: _Id = None,
) -> SuggestionsOut:
    """The newest first; without ``state`` all but those withdrawn. ``incident``: those its review asks for."""
    asked = await page_of(session, actor, state=state, incident_id=incident, before=before)
    found, last = cut(asked, PAGE)
    sources = await sources_of(session, actor, found)
    return SuggestionsOut(
        suggestions=[_out(one, sources.get(one.id, [])) for one in found],
        following=last.id if last else None,
    )


@router.get("/{suggestion_id}", dependencies=[allow("lessons.see")])
async def read_suggestion(session: SessionDep, actor: ActorDep, suggestion_id: int) -> SuggestionOut:
    """One."""
    view = await suggestion_view(session, actor, suggestion_id)
    return _out(view.one, view.sources)


@router.post("/{suggestion_id}/adopt", dependencies=[allow("lessons.decide")])
async def adopt(
    session: SessionDep, actor: ActorDep, suggestion_id: int, form: Annotated[ChoiceForm, Depends()]
) -> SuggestionOut:
    """Make the change, as multipart form: each kind needs its own fields. Otherwise than suggested it is adapted."""
    await commands.adopt(session, actor, suggestion_id, form.read())
    return await read_suggestion(session, actor, suggestion_id)


@router.post("/{suggestion_id}/decline", dependencies=[allow("lessons.decide")])
async def decline(
    session: SessionDep, actor: ActorDep, suggestion_id: int, reason: Annotated[str, Form(max_length=4000)] = ""
) -> SuggestionOut:
    """Leave it; ``reason`` says why."""
    await commands.decline(session, actor, suggestion_id, reason.replace("\0", ""))
    return await read_suggestion(session, actor, suggestion_id)


@router.get("/{suggestion_id}/effect", dependencies=[allow("lessons.see")])
async def read_effect(session: SessionDep, actor: ActorDep, suggestion_id: int) -> EffectOfOut:
    """What came of it, 30, 60 and 90 days after it was adopted."""
    one = (await suggestion_view(session, actor, suggestion_id)).one
    found = await effect_of(session, actor, one)
    return EffectOfOut(id=one.id, state=one.state, effect=_effect(found) if found else None)


def _out(one: Suggestion, sources: Sequence[Source]) -> SuggestionOut:
    fields = one.model_dump(include=set(SuggestionOut.model_fields))
    return SuggestionOut(**fields, incidents=[each.incident.id for each in sources])


def _effect(found: Effect) -> EffectOut:
    return EffectOut(
        done=[MilestoneOut(**one) for one in found.done],
        known_on=[day for _, day in found.ahead],
        use=StepUseOut(times=found.use.times, of=found.use.of) if found.use else None,
    )
