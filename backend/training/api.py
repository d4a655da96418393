"""Training for programs: my courses, a whole course in one answer, its quiz. Right answers come after handing in."""

from datetime import date, datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from backend.core.errors import NotFound
from backend.core.routing import APIRouter
from backend.identity.web import ActorDep, SessionDep, allow
from backend.training import commands, queries, quiz
from backend.training.content import as_html
from backend.training.models import CourseMedia

router = APIRouter(prefix="/api/v1/training", tags=["training"])


class LearningOut(BaseModel):
    """A course as it stands for the caller; ``duty`` is overdue, due, passed or free. Days are the site's."""

    id: int
    title: str
    title_en: str
    version: int
    duty: str
    due_on: date | None
    valid_until: date | None
    begun: bool


class MediaOut(BaseModel):
    """A picture, video or pdf (``kind``) with the address of its file; it takes range requests."""

    id: int
    kind: str
    name: str
    media_type: str
    bytes: int
    url: str


class PageOut(BaseModel):
    """A page; the texts are safe HTML, the media stand below them."""

    title: str
    title_en: str
    html: str
    html_en: str
    media: list[MediaOut]


class CourseOut(BaseModel):
    """A whole course without its questions."""

    id: int
    title: str
    title_en: str
    version: int
    pages: list[PageOut]
    pass_mark: int
    questions_asked: int


class OptionOut(BaseModel):
    """An option, by the index that an answer names."""

    index: int
    text: str
    text_en: str


class QuestionOut(BaseModel):
    """A question; ``kind`` is single, multiple or true_false."""

    index: int
    kind: str
    text: str
    text_en: str
    options: list[OptionOut]


class AttemptOut(BaseModel):
    """An open try with its questions."""

    id: int
    course_id: int
    questions: list[QuestionOut]


class AnswersIn(BaseModel):
    """Index of each question → chosen indices of options."""

    answers: Annotated[dict[int, list[int]], Field(max_length=200)]


class ResultOut(BaseModel):
    """How a try went; ``score`` is percent."""

    id: int
    score: int
    passed_at: datetime | None
    valid_until: date | None


class StandingOut(BaseModel):
    """A person who must pass; ``duty`` is overdue, due or passed. Days are the site's, ``passed_at`` is UTC."""

    model_config = ConfigDict(from_attributes=True)

    person_id: int
    name: str
    name_en: str
    duty: str
    due_on: date | None
    passed_at: datetime | None
    valid_until: date | None


class EffectOut(BaseModel):
    """Cases in equal spans of ``days`` before and after; ``change``: too_early, too_few, fewer, more or unclear."""

    model_config = ConfigDict(from_attributes=True)

    before: int
    after: int
    days: int
    change: str
    p: float | None


class UnitOut(BaseModel):
    """A team or post (``kind``) and what came of the course there."""

    model_config = ConfigDict(from_attributes=True)

    kind: str
    name: str
    name_en: str
    people: int
    passed: int
    effect: EffectOut | None


class ProgressOut(BaseModel):
    """A course as those see it who assign it."""

    people: list[StandingOut]
    effects: list[UnitOut]


@router.get("", dependencies=[allow("training.see")])
async def list_courses(session: SessionDep, actor: ActorDep) -> list[LearningOut]:
    """All courses as they stand for the caller, what is due first."""
    return [
        LearningOut(
            **one.course.model_dump(include={"id", "title", "title_en", "version"}),
            duty=one.duty,
            due_on=one.due_on,
            valid_until=one.valid_until,
            begun=one.begun,
        )
        for one in await queries.mine(session, actor)
    ]


@router.get("/{course_id}", dependencies=[allow("training.see")])
async def read_course(session: SessionDep, actor: ActorDep, course_id: int) -> CourseOut:
    """A whole course, to be read without a network."""
    course, version, content = await queries.course_now(session, actor, course_id)
    media = await queries.media_of(session, actor, (id_ for page in content.pages for id_ in page.media))
    return CourseOut(
        id=course.id,
        title=course.title,
        title_en=course.title_en,
        version=version.number,
        pages=[
            PageOut(
                title=p.title,
                title_en=p.title_en,
                html=as_html(p.text),
                html_en=as_html(p.text_en),
                media=[_media(media[id_]) for id_ in p.media if id_ in media],
            )
            for p in content.pages
        ],
        pass_mark=content.pass_mark,
        questions_asked=content.draw,
    )


def _media(one: CourseMedia) -> MediaOut:
    room = "pictures" if one.kind == "picture" else "media"
    known = one.model_dump(include={"id", "kind", "name", "media_type", "bytes"})
    return MediaOut(**known, url=f"/training/{room}/{one.id}")


@router.get("/{course_id}/progress", dependencies=[allow("training.assign")])
async def read_progress(session: SessionDep, actor: ActorDep, course_id: int) -> ProgressOut:
    """Who must pass the course, how far they are, and what came of it."""
    course, _, _ = await queries.course_now(session, actor, course_id)
    (figures,) = [one for one in await queries.figures(session, actor) if one.course.id == course.id]
    return ProgressOut(
        people=[StandingOut.model_validate(one) for one in figures.standings],
        effects=[UnitOut.model_validate(one) for one in await queries.recurrence(session, actor, course_id)],
    )


@router.post("/{course_id}/attempts", dependencies=[allow("training.see")], status_code=201)
async def begin(session: SessionDep, actor: ActorDep, course_id: int) -> AttemptOut:
    """Begin a try, or get the open one."""
    attempt = await commands.begin_quiz(session, actor, course_id)
    found = await queries.own_attempt(session, actor, attempt_id=attempt.id)
    if found is None:
        raise NotFound()
    return AttemptOut(
        id=attempt.id,
        course_id=course_id,
        questions=[_question(one) for one in quiz.drawn(found[2], attempt.seed)],
    )


def _question(one: quiz.Drawn) -> QuestionOut:
    options = one.question.options
    return QuestionOut(
        index=one.index,
        kind=one.question.kind,
        text=one.question.text,
        text_en=one.question.text_en,
        options=[OptionOut(index=n, text=options[n][0], text_en=options[n][1]) for n in one.order],
    )


@router.post("/attempts/{attempt_id}", dependencies=[allow("training.see")])
async def hand_in(session: SessionDep, actor: ActorDep, attempt_id: int, sent: AnswersIn) -> ResultOut:
    """Hand in; handed in again it answers with its first result."""
    attempt = await commands.hand_in(session, actor, attempt_id, sent.answers)
    return ResultOut(
        id=attempt.id, score=attempt.score or 0, passed_at=attempt.passed_at, valid_until=attempt.valid_until
    )
