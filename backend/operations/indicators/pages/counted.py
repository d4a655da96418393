"""``/indicators/<code>/rows``: the rows that a figure counts, why each is in its numerator or not; as a file too."""

from typing import Annotated

from fastapi import Depends, Query, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import StreamingResponse

from backend.core.clock import now
from backend.core.pages import locale_of
from backend.core.routing import APIRouter
from backend.identity.actor import Actor
from backend.identity.alike import alike
from backend.identity.web import ActorDep, SessionDep, allow
from backend.incidents.history.exporting import MEDIA_TYPES, Format, pieces
from backend.operations.indicators import wording
from backend.operations.indicators.asked import Asked, known, today_of
from backend.operations.indicators.exporting import written
from backend.operations.indicators.overview import figure_of
from backend.operations.indicators.pages.frame import called, shown
from backend.operations.indicators.queries.foreseen import known_by
from backend.operations.indicators.queries.reading import counted_until, members
from backend.operations.indicators.queries.rows import MOST_EXPORTED, PAGE, Rows, rows
from backend.operations.indicators.registry import Indicator

router = APIRouter(prefix="/indicators/{indicator}/rows")
AskedDep = Annotated[Asked, Depends()]


@router.get("", dependencies=[allow("operations.see")])
@alike
async def rows_page(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    indicator: str,
    asked: AskedDep,
    past: Annotated[int, Query(ge=0, le=MOST_EXPORTED)] = 0,
) -> Response:
    """``past`` so many; htmx asks for the next ones alone."""
    one = known(indicator)
    wanted = _wanted(actor, one, asked)
    as_of = await counted_until(session, actor) or now()
    found = await rows(session, actor, wanted, as_of, past, PAGE + 1)
    more = asked.url(f"/{one.code}/rows") if len(found) > PAGE else ""
    found = found[:PAGE]
    names = await members(session, actor)
    by = [(row.kind, row.id) for row in found if row.reason in wording.KNOWN_BY]
    return await shown(
        request,
        session,
        actor,
        "rows",
        asked,
        block="rows" if request.headers.get("HX-Target") == "indicator-rows" else None,
        one=one,
        rows=found,
        evidence=await known_by(session, actor, by),
        more_url=f"{more}{'&' if '?' in more else '?'}past={past + PAGE}" if more else "",
        figure=await figure_of(session, actor, wanted.scope, wanted.window, wanted.measure),
        measure=wanted.measure,
        of=called(names, wanted.scope),
        scope=wanted.scope,
        reasons=wording.REASONS,
        kinds=wording.KINDS,
        counted_words=wording.COUNTED,
        most=MOST_EXPORTED,
    )


@router.get("/export.xlsx", dependencies=[allow("operations.see")])
async def workbook(request: Request, session: SessionDep, actor: ActorDep, indicator: str, asked: AskedDep) -> Response:
    """As a workbook, with its headings in the reader's language."""
    return await _sent(request, session, actor, known(indicator), asked, Format.XLSX)


@router.get("/export.csv", dependencies=[allow("operations.see")])
async def plain(request: Request, session: SessionDep, actor: ActorDep, indicator: str, asked: AskedDep) -> Response:
    """The same as CSV."""
    return await _sent(request, session, actor, known(indicator), asked, Format.CSV)


def _wanted(actor: Actor, indicator: Indicator, asked: Asked) -> Rows:
    return Rows(
        asked.read_measure(indicator), asked.read_window(today_of(actor)), asked.read_scope(), asked.read_counted()
    )


async def _sent(
    request: Request, session: AsyncSession, actor: Actor, indicator: Indicator, asked: Asked, form: Format
) -> Response:
    file = await written(session, actor, indicator, _wanted(actor, indicator, asked), form, locale_of(request))
    name = f"ansu-{indicator.code}-{now().astimezone(actor.zone):%Y%m%d-%H%M}.{form}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingResponse(pieces(file), media_type=MEDIA_TYPES[form], headers=headers)
