"""``/reports``: what waits for a leader's decision; ``/reports/{id}``: one, what became of it, and the decision."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated
from urllib.parse import urlencode

from fastapi import Form, Query, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import RedirectResponse

from backend.core.pages import render
from backend.core.paging import cut
from backend.core.refusals import REFUSALS, Refusal, refusal
from backend.core.routing import APIRouter
from backend.exclusions.models import RecordKind
from backend.exclusions.queries import exclusion_of
from backend.hazards.accidents import ACCIDENTS, GROUNDS, read_accident
from backend.hazards.forms import database_id
from backend.hazards.likely import likely_at
from backend.hazards.reports import commands, queries
from backend.hazards.reports.draft import MOST_LETTERS
from backend.hazards.reports.models import HazardReport, ReportState
from backend.hazards.reports.wording import DECISIONS, DONE, FACTORS, OUTCOMES, REASONS, TONES
from backend.hazards.wording import LEVELS
from backend.identity.actor import Actor
from backend.identity.alike import alike
from backend.identity.web import ActorDep, SessionDep, allow

router = APIRouter(prefix="/reports")

IdText = Annotated[str, Form(max_length=20)]
AccidentText = Annotated[str, Form(max_length=40)]


@router.get("", dependencies=[allow("reports.triage")])
@alike
async def triage_page(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    search: Annotated[str, Query(max_length=60)] = "",
    before: Annotated[int | None, Query(ge=1, lt=2**63)] = None,
) -> Response:
    """Those that wait, the oldest first, then what was decided; htmx gets the lists or the rows alone."""
    parts = {"report-lists": "lists", "report-rows": "rows"}
    part = parts.get(request.headers.get("hx-target", ""))
    wanted = search.strip()
    found = await queries.decided(session, actor, search=wanted, before=before, most=queries.PAGE + 1)
    cards, last = cut(found, queries.PAGE)
    here = {"search": wanted} if wanted else {}
    return render(
        request,
        "reports/reports.html",
        block=part,
        waiting=await queries.to_triage(session, actor, search=wanted) if part != "rows" else [],
        cards=cards,
        search=wanted,
        here=f"/reports?{urlencode(here)}",
        more_url=f"/reports?{urlencode({**here, 'before': last.report.id})}" if last else "",
        outcomes=OUTCOMES,
        tones=TONES,
        factors=FACTORS,
        opens=actor.can("reports.open_to_public"),
    )


@router.get("/{report_id}", dependencies=[allow("reports.send")])
async def one_page(request: Request, session: SessionDep, actor: ActorDep, report_id: int, done: str = "") -> Response:
    """The report, and what became of it; for leaders with what can be decided."""
    return await _page(request, session, actor, report_id, done=DONE.get(done, ""))


@router.post("/{report_id}/accept", dependencies=[allow("reports.triage")])
async def accept(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    report_id: int,
    level: Annotated[str, Form(max_length=20)] = "",
    team_id: IdText = "",
    accident: AccidentText = "",
    then: Annotated[str, Form(max_length=20)] = "",
) -> Response:
    """Take it as a hazard; ``then=rectify`` goes on to its rectification at once."""

    async def decide() -> HazardReport:
        told = read_accident(accident)
        return await commands.accept(session, actor, report_id, level, database_id(team_id), told)

    typed = {"level": level, "team_id": team_id, "accident": accident}
    onward = f"/rectifications/new?report_id={report_id}" if then == "rectify" else ""
    return await _decided(request, session, actor, report_id, decide, onward, typed=typed)


@router.post("/{report_id}/accident", dependencies=[allow("reports.triage")])
async def classify(
    request: Request, session: SessionDep, actor: ActorDep, report_id: int, accident: AccidentText = ""
) -> Response:
    """Tell what an accepted one may become."""

    async def decide() -> HazardReport:
        return await commands.classify(session, actor, report_id, read_accident(accident) or "")

    typed, onward = {"accident": accident}, f"/reports/{report_id}?done=classified"
    return await _decided(request, session, actor, report_id, decide, onward, typed=typed)


@router.post("/{report_id}/merge", dependencies=[allow("reports.triage")])
async def merge(
    request: Request, session: SessionDep, actor: ActorDep, report_id: int, into_id: IdText = ""
) -> Response:
    """Count it to another."""

    async def decide() -> HazardReport:
        return await commands.merge(session, actor, report_id, database_id(into_id))

    return await _decided(request, session, actor, report_id, decide)


@router.post("/{report_id}/refuse", dependencies=[allow("reports.triage")])
async def refuse(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    report_id: int,
    note: Annotated[str, Form(max_length=4000)] = "",
) -> Response:
    """Say no, with the reason."""

    async def decide() -> HazardReport:
        return await commands.refuse(session, actor, report_id, note)

    return await _decided(request, session, actor, report_id, decide, typed={"note": note})


async def _decided(
    request: Request,
    session: AsyncSession,
    actor: Actor,
    report_id: int,
    decide: Callable[[], Awaitable[HazardReport]],
    onward: str = "",
    *,
    typed: Mapping[str, str] | None = None,
) -> Response:
    try:
        async with session.begin_nested():
            report = await decide()
            state = report.state
    except REFUSALS as error:
        refused = refusal(request, error, photos_lost=False)
        return await _page(request, session, actor, report_id, refused=refused, typed=typed)
    return RedirectResponse(onward or f"/reports/{report_id}?done={state}", 303)


async def _page(
    request: Request,
    session: AsyncSession,
    actor: Actor,
    report_id: int,
    *,
    done: str = "",
    refused: Refusal | None = None,
    typed: Mapping[str, str] | None = None,
) -> Response:
    refused = refused or Refusal()
    story = await queries.story(session, actor, report_id)
    report, leads = story.card.report, actor.can("reports.triage")
    decides = leads and story.card.outcome == "waiting" and not story.card.main
    classifies = leads and report.state == ReportState.ACCEPTED
    asks = (decides or classifies) and not report.accident
    response: Response = render(
        request,
        "reports/report.html",
        story=story,
        card=story.card,
        one=report,
        leads=leads,
        decides=decides,
        teams=await queries.teams(session, actor) if decides else [],
        joinable=await queries.joinable(session, actor, report) if decides else [],
        owner_team=(story.card.area.team_id if story.card.area else None) or actor.team_id or "",
        levels=LEVELS,
        factors=FACTORS,
        outcomes=OUTCOMES,
        tones=TONES,
        reasons=REASONS,
        decisions=DECISIONS,
        most=MOST_LETTERS["note"],
        excluded=await exclusion_of(session, actor, RecordKind.REPORT, report_id),
        done=done,
        typed=typed or {},
        accidents=ACCIDENTS,
        grounds=GROUNDS,
        likely=await likely_at(session, actor, report.equipment_id, report.area_id) if asks else None,
        classifies=classifies,
        refused=refused,
        errors=refused.errors,
    )
    response.status_code = refused.status
    return response
