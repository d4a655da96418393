"""``/courses``: all courses, and writing one.

The form carries all of the draft; its buttons move, add and remove parts, preview and publish.
"""

from typing import Annotated

from fastapi import Form, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.datastructures import FormData, UploadFile
from starlette.responses import RedirectResponse

from backend.core.errors import Conflict, DomainError, Invalid, TooLarge, TooMany
from backend.core.i18n import translate
from backend.core.pages import locale_of, render
from backend.core.routing import APIRouter
from backend.identity.actor import Actor
from backend.identity.web import ActorDep, SessionDep, allow
from backend.training import commands, media, queries
from backend.training.content import as_html
from backend.training.drafting import MOST_OPTIONS, Draft, act, content_of, draft_of, read_draft

router = APIRouter(prefix="/courses")
_MANAGE = [allow("training.assign")]
_Version = Annotated[int | None, Form(ge=1, lt=2**31)]


@router.get("", dependencies=_MANAGE)
async def courses_page(request: Request, session: SessionDep, actor: ActorDep) -> Response:
    """All courses with who must pass them and who hasn't."""
    return render(request, "training/courses.html", figures=await queries.figures(session, actor))


@router.get("/new", dependencies=_MANAGE)
async def new_page(request: Request, session: SessionDep, actor: ActorDep) -> Response:
    """An empty course."""
    return await _form(request, session, actor, Draft(), None, None)


@router.post("", dependencies=_MANAGE)
async def make(request: Request, session: SessionDep, actor: ActorDep) -> Response:
    """Make a course, or go on writing it."""
    return await _take(request, session, actor, None, None)


@router.get("/{course_id}/edit", dependencies=_MANAGE)
async def edit_page(request: Request, session: SessionDep, actor: ActorDep, course_id: int) -> Response:
    """A course to be changed: publishing makes its next version."""
    course, version, content = await queries.course_now(session, actor, course_id)
    draft = draft_of(course.title, course.title_en, content)
    return await _form(request, session, actor, draft, course_id, version.number)


@router.post("/{course_id}/edit", dependencies=_MANAGE)
async def edit(
    request: Request, session: SessionDep, actor: ActorDep, course_id: int, version: _Version = None
) -> Response:
    """Publish the next version, or go on writing it."""
    await queries.course_now(session, actor, course_id)
    return await _take(request, session, actor, course_id, version)


async def _take(
    request: Request, session: AsyncSession, actor: Actor, course_id: int | None, version: int | None
) -> Response:
    form = await request.form()
    draft = read_draft((name, value) for name, value in form.multi_items() if isinstance(value, str))
    deed = str(form.get("do") or "publish")
    try:
        await _keep_files(session, actor, draft, form)
        if act(draft, deed):
            return await _form(request, session, actor, draft, course_id, version)
        content = content_of(draft)
        if deed == "preview":
            return await _form(request, session, actor, draft, course_id, version, preview=True)
        course = await commands.save_course(
            session, actor, course_id, draft.title, draft.title_en, content, version=version
        )
    except (Invalid, Conflict, TooLarge, TooMany) as error:
        seen = int(error.values.get("version", 0)) or version
        return await _form(request, session, actor, draft, course_id, seen, refused=error)
    return RedirectResponse(f"/courses/{course.id}?done=published", 303)


async def _keep_files(session: AsyncSession, actor: Actor, draft: Draft, form: FormData) -> None:
    """Store what was chosen for each page. Raises Invalid, TooLarge, TooMany."""
    for number, page in enumerate(draft.pages):
        for upload in form.getlist(f"p{number}.files"):
            if isinstance(upload, UploadFile) and (upload.filename or upload.size):
                page.media.append((await media.keep(session, actor, upload)).id)


async def _form(
    request: Request,
    session: AsyncSession,
    actor: Actor,
    draft: Draft,
    course_id: int | None,
    version: int | None,
    *,
    preview: bool = False,
    refused: DomainError | None = None,
) -> Response:
    known = await queries.media_of(session, actor, (id_ for page in draft.pages for id_ in page.media))
    locale = locale_of(request)
    fields = refused.fields if refused else {}
    response: Response = render(
        request,
        "training/write.html",
        draft=draft,
        course_id=course_id,
        version=version,
        media=known,
        preview=preview,
        as_html=as_html,
        most_options=MOST_OPTIONS,
        refused=translate(locale, refused.message, **refused.values) if refused else "",
        errors={name: translate(locale, words, **refused.values) for name, words in fields.items()} if refused else {},
    )
    response.status_code = refused.status if refused else 200
    return response
