"""``/``: what waits for the person who looks, and how the plant stands."""

from datetime import datetime, timedelta

from fastapi import APIRouter, Request, Response

from backend.alarms.queries.listing import Show, Wanted, alarms
from backend.checkins.queries import due_visit_count
from backend.core.clock import now
from backend.core.errors import N_
from backend.core.pages import render
from backend.hazards.queries import most_urgent
from backend.hazards.reports.queries import triage_count
from backend.home.queries import is_beginning, standing
from backend.home.tasks import TaskKind
from backend.home.waiting import waiting_for
from backend.identity.web import ActorDep, SessionDep, allow
from backend.incidents.queries.listing import open_incidents
from backend.incidents.response.queries.rolls import open_rolls
from backend.incidents.wording import STATES, TONES
from backend.maintenance.queries import due_for_count
from backend.training.queries import due_count

router = APIRouter(include_in_schema=False)

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
MOST_FLOODS = 4
"""So many alarms call on the first page; the list has the rest."""
STALE_AFTER = timedelta(minutes=2)
"""Data older than this is shown as old: sources usually send every few seconds."""


def greeting(moment: datetime) -> str:
    """The words for the hour of ``moment``, which is in the site's zone."""
    return next(words for before, words in _GREETINGS if moment.hour < before)


@router.get("/", dependencies=[allow()])
async def home(request: Request, session: SessionDep, actor: ActorDep) -> Response:
    """The first page: how the plant stands, what calls, what is one's own to do. htmx gets that part alone, anew."""
    moment = now()
    stands = await standing(session, actor)
    newest = stands.newest_reading_at
    return render(
        request,
        "home/home.html",
        block="present" if request.headers.get("hx-target") == "present" else None,
        stands=stands,
        evacuations=await open_rolls(session, actor),
        incidents=await open_incidents(session, actor),
        incident_states=STATES,
        incident_tones=TONES,
        floods=(await alarms(session, actor, Wanted(Show.WAITING), most=MOST_FLOODS)).floods,
        to_learn=await due_count(session, actor) if actor.can("training.see") else None,
        to_check=await due_visit_count(session, actor) if actor.can("checkins.do") else 0,
        to_maintain=await due_for_count(session, actor) if actor.can("maintenance.do") else 0,
        to_triage=await triage_count(session, actor),
        own=await most_urgent(session, actor),
        greeting=greeting(moment.astimezone(actor.zone)),
        today=moment.astimezone(actor.zone),
        stale=newest is None or moment - newest > STALE_AFTER,
        leads=actor.can("rectifications.verify"),
        beginning=actor.can("setup.do") and await is_beginning(session, actor),
    )


@router.get("/tasks", dependencies=[allow()])
async def tasks(request: Request, session: SessionDep, actor: ActorDep) -> Response:
    """Everything the actor is to do, of all kinds, what burns first. htmx gets the list alone, anew."""
    return render(
        request,
        "home/tasks.html",
        block="rows" if request.headers.get("hx-target") == "task-rows" else None,
        evacuations=await open_rolls(session, actor),
        waiting=await waiting_for(session, actor),
        kinds=_KINDS,
    )


@router.get("/outbox", dependencies=[allow()])
async def outbox(request: Request) -> Response:
    """What this phone has not sent yet. The page is empty: its content never leaves the phone but to be sent."""
    return render(request, "outbox/outbox.html")
