"""``/courses/{id}``: who must pass it and how far they are; assign it, take that back, remind, keep rules by cause."""

from datetime import date, timedelta
from typing import Annotated, Any

from fastapi import Form, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import RedirectResponse

from backend.core.errors import N_, Invalid
from backend.core.pages import render
from backend.core.routing import APIRouter
from backend.identity.actor import Actor
from backend.identity.web import ActorDep, SessionDep, allow
from backend.training import commands, queries
from backend.training.wording import CHANGE_TONES, CHANGES, DUTIES, TONES

router = APIRouter(prefix="/courses/{course_id}")
_MANAGE = [allow("training.assign")]
_Short = Annotated[str, Form(max_length=120)]
_DONE = {
    "assigned": N_("已安排"),
    "removed": N_("已撤销"),
    "reminded": N_("已提醒"),
    "already": N_("今天已经提醒过，明天可再提醒"),
    "published": N_("已发布"),
}


@router.get("", dependencies=_MANAGE)
async def course_page(
    request: Request, session: SessionDep, actor: ActorDep, course_id: int, done: str = ""
) -> Response:
    """Who must pass it, who hasn't, and the forms that assign it."""
    return await _course(request, session, actor, course_id, {}, done=_DONE.get(done, ""))


@router.post("/assign", dependencies=_MANAGE)
async def assign(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    course_id: int,
    target: _Short = "",
    due_on: _Short = "",
) -> Response:
    """Ask a team, a post or a person to pass it."""
    try:
        await commands.assign(session, actor, course_id, target, _day(due_on))
    except Invalid as error:
        return await _course(request, session, actor, course_id, error.fields, target=target, due_on=due_on)
    return _back(course_id, "assigned")


def _day(typed: str) -> date:
    """Raises Invalid."""
    try:
        return date.fromisoformat(typed)
    except ValueError:
        raise Invalid(fields={"due_on": N_("请选择截止日期")}) from None


@router.post("/assignments/{assignment_id}/remove", dependencies=_MANAGE)
async def remove_assignment(session: SessionDep, actor: ActorDep, course_id: int, assignment_id: int) -> Response:
    """Ask nobody by it any more."""
    await commands.remove_assignment(session, actor, course_id, assignment_id)
    return _back(course_id, "removed")


@router.post("/remind", dependencies=_MANAGE)
async def remind(
    session: SessionDep, actor: ActorDep, course_id: int, person_id: Annotated[int | None, Form(ge=1, lt=2**63)] = None
) -> Response:
    """Tell one of those who have yet to pass it, or all."""
    told = await commands.remind(session, actor, course_id, person_id)
    return _back(course_id, "reminded" if told else "already")


@router.post("/rules", dependencies=_MANAGE)
async def add_rule(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    course_id: int,
    equipment: _Short = "",
    word: _Short = "",
    rule_target: _Short = "",
    due_days: _Short = "",
) -> Response:
    """Have cases assign it from now on. ``equipment`` is ``one:5`` or ``class:pump``."""
    typed = {"equipment": equipment, "word": word, "rule_target": rule_target, "due_days": due_days}
    try:
        await commands.add_cause_rule(session, actor, course_id, _draft(**typed))
    except Invalid as error:
        return await _course(request, session, actor, course_id, error.fields, **typed)
    return _back(course_id, "assigned")


def _draft(equipment: str, word: str, rule_target: str, due_days: str) -> commands.RuleDraft:
    kind, _, name = equipment.partition(":")
    one = int(name) if kind == "one" and name.isascii() and name.isdecimal() and len(name) < 19 else None
    days = int(due_days) if due_days.isascii() and due_days.isdecimal() and len(due_days) < 5 else 0
    return commands.RuleDraft(one, name if kind == "class" else "", word, rule_target, days)


@router.post("/rules/{cause_rule_id}/remove", dependencies=_MANAGE)
async def remove_rule(session: SessionDep, actor: ActorDep, course_id: int, cause_rule_id: int) -> Response:
    """Cases assign it by this rule no more."""
    await commands.remove_cause_rule(session, actor, course_id, cause_rule_id)
    return _back(course_id, "removed")


def _back(course_id: int, done: str) -> Response:
    return RedirectResponse(f"/courses/{course_id}?done={done}", 303)


async def _course(
    request: Request,
    session: AsyncSession,
    actor: Actor,
    course_id: int,
    errors: dict[str, str],
    *,
    done: str = "",
    **typed: Any,
) -> Response:
    course, _, content = await queries.course_now(session, actor, course_id)
    teams, posts, people = await queries.targets(session, actor)
    equipment, classes = await queries.causes_offered(session, actor)
    in_two_weeks = (queries.today_of(actor) + timedelta(days=14)).isoformat()
    usual = {"target": "", "due_on": in_two_weeks, "equipment": "", "word": "", "rule_target": "", "due_days": "7"}
    response: Response = render(
        request,
        "training/assign.html",
        course=course,
        content=content,
        figures=next(one for one in await queries.figures(session, actor) if one.course.id == course_id),
        assignments=await queries.assignments(session, actor, course_id),
        rules=await queries.cause_rules(session, actor, course_id),
        effects=await queries.recurrence(session, actor, course_id),
        changes=CHANGES,
        change_tones=CHANGE_TONES,
        teams=teams,
        posts=posts,
        people=people,
        equipment=equipment,
        classes=classes,
        duties=DUTIES,
        tones=TONES,
        errors=errors,
        done=done,
        typed={**usual, **typed},
    )
    response.status_code = 422 if errors else 200
    return response
