"""What every route uses: its session, the actor, and the capability it needs.

A request has one database session. It is committed before the answer is sent, so nobody is told of a
change that then fails to commit.
"""

import hmac
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Annotated, Any, cast

from fastapi import Depends, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import HTTPConnection

from backend.core.database import Database, narrow_to_site
from backend.core.errors import N_, Forbidden, NotFound, PasswordExpired, Unauthenticated
from backend.core.pages import preferred_locale
from backend.core.settings import settings
from backend.identity.actor import Actor
from backend.identity.capabilities import CAPABILITIES
from backend.identity.permissions import require
from backend.identity.presence import is_work, note_presence
from backend.identity.sessions import actor_of

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_BEFORE_ALL_ELSE = frozenset({"/me/password", "/sign-out", "/api/v1/session"})
"""What one may do before a one-time password is changed."""


def secure_cookies() -> bool:
    """Whether cookies carry ``Secure`` and the ``__Host-`` prefix: exactly when people come by https."""
    configured = settings().secure_cookies
    return settings().public_url.startswith("https://") if configured is None else configured


def cookie_name() -> str:
    """Name of the sign-in cookie."""
    return "__Host-ansu" if secure_cookies() else "ansu"


async def request_session(request: Request) -> AsyncIterator[AsyncSession]:
    """The request's session; commits when the route has returned, rolls back when it raised."""
    database: Database = request.app.state.database
    async with database.session() as session:
        yield session


SessionDep = Annotated[AsyncSession, Depends(request_session, scope="function")]


def address_of(request: Request) -> str:
    """Address of who asks, as uvicorn sees it behind trusted proxies."""
    return request.client.host if request.client else ""


async def optional_actor(request: Request, session: SessionDep) -> Actor | None:
    """Who asks, or None. Narrows the request's session to the actor's site."""
    token = request.cookies.get(cookie_name())
    actor = None
    if token:
        actor = await actor_of(
            session, token, address=address_of(request), request_id=getattr(request.state, "request_id", "")
        )
    if actor is not None:
        actor = replace(actor, locale=actor.locale or preferred_locale(request))
        narrow_to_site(session, actor.site_id)
        if is_work(request):
            await note_presence(session, actor, request.app.state.noted)
    request.state.actor = actor
    return actor


def local_path(wanted: str) -> str:
    """``wanted`` if it is a path on this server, else "/": so that a link can't lead away after the sign-in."""
    harmless = wanted.startswith("/") and not wanted.startswith(("//", "/\\")) and wanted.isprintable()
    return wanted if harmless and "\\" not in wanted and not wanted.startswith("/sign-") else "/"


def keep_sign_in(response: Response, token: str) -> None:
    """Let the browser hold ``token``: unreadable for scripts, not sent along from other sites' pages."""
    response.set_cookie(
        cookie_name(),
        token,
        max_age=settings().session_days * 86400,
        path="/",
        secure=secure_cookies(),
        httponly=True,
        samesite="lax",
    )


def drop_sign_in(response: Response) -> None:
    """Let the browser forget its token."""
    response.delete_cookie(cookie_name(), path="/", secure=secure_cookies(), httponly=True, samesite="lax")


OptionalActorDep = Annotated[Actor | None, Depends(optional_actor, scope="function")]


async def current_actor(request: Request, actor: OptionalActorDep) -> Actor:
    """Who asks. Raises Unauthenticated for nobody, Forbidden when a change carries no valid CSRF token.

    Whoever must change their password gets nowhere else: PasswordExpired.
    """
    if actor is None:
        raise Unauthenticated()
    if actor.must_change_password and request.url.path not in _BEFORE_ALL_ELSE:
        raise PasswordExpired()
    if request.method not in _SAFE:
        await _check_csrf(request, actor)
    return actor


ActorDep = Annotated[Actor, Depends(current_actor, scope="function")]


async def _check_csrf(request: Request, actor: Actor) -> None:
    sent = request.headers.get("x-csrf-token", "")
    kind = request.headers.get("content-type", "")
    if not sent and kind.startswith(("application/x-www-form-urlencoded", "multipart/form-data")):
        sent = str((await request.form()).get("csrf_token", ""))
    if not hmac.compare_digest(sent.encode(), actor.csrf_token.encode()):
        raise Forbidden(N_("页面已过期，请刷新后再试一次"))


class Allow:
    """Dependency of a route: the actor must have ``capability``; "" means any signed-in person."""

    def __init__(self, capability: str) -> None:
        if capability and capability not in CAPABILITIES:
            raise KeyError(capability)
        self.capability = capability

    async def __call__(self, connection: HTTPConnection, actor: ActorDep) -> None:
        """Raise Forbidden when the actor's role lacks the capability, NotFound for an id no row can have."""
        if self.capability:
            require(actor, self.capability)
        if any(value.isdigit() and int(value) >= 2**63 for value in map(str, connection.path_params.values())):
            raise NotFound()


class Public:
    """Dependency of a route that anybody may call, and why."""

    def __init__(self, reason: str) -> None:
        self.reason = reason

    async def __call__(self) -> None:
        """Let everybody through."""


def allow(capability: str = "") -> Any:
    """Mark a route: who may call it. Every route has this or ``public``; a test walks them all."""
    return Depends(Allow(capability), scope="function")


def public(reason: str) -> Any:
    """Mark a route that needs no sign-in, and say why."""
    return Depends(Public(reason), scope="function")


def guards(route: Any) -> list[Allow | Public]:
    """The marks of a route, for the authorization test."""
    found = [dependency.dependency for dependency in getattr(route, "dependencies", [])]
    return cast("list[Allow | Public]", [call for call in found if isinstance(call, Allow | Public)])
