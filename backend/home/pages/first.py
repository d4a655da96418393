"""``/``: what waits for the person who looks, and how the plant stands."""

from datetime import datetime

from fastapi import Request, Response

from backend.core.clock import now
from backend.core.errors import N_
from backend.core.pages import render
from backend.core.routing import APIRouter
from backend.home.layout import page
from backend.home.pages.shown import first_paint
from backend.home.queries import Seldom, is_beginning, look, seldom
from backend.home.tasks import TaskKind
from backend.home.waiting import waiting_for
from backend.identity.web import ActorDep, SessionDep, allow
from backend.incidents.response.queries.rolls import open_rolls

router = APIRouter()

_GREETINGS = (
    (5, N_("夜里好")),
    (9, N_("早上好")),
    (12, N_("上午好")),
    (14, N_("中午好")),
    (18, N_("下午好")),
    (24, N_("晚上好")),
)
_KINDS = {
    TaskKind.CHECKIN: ("scan-line", N_("巡检")),
    TaskKind.RECTIFICATION: ("wrench", N_("整改")),
    TaskKind.VERIFICATION: ("clipboard-check", N_("验收")),
    TaskKind.EXTENSION: ("calendar", N_("审批延期")),
    TaskKind.TRIAGE: ("triangle-alert", N_("处理上报")),
    TaskKind.COURSE: ("badge-check", N_("培训")),
    TaskKind.CHECK: ("hard-hat", N_("现场核查")),
    TaskKind.INCIDENT: ("octagon-alert", N_("事件")),
    TaskKind.STEP: ("clipboard-list", N_("预案步骤")),
    TaskKind.REPLY: ("message-square", N_("说明情况")),
    TaskKind.MAINTENANCE: ("settings", N_("保养")),
    TaskKind.MEETING: ("users", N_("复盘会")),
    TaskKind.APPEAL: ("scale", N_("答复申诉")),
    TaskKind.FEEDBACK: ("message-square", N_("答复反馈")),
}
"""Picture and word of each kind of task."""


def greeting(moment: datetime) -> str:
    """The words for the hour of ``moment``, which is in the site's zone."""
    return next(words for before, words in _GREETINGS if moment.hour < before)


@router.get("/", dependencies=[allow()])
async def home(request: Request, session: SessionDep, actor: ActorDep) -> Response:
    """The first page: how the plant stands, what calls, then the actor's cards. htmx gets that part alone, anew."""
    seen = await look(session, actor)
    cards = page(seen.layout, seen.own, lambda one: one.allowed(actor))
    moment = now().astimezone(actor.zone)
    return render(
        request,
        "home/home.html",
        block="present" if request.headers.get("hx-target") == "present" else None,
        greeting=greeting(moment),
        today=moment,
        beginning=actor.can("setup.do") and await is_beginning(session, actor),
        **await first_paint(session, actor, seen, cards),
    )


@router.get("/tasks", dependencies=[allow()])
async def tasks(request: Request, session: SessionDep, actor: ActorDep) -> Response:
    """Everything the actor is to do, of all kinds, what burns first. htmx gets the list alone, anew."""
    there = await seldom(session, actor)
    return render(
        request,
        "home/tasks.html",
        block="rows" if request.headers.get("hx-target") == "task-rows" else None,
        evacuations=await open_rolls(session, actor) if Seldom.EVACUATION in there else [],
        waiting=await waiting_for(session, actor, there),
        kinds=_KINDS,
    )


@router.get("/outbox", dependencies=[allow()])
async def outbox(request: Request) -> Response:
    """What this phone has not sent yet. The page is empty: its content never leaves the phone but to be sent."""
    return render(request, "outbox/outbox.html")
