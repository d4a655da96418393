"""Asks each domain what waits for the actor."""

from collections.abc import Collection
from datetime import datetime, time, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from backend.checkins.queries import DueVisit, due_visits
from backend.core.clock import now
from backend.feedback.queries import Card as FeedbackCard
from backend.feedback.queries import to_answer as feedback_to_answer
from backend.hazards.lifecycle import WORKABLE
from backend.hazards.queries import Card
from backend.hazards.queries import waiting_for as rectifications_waiting_for
from backend.hazards.reports.queries import Undecided, undecided
from backend.home.queries import Seldom, seldom
from backend.home.tasks import Task, TaskKind, Waiting, sort_tasks
from backend.identity.actor import Actor
from backend.incidents.meeting.queries.meetings import Invitation, to_attend
from backend.incidents.models import Incident
from backend.incidents.queries.listing import Card as IncidentCard
from backend.incidents.queries.listing import to_lead
from backend.incidents.response.content import PlanStep
from backend.incidents.response.queries.posts import own_steps
from backend.incidents.review.queries import to_answer
from backend.maintenance.queries import Upcoming, due_for
from backend.operations.duty.queries import Appealed
from backend.operations.duty.queries import to_answer as to_judge
from backend.tracing.checks.queries import CheckView, checks_to_do
from backend.training.duties import Duty
from backend.training.queries import Learning, mine

MOST_VISITS = 60


async def waiting_for(session: AsyncSession, actor: Actor, there: Collection[Seldom] | None = None) -> Waiting:
    """Everything the actor is to do: incidents to lead, steps of their plans, check-ins, rectifications, verifications,
    reports to decide on, courses, looks on site, answers to what a closed incident holds of the actor, review
    meetings. ``there`` is what ``seldom`` said, if that is known."""
    there = await seldom(session, actor) if there is None else there
    visits = await due_visits(session, actor, most=MOST_VISITS) if actor.can("checkins.do") else []
    upkeep = await due_for(session, actor) if actor.can("maintenance.do") else []
    reports = await undecided(session, actor) if actor.can("reports.triage") else []
    rectifications = await rectifications_waiting_for(session, actor)
    courses = await mine(session, actor) if actor.can("training.see") else []
    looks = await checks_to_do(session, actor) if Seldom.CHECK in there else []
    leading = await to_lead(session, actor) if Seldom.INCIDENT in there else []
    steps = await own_steps(session, actor) if Seldom.INCIDENT in there else []
    lapses = await to_answer(session, actor) if Seldom.LAPSE in there else []
    appeals = await to_judge(session, actor) if Seldom.APPEAL in there else []
    feedback = await feedback_to_answer(session, actor) if Seldom.FEEDBACK in there else []
    meetings = await to_attend(session, actor) if Seldom.MEETING in there else []
    tasks = [
        *(_to_handle(card) for card in leading),
        *(_to_take(incident, step) for incident, step in steps),
        *(_to_look(one) for one in looks),
        *(_to_check(visit) for visit in visits),
        *(_to_decide(report, actor) for report in reports),
        *(_to_rectify(card) if card.mine else _to_verify(card) for card in rectifications),
        *(_to_reply(incident) for incident in lapses),
        *(_to_maintain(one, actor) for one in upkeep),
        *(_to_judge(one) for one in appeals),
        *(_to_answer(card) for card in feedback),
        *(_to_meet(one) for one in meetings),
        *(_to_learn(one, actor) for one in courses if one.duty in {Duty.DUE, Duty.OVERDUE}),
    ]
    return sort_tasks(tasks, now(), day_end(now(), actor))


def day_end(moment: datetime, actor: Actor) -> datetime:
    """When the day of ``moment`` ends on the actor's site."""
    return datetime.combine(moment.astimezone(actor.zone).date() + timedelta(days=1), time(), actor.zone)


def _to_handle(card: IncidentCard) -> Task:
    """It burns until it is over."""
    one, place = card.incident, card.equipment or card.area
    return Task(
        kind=TaskKind.INCIDENT,
        url=f"/incidents/{one.id}",
        title=one.title,
        title_en=one.title_en,
        place=place.name if place else "",
        place_en=place.name_en if place else "",
        level=one.level,
        burns=True,
    )


