"""Pages that are alike for all who see as much of a site: made once for them, and anew once something changed.

A page of three years of a plant costs a web process 20 to 100 ms, what is kept 4 to 8. Such a page is made for
``_Anybody``, an actor whose own things are but places: the person's id, their token and the keys of their forms are
filled in for each who asks. Whatever else the page does with who asks (a comparison, a look into their posts, a query
with their id) ends the attempt: then it is that person's own page, and is made for them alone. So nobody is ever shown
what was made for another.
"""

import re
import secrets
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass, fields
from functools import wraps
from itertools import count
from typing import Any, NoReturn, TypeVar, cast
from uuid import uuid4

from fastapi import Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from backend.core.form_keys import making
from backend.core.kept import kept_of
from backend.identity.actor import Actor
from backend.identity.models import Role
from backend.identity.queries.standing import stands_at
from backend.identity.sharing import sees

_Page = TypeVar("_Page", bound=Callable[..., Awaitable[Response]])

FRESH_S = 2.0
"""A page is made anew after so long though nothing was written down: readings, people on their way, deadlines."""
_SECRET = secrets.token_hex(16)
"""Of this process, so that nobody can write a place into a text and have another's token filled in there."""
_PLACE = re.compile(rf"own-{_SECRET}-(\w+)-own".encode())
"""Of letters that stand unchanged in HTML, in an address and in JSON: one that was escaped would never be filled in."""
_FILLED = ("person_id", "csrf_token")
_REFUSED = ("name", "name_en", "account", "post_ids", "session_id", "address", "request_id")
_MOST_OWN = 4096
"""Addresses known to give each their own page; when there are more, they are found out anew."""


def _place(name: str) -> str:
    return f"own-{_SECRET}-{name}-own"


class NotAlike(Exception):
    """What was made for many asked for what is one person's own."""


class _Own:
    """Stands for something of a person's own: can be printed where it is filled in, and nothing else."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __str__(self) -> str:
        return _place(self._name) if self._name in _FILLED else self._refuse()

    def __html__(self) -> str:
        return str(self)

    def _refuse(self, *_: object) -> NoReturn:
        raise NotAlike(self._name)

    __clause_element__ = property(_refuse)
    """SQLAlchemy asks for it first of all."""
    __bool__ = __int__ = __index__ = __len__ = __iter__ = __contains__ = __getitem__ = _refuse
    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = __add__ = __radd__ = __and__ = __or__ = __sub__ = _refuse
    __hash__ = _refuse


class _Anybody(Actor):
    """One who sees what an actor sees and is nobody; equal for all who see as much."""

    @classmethod
    def like(cls, actor: Actor) -> "_Anybody":
        known = {field.name: getattr(actor, field.name) for field in fields(Actor)}
        return cls(**known | {name: cast(Any, _Own(name)) for name in (*_FILLED, *_REFUSED)})

    @property
    def rights(self) -> Actor:
        return self

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Anybody) and sees(self) == sees(other)

    def __hash__(self) -> int:
        return hash(sees(self))


@dataclass(frozen=True)
class _Kept:
    """An answer without its places: ``pieces`` are bytes and names of places in turn. None of one's own."""

    status: int
    headers: dict[str, str]
    pieces: tuple[bytes, ...]

    @classmethod
    def of(cls, response: Response) -> "_Kept":
        headers = {name: value for name, value in response.headers.items() if name != "content-length"}
        return cls(response.status_code, headers, tuple(_PLACE.split(bytes(response.body))))

    def to(self, actor: Actor) -> Response:
        """The answer for one person."""
        own = {name: str(getattr(actor, name)) for name in _FILLED}
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
        who = (_asked(request), sees(actor))
        if actor.role == Role.WORKER or who in own:
            return await page(request=request, session=session, actor=actor, **asked)

        async def for_all() -> _Kept:
            return _Kept.of(await page(request=request, session=session, actor=request.state.actor, **asked))

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
        return found.to(actor)

    return cast(_Page, route)


async def _for_anybody(request: Request, actor: Actor, make: Callable[[], Awaitable[_Kept]]) -> _Kept:
    places = (_place(f"key{number}") for number in count())
    keys = making.set(lambda: next(places))
    request.state.actor = _Anybody.like(actor)
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
