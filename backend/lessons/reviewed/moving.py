"""A rule's limits with one moved. Pure, and light: the web role needs it without what replays readings."""

from collections.abc import Mapping

from backend.alarms.parameters import Limit


def with_limit(limits: Mapping[str, Limit], name: str, value: float, level: str = "") -> dict[str, Limit]:
    """The limits with one at another value, its level kept, or added with ``level`` (empty: the rule's own)."""
    known = limits.get(name)
    return {**limits, name: Limit(value, known.level if known else level)}
