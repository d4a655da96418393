"""``/alarms/{id}``: what is wrong, since when, what to do, and the whole story with names and times."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from fastapi import Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from backend.alarms.deeds import CAPABILITIES, possible_deeds
from backend.alarms.forms import DeedForm
from backend.alarms.labels import DONE, SHELVING_REASONS, shelving_minutes, state_label
from backend.alarms.models import Alarm, AlarmState
from backend.alarms.queries.story import alarm_view
from backend.alarms.queries.telling import story_of, timeline
from backend.core.clock import now
from backend.core.form_keys import form_key
from backend.core.pages import render
from backend.core.routing import APIRouter
from backend.delivery.commands import mark_seen
from backend.delivery.queries import receipts
from backend.exclusions.models import RecordKind
from backend.exclusions.queries import exclusion_of
from backend.identity.actor import Actor
from backend.identity.alike import alike
from backend.identity.web import ActorDep, SessionDep, allow
from backend.identity.wording import ROLES

router = APIRouter(prefix="/alarms")

_TREND_HOURS = (1, 8, 24, 168)


@dataclass(frozen=True)
class Attempt:
    """A deed's form as it is shown: blank, or as it was typed when it was refused, with why (msgids)."""

    form: DeedForm = field(default_factory=DeedForm)
    sentence: str = ""
    errors: dict[str, str] = field(default_factory=dict)
    status: int = 200


@router.get("/{alarm_id}", dependencies=[allow("alarms.see")])
async def one_page(request: Request, session: SessionDep, actor: ActorDep, alarm_id: int, done: str = "") -> Response:
    """The page. Who opens it has seen the alarm; an open page that refreshes itself hasn't."""
    response = await _alike(request=request, session=session, actor=actor, alarm_id=alarm_id, done=done)
    if "hx-request" not in request.headers:
        await mark_seen(session, actor, story_of(alarm_id))
    return response


@alike
async def _alike(*, request: Request, session: AsyncSession, actor: Actor, alarm_id: int, done: str) -> Response:
    return await alarm_page(request, session, actor, alarm_id, done=DONE.get(done, ""))


async def alarm_page(
    request: Request,
    session: AsyncSession,
    actor: Actor,
    alarm_id: int,
    *,
    done: str = "",
    tried: Mapping[str, Attempt] = MappingProxyType({}),
) -> Response:
    """The alarm as it is now, with the deed that was tried in vain."""
    view = await alarm_view(session, actor, alarm_id)
    deeds = possible_deeds(view.alarm, actor)
    response: Response = render(
        request,
        "alarms/alarm.html",
        view=view,
        alarm=view.alarm,
        state=state_label(view.alarm),
        state_label=state_label,
        story=await timeline(session, actor, view.alarm),
        receipts=await receipts(session, actor, story_of(alarm_id)),
        roles=ROLES,
        possible=deeds.possible,
        why_not=deeds.why_not,
        main=_main(view.alarm, actor, deeds.possible),
        opens=actor.can("rectifications.open"),
        reasons=SHELVING_REASONS,
        minutes=shelving_minutes(view.alarm.level),
        trend_hours=_trend_hours(view.alarm),
        keys={deed: form_key() for deed in deeds.possible},
        excluded=await exclusion_of(session, actor, RecordKind.ALARM, alarm_id),
        done=done,
        attempts={deed: tried.get(deed, Attempt()) for deed in CAPABILITIES},
    )
    response.status_code = max((attempt.status for attempt in tried.values()), default=200)
    return response


def _main(alarm: Alarm, actor: Actor, possible: frozenset[str]) -> str:
    """The one thing to do next: acknowledge, close, or remove the cause."""
    if "acknowledge" in possible:
        return "acknowledge"
    if "close" in possible:
        return "close"
    return "rectify" if alarm.state != AlarmState.CLOSED and actor.can("rectifications.open") else ""


def _trend_hours(alarm: Alarm) -> int:
    """How far back the trend must reach to show the beginning with some time before it."""
    since = alarm.reading_at or alarm.last_raised_at
    hours = math.ceil((now() - since).total_seconds() / 3600 + 0.25)
    return next((span for span in _TREND_HOURS if span >= hours), _TREND_HOURS[-1])
