"""What of the indicators is asked for: as typed into an address, which can be shared, and as values. Pure."""

from dataclasses import dataclass, fields, replace
from datetime import date
from typing import Annotated
from urllib.parse import urlencode

from fastapi import Query

from backend.core.clock import now
from backend.core.errors import NotFound
from backend.hazards.forms import database_id
from backend.identity.actor import Actor
from backend.operations.indicators.queries.reading import WHOLE, Scope
from backend.operations.indicators.registry import DIMENSIONS, INDICATORS, Indicator
from backend.operations.indicators.windows import DAY, PERIODS, USUAL_PERIOD, Window, window_of

Short = Annotated[str, Query(max_length=30)]
MOST_DAYS = 5 * 366


@dataclass(frozen=True)
class Asked:
    """As typed; empty: not asked for. ``from`` and ``to`` are days, both within, and go before a period."""

    period: Short = ""
    scope: Short = ""
    from_: Annotated[str, Query(alias="from", max_length=20)] = ""
    to: Short = ""
    measure: Short = ""
    counted: Annotated[str, Query(max_length=3)] = ""
    change: Short = ""

    def url(self, path: str = "", **changes: object) -> str:
        """The page below ``/indicators`` that shows it, some of it changed; None takes a part away."""
        typed = replace(self, **{_FIELDS[name]: "" if new is None else str(new) for name, new in changes.items()})
        pairs = [(name, value) for name, key in _FIELDS.items() if (value := getattr(typed, key))]
        query = urlencode(pairs)
        return f"/indicators{path}{'?' if query else ''}{query}"

    def read_scope(self) -> Scope:
        """Of what; whatever can't be read finds all."""
        dimension, _, member = self.scope.partition("-")
        number = 0 if member == "0" else database_id(member)
        return Scope(dimension, number) if dimension in DIMENSIONS and number is not None else WHOLE

    @property
    def chosen_period(self) -> str:
        """One of ``PERIODS``."""
        return self.period if self.period in PERIODS else USUAL_PERIOD

    def read_window(self, today: date) -> Window:
        """Its days."""
        first, last = _day(self.from_), _day(self.to)
        if first is None or last is None or not 0 <= (last - first).days < MOST_DAYS:
            return window_of(self.chosen_period, today)
        return Window(first, last + DAY)

    def read_measure(self, indicator: Indicator) -> str:
        """One of the indicator's measures; its own unless another is named."""
        known = (indicator.measure, *indicator.beside)
        return self.measure if self.measure in known else indicator.measure

    def read_counted(self) -> bool | None:
        """Only those in the numerator, only those not, or all."""
        return {"yes": True, "no": False}.get(self.counted)


_FIELDS = {one.name.rstrip("_"): one.name for one in fields(Asked)}


def _day(typed: str) -> date | None:
    try:
        day = date.fromisoformat(typed.strip())
    except ValueError:
        return None
    return day if date(2000, 1, 1) <= day < date(2200, 1, 1) else None


def today_of(actor: Actor) -> date:
    """The site's day."""
    return now().astimezone(actor.zone).date()


def known(code: str) -> Indicator:
    """The indicator of that code. Raises NotFound."""
    if code not in INDICATORS:
        raise NotFound()
    return INDICATORS[code]