def _to_take(incident: Incident, step: PlanStep) -> Task:
    """A step of an emergency plan for the post that the actor holds."""
    return Task(
        TaskKind.STEP,
        f"/incidents/{incident.id}/plan#step-{step.key}",
        step.text,
        step.text_en,
        incident.title,
        incident.title_en,
        incident.level,
        burns=True,
    )


def _to_reply(one: Incident) -> Task:
    """A right, not a duty: it is never late."""
    return Task(TaskKind.REPLY, f"/incidents/{one.id}/duties", one.title, one.title_en, level=one.level)


def _to_judge(one: Appealed) -> Task:
    """Somebody appeals against a lost point of their duty performance."""
    row = one.row
    return Task(
        TaskKind.APPEAL,
        f"/duty/appeals/{one.appeal.id}",
        one.person.name,
        one.person.name_en,
        row.words,
        row.words_en,
        due_at=one.appeal.due_at,
    )


def _to_answer(card: FeedbackCard) -> Task:
    """Somebody waits for an answer to what they say of AnSu."""
    one = card.feedback
    return Task(
        TaskKind.FEEDBACK, f"/feedback/{one.id}", one.words.split("\n", 1)[0], place=one.page, due_at=one.due_at
    )


def _to_meet(one: Invitation) -> Task:
    """It stands there until it was held; who hasn't chosen yet gets to the choice."""
    incident, meeting = one.incident, one.meeting
    return Task(
        TaskKind.MEETING,
        f"/incidents/{incident.id}/meeting" + ("" if one.chosen or meeting.opened_at else "?step=choose"),
        incident.title,
        incident.title_en,
        meeting.place,
        level=incident.level,
        due_at=meeting.at,
    )


def _to_check(visit: DueVisit) -> Task:
    place = visit.place
    return Task(
        TaskKind.CHECKIN,
        f"/checkins/{visit.id}",
        place.name,
        place.name_en,
        visit.name,
        visit.name_en,
        "",
        visit.due_at,
    )


def _to_maintain(one: Upcoming, actor: Actor) -> Task:
    """Due at the end of its day, which is the site's; it opens the form that says it was done."""
    return Task(
        TaskKind.MAINTENANCE,
        f"/maintenance/{one.plan.id}/done",
        one.equipment.name,
        one.equipment.name_en,
        one.plan.name,
        one.plan.name_en,
        due_at=datetime.combine(one.due_on + timedelta(days=1), time(), actor.zone),
    )


def _to_look(one: CheckView) -> Task:
    """The question it carries, else the place."""
    check, node = one.check, one.node
    asks = bool(check.question)
    return Task(
        TaskKind.CHECK,
        f"/checks/{check.id}",
        check.text if asks else node.name,
        check.text_en if asks else node.name_en,
        node.name if asks else "",
        node.name_en if asks else "",
        level=check.level,
        due_at=check.due_at,
    )


def _to_decide(one: Undecided, actor: Actor) -> Task:
    """Nobody who reports should wait overnight: due at the end of the day on which it came."""
    return Task(
        kind=TaskKind.TRIAGE,
        url=f"/reports/{one.id}",
        title=one.name,
        place=one.place,
        place_en=one.place_en,
        level=one.level,
        due_at=day_end(one.created_at, actor),
    )


def _to_rectify(card: Card) -> Task:
    return _about(card, TaskKind.RECTIFICATION, card.deadline)


def _to_verify(card: Card) -> Task:
    """A verification, or the answer to a request for an extension."""
    return _about(card, TaskKind.EXTENSION if card.state in WORKABLE else TaskKind.VERIFICATION, None)


def _about(card: Card, kind: TaskKind, due_at: datetime | None) -> Task:
    return Task(
        kind=kind,
        url=f"/rectifications/{card.id}",
        title=card.title,
        place=card.equipment.name if card.equipment else "",
        place_en=card.equipment.name_en if card.equipment else "",
        level=card.level,
        due_at=due_at,
    )


def _to_learn(one: Learning, actor: Actor) -> Task:
    """Due at the end of its day, which is the site's."""
    ends = datetime.combine(one.due_on + timedelta(days=1), time(), actor.zone) if one.due_on else None
    url = f"/training/{one.course.id}" + ("/quiz" if one.begun else "")
    return Task(TaskKind.COURSE, url, one.course.title, one.course.title_en, due_at=ends)
