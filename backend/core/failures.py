"""Turns what went wrong into an answer a person or program can use: page, fragment or problem+json (RFC 9457)."""

from typing import Any
from urllib.parse import quote

import asyncpg
import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolExhausted
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, RedirectResponse, Response

from backend.core.errors import N_, DomainError, Invalid, NotFound, PasswordExpired, Unauthenticated
from backend.core.failing import connection_is_away
from backend.core.i18n import translate
from backend.core.pages import locale_of, render

log = structlog.get_logger()

_TITLES = {
    400: N_("请求有误"),
    401: N_("请先登录"),
    403: N_("不能这样操作"),
    404: N_("没有找到"),
    405: N_("不能这样操作"),
    409: N_("情况已经变化"),
    413: N_("内容过大"),
    422: N_("请检查填写的内容"),
    429: N_("操作太频繁"),
    500: N_("系统出错了"),
    503: N_("系统暂时不可用"),
}
RETRY_AFTER_S = 5
"""PostgreSQL, started anew, mostly serves again by then."""
_OF_THE_DATABASE = (OSError, DBAPIError, PoolExhausted, asyncpg.PostgresError, asyncpg.InterfaceError)
_ADVICE = {
    404: N_("可能已被删除，或您无权查看。请返回上一页。"),
    409: N_("请刷新页面，看看最新的情况再操作。"),
    429: N_("请稍等几分钟再试。"),
    503: N_("请稍等几分钟再试。"),
    500: N_("您填写的内容没有丢失，请稍后再试；仍不行请把编号告诉管理员。"),
}


def install(app: FastAPI) -> None:
    """Let ``app`` answer every failure through this module."""
    app.add_exception_handler(DomainError, _domain_error)
    app.add_exception_handler(RequestValidationError, _unreadable)
    app.add_exception_handler(HTTPException, _http_error)
    for kind in _OF_THE_DATABASE:
        app.add_exception_handler(kind, perhaps_away)
    app.add_exception_handler(Exception, perhaps_away)


def wants_json(request: Request) -> bool:
    """Whether the answer goes to a program rather than a page (htmx asks with ``Accept: */*``)."""
    if request.url.path.startswith("/api/"):
        return True
    return "hx-request" not in request.headers and "text/html" not in request.headers.get("accept", "text/html")


async def _domain_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, DomainError)
    if isinstance(error, Unauthenticated | PasswordExpired) and not wants_json(request):
        return _elsewhere(request, _sign_in(request) if isinstance(error, Unauthenticated) else "/me/password")
    return answer(request, error)


async def _unreadable(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    if any(part["loc"][0] == "path" for part in error.errors()):
        return answer(request, NotFound())
    fields = {str(part["loc"][-1]): N_("这里的内容不符合要求") for part in error.errors()}
    return answer(request, Invalid(fields=fields))


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code == 404:
        return answer(request, NotFound())
    failure = DomainError(_TITLES.get(error.status_code, _TITLES[400]))
    failure.status = error.status_code
    return answer(request, failure, headers=error.headers)


async def perhaps_away(request: Request, error: Exception) -> Response:
    """The answer to what nobody foresaw: 503 where trying again helps, else 500; a socket ends with ``error``."""
    if request.scope["type"] != "http":  # a socket can't be answered, only ended
        raise error
    if not isinstance(error, PoolExhausted) and not connection_is_away(error):
        return await _unexpected(request, error)
    log.warning("request.database_away", error=repr(error)[:300], path=request.url.path)
    failure = DomainError(_TITLES[503])
    failure.status = 503
    return answer(request, failure, headers={"Retry-After": str(RETRY_AFTER_S)})


async def _unexpected(request: Request, error: Exception) -> Response:
    log.error("request.crashed", exc_info=error, path=request.url.path)
    failure = DomainError(_TITLES[500])
    failure.status = 500
    return answer(request, failure)


def _sign_in(request: Request) -> str:
    here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return "/sign-in" if request.method != "GET" or here == "/" else f"/sign-in?next={quote(here)}"


def _elsewhere(request: Request, target: str) -> Response:
    """Send a page on; a fragment lets htmx leave the page it stands on."""
    if "hx-request" in request.headers:
        return Response(status_code=401, headers={"HX-Redirect": target.partition("?")[0]})
    return RedirectResponse(target, 303)


def answer(request: Request, error: DomainError, *, headers: Any = None) -> Response:
    """The page, fragment or problem document for ``error``."""
    locale = locale_of(request)
    title = translate(locale, _TITLES.get(error.status, _TITLES[400]))
    message = translate(locale, error.message, **error.values)
    advice = error.advice or _ADVICE.get(error.status, "")
    what_to_do = translate(locale, advice, **error.values) if advice else ""
    fields = {name: translate(locale, text, **error.values) for name, text in error.fields.items()}
    request_id = getattr(request.state, "request_id", "")
    if wants_json(request):
        problem = {
            "type": "about:blank",
            "title": title,
            "status": error.status,
            "detail": " ".join(part for part in (message, what_to_do) if part),
            "instance": request.url.path,
            "request_id": request_id,
            **({"errors": fields} if fields else {}),
        }
        return JSONResponse(problem, error.status, media_type="application/problem+json", headers=headers)
    response: Response = render(
        request,
        "error.html",
        title=title,
        message=message,
        what_to_do=what_to_do,
        fields=fields,
        request_id=request_id,
    )
    response.status_code = error.status
    if headers:
        response.headers.update(headers)
    return response
