"""A trial's stored outcome as its page and the API show it. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from backend.alarms.models import RuleKind
from backend.alarms.versions import FIELDS
from backend.operations.alarmload.models import Purpose, RuleTrial, TrialState

_TIMING = ("deadband", "on_delay_s", "off_delay_s")


@dataclass(frozen=True)
class Missed:
    """An alarm that mattered, and that would not come (``later_s`` None) or come later."""

    alarm_id: int | None
    at: datetime
    judged_true: bool
    incident_id: int | None
    later_s: float | None = None


@dataclass(frozen=True)
class Stretch:
    """A time in alarm."""

    limit: str
    from_at: datetime
    to_at: datetime


@dataclass(frozen=True)
class Side:
    """What one version raised on the readings: alarms, minutes in alarm, the latest of them."""

    alarms: int = 0
    minutes: float = 0.0
    stretches: list[Stretch] = field(default_factory=list)


@dataclass(frozen=True)
class TrialView:
    """The outcome. ``compares``: there is a version in force to set beside; ``found``: a suggestion was."""

    done: bool
    compares: bool
    found: bool
    readings: int
    before: Side
    after: Side
    lost: list[Missed]
    later: list[Missed]
    long_lost: list[Stretch]
    kept: int
    unseen: int
    latest_s: float
    tried: int
    cells: list[tuple[int, float, float]]
    changed: list[tuple[str, float, float]]
    """(words, before, after) of deadband and delays."""
    limit: tuple[str, float] | None
    """The limit that is drawn: the nearest of the draft's."""

    @property
    def safe(self) -> bool:
        """Whether nothing that mattered is lost."""
        return not self.lost and not self.long_lost

    @property
    def can_be_taken(self) -> bool:
        """Whether it is a suggestion that can be put in force."""
        return self.done and self.found and self.safe

    @property
    def percent(self) -> int | None:
        """By how much the alarms become fewer, in whole per cent; below 0 they become more."""
        return round((1 - self.after.alarms / self.before.alarms) * 100) if self.before.alarms else None


def view_of(trial: RuleTrial) -> TrialView:
    """What the trial found so far."""
    result: Mapping[str, Any] = trial.result
    draft: Mapping[str, Any] = trial.draft or trial.present
    return TrialView(
        done=trial.state == TrialState.DONE,
        compares=bool(trial.present),
        found=trial.purpose == Purpose.SUGGEST and bool(trial.draft),
        readings=int(result.get("readings", 0)),
        before=_side(result.get("present", {})),
        after=_side(result.get("draft", {})),
        lost=[_missed(one) for one in result.get("lost", [])],
        later=[_missed(one["needed"], one["later_s"]) for one in result.get("later", [])],
        long_lost=_stretches(result.get("long_lost", [])),
        kept=int(result.get("kept", 0)),
        unseen=int(result.get("unseen", 0)),
        latest_s=float(result.get("latest_s", 0.0)),
        tried=int(result.get("tried", 0)),
        cells=[(int(at), low, high) for at, low, high in result.get("trend", [])],
        changed=_changed(trial.present, trial.draft),
        limit=_limit(draft),
    )


def _changed(present: Mapping[str, Any], draft: Mapping[str, Any]) -> list[tuple[str, float, float]]:
    if not present or not draft:
        return []
    pairs = ((name, float(present[name]), float(draft[name])) for name in _TIMING)
    return [(FIELDS[name], before, after) for name, before, after in pairs if before != after]


def _limit(draft: Mapping[str, Any]) -> tuple[str, float] | None:
    limits = draft["parameters"].get("limits", {}) if draft.get("kind") == RuleKind.THRESHOLD else {}
    name = next((name for name in ("H", "L", "HH", "LL") if name in limits), None)
    return (name, float(limits[name]["value"])) if name else None


def _side(stored: Mapping[str, Any]) -> Side:
    return Side(int(stored.get("alarms", 0)), stored.get("seconds", 0.0) / 60, _stretches(stored.get("shown", [])))


def _stretches(stored: Sequence[Sequence[Any]]) -> list[Stretch]:
    return [Stretch(limit, _moment(from_at), _moment(to_at)) for limit, from_at, to_at in stored]


def _missed(stored: Mapping[str, Any], later_s: float | None = None) -> Missed:
    return Missed(stored["alarm_id"], _moment(stored["from_at"]), stored["judged_true"], stored["incident_id"], later_s)


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
