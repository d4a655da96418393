"""Makes the change that an adopted suggestion asks for, by the commands of the domain that it belongs to."""

from dataclasses import dataclass, replace
from datetime import date, datetime, time
from math import isfinite

from sqlalchemy.ext.asyncio import AsyncSession

from backend.alarms.commands.rules import edit_rule
from backend.alarms.drafts import draft_of
from backend.alarms.models import AlarmRule
from backend.checkins.checklists import MOST_LETTERS, MOST_QUESTIONS, Question
from backend.checkins.commands.planning import PlanWish, change_plan
from backend.checkins.judging import ItemKind
from backend.checkins.queries.plans import PlanView, plan_view
from backend.core.errors import N_, Conflict, Invalid
from backend.hazards import plan as rectifying
from backend.hazards.commands import open_rectification
from backend.identity.actor import Actor
from backend.identity.scoping import get_visible
from backend.incidents.response.commands.planning import StepDraft
from backend.lessons.commands.changing import add_step, set_limit
from backend.lessons.commands.keeping_up import Wanted, plan_renewal, set_interval
from backend.lessons.models import Suggestion, SuggestionKind
from backend.training.commands.assigning import assign


@dataclass(frozen=True)
class Choice:
    """How a person wants it: the words of the item, measure or step, and what else its kind needs."""

    words: str = ""
    words_en: str = ""
    plan_id: int | None = None
    interval_days: int | None = None
    post_id: int | None = None
    course_id: int | None = None
    target: str = ""
    due_on: date | None = None
    owner_id: int | None = None
    on_delay_s: float | None = None
    limit_value: float | None = None
    who: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Landed:
    """What was changed; ``as_suggested``: word for word."""

    kind: str
    id: int
    as_suggested: bool = True


async def land(session: AsyncSession, actor: Actor, one: Suggestion, choice: Choice) -> Landed:
    """Make the change. Raises as the domain's own command does, and Invalid by field."""
    makers = {
        SuggestionKind.CHECK_ITEM: _check_item,
        SuggestionKind.MAINTENANCE_INTERVAL: _interval,
        SuggestionKind.RENEWAL: _renewal,
        SuggestionKind.COURSE: _course,
        SuggestionKind.RULE_DELAY: _rule_delay,
        SuggestionKind.MEASURE: _measure,
        SuggestionKind.RULE_LIMIT: _rule_limit,
        SuggestionKind.INSPECTION_RHYTHM: _rhythm,
        SuggestionKind.PLAN_STEP: _plan_step,
    }
    return await makers[SuggestionKind(one.kind)](session, actor, one, choice)


async def _check_item(session: AsyncSession, actor: Actor, one: Suggestion, choice: Choice) -> Landed:
    words, words_en = choice.words.strip(), choice.words_en.strip()
    if not 0 < len(words) <= MOST_LETTERS or len(words_en) > MOST_LETTERS:
        raise Invalid(fields={"words": N_("请填写检查项，不超过 110 个字符")})
    if choice.plan_id is None:
        raise Invalid(fields={"plan_id": N_("请选择巡检计划")})
    view = await plan_view(session, actor, choice.plan_id)
    if len(view.questions) >= MOST_QUESTIONS:
        raise Invalid(fields={"plan_id": N_("检查项太多，请分成几个计划")})
    questions = (*view.questions, Question(ItemKind.YES_NO, words, words_en))
    await change_plan(session, actor, view.plan.id, replace(_as_it_is(view), questions=questions), view.plan.version)
    return Landed("plan", view.plan.id, words == one.words)


async def _rhythm(session: AsyncSession, actor: Actor, one: Suggestion, choice: Choice) -> Landed:
    view = await plan_view(session, actor, one.proposal["plan_id"])
    if not view.plan.active:
        raise Conflict(N_("这个巡检计划已停用"))
    asked = one.proposal
    wish = replace(_as_it_is(view), rhythm=asked["rhythm"], interval_minutes=asked["interval_minutes"])
    await change_plan(session, actor, view.plan.id, wish, view.plan.version)
    return Landed("plan", view.plan.id)


