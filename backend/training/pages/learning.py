"""``/training``: what I have to learn, a course page by page, its quiz, and how that went."""

from datetime import datetime
from typing import Annotated

from fastapi import Form, Query, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import JSONResponse, RedirectResponse

from backend.core.clock import now, true_moment
from backend.core.errors import Invalid, NotFound
from backend.core.pages import render
from backend.core.routing import APIRouter
from backend.identity.actor import Actor
from backend.identity.alike import alike
from backend.identity.web import ActorDep, SessionDep, allow
from backend.training import commands, queries, quiz
from backend.training.content import as_html
from backend.training.wording import DUTIES, KINDS, TONES

router = APIRouter(prefix="/training")


@router.get("", dependencies=[allow("training.see")])
async def mine_page(request: Request, session: SessionDep, actor: ActorDep) -> Response:
    """My courses, what is due first, and my certificates."""
    return render(
        request,
        "training/mine.html",
        learning=await queries.mine(session, actor),
        certificates=await queries.certificates(session, actor),
        today=queries.today_of(actor),
        duties=DUTIES,
        tones=TONES,
        writes=actor.can("training.assign"),
    )


@router.post("/ahead", dependencies=[allow("training.see")])
async def take_along(session: SessionDep, actor: ActorDep) -> Response:
    """Addresses of the pages of due courses and their drawn quizzes, for a phone to keep."""
    return JSONResponse(await commands.take_along(session, actor))


@router.get("/{course_id}", dependencies=[allow("training.see")])
@alike
async def course_page(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    course_id: int,
    page: Annotated[int, Query(ge=1, le=999)] = 1,
) -> Response:
    """One page of a course. Raises NotFound."""
    course, _, content = await queries.course_now(session, actor, course_id)
    if page > len(content.pages):
        raise NotFound()
    media = await queries.media_of(session, actor, (one for each in content.pages for one in each.media))
    return render(
        request,
        "training/course.html",
        course=course,
        page=content.pages[page - 1],
        number_=page,
        last=len(content.pages),
        media=media,
        heavy=[
            {"url": f"/training/media/{one.id}", "bytes": one.bytes} for one in media.values() if one.kind != "picture"
        ],
        as_html=as_html,
    )


@router.post("/{course_id}/quiz/start", dependencies=[allow("training.see")])
async def start_quiz(session: SessionDep, actor: ActorDep, course_id: int) -> Response:
    """Begin a try, or go on with the open one."""
    await commands.begin_quiz(session, actor, course_id)
    return RedirectResponse(f"/training/{course_id}/quiz", 303)


@router.get("/{course_id}/quiz", dependencies=[allow("training.see")])
async def quiz_page(request: Request, session: SessionDep, actor: ActorDep, course_id: int) -> Response:
    """The open try's questions, or what the quiz will be."""
    return await _quiz(request, session, actor, course_id)


@router.post("/{course_id}/quiz", dependencies=[allow("training.see")])
async def hand_in(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    course_id: int,
    attempt: Annotated[int, Form(ge=0, lt=2**63)] = 0,
    captured_at: Annotated[datetime | None, Form()] = None,
    device_now: Annotated[datetime | None, Form()] = None,
) -> Response:
    """Hand in; a quiz with questions unanswered is shown again with what was chosen.

    The try itself tells a repeat: sent again by an outbox it leads to its first result.
    """
    answers = _answers(await request.form())
    taken = true_moment(captured_at, device_now, now())
    try:
        await commands.hand_in(session, actor, attempt, answers, course_id=course_id, captured_at=taken)
    except Invalid as error:
        return await _quiz(request, session, actor, course_id, answers=answers, refused=error.message)
    return RedirectResponse(f"/training/attempts/{attempt}", 303)


def _answers(form: object) -> dict[int, list[int]]:
    """Fields ``q3=1`` of the form: question 3, option 1; others are none of ours."""
    found: dict[int, list[int]] = {}
    for name, value in form.multi_items():  # type: ignore[attr-defined]
        if name[:1] == "q" and name[1:5].isdecimal() and len(name) <= 5 and str(value)[:3].isdecimal():
            found.setdefault(int(name[1:5]), []).append(int(str(value)[:3]))
    return found


async def _quiz(
    request: Request,
    session: AsyncSession,
    actor: Actor,
    course_id: int,
    *,
    answers: quiz.Answers | None = None,
    refused: str = "",
) -> Response:
    course, _, content = await queries.course_now(session, actor, course_id)
    found = await queries.own_attempt(session, actor, course_id=course_id)
    response: Response = render(
        request,
        "training/quiz.html",
        course=course,
        content=found[2] if found else content,
        attempt=found[0] if found else None,
        asked=quiz.drawn(found[2], found[0].seed) if found else [],
        answers=answers or {},
        refused=refused,
        kinds=KINDS,
    )
    response.status_code = 422 if refused else 200
    return response


@router.get("/attempts/{attempt_id}", dependencies=[allow("training.see")])
async def result_page(request: Request, session: SessionDep, actor: ActorDep, attempt_id: int) -> Response:
    """How a try went, with the explanations. Raises NotFound, also while it isn't handed in."""
    found = await queries.attempt_seen(session, actor, attempt_id)
    if found is None or found[0].submitted_at is None:
        raise NotFound()
    attempt, course, content = found
    answers = {int(index): chosen for index, chosen in attempt.answers.items()}
    return render(
        request,
        "training/result.html",
        course=course,
        content=content,
        attempt=attempt,
        asked=quiz.drawn(content, attempt.seed),
        answers=answers,
        right=quiz.grade(content, attempt.seed, answers).right,
    )
