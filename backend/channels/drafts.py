"""A channel as somebody wants it. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from backend.channels.kinds import Kind
from backend.delivery.quiet import Span


@dataclass(frozen=True)
class Draft:
    """What was typed, checked. ``secrets``: None keeps those that are there."""

    kind: Kind
    name: str
    locale: str
    topics: tuple[str, ...]
    alarms_from: str
    area_ids: tuple[int, ...]
    stage_ids: tuple[int, ...]
    quiet: Span | None
    shown: str | None
    setting: Mapping[str, Any] = field(default_factory=dict)
    secrets: Mapping[str, str] | None = None
    further: Mapping[str, str] = field(default_factory=dict)
    """Single secrets that take the place of those that are there."""
