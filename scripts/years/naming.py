"""Which accident type people tell of an incident or a hazard: what its kind, its words or its equipment speak of. Some
tell none.
"""

import random
from collections.abc import Sequence

from backend.hazards.accidents import Accident
from backend.incidents.models import IncidentKind
from scripts.years.catalogue import of_class

UNTOLD_INCIDENTS, UNTOLD_REPORTS = 0.12, 0.35
"""Shares of closed incidents and of accepted reports of which nobody tells a type."""
_BY_KIND = {
    IncidentKind.FIRE: (Accident.FIRE,),
    IncidentKind.GAS_LEAK: (Accident.LEAK, Accident.LEAK, Accident.LEAK, Accident.POISONING),
}
_BY_WORDS = {
    "护栏松动": (Accident.FALL_FROM_HEIGHT,),
    "地面有积水": (Accident.FALL,),
    "消防器材被遮挡": (Accident.FIRE,),
    "未戴防护镜作业": (Accident.STRUCK, Accident.BURN),
    "阀门手轮缺失": (Accident.LEAK,),
    "保温层破损": (Accident.BURN,),
    "警示标识不清": (),
}


def of_incident(dice: random.Random, kind: str, equipment: str, *, over: bool) -> str:
    """Told when it is closed; ``equipment``: the class of what it befell."""
    told = _BY_KIND.get(IncidentKind(kind), _of_class(equipment))
    return _told(dice, told, UNTOLD_INCIDENTS) if over else ""


def of_report(dice: random.Random, words: str, equipment: str, *, accepted: bool) -> str:
    """Told by who accepts it: by its words, of a check-in by what the equipment's risk points speak of."""
    told = _BY_WORDS.get(words, _of_class(equipment))
    return _told(dice, told, UNTOLD_REPORTS) if accepted else ""


def _told(dice: random.Random, types: Sequence[Accident], untold: float) -> str:
    silent = dice.random() < untold
    return str(dice.choice(types)) if types and not silent else ""


def _of_class(equipment: str) -> Sequence[Accident]:
    """Every type once for each source that names it, so that the most usual is told most."""
    return [one for source in of_class(equipment) for one in source.accidents]
