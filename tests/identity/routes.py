"""The application's own route table, as the authorization test walks it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from fastapi.routing import iter_route_contexts
from starlette.routing import BaseRoute, Mount

from backend.identity.web import Allow, Public, guards

EVERYWHERE = {"indicator": "precision"}
"""Parameters that name no site's thing: codes that every site knows."""


@dataclass(frozen=True)
class Door:
    """A method of a route, and who may go through."""

    method: str
    path: str
    capability: str | None
    """None: nothing guards it. "public": anybody. "": any signed-in person. Else the capability it needs."""

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def parameters(self) -> list[str]:
        """Names of its path's parameters, without those of ``EVERYWHERE``."""
        return [name for name in re.findall(r"{(\w+)", self.path) if name not in EVERYWHERE]

    def url(self, ids: Mapping[str, int | str]) -> str:
        """The path with ``ids`` filled in. Raises KeyError for a parameter nobody made a thing for."""
        return re.sub(r"{(\w+)[^}]*}", lambda found: str({**EVERYWHERE, **ids}[found[1]]), self.path)


@cache
def doors() -> tuple[Door, ...]:
    """Every method of every route; sockets have the method SOCKET. Mounted folders serve only public files."""
    from backend.app import create_app

    found = []
    for route in iter_route_contexts(create_app().routes):
        original: BaseRoute = route.original_route
        if isinstance(original, Mount):
            continue
        marks = guards(route)
        capability = None if len(marks) != 1 else _capability(marks[0])
        found += [Door(method, route.path or "", capability) for method in sorted(route.methods or {"SOCKET"})]
    return tuple(found)


def _capability(mark: Allow | Public) -> str:
    return "public" if isinstance(mark, Public) else mark.capability
