"""``/reports/public``: whether people without a sign-in may report to the site, and by which address."""

from fastapi import Request, Response
from starlette.responses import RedirectResponse

from backend.core.pages import render
from backend.core.routing import APIRouter
from backend.core.settings import settings
from backend.hazards.reports import commands
from backend.hazards.reports.wording import DONE
from backend.identity.web import ActorDep, SessionDep, allow

router = APIRouter(prefix="/reports/public")


@router.get("", dependencies=[allow("reports.open_to_public")])
async def link_page(request: Request, session: SessionDep, actor: ActorDep, done: str = "") -> Response:
    """The address, and what one can do about it."""
    link = await commands.link(session, actor)
    base = settings().public_url or str(request.base_url).rstrip("/")
    return render(
        request,
        "reports/public_link.html",
        address=f"{base}/public/report/{link.key}" if link else "",
        done=DONE.get(done, ""),
    )


@router.post("/open", dependencies=[allow("reports.open_to_public")])
async def open_link(session: SessionDep, actor: ActorDep) -> Response:
    """Let the public report, under a new address."""
    await commands.open_link(session, actor)
    return RedirectResponse("/reports/public?done=opened", 303)


@router.post("/close", dependencies=[allow("reports.open_to_public")])
async def close_link(session: SessionDep, actor: ActorDep) -> Response:
    """End the address."""
    await commands.close_link(session, actor)
    return RedirectResponse("/reports/public?done=closed", 303)
