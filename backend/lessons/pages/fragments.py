"""Parts for other pages: the suggestions behind a plan, course, rule, rectification or emergency plan; nothing where
there are none."""

from collections.abc import Sequence

from fastapi import Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from backend.core.pages import render
from backend.core.routing import APIRouter
from backend.identity.actor import Actor
from backend.identity.web import ActorDep, SessionDep, allow
from backend.incidents.models import IncidentKind
from backend.lessons.models import Suggestion
from backend.lessons.queries.sources import of_emergency_plan, sources_of
from backend.lessons.queries.suggestions import landed

router = APIRouter()


@router.get("/plans/{plan_id}/lessons", dependencies=[allow("lessons.see")])
async def of_plan(request: Request, session: SessionDep, actor: ActorDep, plan_id: int) -> Response:
    """Those that became items of the plan's checklist."""
    return await _landed(request, session, actor, "plan", plan_id)


@router.get("/maintenance/{maintenance_plan_id}/lessons", dependencies=[allow("lessons.see")])
async def of_maintenance(request: Request, session: SessionDep, actor: ActorDep, maintenance_plan_id: int) -> Response:
    """Those that made the plan, or changed its interval."""
    return await _landed(request, session, actor, "maintenance", maintenance_plan_id)


@router.get("/courses/{course_id}/lessons", dependencies=[allow("lessons.see")])
async def of_course(request: Request, session: SessionDep, actor: ActorDep, course_id: int) -> Response:
    """Those for which the course was assigned."""
    return await _landed(request, session, actor, "course", course_id)


@router.get("/rules/{rule_id}/lessons", dependencies=[allow("lessons.see")])
async def of_rule(request: Request, session: SessionDep, actor: ActorDep, rule_id: int) -> Response:
    """Those that changed the rule."""
    return await _landed(request, session, actor, "rule", rule_id)


@router.get("/rectifications/{rectification_id}/lessons", dependencies=[allow("lessons.see")])
async def of_rectification(request: Request, session: SessionDep, actor: ActorDep, rectification_id: int) -> Response:
    """That for which it was opened."""
    return await _landed(request, session, actor, "rectification", rectification_id)


@router.get("/lessons/emergency-plan", dependencies=[allow("lessons.see")])
async def of_emergency(
    request: Request, session: SessionDep, actor: ActorDep, kind: IncidentKind = IncidentKind.OTHER
) -> Response:
    """Those that became steps of the site's emergency plan for this kind of incident."""
    return await _shown(request, session, actor, await of_emergency_plan(session, actor, kind))


async def _landed(request: Request, session: AsyncSession, actor: Actor, kind: str, id_: int) -> Response:
    return await _shown(request, session, actor, await landed(session, actor, kind, id_))


async def _shown(request: Request, session: AsyncSession, actor: Actor, found: Sequence[Suggestion]) -> Response:
    sources = await sources_of(session, actor, found)
    return render(request, "lessons/landed.html", found=found, sources=sources)
