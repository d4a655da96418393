"""Routers whose routes cost nothing until somebody asks for them.

FastAPI reads a handler's parameters and makes validators of them when the handler is decorated, and again for each
router that includes it: with some 800 routes that kept a starting process busy for ten seconds, most of them for pages
that it would never be asked for. Here a route knows its path, methods and guards at once and lays out the rest with
its first request, some 5 ms, and a router takes in the routes of another as its own.
"""

from collections.abc import Callable
from typing import Any

import fastapi
from fastapi.routing import APIRoute
from starlette.routing import compile_path, get_name

_OF_ITS_PATH = ("path_regex", "path_format", "param_convertors")


class LateRoute(APIRoute):
    """A route that FastAPI lays out when something of it is wanted that isn't known from its decorator."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        self._asked_for: dict[str, Any] = options
        self._laid_out = False
        self.path = path
        self.endpoint = endpoint
        self.name = options.get("name") or get_name(endpoint)
        self.methods = {method.upper() for method in options.get("methods") or ("GET",)}
        self.dependencies = list(options.get("dependencies") or [])
        self.tags = list(options.get("tags") or [])
        self.include_in_schema = options.get("include_in_schema", True)

    def __getattr__(self, name: str) -> Any:
        """What isn't there yet: the path's expression alone, or all that FastAPI makes of the handler."""
        if name in _OF_ITS_PATH:
            for one, value in zip(_OF_ITS_PATH, compile_path(self.path), strict=True):
                setattr(self, one, value)
        elif not name.startswith("__") and not self.__dict__.get("_laid_out", True):
            self._laid_out = True  # first, since what is made of the handler asks for more of itself
            try:
                super().__init__(self.path, self.endpoint, **self._asked_for)
            except Exception:
                self._laid_out = False  # whoever asks next hears the reason, too
                raise
        if name in self.__dict__:
            return self.__dict__[name]
        raise AttributeError(name)

    def below(self, router: "APIRouter") -> "LateRoute":
        """The same route as one of a router that includes its own: behind that one's prefix, tags and guards."""
        outer: dict[str, Any] = {
            "tags": [*router.tags, *self.tags],
            "dependencies": [*router.dependencies, *self.dependencies],
            "include_in_schema": router.include_in_schema and self.include_in_schema,
        }
        return LateRoute(router.prefix + self.path, self.endpoint, **(self._asked_for | outer))


class APIRouter(fastapi.APIRouter):
    """FastAPI's router, with late routes."""

    def __init__(self, **options: Any) -> None:
        super().__init__(route_class=LateRoute, **options)

    def include_router(self, router: fastapi.APIRouter, **options: Any) -> None:
        """Take in the routes that ``router`` has by now. With options, or for routes of another make, FastAPI's own
        way of including is gone, which asks the other router at every request."""
        own = [route for route in router.routes if isinstance(route, LateRoute)]
        if options or len(own) != len(router.routes):
            super().include_router(router, **options)
            return
        self.routes.extend(route.below(self) for route in own)
