"""Pages that are alike for all who see as much of a site: made once for them, and anew once something changed.

A page of three years of a plant costs a web process 20 to 100 ms, what is kept 4 to 8. Such a page is made for
``Anybody``, whose own things are places that are filled in for each who asks. Those it names, whose task it is or who
opened it, get their own page; and where it asks for more of who asks (a look into their posts, a query with their id),
everybody does. So nobody is ever shown what was made for another.
"""

from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from functools import wraps
from itertools import count
from typing import Any, TypeVar, cast
from uuid import uuid4

from fastapi import Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from backend.core.form_keys import making
from backend.core.kept import kept_of
from backend.identity.actor import Actor
from backend.identity.anybody import FILLED, PLACE, Anybody, Named, NotAlike, likeness, place
from backend.identity.models import Role
from backend.identity.queries.standing import stands_at

_Page = TypeVar("_Page", bound=Callable[..., Awaitable[Response]])

FRESH_S = 2.0
"""A page is made anew after so long though nothing was written down: readings, people on their way, deadlines."""
_MOST_OWN = 4096
"""Addresses known to give each their own page; when there are more, they are found out anew."""


@dataclass(frozen=True)
class _Kept:
    """An answer without its places: ``pieces`` are bytes and names of places in turn. None of one's own."""

    status: int
    headers: dict[str, str]
    pieces: tuple[bytes, ...]
    named: Named

    @classmethod
    def of(cls, response: Response, named: Named) -> "_Kept":
        headers = {name: value for name, value in response.headers.items() if name != "content-length"}
        return cls(response.status_code, headers, tuple(PLACE.split(bytes(response.body))), named)

    def to(self, actor: Actor) -> Response:
        """The answer for one person."""
        own = {name: str(getattr(actor, name)) for name in FILLED}
        body = [*self.pieces]
        body[1::2] = [(own.get(place.decode()) or uuid4().hex).encode() for place in self.pieces[1::2]]
        return Response(b"".join(body), self.status, self.headers)


def alike(page: _Page) -> _Page:
    """Mark a page that is made once for all who see as much; below ``router.get``, or what such a route calls.

    It takes ``request``, ``session``, ``actor`` and what its address says by name, reads nothing else of the request
    than htmx' headers, and changes nothing. It is made anew after each event and audit entry of the site, and at the
    latest after ``FRESH_S``. Workers get their own, as does everybody where it depends on who asks.
    """

    @wraps(page)
    async def route(*, request: Request, session: AsyncSession, actor: Actor, **asked: Any) -> Response:
        own = _own_pages(request)
        who = (_asked(request), likeness(actor))
        if actor.role == Role.WORKER or who in own:
            return await page(request=request, session=session, actor=actor, **asked)

        async def for_all() -> _Kept:
            anybody: Anybody = request.state.actor
            answer = await page(request=request, session=session, actor=anybody, **asked)
            return _Kept.of(answer, anybody.named)

        # Read before the rows: what changes in between is then kept under a word that nobody asks for again.
        standing = await stands_at(session, actor)
        key = (*who, actor.locale, actor.theme, standing)
        kept = kept_of(request, "pages", FRESH_S)
        try:
            found: _Kept = await kept.get(key, lambda: _for_anybody(request, actor, for_all))
        except Exception as error:
            if not _of_own(error):
                raise
            own.add(who)
            return await page(request=request, session=session, actor=actor, **asked)
        if found.named.has(actor):
            return await page(request=request, session=session, actor=actor, **asked)
        return found.to(actor)

    return cast(_Page, route)


async def _for_anybody(request: Request, actor: Actor, make: Callable[[], Awaitable[_Kept]]) -> _Kept:
    places = (place(f"key{number}") for number in count())
    keys = making.set(lambda: next(places))
    request.state.actor = Anybody.like(actor)
    try:
        return await make()
    finally:
        request.state.actor = actor
        making.reset(keys)


def _asked(request: Request) -> Hashable:
    url, headers = request.url, request.headers
    return url.path, url.query, headers.get("hx-request"), headers.get("hx-target")


def _own_pages(request: Request) -> set[Hashable]:
    state = request.app.state
    if not hasattr(state, "own_pages") or len(state.own_pages) >= _MOST_OWN:
        state.own_pages = set()
    found: set[Hashable] = state.own_pages
    return found


def _of_own(error: BaseException | None) -> bool:
    """Whether it came of something of a person's own; drivers wrap what they can't send."""
    while error is not None and not isinstance(error, NotAlike):
        error = error.__cause__ or error.__context__
    return error is not None
