"""Who may appeal, until when, and who may answer. Pure."""

from datetime import datetime, timedelta

from backend.core.errors import N_, Conflict, Forbidden
from backend.operations.duty.rules import Rule

LONGEST_WORDS = 1000


def check_appealable(rule: Rule, frozen_at: datetime | None, present: datetime) -> None:
    """Raises Conflict once the time to appeal is over; a month that still runs can always be appealed."""
    if frozen_at is not None and present > frozen_at + timedelta(days=rule.appeal_days):
        raise Conflict(N_("申诉期已过：月度单生成后 %(days)s 天内可以申诉"), days=rule.appeal_days)


def may_answer(answerer: int, appellant: int, against: int | None) -> bool:
    """Never the one who appeals, nor the one whose judgement is appealed against."""
    return answerer not in {appellant, against}


def check_answerer(answerer: int, appellant: int, against: int | None) -> None:
    """Raises Forbidden."""
    if not may_answer(answerer, appellant, against):
        raise Forbidden(N_("本人和当初作出判断的人不能答复这条申诉"))
