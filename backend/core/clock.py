"""The only place that asks what time it is, so that tests can say."""

from datetime import UTC, datetime, timedelta

AS_GOOD_AS_NOW = timedelta(minutes=1)


def now() -> datetime:
    """The present moment, in UTC with zone."""
    return datetime.now(UTC)


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
