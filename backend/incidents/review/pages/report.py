"""``/incidents/{id}/review``: the report in its versions, to read and to take along, and its remarks."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated, Literal

from fastapi import Form, Query, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import RedirectResponse

from backend.core.errors import N_, NotFound
from backend.core.form_keys import form_key
from backend.core.pages import locale_of, render
from backend.core.refusals import REFUSALS, Refusal, refusal
from backend.core.routing import APIRouter
from backend.identity.actor import Actor
from backend.identity.web import ActorDep, SessionDep, allow
from backend.incidents.review import commands, wording
from backend.incidents.review.blocks import Reader, Section
from backend.incidents.review.further import judges_first, with_further
from backend.incidents.review.queries import duties, report
from backend.incidents.review.telling import tell
from backend.incidents.review.telling_duties import tell_duties

router = APIRouter(prefix="/incidents/{incident_id}/review")

Version = Annotated[int | None, Query(ge=1, lt=2**31)]
_WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
Language = Literal["zh_CN", "en"]


@dataclass(frozen=True)
class Tried:
    """Remarks that were refused: what had been typed, and why."""

    words: str | None = None
    refused: Refusal = field(default_factory=Refusal)


@router.get("", dependencies=[allow("incidents.see")])
async def report_page(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    incident_id: int,
    version: Version = None,
    done: str = "",
    anyway: bool = False,
) -> Response:
    """The newest version, or the one asked for. Who is to judge by themselves first is asked to, and may read on
    ``anyway``."""
    first = not anyway and await judges_first(session, actor, incident_id)
    return await _show(request, session, actor, incident_id, version, done=wording.DONE.get(done, ""), first=first)


@router.get("/pdf", dependencies=[allow("incidents.see")])
async def pdf(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    incident_id: int,
    version: Version = None,
    language: Language | None = None,
) -> Response:
    """The report as PDF, with the duties that who asks may see. 404 while there is no report."""
    reader = Reader(language or locale_of(request), actor.zone)
    name, title, sections = await _printed(session, actor, incident_id, version, reader)
    content = await asyncio.to_thread(_pdf, title, sections, reader)
    return _download(content, f"{name}.pdf", "application/pdf")


@router.get("/docx", dependencies=[allow("incidents.see")])
async def docx(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    incident_id: int,
    version: Version = None,
    language: Language | None = None,
) -> Response:
    """The same as a document to go on writing in."""
    reader = Reader(language or locale_of(request), actor.zone)
    name, title, sections = await _printed(session, actor, incident_id, version, reader)
    content = await asyncio.to_thread(_docx, title, sections, reader)
    return _download(content, f"{name}.docx", _WORD)


@router.post("/remarks", dependencies=[allow("incidents.lead")])
async def remark(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    incident_id: int,
    words: Annotated[str, Form(max_length=20_000)] = "",
    version: Annotated[int | None, Form()] = None,
    idempotency_key: Annotated[str, Form(max_length=64)] = "",
) -> Response:
    """Write the remarks anew, as a further version."""
    try:
        async with session.begin_nested():
            await commands.remark(session, actor, incident_id, words, version, idempotency_key)
    except REFUSALS as error:
        tried = Tried(words, refusal(request, error))
        return await _show(request, session, actor, incident_id, None, tried=tried)
    return RedirectResponse(f"/incidents/{incident_id}/review?done=remarked", 303)


async def _printed(
    session: AsyncSession, actor: Actor, incident_id: int, version: int | None, reader: Reader
) -> tuple[str, str, list[Section]]:
    """Name of the file, title, and sections; duties before the losses, as on the page."""
    found = await report(session, actor, incident_id, version)
    if found.shown is None:
        raise NotFound()
    incident = found.card.incident
    sections = tell(incident, found.shown.content, found.shown.remarks, reader)
    place = 1 + next(number for number, section in enumerate(sections) if section.key == "people")
    sections.insert(place, tell_duties(await duties(session, actor, incident_id), reader))
    sections = await with_further(session, actor, incident_id, reader, sections)
    called = reader.name({"zh": incident.title, "en": incident.title_en})
    title = f"{reader.say(N_('复盘报告'))} {incident.number} {called}"
    return f"{incident.number}-v{found.shown.version}", title, sections


def _pdf(title: str, sections: Sequence[Section], reader: Reader) -> bytes:
    """The printers' libraries are large: they are loaded in the thread of the first who prints, not at the start."""
    from backend.incidents.review.printing.sheets import pdf_of

    return pdf_of(title, sections, reader)


def _docx(title: str, sections: Sequence[Section], reader: Reader) -> bytes:
    from backend.incidents.review.printing.document import docx_of

    return docx_of(title, sections, reader)


def _download(content: bytes, name: str, media_type: str) -> Response:
    plain = "".join(letter for letter in name if letter.isascii() and (letter.isalnum() or letter in "-."))
    return Response(content, media_type=media_type, headers={"Content-Disposition": f'attachment; filename="{plain}"'})


async def _show(
    request: Request,
    session: AsyncSession,
    actor: Actor,
    incident_id: int,
    version: int | None,
    *,
    done: str = "",
    tried: Tried | None = None,
    first: bool = False,
) -> Response:
    tried = tried or Tried()
    found = await report(session, actor, incident_id, version)
    reader = Reader(locale_of(request), actor.zone)
    shown = found.shown
    reads = shown is not None and not first
    sections = tell(found.card.incident, shown.content, shown.remarks, reader) if shown and reads else []
    response: Response = render(
        request,
        "incidents/review.html",
        found=found,
        one=found.card.incident,
        sections=await with_further(session, actor, incident_id, reader, sections) if reads else [],
        first=first,
        remarks=tried.words if tried.words is not None else (shown.remarks if shown else ""),
        most=commands.MOST_REMARKS,
        key=form_key(),
        done=done,
        refused=tried.refused,
    )
    response.status_code = tried.refused.status
    return response
