"""``/lessons``: patterns of what went wrong, and controls that fail."""

from fastapi import Request, Response
from starlette.responses import RedirectResponse

from backend.core.pages import render
from backend.core.routing import APIRouter
from backend.identity.alike import alike
from backend.identity.web import ActorDep, SessionDep, allow
from backend.lessons import commands
from backend.lessons.queries.controls import weak_controls
from backend.lessons.queries.patterns import overview, pattern_of, rows_of
from backend.lessons.queries.sources import sources_of
from backend.lessons.queries.suggestions import listed
from backend.lessons.wording import CONTROL_URLS, CONTROLS, DONE, STATES, TONES, WISHES, sureness
from backend.live.wording import EQUIPMENT_CLASSES

router = APIRouter(prefix="/lessons")

FIRST_ROWS = 40


@router.get("", dependencies=[allow("lessons.see")])
@alike
async def lessons_page(request: Request, session: SessionDep, actor: ActorDep, done: str = "") -> Response:
    """What was found, the surest first; htmx gets the lists alone."""
    waiting, decided = [await listed(session, actor, decided=each) for each in (False, True)]
    return render(
        request,
        "lessons/lessons.html",
        block="lists" if request.headers.get("hx-target") == "lesson-lists" else None,
        found=await overview(session, actor),
        suggestions=waiting,
        decided=decided,
        sources=await sources_of(session, actor, [*waiting, *decided]),
        wishes=WISHES,
        states=STATES,
        tones=TONES,
        controls=await weak_controls(session, actor),
        control_words=CONTROLS,
        control_urls=CONTROL_URLS,
        classes=EQUIPMENT_CLASSES,
        sureness=sureness,
        decides=actor.can("lessons.decide"),
        done=DONE.get(done, ""),
    )


@router.post("/rounds", dependencies=[allow("lessons.decide")])
async def look_now(session: SessionDep, actor: ActorDep) -> Response:
    """Have patterns looked for now."""
    await commands.look_now(session, actor)
    return RedirectResponse("/lessons?done=looking", 303)


@router.get("/patterns/{pattern_id}", dependencies=[allow("lessons.see")])
async def pattern_page(request: Request, session: SessionDep, actor: ActorDep, pattern_id: int) -> Response:
    """One pattern with its figures and the records it rests on."""
    pattern = await pattern_of(session, actor, pattern_id)
    return render(
        request,
        "lessons/pattern.html",
        one=pattern,
        rows=await rows_of(session, actor, pattern.refs[:FIRST_ROWS]),
        sureness=sureness,
    )
