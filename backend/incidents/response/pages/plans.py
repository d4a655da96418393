"""``/incidents/plans``: the emergency plan of each kind, to read, and for those who configure to change."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import Depends, Request, Response
from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import RedirectResponse

from backend.core.pages import render
from backend.core.refusals import REFUSALS, Refusal, refusal
from backend.core.routing import APIRouter
from backend.identity.actor import Actor
from backend.identity.models import Post
from backend.identity.web import ActorDep, SessionDep, allow
from backend.incidents.models import IncidentKind
from backend.incidents.response.commands import set_plan
from backend.incidents.response.content import PlanStep, usual_plan
from backend.incidents.response.forms import PlanForm
from backend.incidents.response.posts import guess_post
from backend.incidents.response.queries import plans
from backend.incidents.response.queries.posts import posts_of, site_posts
from backend.incidents.response.wording import DOES, WHO
from backend.incidents.wording import KINDS

router = APIRouter(prefix="/incidents/plans")

SPARE_ROWS = 3
"""Empty rows below those of the plan, so that it grows without a script."""


@router.get("", dependencies=[allow("incidents.see")])
async def plans_page(
    request: Request, session: SessionDep, actor: ActorDep, kind: IncidentKind | None = None, done: str = ""
) -> Response:
    """The plan of each kind; with ``kind`` its steps, advice and versions, and the form for those who may change it."""
    if kind is not None:
        return await _page(request, session, actor, kind, done=bool(done))
    found = await plans.plans_in_force(session, actor)
    return render(request, "incidents/response/plans.html", plans=found, kinds=KINDS)


@router.post("", dependencies=[allow("incidents.plan")])
async def change_plan(
    request: Request, session: SessionDep, actor: ActorDep, typed: Annotated[PlanForm, Depends()]
) -> Response:
    """Put it in force; a refused one is shown as it was typed."""
    try:
        async with session.begin_nested():
            await set_plan(session, actor, typed.kind, typed.drafts(), typed.version)
    except REFUSALS as error:
        return await _page(request, session, actor, typed.kind, typed=typed, refused=refusal(request, error))
    return RedirectResponse(f"/incidents/plans?kind={typed.kind}&done=1", 303)


async def _page(
    request: Request,
    session: AsyncSession,
    actor: Actor,
    kind: IncidentKind,
    *,
    typed: PlanForm | None = None,
    refused: Refusal | None = None,
    done: bool = False,
) -> Response:
    refused = refused or Refusal()
    versions = await plans.plan_versions(session, actor, kind)
    plan = versions[0] if versions else plans.Plan(kind, 0, usual_plan(kind).steps)
    posts = await site_posts(session, actor)
    response: Response = render(
        request,
        "incidents/response/plan.html",
        posts=posts,
        held=await posts_of(session, actor, plan.steps),
        kind=kind,
        kinds=KINDS,
        plan=plan,
        versions=versions,
        advice=usual_plan(kind).advice,
        rows=typed.drafts() if typed else _proposed(plan, posts),
        spare=SPARE_ROWS,
        version=typed.version if typed else plan.version,
        edits=actor.can("incidents.plan"),
        who=WHO,
        does=DOES,
        refused=refused,
        done=done,
    )
    response.status_code = refused.status
    return response


def _proposed(plan: plans.Plan, posts: Sequence[Post]) -> Sequence[PlanStep]:
    """The steps to edit; those of the usual plan with the post of the site that each seems to mean."""
    if plan.version:
        return plan.steps
    return [replace(step, post_id=guess_post(step.who, posts)) for step in plan.steps]
