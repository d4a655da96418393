"""When maintenance is due, and what a plan may say. Pure; all days are days of the site's calendar."""

import enum
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any

from backend.core.errors import N_, Invalid
from backend.maintenance.models import MaintenanceKind, MaintenancePlan

LONGEST_INTERVAL_DAYS = 3660
"""Ten years."""
LONGEST_NOTICE_DAYS = 90
LONGEST_NAME = 120
LONGEST_WORDS = 1000
EARLIEST = date(1990, 1, 1)
FURTHEST = timedelta(days=LONGEST_INTERVAL_DAYS)


@dataclass(frozen=True)
class Terms:
    """What a plan asks for. ``interval_days`` None: once, on ``since``; else ``since`` is when it was last done, or
    from when it is counted."""

    name: str
    kind: str
    since: date
    interval_days: int | None
    post_id: int | None
    name_en: str = ""
    notice_days: int = 7
    asks_photo: bool = False

    @classmethod
    def of(cls, plan: MaintenancePlan) -> "Terms":
        """What the plan asks for now."""
        return cls(**{name: getattr(plan, name) for name in cls.__dataclass_fields__})

    @property
    def tidied(self) -> "Terms":
        """Without blanks around words."""
        return Terms(**{**asdict(self), "name": self.name.strip(), "name_en": self.name_en.strip()})

    def stored(self) -> dict[str, Any]:
        """As JSON."""
        return {**asdict(self), "kind": str(self.kind), "since": self.since.isoformat()}


def due_on(since: date, interval_days: int | None, last_done: date | None) -> date | None:
    """When it is due next: an interval after it was last done, or after ``since``; once, on ``since`` until it is
    done; None: never more."""
    if interval_days is None:
        return since if last_done is None else None
    return (last_done or since) + timedelta(days=interval_days)


class Standing(enum.StrEnum):
    """How what is due stands on a day. The day itself is still in time."""

    LATE = "late"
    SOON = "soon"
    LATER = "later"


def standing(due: date, notice_days: int, today: date) -> Standing:
    """How it stands ``today``."""
    if due < today:
        return Standing.LATE
    return Standing.SOON if due - timedelta(days=notice_days) <= today else Standing.LATER


def check_terms(terms: Terms, today: date) -> None:
    """What a plan can't ask for. Raises Invalid with a message a field."""
    wrong: dict[str, str] = {}
    if not 0 < len(terms.name.strip()) <= LONGEST_NAME:
        wrong["name"] = N_("请写明做什么，不超过 120 个字符")
    if len(terms.name_en.strip()) > LONGEST_NAME:
        wrong["name_en"] = N_("名称太长，请控制在 120 个字符以内")
    if terms.kind not in set(MaintenanceKind):
        wrong["kind"] = N_("请选择类型")
    if terms.interval_days is not None and not 1 <= terms.interval_days <= LONGEST_INTERVAL_DAYS:
        wrong["interval_days"] = N_("间隔请填写 1 到 3660 天")
    if not 0 <= terms.notice_days <= LONGEST_NOTICE_DAYS:
        wrong["notice_days"] = N_("提前天数请填写 0 到 90")
    if terms.post_id is None:
        wrong["post_id"] = N_("请选择责任岗位")
    latest = today + FURTHEST if terms.interval_days is None else today
    if not EARLIEST <= terms.since <= latest:
        once = terms.interval_days is None
        wrong["since"] = N_("截止日期请选在十年以内") if once else N_("上次完成的日期不能晚于今天")
    if wrong:
        raise Invalid(fields=wrong)


def done_day(day: date, today: date) -> date:
    """``day`` as when something was done. Raises Invalid for one that is still to come or too long ago."""
    if not today - timedelta(days=366) <= day <= today:
        raise Invalid(fields={"done_on": N_("完成日期不能晚于今天，也不能早于一年前")})
    return day
