"""Who hears of maintenance that is due or late, and when. Pure; days are days of the site's calendar."""

import enum
from datetime import date, timedelta

from backend.identity.models import Role
from backend.maintenance.schedule import Standing, standing

AGAIN_DAYS = 3
"""So many days after people were told that it is late they hear it again."""
CLIMB_DAYS = 7
"""So many days late it reaches managers and safety officers too."""
TELLS_FROM_HOUR = 7
"""Nobody's phone rings at midnight because a day has begun."""


class News(enum.StrEnum):
    """What is told."""

    SOON = "soon"
    LATE = "late"


def news(due: date, notice_days: int, soon_told: date | None, late_told: date | None, today: date) -> News | None:
    """What is to be told ``today``: once that it is due soon, and every ``AGAIN_DAYS`` that it is late."""
    stands = standing(due, notice_days, today)
    if stands is Standing.LATE and (late_told is None or late_told + timedelta(days=AGAIN_DAYS) <= today):
        return News.LATE
    return News.SOON if stands is Standing.SOON and soon_told is None else None


def rungs(what: News, due: date, today: date) -> list[Role]:
    """Who besides the holders of its post hears it: late, the leaders of their teams; then those above."""
    if what is News.SOON:
        return []
    above = [Role.MANAGER, Role.SAFETY_OFFICER] if today >= due + timedelta(days=CLIMB_DAYS) else []
    return [Role.LEADER, *above]
