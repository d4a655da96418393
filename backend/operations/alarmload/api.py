"""Alarm load for programs, with the permissions of the pages."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import Body, Query
from pydantic import BaseModel, Field

from backend.alarms.drafts import RuleDraft
from backend.alarms.models import Level
from backend.core.routing import APIRouter
from backend.identity.scoping import get_visible
from backend.identity.web import ActorDep, SessionDep, allow
from backend.operations.alarmload import commands
from backend.operations.alarmload.models import Rationalisation, RuleTrial
from backend.operations.alarmload.overview import USUAL, asked_of, overview
from backend.operations.alarmload.view import view_of

router = APIRouter(prefix="/api/v1", tags=["alarm load"])

_Word = Annotated[str, Query(max_length=40)]


class FloodOut(BaseModel):
    """A flood and how many alarms came in it."""

    from_at: datetime
    to_at: datetime
    alarms: int


class WorstOut(BaseModel):
    """An alarm that calls often."""

    rule_id: int | None
    point_id: int | None
    name: str
    point: str
    raised: int


class LoadOut(BaseModel):
    """The figures; None where there is nothing to divide by. Rates per operator and ten minutes; shares 0 … 1."""

    from_at: datetime
    to_at: datetime
    operators: int
    alarms: int
    average: float | None
    peak: float
    peak_at: datetime | None
    flooded: float | None
    floods: list[FloodOut]
    stale: int
    chattering: int
    fleeting: int
    worst: list[WorstOut]
    share_of_worst: float | None
    split: dict[str, float] | None
    within_target: dict[str, bool | None]


class TrialIn(BaseModel):
    """A draft of a rule (as ``/api/v1/rules`` takes it), to be judged over the last ``days`` (7, 30 or 90), beside the
    rule ``rule_id`` if one is given."""

    kind: str = ""
    name: str = Field("", max_length=200)
    parameters: dict[str, Any] = {}
    point_id: Annotated[int | None, Field(ge=1, lt=2**63)] = None
    level: str = Level.GENERAL
    deadband: float = 0.0
    on_delay_s: float = 0.0
    off_delay_s: float = 0.0
    rule_id: Annotated[int | None, Field(ge=1, lt=2**63)] = None
    days: int = 7


class MissedOut(BaseModel):
    """An alarm that mattered and would not come (``later_s`` None), or later."""

    alarm_id: int | None
    at: datetime
    judged_true: bool
    incident_id: int | None
    later_s: float | None


class TrialOut(BaseModel):
    """A trial. Figures are 0 while it is running; ``draft`` of a search for calm is empty where nothing is safe."""

    id: int
    rule_id: int | None
    rule_version: int
    purpose: str
    state: str
    done_share: float
    from_at: datetime
    to_at: datetime
    readings: int
    alarms_before: int | None
    alarms_after: int
    minutes_before: float | None
    minutes_after: float
    lost: list[MissedOut]
    later: list[MissedOut]
    long_lost: int
    kept: int
    unseen: int
    latest_s: float
    draft: dict[str, Any]


class ChangeOut(BaseModel):
    """A change that was put in force, with what it promised."""

    id: int
    rule_id: int
    trial_id: int
    from_version: int
    to_version: int
    before: dict[str, float]
    after: dict[str, float]
    days: float
    alarms_before: int
    alarms_after: int
    restored_version: int | None


@router.get("/alarm-load", dependencies=[allow("operations.see")])
async def read_load(session: SessionDep, actor: ActorDep, period: _Word = USUAL, within: _Word = "") -> LoadOut:
    """The figures of ``period`` (24h, 7d, 30d, 90d), of the site or ``within`` a part (``area:3``)."""
    found = await overview(session, actor, asked_of(period, within), period)
    return LoadOut(
        from_at=found.asked.from_at,
        to_at=found.asked.to_at,
        operators=found.operators,
        alarms=found.alarms,
        average=found.rate.average,
        peak=found.rate.peak,
        peak_at=found.rate.peak_at,
        flooded=found.flooded,
        floods=[FloodOut(**vars(one)) for one in found.floods],
        stale=found.stale,
        chattering=found.chattering,
        fleeting=found.fleeting,
        worst=[WorstOut(**{name: getattr(one, name) for name in WorstOut.model_fields}) for one in found.worst],
        share_of_worst=found.share_of_worst,
        split=found.split,
        within_target=found.verdicts,
    )


@router.post("/rule-trials", dependencies=[allow("rules.edit")], status_code=201)
async def try_rule(session: SessionDep, actor: ActorDep, sent: Annotated[TrialIn, Body()]) -> TrialOut:
    """Judge the past by a draft. One that isn't soon done goes on: ask for it again."""
    draft = RuleDraft(**sent.model_dump(exclude={"rule_id", "days"}))
    return _trial(await commands.ask_trial(session, actor, draft, rule_id=sent.rule_id, days=sent.days))


@router.post("/rules/{rule_id}/calmer", dependencies=[allow("rules.edit")], status_code=201)
async def look_for_calm(session: SessionDep, actor: ActorDep, rule_id: int) -> TrialOut:
    """Look for the smallest safe change to the rule."""
    return _trial(await commands.ask_suggestion(session, actor, rule_id))


@router.get("/rule-trials/{trial_id}", dependencies=[allow("rules.see")])
async def read_trial(session: SessionDep, actor: ActorDep, trial_id: int) -> TrialOut:
    """One trial."""
    return _trial(await get_visible(session, actor, RuleTrial, trial_id))


@router.post("/rule-trials/{trial_id}/apply", dependencies=[allow("rules.edit")])
async def take(session: SessionDep, actor: ActorDep, trial_id: int) -> ChangeOut:
    """Put the suggestion in force as the rule's next version."""
    return _change(await commands.apply_suggestion(session, actor, trial_id))


@router.post("/rationalisations/{rationalisation_id}/restore", dependencies=[allow("rules.edit")])
async def take_back(session: SessionDep, actor: ActorDep, rationalisation_id: int) -> ChangeOut:
    """Put back what was before, as another version."""
    return _change(await commands.restore(session, actor, rationalisation_id))


def _trial(trial: RuleTrial) -> TrialOut:
    view = view_of(trial)
    same = {name: getattr(trial, name) for name in TrialOut.model_fields if hasattr(trial, name)}
    return TrialOut(
        **same,
        readings=view.readings,
        alarms_before=view.before.alarms if view.compares else None,
        alarms_after=view.after.alarms,
        minutes_before=view.before.minutes if view.compares else None,
        minutes_after=view.after.minutes,
        lost=[MissedOut(**vars(one)) for one in view.lost],
        later=[MissedOut(**vars(one)) for one in view.later],
        long_lost=len(view.long_lost),
        kept=view.kept,
        unseen=view.unseen,
        latest_s=view.latest_s,
    )


def _change(made: Rationalisation) -> ChangeOut:
    return ChangeOut(**{name: getattr(made, name) for name in ChangeOut.model_fields})
