"""Reads a source's norm as people type it. Pure."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated

from fastapi import Form

from backend.alarms.drafts import read_number
from backend.core.errors import N_, Invalid
from backend.telemetry.quality.measuring import LATENESS_S, PEOPLE_LATENESS_S, USUAL_OF_PEOPLE, Norm
from backend.telemetry.quality.models import Family

LONGEST_INTERVAL_S = 7 * 86_400
LONGEST_REASON = 500
MOST_QUIET_DAYS = 200
BACK_DAYS = 30
_Short = Annotated[str, Form(max_length=40)]


@dataclass(frozen=True)
class Wanted:
    """What somebody wants of a source from ``since`` on, and who shall answer for it."""

    norm: Norm
    owner_id: int | None
    owner_post_id: int | None
    since: date
    reason: str
    version: int


@dataclass
class NormForm:
    """The fields as they came. ``trying``: show what it would have given, don't save."""

    owner: _Short = ""
    interval: _Short = ""
    lateness: _Short = ""
    complete: _Short = ""
    target: _Short = ""
    weekdays: Annotated[list[str] | None, Form()] = None
    quiet_days: Annotated[str, Form(max_length=4000)] = ""
    back: _Short = ""
    reason: Annotated[str, Form(max_length=2000)] = ""
    version: Annotated[int, Form(ge=0, lt=2**31)] = 0
    trying: _Short = ""

    def read(self, family: str, today: date) -> Wanted:
        """What was typed, checked. Raises Invalid with a message a field."""
        wrong: dict[str, str] = {}
        machine = family == Family.MACHINE
        interval = self._interval(wrong) if machine else None
        lateness = int(self.lateness) if self.lateness.isdecimal() else 0
        if lateness not in (LATENESS_S if machine else PEOPLE_LATENESS_S):
            wrong["lateness"] = N_("请选择一项")
        complete = self._percent("complete", self.complete, wrong) if machine else USUAL_OF_PEOPLE.complete_wanted
        target = self._percent("target", self.target, wrong)
        quiet = self._quiet(wrong)
        weekdays = tuple(sorted({int(one) for one in self.weekdays or () if one in "1234567" and len(one) == 1}))
        if len(weekdays) == 7:
            wrong["weekdays"] = N_("至少留一天有数据")
        reason = self.reason.strip().replace("\0", "")
        if not reason and not self.trying:
            wrong["reason"] = N_("请写明为什么改")
        elif len(reason) > LONGEST_REASON:
            wrong["reason"] = N_("请不要超过 500 个字")
        kind, _, number = self.owner.partition("-")
        if self.owner and (kind not in {"person", "post"} or not number.isdecimal() or len(number) > 18):
            wrong["owner"] = N_("请选择一项")
        if wrong:
            raise Invalid(fields=wrong)
        return Wanted(
            Norm(self.version + 1, interval, lateness, complete, target, weekdays, quiet),
            int(number) if kind == "person" else None,
            int(number) if kind == "post" else None,
            today - timedelta(days=BACK_DAYS - 1) if self.back else today,
            reason,
            self.version,
        )

    def _interval(self, wrong: dict[str, str]) -> float | None:
        if not self.interval.strip():
            return None
        number = read_number(self.interval, 0.0)
        if number is None or not 0.1 <= number <= LONGEST_INTERVAL_S:
            wrong["interval"] = N_("请填写 0.1 到 604800 的秒数，或留空")
        return number

    @staticmethod
    def _percent(name: str, typed: str, wrong: dict[str, str]) -> float:
        number = read_number(typed.strip().rstrip("%％"), float("nan"))
        if number is None or not 1 <= number <= 100:
            wrong[name] = N_("请填写 1 到 100 的数")
            return 1.0
        return number / 100

    def _quiet(self, wrong: dict[str, str]) -> tuple[str, ...]:
        """Dates apart by spaces, commas or lines; ``2026-10-01..2026-10-07`` for all of them."""
        found: set[date] = set()
        for piece in self.quiet_days.replace("，", " ").replace(",", " ").replace("、", " ").split():
            first, _, last = piece.partition("..")
            try:
                begin, end = date.fromisoformat(first), date.fromisoformat(last or first)
            except ValueError:
                wrong["quiet_days"] = N_("请写成 2026-10-01 或 2026-10-01..2026-10-07")
                return ()
            if not 0 <= (end - begin).days < MOST_QUIET_DAYS or len(found) > MOST_QUIET_DAYS:
                wrong["quiet_days"] = N_("停产日期最多 200 天，开始不能晚于结束")
                return ()
            found |= {begin + timedelta(days=n) for n in range((end - begin).days + 1)}
        return tuple(sorted(one.isoformat() for one in found))
