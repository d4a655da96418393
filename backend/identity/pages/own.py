"""``/me``: who one is, how pages look, one's password and devices, and what else one may open."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import Form, Request, Response
from starlette.responses import RedirectResponse

from backend.core.errors import N_, Invalid, TooMany
from backend.core.pages import render
from backend.core.routing import APIRouter
from backend.identity.actor import Actor
from backend.identity.commands import own
from backend.identity.devices import device_name
from backend.identity.models import LoginSession
from backend.identity.queries import people as queries
from backend.identity.web import ActorDep, SessionDep, allow
from backend.identity.wording import ROLES

router = APIRouter(prefix="/me")

_DONE = {
    "password": N_("密码已修改，其他设备已退出登录"),
    "device": N_("已让那台设备退出登录"),
    "devices": N_("其他设备都已退出登录"),
}
_LINKS = (
    ("operations.see", "/operations", N_("安全运营"), "chart-column"),
    ("reports.send", "/reports/mine", N_("我的上报"), "send"),
    ("reports.triage", "/reports", N_("隐患上报"), "shield-alert"),
    ("feedback.give", "/feedback", N_("反馈"), "message-square"),
    ("duty.see", "/duty/me", N_("我的履职"), "award"),
    ("maintenance.see", "/maintenance", N_("维护保养"), "wrench"),
    ("incidents.report", "/me/positions", N_("我的位置"), "map-pin"),
    ("rules.see", "/rules", N_("预警规则"), "sliders-horizontal"),
    ("normals.see", "/normals", N_("正常基线"), "activity"),
    ("lessons.see", "/lessons", N_("规律与教训"), "layers"),
    ("trace_models.see", "/trace-models", N_("溯源模型"), "git-branch"),
    ("plant.edit", "/plant/edit", N_("厂区资料"), "map"),
    ("plant.edit", "/labels", N_("标签"), "qr-code"),
    ("setup.do", "/setup", N_("开始使用"), "wand-sparkles"),
    ("modules.see", "/modules", N_("模块"), "toggle-right"),
    ("dashboards.arrange", "/dashboards", N_("首页布置"), "grid-3x3"),
    ("dashboards.wall", "/wall", N_("大屏"), "presentation"),
    ("people.see", "/people", N_("人员"), "users"),
    ("channels.see", "/channels", N_("通知渠道"), "megaphone"),
    ("data.see", "/data-sources", N_("数据源"), "database"),
    ("data.cases", "/data-cleaning", N_("数据清洗"), "funnel"),
    ("telemetry.rejections", "/rejections", N_("拒收记录"), "file-warning"),
    ("telemetry.adopt", "/adoptions", N_("测点认领"), "plug"),
    ("audit.see", "/audit", N_("操作日志"), "history"),
    ("retention.see", "/data-retention", N_("数据保留"), "database"),
)


@dataclass(frozen=True)
class Device:
    """A sign-in as its owner reads it."""

    id: int
    name: str
    address: str
    last_seen_at: datetime
    here: bool


def device(sign_in: LoginSession, actor: Actor) -> Device:
    """``sign_in`` in words; ``here`` is the one that asks."""
    here = sign_in.id == actor.session_id
    return Device(sign_in.id, device_name(sign_in.device), sign_in.address, sign_in.last_seen_at, here)


@router.get("", dependencies=[allow()])
async def me(request: Request, session: SessionDep, actor: ActorDep, done: str = "") -> Response:
    """One's own page. ``done`` names what was just done, so that the page says it."""
    return render(
        request,
        "identity/me.html",
        person=await queries.person_view(session, actor, actor.person_id),
        roles=ROLES,
        devices=[device(one, actor) for one in await queries.sign_ins(session, actor, actor.person_id)],
        links=[(url, words, icon) for capability, url, words, icon in _LINKS if actor.can(capability)],
        themes=own.THEMES,
        done=_DONE.get(done, ""),
    )


@router.post("/locale", dependencies=[allow()])
async def choose_locale(session: SessionDep, actor: ActorDep, locale: Annotated[str, Form()] = "") -> Response:
    """Take another language."""
    await own.choose_locale(session, actor, locale)
    return RedirectResponse("/me", 303)


@router.post("/theme", dependencies=[allow()])
async def choose_theme(session: SessionDep, actor: ActorDep, theme: Annotated[str, Form()] = "") -> Response:
    """Take another look."""
    await own.choose_theme(session, actor, theme)
    return RedirectResponse("/me", 303)


@router.get("/password", dependencies=[allow()])
async def password_page(request: Request, actor: ActorDep) -> Response:
    """The form for a new password; the first page of whoever has a one-time password."""
    return render(request, "identity/password.html", errors={}, forced=actor.must_change_password)


@router.post("/password", dependencies=[allow()])
async def change_password(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    old: Annotated[str, Form()] = "",
    new: Annotated[str, Form()] = "",
    again: Annotated[str, Form()] = "",
) -> Response:
    """Take a new password; other devices are signed out."""
    try:
        if new != again:
            raise Invalid(fields={"again": N_("两次输入的新密码不一样")})
        async with session.begin_nested():
            await own.change_password(session, request.app.state.limits, actor, old, new)
    except (Invalid, TooMany) as refused:
        errors = refused.fields or {"old": refused.message}
        response: Response = render(request, "identity/password.html", errors=errors, forced=actor.must_change_password)
        response.status_code = refused.status
        return response
    return RedirectResponse("/" if actor.must_change_password else "/me?done=password", 303)


@router.post("/devices/end-others", dependencies=[allow()])
async def end_others(session: SessionDep, actor: ActorDep) -> Response:
    """Sign out everywhere but here."""
    await own.end_other_sign_ins(session, actor)
    return RedirectResponse("/me?done=devices", 303)


@router.post("/devices/{session_id}/end", dependencies=[allow()])
async def end_device(session: SessionDep, actor: ActorDep, session_id: int) -> Response:
    """Sign out one device, e.g. a lost phone."""
    await own.end_own_sign_in(session, actor, session_id)
    return RedirectResponse("/me?done=device", 303)