def _as_it_is(view: PlanView) -> PlanWish:
    plan, places = view.plan, [stop.place for stop in view.stops]
    return PlanWish(
        name=plan.name,
        name_en=plan.name_en,
        post_id=plan.post_id,
        rhythm=plan.rhythm,
        interval_minutes=plan.interval_minutes,
        skips_holidays=plan.skips_holidays,
        asks_photo=plan.asks_photo,
        questions=view.questions,
        equipment_ids=tuple(place.id for place in places if not place.is_area),
        area_ids=tuple(place.id for place in places if place.is_area),
    )


async def _interval(session: AsyncSession, actor: Actor, one: Suggestion, choice: Choice) -> Landed:
    plan_id = await set_interval(session, actor, one, _upkeep(choice))
    return Landed("maintenance", plan_id, choice.interval_days == one.proposal["interval_days"])


async def _renewal(session: AsyncSession, actor: Actor, one: Suggestion, choice: Choice) -> Landed:
    plan_id = await plan_renewal(session, actor, one, _upkeep(choice))
    return Landed("maintenance", plan_id, choice.words.strip() == one.words)


def _upkeep(choice: Choice) -> Wanted:
    words = (choice.words.strip(), choice.words_en.strip())
    return Wanted(*words, choice.interval_days, choice.post_id, choice.due_on, choice.reason)


async def _course(session: AsyncSession, actor: Actor, one: Suggestion, choice: Choice) -> Landed:
    if choice.course_id is None:
        raise Invalid(fields={"course_id": N_("请选择课程")})
    if choice.due_on is None:
        raise Invalid(fields={"due_on": N_("请选择日期")})
    await assign(session, actor, choice.course_id, choice.target, choice.due_on)
    return Landed("course", choice.course_id)


async def _rule_delay(session: AsyncSession, actor: Actor, one: Suggestion, choice: Choice) -> Landed:
    wanted = choice.on_delay_s
    if wanted is None or not isfinite(wanted) or not 0 <= wanted <= 3600:
        raise Invalid(fields={"on_delay_s": N_("请填写 0 到 3600 秒")})
    if one.rule_id is None:
        raise Conflict(N_("这条规则已不在"))
    rule = await get_visible(session, actor, AlarmRule, one.rule_id, lock=True)
    draft = replace(draft_of(rule), on_delay_s=wanted, reason=choice.reason)
    await edit_rule(session, actor, rule.id, draft, version=rule.version)
    return Landed("rule", rule.id, wanted == one.proposal["on_delay_s"])


async def _measure(session: AsyncSession, actor: Actor, one: Suggestion, choice: Choice) -> Landed:
    words = choice.words.strip()
    wrong = {} if words else {"words": N_("请填写")}
    if choice.owner_id is None:
        wrong["owner_id"] = N_("请选择在岗的责任人")
    if choice.due_on is None:
        wrong["due_on"] = N_("请选择日期")
    if wrong or choice.owner_id is None or choice.due_on is None:
        raise Invalid(fields=wrong)
    deadline = datetime.combine(choice.due_on, time(23, 59), tzinfo=actor.zone)
    plan = rectifying.Plan(words[:120], words, choice.owner_id, deadline, "general")
    opened = await open_rectification(session, actor, plan)
    return Landed("rectification", opened.id, words == one.words)


async def _rule_limit(session: AsyncSession, actor: Actor, one: Suggestion, choice: Choice) -> Landed:
    rule_id = await set_limit(session, actor, one, choice.limit_value, choice.reason)
    return Landed("rule", rule_id, choice.limit_value == one.proposal["value"])


async def _plan_step(session: AsyncSession, actor: Actor, one: Suggestion, choice: Choice) -> Landed:
    words, words_en = choice.words.strip(), choice.words_en.strip()
    draft = StepDraft(words, words_en, choice.who, one.proposal["basis"])
    plan_id, key = await add_step(session, actor, one, draft)
    one.proposal = {**one.proposal, "step_key": key}
    return Landed("emergency_plan", plan_id, words == one.words)
