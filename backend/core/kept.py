"""Keeps what was counted or drawn for half a minute or less; who asks for the same meanwhile waits for the one at work.

Three years of a plant take the database a tenth of a second to count by ten things at once, and a page of charts takes
as long to be drawn. A key holds all that tells answers apart: the site, what of it somebody may see, the language, and
as of when its figures are, so that a new count is seen at once.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Generic, TypeVar

from fastapi import Request
from markupsafe import Markup

KEPT_S = 30.0
MOST = 256
_Value = TypeVar("_Value")
_depth: ContextVar[int] = ContextVar("depth", default=0)


@contextmanager
def keeping() -> Iterator[None]:
    """While something is made that others get too."""
    token = _depth.set(_depth.get() + 1)
    try:
        yield
    finally:
        _depth.reset(token)


def kept_within_kept() -> bool:
    """Whether what is being made is kept as a part of something kept: what it asks about is heard but once."""
    return _depth.get() > 1


class Kept(Generic[_Value]):
    """Values by key; at most ``MOST``, each for ``kept_s``. What failed isn't kept."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, kept_s: float = KEPT_S) -> None:
        self._clock = clock
        self._kept_s = kept_s
        self._kept: dict[Hashable, tuple[float, asyncio.Future[_Value]]] = {}

    async def get(self, key: Hashable, make: Callable[[], Awaitable[_Value]]) -> _Value:
        """What is kept under ``key``; made by who asks first, and by the next where that failed."""
        while (known := self._fresh(key)) is not None:
            await asyncio.wait([known])
            if not known.cancelled():
                return known.result()
        future: asyncio.Future[_Value] = asyncio.get_running_loop().create_future()
        self._kept[key] = (self._clock(), future)
        try:
            with keeping():
                future.set_result(await make())
        finally:
            if not future.done():
                del self._kept[key]
                future.cancel()
        return future.result()

    def _fresh(self, key: Hashable) -> asyncio.Future[_Value] | None:
        oldest = self._clock() - self._kept_s
        done = [one for one, (_, future) in self._kept.items() if future.done()]
        gone = [one for one in done if self._kept[one][0] < oldest]
        for one in gone or (done[:1] if len(self._kept) >= MOST else []):
            del self._kept[one]
        known = self._kept.get(key)
        return known[1] if known else None


def kept_of(request: Request, name: str, kept_s: float = KEPT_S) -> Kept[Any]:
    """What this web process keeps of the pages ``name``."""
    state = request.app.state
    if not hasattr(state, "kept"):
        state.kept = {}
    kept: Kept[Any] = state.kept.get(name) or state.kept.setdefault(name, Kept(kept_s=kept_s))
    return kept


def kept_drawings(request: Request, name: str) -> Kept[Markup]:
    """The same of pages that are kept as they are drawn."""
    return kept_of(request, name)
