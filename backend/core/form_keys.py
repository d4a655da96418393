"""The word that a form carries so that it is taken once, however often a phone sends it (``core.idempotency``)."""

from collections.abc import Callable
from contextvars import ContextVar
from uuid import uuid4


def _new() -> str:
    return uuid4().hex


making: ContextVar[Callable[[], str]] = ContextVar("making", default=_new)
"""How a word is made; a page that many get has a place for it instead, as two people's forms are two."""


def form_key() -> str:
    """A new word, for a form that is shown."""
    return making.get()()
