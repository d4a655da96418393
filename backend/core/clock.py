"""The only place that asks what time it is, so that a demo's past and tests can say."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta

AS_GOOD_AS_NOW = timedelta(minutes=1)
_held: ContextVar[datetime | None] = ContextVar("held", default=None)


def now() -> datetime:
    """The present moment, in UTC with zone."""
    return _held.get() or datetime.now(UTC)


@contextmanager
def holding(moment: datetime) -> Iterator[None]:
    """In this task, and what it starts, it is ``moment`` (with zone)."""
    before = _held.set(moment.astimezone(UTC))
    try:
        yield
    finally:
        _held.reset(before)


def true_moment(captured_at: datetime | None, device_now: datetime | None, received: datetime) -> datetime | None:
    """When, by our clock, something was captured on a phone that could send it only later; None: just now, or unknown.

    A phone's clock may be hours wrong, but it runs: what counts is how long before the sending (``device_now``, by
    the same clock) it was. All three have a zone; one without says nothing.
    """
    if captured_at is None or captured_at.tzinfo is None:
        return None
    sent = device_now if device_now is not None and device_now.tzinfo is not None else received
    age = sent - captured_at
    return received - age if age >= AS_GOOD_AS_NOW else None
