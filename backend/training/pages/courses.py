"""``/courses``: all courses, and writing one."""

from dataclasses import asdict, dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import RedirectResponse

from backend.core.errors import N_, Invalid
from backend.core.pages import render
from backend.identity.actor import Actor
from backend.identity.web import ActorDep, SessionDep, allow
from backend.training import commands, queries, writing
from backend.training.content import Content

router = APIRouter(prefix="/courses")
_MANAGE = [allow("training.assign")]
_Text = Annotated[str, Form(max_length=40_000)]
_Short = Annotated[str, Form(max_length=120)]


@dataclass
class CourseForm:
    """A course as it is typed."""

    title: _Short = ""
    title_en: _Short = ""
    pages: _Text = ""
    pages_en: _Text = ""
    questions: _Text = ""
    questions_en: _Text = ""
    pass_mark: _Short = "80"  # noqa: S105 - percent
    draw: _Short = ""
    valid_days: _Short = "365"

    def read(self) -> Content:
        """What was typed. Raises Invalid by field."""
        pages = writing.read_pages(self.pages, self.pages_en)
        questions = writing.read_questions(self.questions, self.questions_en)
        draw = _whole(self.draw, "draw", len(questions)) if self.draw.strip() else len(questions)
        valid = _whole(self.valid_days, "valid_days", 3650) if self.valid_days.strip() else None
        return Content(pages, questions, _whole(self.pass_mark, "pass_mark", 100), draw, valid)


FormDep = Annotated[CourseForm, Depends()]


def _whole(typed: str, field: str, most: int) -> int:
    if not (typed.strip().isdecimal() and len(typed) < 8 and 1 <= int(typed) <= most):
        raise Invalid(fields={field: N_("请填写范围内的整数")})
    return int(typed)


@router.get("", dependencies=_MANAGE)
async def courses_page(request: Request, session: SessionDep, actor: ActorDep) -> Response:
    """All courses with who must pass them and who hasn't."""
    return render(request, "training/courses.html", figures=await queries.figures(session, actor))


@router.get("/new", dependencies=_MANAGE)
async def new_page(request: Request) -> Response:
    """An empty course."""
    return _form(request, CourseForm(), None)


@router.post("", dependencies=_MANAGE)
async def make(request: Request, session: SessionDep, actor: ActorDep, form: FormDep) -> Response:
    """Make a course."""
    return await _save(request, session, actor, form, None)


@router.get("/{course_id}/edit", dependencies=_MANAGE)
async def edit_page(request: Request, session: SessionDep, actor: ActorDep, course_id: int) -> Response:
    """A course to be changed: saving it makes its next version."""
    course, _, content = await queries.course_now(session, actor, course_id)
    typed = CourseForm(
        title=course.title,
        title_en=course.title_en,
        pages=writing.write_pages(content.pages, english=False),
        pages_en=writing.write_pages(content.pages, english=True),
        questions=writing.write_questions(content.questions, english=False),
        questions_en=writing.write_questions(content.questions, english=True),
        pass_mark=str(content.pass_mark),
        draw=str(content.draw),
        valid_days=str(content.valid_days or ""),
    )
    return _form(request, typed, course_id)


@router.post("/{course_id}/edit", dependencies=_MANAGE)
async def edit(request: Request, session: SessionDep, actor: ActorDep, course_id: int, form: FormDep) -> Response:
    """Publish the next version."""
    await queries.course_now(session, actor, course_id)
    return await _save(request, session, actor, form, course_id)


async def _save(
    request: Request, session: AsyncSession, actor: Actor, form: CourseForm, course_id: int | None
) -> Response:
    try:
        content = form.read()
        course = await commands.save_course(session, actor, course_id, form.title, form.title_en, content)
    except Invalid as error:
        return _form(request, form, course_id, error.fields)
    return RedirectResponse(f"/courses/{course.id}", 303)


def _form(request: Request, typed: CourseForm, course_id: int | None, errors: dict[str, str] | None = None) -> Response:
    response: Response = render(
        request, "training/write.html", typed=asdict(typed), course_id=course_id, errors=errors or {}
    )
    response.status_code = 422 if errors else 200
    return response
