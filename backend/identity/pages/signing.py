"""``/sign-in``, ``/sign-out`` and the choice of language before there is an account. Plain forms, no script needed."""

from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Form, Query, Request, Response
from starlette.responses import RedirectResponse

from backend.core.errors import N_, TooMany
from backend.core.pages import render
from backend.core.routing import APIRouter
from backend.identity.commands import signing
from backend.identity.commands.own import LOCALES
from backend.identity.commands.signing import Attempt
from backend.identity.web import (
    ActorDep,
    OptionalActorDep,
    SessionDep,
    address_of,
    allow,
    cookie_name,
    drop_sign_in,
    keep_sign_in,
    local_path,
    public,
    secure_cookies,
)

router = APIRouter()

_YEAR_S = 365 * 86400


@router.get("/sign-in", dependencies=[public("nobody is signed in yet")])
async def sign_in_page(
    request: Request, actor: OptionalActorDep, wanted: Annotated[str, Query(alias="next")] = "/"
) -> Response:
    """The form; who is signed in already goes on."""
    if actor is not None:
        return RedirectResponse(local_path(wanted), 303)
    return _form(request, wanted)


@router.post("/sign-in", dependencies=[public("nobody is signed in yet")])
async def sign_in(
    request: Request,
    session: SessionDep,
    account: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
    wanted: Annotated[str, Form(alias="next")] = "/",
) -> Response:
    """Sign in and go on to where the person wanted to be. All refusals read alike."""
    attempt = attempt_of(request, account, password)
    try:
        token = await signing.sign_in(session, request.app.state.limits, attempt)
    except TooMany as refused:
        return _form(request, wanted, account=account, refusal=refused.message, status=429)
    if token is None:
        return _form(request, wanted, account=account, refusal=N_("账号或密码不对，请重新输入"), status=422)
    response = RedirectResponse(local_path(wanted), 303)
    keep_sign_in(response, token)
    return response


def attempt_of(request: Request, account: str, password: str) -> Attempt:
    """A try to sign in, with where it comes from."""
    return Attempt(
        account,
        password,
        device=request.headers.get("user-agent", ""),
        address=address_of(request),
        request_id=getattr(request.state, "request_id", ""),
        held=request.cookies.get(cookie_name(), ""),
    )


def _form(request: Request, wanted: str, *, account: str = "", refusal: str = "", status: int = 200) -> Response:
    response: Response = render(
        request, "identity/sign_in.html", next=local_path(wanted), account=account, refusal=refusal
    )
    response.status_code = status
    return response


@router.post("/sign-out", dependencies=[allow()])
async def sign_out(session: SessionDep, actor: ActorDep) -> Response:
    """End this device's sign-in."""
    await signing.sign_out(session, actor)
    response = RedirectResponse("/sign-in", 303)
    drop_sign_in(response)
    return response


@router.post("/locale", dependencies=[public("the language of the sign-in page; keeps nothing but a cookie")])
async def choose_locale(request: Request, locale: Annotated[str, Form()] = "") -> Response:
    """Remember the language on this device and show the same page again."""
    back = urlsplit(request.headers.get("referer", "/"))
    response = RedirectResponse(_same_page(back.path, back.query), 303)
    if locale in LOCALES:
        response.set_cookie("locale", locale, max_age=_YEAR_S, secure=secure_cookies(), httponly=True, samesite="lax")
    return response


def _same_page(path: str, query: str) -> str:
    here = f"{path}?{query}" if query else path
    return here if path == "/sign-in" else local_path(here)
