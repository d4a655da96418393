"""When somebody must learn a course (again). Pure; days are the site's."""

import enum
from datetime import date, timedelta

RENEW_BEFORE = timedelta(days=30)
"""A certificate calls for renewal so long before it ends; the renewal is due on its last day."""


class Duty(enum.StrEnum):
    """How a course stands for a person."""

    OVERDUE = "overdue"
    DUE = "due"
    PASSED = "passed"
    FREE = "free"
    """Nobody asks for it; one may learn it."""


def duty(today: date, *, due_on: date | None, passed: bool, valid_until: date | None) -> tuple[Duty, date | None]:
    """The duty and the day it is due. ``due_on`` None: not assigned; ``valid_until`` None: passed for good."""
    if passed and (valid_until is None or valid_until - RENEW_BEFORE > today):
        return Duty.PASSED, None
    if due_on is None:
        still = passed and valid_until is not None and valid_until >= today
        return (Duty.PASSED if still else Duty.FREE), None
    due = valid_until if passed and valid_until is not None else due_on
    return (Duty.OVERDUE if due < today else Duty.DUE), due
