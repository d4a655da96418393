"""The only place that asks what time it is, so that tests can say."""

from datetime import UTC, datetime


def now() -> datetime:
    """The present moment, in UTC with zone."""
    return datetime.now(UTC)
