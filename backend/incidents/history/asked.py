"""What of the history is asked for: as typed into an address, which can be shared, and as values. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass, field, fields, replace
from datetime import datetime, tzinfo
from typing import Annotated
from urllib.parse import urlencode

from fastapi import Query

from backend.hazards.forms import database_id
from backend.incidents.history.periods import Period, period_of
from backend.incidents.models import IncidentState

UNKNOWN_CAUSE = "none"
"""Asked for: those of which no cause is known."""
HOURS = 4
"""The day is cut into stretches of so many hours: six of them side by side are still hit by a thumb."""
PLACES = ("stage", "area", "equipment")
NARROWING = (*PLACES, "class", "cause", "level", "kind", "accident", "phase", "state", "weekday", "hour")
"""What narrows the history besides the period, in the order in which it is shown."""

Short = Annotated[str, Query(max_length=20)]
Named = Annotated[str, Query(max_length=120)]


@dataclass(frozen=True)
class Asked:
    """As typed; empty: not asked for. ``from`` and ``to`` are days, ``against_from`` and ``against_to`` too."""

    period: Short = ""
    from_: Annotated[str, Query(alias="from", max_length=20)] = ""
    to: Short = ""
    stage: Short = ""
    area: Short = ""
    equipment: Short = ""
    class_: Annotated[str, Query(alias="class", max_length=120)] = ""
    cause: Named = ""
    level: Short = ""
    kind: Annotated[str, Query(max_length=40)] = ""
    accident: Annotated[str, Query(max_length=40)] = ""
    phase: Short = ""
    state: Short = ""
    weekday: Short = ""
    hour: Short = ""
    against: Short = ""
    against_from: Short = ""
    against_to: Short = ""

    def typed(self, name: str) -> str:
        """What was typed for the parameter ``name``."""
        return str(getattr(self, _FIELDS[name])).strip()

    def pairs(self) -> Iterator[tuple[str, str]]:
        """All parameters that were asked for, in their order."""
        return ((name, typed) for name in _FIELDS if (typed := self.typed(name)))

    def but(self, **changes: object) -> "Asked":
        """The same with other values, by parameter name; None takes one away."""
        return replace(self, **{_FIELDS[name]: "" if new is None else str(new) for name, new in changes.items()})

    def url(self, path: str = "", **changes: object) -> str:
        """The page of the history below ``/incidents/history`` that shows it, some of it changed."""
        query = urlencode(list(self.but(**changes).pairs()))
        return f"/incidents/history{path}{'?' if query else ''}{query}"

    def narrowed(self) -> list[str]:
        """Which parameters narrow it, besides the period."""
        return [name for name in NARROWING if self.typed(name)]

    def read(self, now: datetime, zone: tzinfo) -> "Wanted":
        """As values. Raises Invalid beside the period's fields; an id or code that can't be finds nothing."""
        wanted = {name: typed for name in NARROWING if (typed := self.typed(name))}
        period = period_of(self.period, self.from_, self.to, now, zone)
        return Wanted(period, {name: _value(name, typed) for name, typed in wanted.items()}, str(zone))


@dataclass(frozen=True)
class Wanted:
    """What is asked for. ``narrowed``: by parameter, ids and numbers as such; ``zone`` decides hours and weekdays."""

    period: Period
    narrowed: dict[str, str | int] = field(default_factory=dict)
    zone: str = "UTC"

    @property
    def state(self) -> str:
        """The state asked for; empty: whatever isn't a false alarm."""
        return str(self.narrowed.get("state", ""))

    @property
    def real_only(self) -> bool:
        """Whether what was called off is left out, as it is unless asked for."""
        return self.state != IncidentState.CALLED_OFF


_FIELDS = {one.name.rstrip("_"): one.name for one in fields(Asked)}
_NUMBERS = (*PLACES, "weekday", "hour")


def _value(name: str, typed: str) -> str | int:
    if name not in _NUMBERS:
        return typed
    number = database_id(typed)
    return -1 if number is None else number
