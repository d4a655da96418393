"""The 五定 of a rectification: what is suggested, what is accepted. Pure: the moment is an argument."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from zoneinfo import ZoneInfo

from backend.alarms.models import Level
from backend.core.errors import N_, Invalid

DAYS_ALLOWED = {Level.MAJOR: 1, Level.SIGNIFICANT: 3, Level.GENERAL: 7, Level.LOW: 14}
"""Suggested days until the deadline by level. Ours, not a standard's."""
LONGEST = timedelta(days=366)
MOST_FUNDS = Decimal("999999999999.99")
MOST_LETTERS = {"title": 120, "cause": 1000, "measure": 1000, "contingency": 1000, "note": 1000}
_SHORTEST_LATE = timedelta(days=1)
"""What may still be given to a part of a whole that is late already."""
_CLOSE = timedelta(hours=48)


@dataclass(frozen=True)
class Plan:
    """What a person fixes when opening: 五定 and what it is about. ``funds`` in yuan, ``deadline`` with zone."""

    title: str
    measure: str
    owner_id: int
    deadline: datetime
    level: str
    cause: str = ""
    funds: Decimal | None = None
    contingency: str = ""
    alarm_id: int | None = None
    recurs_id: int | None = None
    """The former rectification that was verified and whose hazard has come back."""


def tidy(typed: str) -> str:
    """``typed`` as it is stored: trimmed, with plain line ends, without NUL (PostgreSQL takes none)."""
    return typed.replace("\0", "").replace("\r\n", "\n").strip()


def suggested_deadline(level: str, now: datetime, zone: ZoneInfo) -> datetime:
    """A deadline by level, cut to the full hour of the site's zone, so that the clock reads well."""
    due = (now + timedelta(days=DAYS_ALLOWED[Level(level)])).astimezone(zone)
    return due.replace(minute=0, second=0, microsecond=0)


@dataclass(frozen=True)
class DeadlineChoice:
    """A deadline that needs one tap. ``typed`` is what the form sends for it, ``words`` a msgid."""

    words: str
    due: datetime
    suggested: bool = False

    @property
    def typed(self) -> str:
        """The moment as ``<input type=datetime-local>`` would send it."""
        return typed_deadline(self.due)


def deadline_choices(level: str, now: datetime, zone: ZoneInfo) -> list[DeadlineChoice]:
    """The end of today, and some days from now; the one that fits ``level`` is suggested."""
    here = now.astimezone(zone)
    today = DeadlineChoice(N_("今天"), here.replace(hour=23, minute=59, second=0, microsecond=0))
    hour = here.replace(minute=0, second=0, microsecond=0)
    allowed = DAYS_ALLOWED[Level(level)]
    later = ((1, N_("明天")), (3, N_("3 天内")), (7, N_("7 天内")))
    return [today] + [
        DeadlineChoice(words, hour + timedelta(days=days), suggested=days == allowed) for days, words in later
    ]


def typed_deadline(due: datetime) -> str:
    """``due`` as ``<input type=datetime-local>`` holds it: the clock of its own zone, without it."""
    return due.replace(tzinfo=None).isoformat(timespec="minutes")


def read_deadline(typed: str, zone: ZoneInfo) -> datetime | None:
    """A moment as ``<input type=datetime-local>`` sends it, in the site's zone; None when it is none."""
    try:
        moment = datetime.fromisoformat(typed.strip())
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)


def read_funds(typed: str) -> Decimal | None:
    """Yuan with at most two decimals; "" is None. Raises Invalid for anything else."""
    plain = typed.strip().replace(",", "").replace("，", "")
    if not plain:
        return None
    refusal = Invalid(fields={"funds": N_("请填写金额，例如 1200 或 1200.50")})
    try:
        funds = Decimal(plain)
    except InvalidOperation:
        raise refusal from None
    if not funds.is_finite() or not 0 <= funds <= MOST_FUNDS or funds != round(funds, 2):
        raise refusal
    return round(funds, 2)


def check(plan: Plan, now: datetime) -> None:
    """Raise Invalid, naming every field that can't be accepted."""
    wrong = {name: N_("请填写") for name in ("title", "measure") if not getattr(plan, name).strip()}
    for name, most in MOST_LETTERS.items():
        if len(getattr(plan, name, "")) > most:
            wrong[name] = N_("内容太长，请精简")
    if plan.level not in set(Level):
        wrong["level"] = N_("请选择等级")
    if plan.deadline <= now:
        wrong["deadline"] = N_("期限必须晚于现在")
    elif plan.deadline > now + LONGEST:
        wrong["deadline"] = N_("期限不能超过一年")
    if wrong:
        raise Invalid(fields=wrong)


def check_extension(deadline: datetime, wanted: datetime, now: datetime) -> None:
    """Raise Invalid unless ``wanted`` is a deadline to extend ``deadline`` to."""
    if wanted <= max(deadline, now):
        raise Invalid(fields={"deadline": N_("新的期限必须晚于原期限和现在")})
    if wanted > now + LONGEST:
        raise Invalid(fields={"deadline": N_("期限不能超过一年")})


def later_deadline(deadline: datetime, now: datetime, zone: ZoneInfo) -> datetime:
    """What is suggested to who asks for an extension: three days after the deadline or, when that has passed, now."""
    later = (max(deadline, now) + timedelta(days=3)).astimezone(zone)
    return later.replace(minute=0, second=0, microsecond=0)


def latest_of_part(deadline: datetime, now: datetime) -> datetime:
    """The latest deadline of a part: the one of the whole, ``deadline``; when that has passed, a day from ``now``."""
    return deadline if deadline > now else now + _SHORTEST_LATE


def title_of_part(measure: str) -> str:
    """What a part is called: the first line of what is to be done, cut to a title's length."""
    line = measure.split("\n", maxsplit=1)[0]
    most = MOST_LETTERS["title"]
    return line if len(line) <= most else line[: most - 1] + "…"


@dataclass(frozen=True)
class TimeLeft:
    """How long until the deadline, as people say it: whole days or, when close, whole hours."""

    overdue: bool
    unit: str
    """``day`` or ``hour``."""
    count: int


def time_left(deadline: datetime, now: datetime) -> TimeLeft:
    """Time until ``deadline``, or since it. Below 48 hours in hours, at least 1."""
    span = abs(deadline - now)
    if span < _CLOSE:
        return TimeLeft(deadline < now, "hour", max(1, int(span.total_seconds() // 3600)))
    return TimeLeft(deadline < now, "day", span.days)
