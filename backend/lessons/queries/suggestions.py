"""Suggestions for those who lead: what waits, what was decided, and what one can be adopted as."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.alarms.models import AlarmRule
from backend.checkins.models import InspectionPlan, InspectionStop
from backend.core.clock import now
from backend.core.tables import SiteScoped
from backend.hazards.models import Rectification
from backend.hazards.origins import Candidate, candidates, keeper
from backend.identity.actor import Actor
from backend.identity.models import Person, Post, Team
from backend.identity.permissions import visible
from backend.identity.scoping import get_visible
from backend.lessons.models import LessonPattern, Suggestion, SuggestionKind, SuggestionState
from backend.lessons.queries.patterns import rows_of
from backend.lessons.queries.records import Row
from backend.lessons.queries.sources import Source, sources_of
from backend.maintenance.models import MaintenancePlan
from backend.maintenance.queries import choices as maintenance_choices
from backend.maintenance.queries import site_day
from backend.plant.models import Equipment
from backend.training.models import Course
from backend.training.queries import targets

MOST = 30
RENEWED_IN = timedelta(days=30)
"""The day of a renewal that is proposed until somebody chooses."""
DECIDED = (SuggestionState.ADOPTED, SuggestionState.ADAPTED, SuggestionState.DECLINED)
FIRST_ROWS = 20
WITHIN = timedelta(days=7)
"""The day that is proposed until somebody chooses."""
_CHANGED: dict[str, type[SiteScoped]] = {
    "plan": InspectionPlan,
    "maintenance": MaintenancePlan,
    "course": Course,
    "rule": AlarmRule,
    "rectification": Rectification,
}


@dataclass(frozen=True)
class View:
    """A suggestion with what it rests on and who decided it."""

    one: Suggestion
    pattern: LessonPattern | None
    equipment: Equipment | None
    rule: AlarmRule | None
    by: Person | None
    rows: Sequence[Row]
    sources: Sequence[Source]
    """The incidents whose reviews ask for it, the newest first."""


@dataclass(frozen=True)
class Offered:
    """What it can be adopted as: of each only what its kind needs. ``first``: what is chosen until somebody does."""

    plans: Sequence[InspectionPlan] = ()
    courses: Sequence[Course] = ()
    teams: Sequence[Team] = ()
    posts: Sequence[Post] = ()
    people: Sequence[Person] = ()
    owners: Sequence[Candidate] = ()
    first: dict[str, str] = field(default_factory=dict)


async def listed(session: AsyncSession, actor: Actor, *, decided: bool) -> Sequence[Suggestion]:
    """What waits for a decision, the most promising first; or what was decided, the newest first."""
    states = DECIDED if decided else (SuggestionState.OPEN,)
    order = col(Suggestion.decided_at).desc() if decided else col(Suggestion.per_90_days).desc()
    wanted = select(Suggestion).where(visible(actor, Suggestion), col(Suggestion.state).in_(states))
    return (await session.scalars(wanted.order_by(order, col(Suggestion.id)).limit(MOST))).all()


async def landed(session: AsyncSession, actor: Actor, kind: str, id_: int) -> Sequence[Suggestion]:
    """Those that were adopted as a change of this plan, course, rule or rectification. Raises NotFound."""
    await get_visible(session, actor, _CHANGED[kind], id_)
    wanted = select(Suggestion).where(
        visible(actor, Suggestion), col(Suggestion.landed_kind) == kind, col(Suggestion.landed_id) == id_
    )
    return (await session.scalars(wanted.order_by(col(Suggestion.id).desc()).limit(MOST))).all()


async def suggestion_view(session: AsyncSession, actor: Actor, suggestion_id: int) -> View:
    """One. Raises NotFound."""
    one = await get_visible(session, actor, Suggestion, suggestion_id)
    row = await session.execute(
        select(LessonPattern, Equipment, AlarmRule, Person)
        .select_from(Suggestion)
        .outerjoin(LessonPattern, col(LessonPattern.id) == col(Suggestion.pattern_id))
        .outerjoin(Equipment, col(Equipment.id) == col(Suggestion.equipment_id))
        .outerjoin(AlarmRule, col(AlarmRule.id) == col(Suggestion.rule_id))
        .outerjoin(Person, col(Person.id) == col(Suggestion.decided_by))
        .where(visible(actor, Suggestion), col(Suggestion.id) == one.id)
    )
    rows = await rows_of(session, actor, one.refs[:FIRST_ROWS])
    return View(one, *row.one(), rows, (await sources_of(session, actor, [one])).get(one.id, []))


async def offered(session: AsyncSession, actor: Actor, one: Suggestion) -> Offered:
    """What the suggestion can land as, with the likeliest chosen."""
    if one.kind in {SuggestionKind.MAINTENANCE_INTERVAL, SuggestionKind.RENEWAL}:
        return await _upkeep(session, actor, one)
    if one.kind == SuggestionKind.CHECK_ITEM:
        found = await _plans(session, actor, one.equipment_id)
        first = {"plan_id": str(found[0][0].id)} if found and found[0][1] else {}
        return Offered(plans=[plan for plan, _ in found], first=first)
    due_on = {"due_on": (now() + WITHIN).astimezone(actor.zone).date().isoformat()}
    if one.kind == SuggestionKind.COURSE:
        courses = await session.scalars(select(Course).where(visible(actor, Course)).order_by(col(Course.title)))
        teams, posts, people = await targets(session, actor)
        first = due_on | await _first_course(session, actor, one)
        return Offered(courses=courses.all(), teams=teams, posts=posts, people=people, first=first)
    if one.kind == SuggestionKind.MEASURE:
        owner = await keeper(session, actor, one.equipment_id)
        owners = await candidates(session, actor)
        return Offered(owners=owners, first=due_on | ({"owner_id": str(owner)} if owner else {}))
    return Offered()


async def _upkeep(session: AsyncSession, actor: Actor, one: Suggestion) -> Offered:
    """Posts, the one that answers for the equipment chosen; the interval as suggested, a renewal in a month."""
    post_id = await _owner_post(session, actor, one.equipment_id)
    due_on = site_day(actor) + RENEWED_IN
    known = {"post_id": post_id, "interval_days": one.proposal.get("interval_days"), "due_on": due_on}
    posts = (await maintenance_choices(session, actor)).posts
    return Offered(posts=posts, first={name: str(value) for name, value in known.items() if value})


async def _first_course(session: AsyncSession, actor: Actor, one: Suggestion) -> dict[str, str]:
    """What the suggestion names; without that, the post that answers for the equipment."""
    course_id, target = one.proposal.get("course_id"), one.proposal.get("target")
    if not target and (post_id := await _owner_post(session, actor, one.equipment_id)):
        target = f"post:{post_id}"
    known = {"course_id": course_id, "target": target}
    return {name: str(value) for name, value in known.items() if value}


async def _plans(session: AsyncSession, actor: Actor, equipment_id: int | None) -> Sequence[tuple[InspectionPlan, int]]:
    """Plans in use with how often they stop at the equipment, those that do first."""
    here = (
        select(func.count())
        .select_from(InspectionStop)
        .where(
            visible(actor, InspectionStop),
            col(InspectionStop.plan_id) == col(InspectionPlan.id),
            col(InspectionStop.equipment_id) == equipment_id,
            col(InspectionStop.active),
        )
        .scalar_subquery()
    )
    wanted = select(InspectionPlan, here).where(visible(actor, InspectionPlan), col(InspectionPlan.active))
    rows = await session.execute(wanted.order_by(here.desc(), col(InspectionPlan.id)))
    return [(plan, stops) for plan, stops in rows]


async def _owner_post(session: AsyncSession, actor: Actor, equipment_id: int | None) -> int | None:
    wanted = select(col(Equipment.owner_post_id)).where(visible(actor, Equipment), col(Equipment.id) == equipment_id)
    return await session.scalar(wanted)
