"""What a demo site has lived through: a recorded fault, and what its sample people did about it.

A pack says only what people did, when and in which words; alarms, traces, the incident and its report are made of the
recorded readings by the code that makes them for any plant (``starter.living``).
"""

from collections.abc import Collection, Iterator
from typing import Literal

from backend.core.strict import Strict
from backend.incidents.models import ACTIONS, IncidentKind
from backend.tracing.models import ANSWERS

Does = Literal["acknowledge", "report", "lead", "log", "answer", "tick", "contain", "close"]


class DeedSpec(Strict, frozen=True):
    """What one person did. ``row``: so many rows after the fault began, parts of one too.

    ``steps``: of ``tick``, how many further steps of the emergency plan. ``question``: of ``answer``, which one the
    trace asks at ``equipment``.
    """

    row: float
    account: str
    does: Does
    words: str = ""
    incident_kind: IncidentKind = IncidentKind.OTHER
    equipment: str = ""
    deed: str = ""
    question: str = ""
    answer: str = ""
    steps: int = 0
    losses: str = ""
    loss_yuan: str = ""
    injured: int | None = None


class StorySpec(Strict, frozen=True):
    """A fault of the pack's runs. Before it come ``normal_rows``; after ``fault_rows`` the plant stands still, until
    ``restart_rows`` of normal work lead to the site's present."""

    fault: int
    began_hours_ago: float
    normal_rows: int
    fault_rows: int
    restart_rows: int
    deeds: list[DeedSpec]


def story_faults(story: StorySpec, *, accounts: Collection[str], equipment: Collection[str]) -> Iterator[str]:
    """What is wrong with a story: people, equipment or deeds that don't exist, an order in which nobody could act."""
    rows = [deed.row for deed in story.deeds]
    if rows != sorted(rows) or any(row < 0 for row in rows):
        yield "story: its deeds must be in the order of their rows, from the beginning of the fault"
    for deed in story.deeds:
        if deed.account not in accounts:
            yield f"story, row {deed.row}: there is no {deed.account}"
        if deed.does in ("report", "answer") and deed.equipment not in equipment:
            yield f"story, row {deed.row}: there is no {deed.equipment}"
        if deed.does == "log" and deed.deed not in set(ACTIONS):
            yield f"story, row {deed.row}: nobody can log {deed.deed}"
        if deed.does == "answer" and deed.answer not in ANSWERS:
            yield f"story, row {deed.row}: nobody can answer {deed.answer}"
    does = [deed.does for deed in story.deeds]
    if [one for one in does if one in ("report", "contain", "close")] != ["report", "contain", "close"]:
        yield "story: it is reported, contained and closed, once each and in this order"
