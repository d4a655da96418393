"""Which case calls for which course. Pure."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from backend.training.models import CauseRule


@dataclass(frozen=True)
class Case:
    """A confirmed root cause or a rectification: ``key`` is ``trace:5`` or ``rectification:8``."""

    key: str
    words: str
    equipment_id: int | None = None
    equipment_class: str = ""
    owner_post_id: int | None = None
    """The post that answers for the equipment."""


def fits(rule: CauseRule, case: Case) -> bool:
    """Whether everything that ``rule`` names is so in ``case``. A rule that names nothing fits none."""
    named = [
        rule.equipment_id is None or rule.equipment_id == case.equipment_id,
        not rule.equipment_class or rule.equipment_class == case.equipment_class,
        not rule.word or rule.word.casefold() in case.words.casefold(),
    ]
    return all(named) and bool(rule.equipment_id or rule.equipment_class or rule.word)


def asked_by(rule: CauseRule, case: Case) -> dict[str, Any] | None:
    """The column and id of whom the rule asks; None when nobody answers for the equipment."""
    for name in ("person_id", "post_id", "team_id"):
        if getattr(rule, name):
            return {name: getattr(rule, name)}
    return {"post_id": case.owner_post_id} if case.owner_post_id else None


def due_day(rule: CauseRule, today: date) -> date:
    """The site's day by which the course is to be passed."""
    return today + timedelta(days=rule.due_days)
