"""Which routers can answer a path at all, told by the path's first word.

FastAPI asks one included router after the other, and each all of its routes: with 600 routes that took 2 to 5 ms of
every request. A router whose paths all begin otherwise is passed over here. ``routes`` stays as it is.
"""

from collections.abc import Callable

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from starlette._utils import get_route_path
from starlette.routing import BaseRoute, Match, Mount
from starlette.types import Scope

Matches = Callable[[Scope], tuple[Match, Scope]]
_API = "/api/v1/"


def first_word(path: str) -> str:
    """What tells routers apart: ``/alarms/5`` → ``alarms``, ``/api/v1/alarms/5`` → ``/api/v1/alarms``."""
    if path.startswith(_API):
        return _API + path[len(_API) :].split("/", 1)[0]
    return path[1:].split("/", 1)[0]


def pass_over_others(app: FastAPI) -> None:
    """Let each router of ``app`` be asked only for paths that begin like one of its own. Once, with all included."""
    for route in app.router.routes:
        words = _first_words(route)
        if words is not None:
            # Of this one object: the class is FastAPI's own.
            object.__setattr__(route, "matches", _asked_for(words, route.matches))


def _first_words(route: BaseRoute) -> frozenset[str] | None:
    """Those of all its paths; None where it may answer any."""
    if isinstance(route, Mount):
        return None
    words = frozenset(first_word(one.path or "/{any}") for one in iter_route_contexts([route]))
    return None if any("{" in word for word in words) else words


def _asked_for(words: frozenset[str], matches: Matches) -> Matches:
    def only_then(scope: Scope) -> tuple[Match, Scope]:
        if first_word(get_route_path(scope)) not in words:
            return Match.NONE, {}
        return matches(scope)

    return only_then
