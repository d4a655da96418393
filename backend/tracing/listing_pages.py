"""``/traces``: all traces, found by words and origin, and the form by which a person asks for one."""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import Depends, Query, Request, Response
from starlette.responses import RedirectResponse

from backend.core.clock import now
from backend.core.errors import N_, Invalid
from backend.core.pages import render
from backend.core.routing import APIRouter
from backend.identity.alike import alike
from backend.identity.web import ActorDep, SessionDep, allow
from backend.plant.queries import active_points, all_equipment
from backend.tracing import circumstances
from backend.tracing.asking import USUAL, ask_trace, subject
from backend.tracing.forms import QuestionForm, typed_form
from backend.tracing.models import Origin

router = APIRouter()

ORIGINS = {Origin.WARNING: N_("预警"), Origin.ALARM: N_("报警"), Origin.HAND: N_("手动")}
"""How a trace came to be, in people's words."""


@router.get("/traces", dependencies=[allow("traces.see")])
@alike
async def list_page(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    search: Annotated[str, Query(max_length=60)] = "",
    origin: Annotated[str, Query(max_length=20)] = "",
    before: Annotated[int | None, Query(ge=1, lt=2**63)] = None,
) -> Response:
    """The newest first; htmx gets the list without its frame when somebody types or an event tells of a change."""
    origin = origin if origin in ORIGINS else ""
    found = await circumstances.traces(session, actor, words=search, origin=origin, before=before)
    shown, more = found[: circumstances.PAGE], found[circumstances.PAGE :]
    narrowed = {"search": search.strip(), "origin": origin}

    def url(**further: object) -> str:
        query = urlencode({name: value for name, value in (narrowed | further).items() if value})
        return f"/traces?{query}" if query else "/traces"

    return render(
        request,
        "tracing/traces.html",
        block="list" if request.headers.get("hx-target") == "trace-list" else None,
        listed=shown,
        search=narrowed["search"],
        origin=origin,
        origins=ORIGINS,
        tab_urls={one: url(origin=one) for one in ("", *ORIGINS)},
        here=url(before=before),
        more_url=url(before=shown[-1].trace.id) if more else "",
        narrowed=bool(narrowed["search"] or origin),
    )


@router.get("/traces/new", dependencies=[allow("traces.ask")])
async def ask_page(
    request: Request, session: SessionDep, actor: ActorDep, what: Annotated[str, Query(max_length=40)] = ""
) -> Response:
    """The form: what and when, filled in with what the reader came from and the last hour."""
    await subject(session, actor, what)
    return await _form(request, session, actor, QuestionForm(what=what), {})


@router.post("/traces", dependencies=[allow("traces.ask")])
async def ask(
    request: Request, session: SessionDep, actor: ActorDep, form: Annotated[QuestionForm, Depends()]
) -> Response:
    """Take the question; the page of the trace shows how far it is."""
    try:
        async with session.begin_nested():
            made = await ask_trace(session, actor, form.read(actor))
    except Invalid as refused:
        response = await _form(request, session, actor, form, dict(refused.fields))
        response.status_code = 422
        return response
    return RedirectResponse(f"/traces/{made.id}", 303)


async def _form(
    request: Request, session: SessionDep, actor: ActorDep, form: QuestionForm, errors: dict[str, str]
) -> Response:
    response: Response = render(
        request,
        "tracing/ask.html",
        typed=form,
        since=form.since or typed_form(now() - USUAL, actor),
        until=form.until or typed_form(now(), actor),
        chosen=await circumstances.subject_of(session, actor, form.what),
        equipment=await all_equipment(session, actor),
        points=await active_points(session, actor),
        errors=errors,
    )
    return response
