"""``/api/v1/rules``: what AnSu watches for."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import Body, Header, Query
from pydantic import BaseModel, Field

from backend.alarms import commands
from backend.alarms.api.shapes import NameOut, name_out
from backend.alarms.commands.repeats import once
from backend.alarms.drafts import RuleDraft
from backend.alarms.models import AlarmRule, Level
from backend.alarms.queries import rules as queries
from backend.alarms.queries.rules import RuleCard, Service, Wanted
from backend.core.routing import APIRouter
from backend.identity.web import ActorDep, SessionDep, allow

router = APIRouter(prefix="/rules")

KeyHeader = Annotated[str, Header(alias="Idempotency-Key", max_length=64)]


class RuleIn(BaseModel):
    """A rule. ``parameters`` by kind: ``{"limits": {"HH": {"value": 3, "level": "major"}}}`` (threshold),
    ``{"per_minute", "window_s", "direction"}`` (rate), ``{"after_s"}`` (silence),
    ``{"limit", "false_alarm_rate", "max_age_s"}`` (deviation)."""

    kind: str = ""
    name: str = Field("", max_length=200)
    name_en: str = Field("", max_length=200)
    parameters: dict[str, Any] = {}
    point_id: Annotated[int | None, Field(ge=1, lt=2**63)] = None
    level: str = Level.GENERAL
    warning: bool = False
    deadband: float = 0.0
    on_delay_s: float = 0.0
    off_delay_s: float = 0.0
    latched: bool = False
    enabled: bool = True
    advice: str = Field("", max_length=2000)
    advice_en: str = Field("", max_length=2000)
    reason: str = Field("", max_length=500)


class RuleEditIn(RuleIn):
    """What stands in the place of version ``version``."""

    version: int = 0


class ReasonIn(BaseModel):
    """Why."""

    reason: str = Field("", max_length=500)


class RuleOut(BaseModel):
    """A rule as it stands. ``out_of_service_reason`` is empty while it judges."""

    id: int
    version: int
    updated_at: datetime
    kind: str
    name: str
    name_en: str
    parameters: dict[str, Any]
    point_id: int | None
    level: str
    warning: bool
    deadband: float
    on_delay_s: float
    off_delay_s: float
    latched: bool
    enabled: bool
    out_of_service_reason: str
    advice: str
    advice_en: str


class ListedRuleOut(RuleOut):
    """A rule with where it is and how many of its alarms are open."""

    point: NameOut | None
    equipment: NameOut | None
    open: int


class RulesOut(BaseModel):
    """Some rules; ``following`` goes into ``after`` for those after them."""

    items: list[ListedRuleOut]
    following: str


@router.get("", dependencies=[allow("rules.see")])
async def list_rules(
    session: SessionDep,
    actor: ActorDep,
    service: Service | None = None,
    kind: Annotated[str, Query(max_length=20)] = "",
    point_id: Annotated[int | None, Query(ge=1, lt=2**63)] = None,
    search: Annotated[str, Query(max_length=60)] = "",
    after: Annotated[str, Query(max_length=100)] = "",
    most: Annotated[int, Query(ge=1, le=200)] = queries.PAGE,
) -> RulesOut:
    """Rules by equipment and point."""
    page = await queries.rules(session, actor, Wanted(service or "", kind, point_id, search), after=after, most=most)
    return RulesOut(items=[_listed(card) for card in page.cards], following=page.following)


@router.post("", dependencies=[allow("rules.edit")], status_code=201)
async def create(session: SessionDep, actor: ActorDep, sent: RuleIn, key: KeyHeader = "") -> RuleOut:
    """Make one; it judges within seconds."""

    async def deed() -> AlarmRule:
        return await commands.create_rule(session, actor, _draft(sent))

    return _rule(await once(session, actor, AlarmRule, key, ["rule.create", sent.model_dump()], deed))


@router.get("/{rule_id}", dependencies=[allow("rules.see")])
async def read_rule(session: SessionDep, actor: ActorDep, rule_id: int) -> ListedRuleOut:
    """One rule."""
    return _listed(await queries.rule_card(session, actor, rule_id))


@router.put("/{rule_id}", dependencies=[allow("rules.edit")])
async def edit(
    session: SessionDep,
    actor: ActorDep,
    rule_id: int,
    sent: Annotated[RuleEditIn, Body()] = RuleEditIn(),
    key: KeyHeader = "",
) -> RuleOut:
    """Put another in its place; 409 when ``version`` isn't the latest."""

    async def deed() -> AlarmRule:
        return await commands.edit_rule(session, actor, rule_id, _draft(sent), version=sent.version)

    return _rule(await once(session, actor, AlarmRule, key, ["rule.edit", rule_id, sent.model_dump()], deed))


@router.post("/{rule_id}/out-of-service", dependencies=[allow("alarms.out_of_service")])
async def take_out_of_service(
    session: SessionDep,
    actor: ActorDep,
    rule_id: int,
    sent: Annotated[ReasonIn, Body()] = ReasonIn(),
    key: KeyHeader = "",
) -> RuleOut:
    """Stop judging by it, with a reason."""

    async def deed() -> AlarmRule:
        return await commands.take_out_of_service(session, actor, rule_id, reason=sent.reason)

    return _rule(await once(session, actor, AlarmRule, key, ["rule.out", rule_id, sent.reason], deed))


@router.post("/{rule_id}/back", dependencies=[allow("alarms.out_of_service")])
async def bring_back(session: SessionDep, actor: ActorDep, rule_id: int, key: KeyHeader = "") -> RuleOut:
    """Judge by it again."""

    async def deed() -> AlarmRule:
        return await commands.bring_back(session, actor, rule_id)

    return _rule(await once(session, actor, AlarmRule, key, ["rule.back", rule_id], deed))


def _draft(sent: RuleIn) -> RuleDraft:
    return RuleDraft(**sent.model_dump(exclude={"version"}))


def _rule(rule: AlarmRule) -> RuleOut:
    return RuleOut(**rule.model_dump(include=set(RuleOut.model_fields)))


def _listed(card: RuleCard) -> ListedRuleOut:
    return ListedRuleOut(
        **_rule(card.rule).model_dump(),
        point=name_out(card.point),
        equipment=name_out(card.equipment),
        open=card.open,
    )
