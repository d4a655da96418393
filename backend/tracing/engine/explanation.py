"""Why a cause stands where it stands, as values: the product makes sentences of them in the user's language."""

from dataclasses import dataclass
from enum import StrEnum


class Reason(StrEnum):
    """What speaks for or against a cause."""

    MOVED_FIRST = "moved_first"  # value: seconds before the next point moved
    MOVED_BEFORE_SYMPTOM = "moved_before_symptom"  # value: seconds
    UNEXPLAINED = "unexplained"  # value: standard deviations that its graph parents don't explain
    DEVIATES = "deviates"  # value: robust standard deviations at the most, signed
    RESEMBLES_SYMPTOM = "resembles_symptom"  # value: 0 … 1
    REACHES_DEVIATING = "reaches_deviating"  # value: share of the deviation that lies downstream, 0 … 1
    PRECEDES_ALARM = "precedes_alarm"  # value: 0 … 1; points: the alarms
    NOT_MEASURED = (
        "not_measured"  # a unit without readings; value: how many points come first downstream; points: likest
    )
    MOVED_AFTER_SYMPTOM = "moved_after_symptom"  # value: seconds
    EXPLAINED_BY_PARENT = "explained_by_parent"  # points: the deviating parent
    NO_WAY_TO_SYMPTOM = "no_way_to_symptom"
    COMPENSATES = "compensates"  # a controller moves this point; points: what it controls
    SELDOM_READ = "seldom_read"  # value: share of normal rows with a reading
    WEAK = "weak"  # value: robust standard deviations


@dataclass(frozen=True, slots=True)
class Evidence:
    """One reason with its measure (unit as noted at the reason) and the other points it names."""

    reason: Reason
    value: float
    points: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Explanation:
    """`supports` and `against`, weightiest first. `unmeasured_above`: nodes upstream without readings that may be
    the true origin and are worth a look on site."""

    supports: tuple[Evidence, ...]
    against: tuple[Evidence, ...]
    unmeasured_above: tuple[str, ...] = ()
