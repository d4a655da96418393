"""``/me/notices``: whether this phone may be woken, the person's other phones, quiet hours; and the service worker."""

from typing import Annotated

from fastapi import Form, Request, Response
from starlette.responses import FileResponse, RedirectResponse

from backend.core.errors import N_, Invalid
from backend.core.pages import render
from backend.core.routing import APIRouter
from backend.core.settings import PROJECT_ROOT
from backend.delivery.commands import subscriptions as commands
from backend.delivery.queries import push_subscriptions, quiet_hours
from backend.delivery.quiet import QUIETABLE, clock_of, span_of
from backend.delivery.vapid import public_key
from backend.identity.devices import device_name
from backend.identity.web import ActorDep, SessionDep, allow, public

router = APIRouter()
PAGE = "/me/notices"
_DONE = {
    "quiet": N_("静音时段已保存"),
    "ended": N_("那台设备不再收提醒"),
    "test": N_("测试提醒已发出，请锁屏等几秒"),
}
_WORKER = PROJECT_ROOT / "web" / "service-worker.js"


@router.get("/service-worker.js", dependencies=[public("a browser fetches it without the page's cookies")])
async def service_worker() -> Response:
    """The service worker, for all pages; asked for again each time so that phones get its next version."""
    headers = {"Cache-Control": "no-cache", "Service-Worker-Allowed": "/"}
    return FileResponse(_WORKER, media_type="text/javascript", headers=headers)


@router.get(PAGE, dependencies=[allow()])
async def notices(request: Request, session: SessionDep, actor: ActorDep, done: str = "") -> Response:
    """The person's own settings of pushed notices."""
    quiet = await quiet_hours(session, actor)
    spans = {level: (clock_of(quiet[level][0]), clock_of(quiet[level][1])) for level in quiet}
    return await _page(request, session, actor, spans, _DONE.get(done, ""))


async def _page(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    spans: dict[str, tuple[str, str]],
    done: str = "",
    errors: dict[str, str] | None = None,
) -> Response:
    return render(
        request,
        "delivery/notices.html",
        phones=[(one, device_name(one.device)) for one in await push_subscriptions(session, actor)],
        levels=[(level, *spans.get(level, ("", ""))) for level in QUIETABLE],
        public_key=public_key(),
        done=done,
        errors=errors or {},
    )


@router.post(f"{PAGE}/subscribe", dependencies=[allow()])
async def subscribe(
    request: Request,
    session: SessionDep,
    actor: ActorDep,
    endpoint: Annotated[str, Form()] = "",
    p256dh: Annotated[str, Form()] = "",
    auth: Annotated[str, Form()] = "",
) -> Response:
    """Let the asking browser be woken; sent by the page's script."""
    device = request.headers.get("user-agent", "")[:300]
    await commands.subscribe(session, actor, endpoint, p256dh, auth, device)
    return Response(status_code=204)


@router.post(f"{PAGE}/test", dependencies=[allow()])
async def test(session: SessionDep, actor: ActorDep) -> Response:
    """Wake one's own phones once."""
    await commands.ask_for_test(session, actor)
    return RedirectResponse(f"{PAGE}?done=test", 303)


@router.post(f"{PAGE}/quiet", dependencies=[allow()])
async def keep_quiet(request: Request, session: SessionDep, actor: ActorDep) -> Response:
    """Take other quiet hours: ``<level>_from`` and ``<level>_until`` as ``HH:MM``, both empty for none."""
    form = await request.form()
    given = {level: (str(form.get(f"{level}_from", "")), str(form.get(f"{level}_until", ""))) for level in QUIETABLE}
    try:
        spans = {level: span_of(level, *times) for level, times in given.items()}
    except Invalid as refused:
        response = await _page(request, session, actor, given, errors=dict(refused.fields))
        response.status_code = refused.status
        return response
    await commands.keep_quiet(session, actor, spans)
    return RedirectResponse(f"{PAGE}?done=quiet", 303)


@router.post(PAGE + "/{subscription_id}/end", dependencies=[allow()])
async def end(session: SessionDep, actor: ActorDep, subscription_id: int) -> Response:
    """Wake that phone no more."""
    await commands.unsubscribe(session, actor, subscription_id)
    return RedirectResponse(f"{PAGE}?done=ended", 303)
