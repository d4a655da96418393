"""``/incidents/history/compare``: two periods beside each other, and which differences are more than chance."""

from dataclasses import replace
from typing import Annotated

from fastapi import Depends, Request, Response

from backend.core.errors import Invalid
from backend.core.pages import locale_of
from backend.core.refusals import refusal
from backend.core.routing import APIRouter
from backend.identity.alike import alike
from backend.identity.web import ActorDep, SessionDep, allow
from backend.incidents.history import wording
from backend.incidents.history.against import comparison
from backend.incidents.history.asked import Asked
from backend.incidents.history.pages.frame import framed, shown
from backend.incidents.history.periods import Against

router = APIRouter(prefix="/incidents/history")


@router.get("/compare", dependencies=[allow("incidents.see")])
@alike
async def compare_page(
    request: Request, session: SessionDep, actor: ActorDep, asked: Annotated[Asked, Depends()]
) -> Response:
    """Without a choice: as long before."""
    frame = await framed(request, session, actor, asked)
    found = None
    if frame.wanted is not None:
        try:
            found = await comparison(session, actor, asked, frame.wanted)
        except Invalid as error:
            frame = replace(frame, refused=refusal(request, error))
    locale = locale_of(request)
    return shown(
        request,
        actor,
        frame,
        "compare",
        found=found,
        other_days=wording.days_of(found.other, actor.zone) if found else None,
        against=asked.against or Against.PREVIOUS,
        againsts=wording.AGAINST,
        metrics=wording.METRICS,
        verdicts=wording.VERDICTS,
        tone_of=wording.tone_of,
        figure=lambda metric, value: wording.figure(locale, metric, value),
        change=wording.change,
    )
