"""``/distribution/rows``: alarms, hazards and incidents themselves, the newest first."""

from typing import Annotated
from urllib.parse import quote

from fastapi import Depends, Query, Request, Response

from backend.core.errors import Invalid
from backend.core.refusals import Refusal, refusal
from backend.core.routing import APIRouter
from backend.hazards.accidents import ACCIDENTS
from backend.identity.alike import alike
from backend.identity.web import ActorDep, SessionDep, allow
from backend.operations.distribution import wording
from backend.operations.distribution.asked import Asked
from backend.operations.distribution.pages.frame import framed, shown
from backend.operations.distribution.queries.names import causes_of, known
from backend.operations.distribution.queries.rows import MOST_EXPORTED, After, how_many, page

router = APIRouter(prefix="/distribution")


@router.get("/rows", dependencies=[allow("operations.see")])
@alike
async def rows_page(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    asked: Annotated[Asked, Depends()],
    after: Annotated[str, Query(max_length=80)] = "",
) -> Response:
    """A page of them; htmx gets further rows alone."""
    further = request.headers.get("hx-target") == "distribution-rows"
    frame = await framed(request, session, actor, asked)
    wanted, place, refused = frame.wanted, None, Refusal()
    try:
        place = After.parse(after) if after else None
    except Invalid as error:
        wanted, refused = None, refusal(request, error)
    found, following = await page(session, actor, wanted, place) if wanted else ([], None)
    everything = await known(session, actor)
    last = f"after={quote(str(following))}" if following else ""
    url = asked.url("/rows")
    answer = shown(
        request,
        actor,
        frame,
        "rows",
        block="rows" if further else None,
        rows=found,
        lost=refused.sentence,
        total=await how_many(session, actor, wanted) if wanted and not further else 0,
        most=MOST_EXPORTED,
        names=await causes_of(session, actor, {row.cause for row in found}, everything),
        called=everything.called,
        type_words=wording.type_words,
        accident_words=ACCIDENTS,
        more_url=f"{url}{'&' if '?' in url else '?'}{last}" if last else "",
    )
    if refused.sentence:
        answer.status_code = refused.status
    return answer
