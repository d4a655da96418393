"""What a record is looked at by: the circumstances that patterns are made of. Pure."""

from backend.lessons.mining import Attribute

_PLACE, _TIME, _WEATHER, _WHAT, _CAUSE, _PHASE, _TRAINING, _UPKEEP, _AGAIN = (
    "place",
    "time",
    "weather",
    "what",
    "cause",
    "phase",
    "training",
    "upkeep",
    "again",
)

ATTRIBUTES = (
    Attribute("class", _PLACE),
    Attribute("area", _PLACE),
    Attribute("team", _PLACE),
    Attribute("shift", _TIME),
    Attribute("weekday", _TIME),
    Attribute("weather", _WEATHER),
    Attribute("kind", _WHAT),
    Attribute("level", _WHAT),
    Attribute("cause", _CAUSE),
    Attribute("phase", _PHASE),
    Attribute("training", _TRAINING),
    Attribute("maintenance", _UPKEEP),
    Attribute("age", _UPKEEP),
    Attribute("again", _AGAIN),
)
TIED = (
    frozenset({_PLACE, _CAUSE}),
    frozenset({_PLACE, _TRAINING}),
    frozenset({_PLACE, _UPKEEP}),
    frozenset({_TRAINING, _UPKEEP}),
    frozenset({_WHAT, _CAUSE}),
)
"""Families that go together by the make of the plant: a valve has a valve's causes and its own maintenance."""
SHIFTS = 6
MIDDLE_AGED, OLD = 5, 10
"""Whole years in service from which equipment counts as middle-aged, and as old."""


def age_of(years: int) -> str:
    """The value of ``age``."""
    return "new" if years < MIDDLE_AGED else "middle" if years < OLD else "old"


def shift_of(clock: str, beginnings: list[str]) -> str:
    """The number, from 1, of the shift in which ``08:30`` lies; before the first begins the last one still runs."""
    begun = [number for number, beginning in enumerate(sorted(beginnings), start=1) if beginning <= clock]
    return str(begun[-1] if begun else len(beginnings))
