"""Sends a request only to the routers that may hold its route.

Starlette asks one route after the other, and FastAPI asks each included router twice: with hundreds of routes that
costs a request more than its own work. How a path begins is known beforehand.
"""

from collections import defaultdict

from fastapi.routing import APIRouter, iter_route_contexts
from starlette.routing import BaseRoute, Mount
from starlette.types import Receive, Scope, Send

_DEEPER = ("/api/v1/",)
"""What all paths of a kind begin with, so that only the segment behind it tells them apart."""


def beginning(path: str) -> str:
    """The part of ``path``, or of a route's pattern, that tells which routes it may belong to.

    >>> beginning("/alarms/7/judge"), beginning("/api/v1/alarms"), beginning("/")
    ('alarms', '/api/v1/alarms', '')
    """
    for prefix in _DEEPER:
        if path.startswith(prefix):
            return prefix + path[len(prefix) :].partition("/")[0]
    return path[1:].partition("/")[0]


class Signpost:
    """ASGI application in front of a router's own routes; answers as the router itself would."""

    def __init__(self, router: APIRouter) -> None:
        self._router = router
        self._roads: dict[str, APIRouter] = {}
        self._elsewhere = self._part([])
        self._sort(router.routes)

    def _sort(self, routes: list[BaseRoute]) -> None:
        """Keep the routes' order within each beginning. A pattern that begins with a parameter fits everywhere."""
        found: defaultdict[str, list[BaseRoute]] = defaultdict(list)
        anywhere: list[BaseRoute] = []
        begin = [_beginnings(route) for route in routes]
        known = {one for some in begin for one in some if "{" not in one}
        for route, some in zip(routes, begin, strict=True):
            fits_all = any("{" in one for one in some)
            for one in known if fits_all else some:
                found[one].append(route)
            if fits_all:
                anywhere.append(route)
        self._roads = {one: self._part(some) for one, some in found.items()}
        self._elsewhere = self._part(anywhere)

    def _part(self, routes: list[BaseRoute]) -> APIRouter:
        part = APIRouter(redirect_slashes=self._router.redirect_slashes, default=self._router.default)
        part.routes.extend(routes)
        return part

    def road(self, path: str) -> APIRouter:
        """The part that may answer ``path``."""
        return self._roads.get(beginning(path), self._elsewhere)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand the request to the part that may answer it."""
        if scope["type"] == "lifespan":
            await self._router.app(scope, receive, send)
            return
        scope["router"] = self._router
        await self.road(scope["path"]).app(scope, receive, send)


def _beginnings(route: BaseRoute) -> set[str]:
    if isinstance(route, Mount):
        return {beginning(route.path)}
    return {beginning(one.path or "/") for one in iter_route_contexts([route])}
