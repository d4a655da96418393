"""How often a control fails, and how sure that is. Pure."""

import enum
from dataclasses import dataclass
from math import sqrt

Z95 = 1.96
LEAST_TRIES = 5


class ControlKind(enum.StrEnum):
    """What was to keep people safe, and how it fails."""

    RULE = "rule"
    """An alarm rule, when its alarm was judged false."""
    ROUND = "round"
    """An inspection plan, when a visit was missed."""
    LOOK = "look"
    """The looks of a plan, when a person was there within the day before something went wrong, and found all well."""
    MEASURE = "measure"
    """Rectifications of a class of equipment, when the hazard came back after it was verified."""


@dataclass(frozen=True)
class Control:
    """A control with what it was tried at and where it failed."""

    kind: ControlKind
    id: int
    name: str
    name_en: str
    tries: int
    failures: int

    @property
    def share(self) -> float:
        """Failures of the tries."""
        return self.failures / self.tries

    @property
    def between(self) -> tuple[float, float]:
        """Where the true share lies, with 95 %."""
        return wilson(self.failures, self.tries)


def wilson(failures: int, tries: int) -> tuple[float, float]:
    """The 95 % interval of a share (Wilson, JASA 22, 1927): right also for few tries. ``tries`` > 0."""
    share, z2 = failures / tries, Z95 * Z95
    middle = (share + z2 / (2 * tries)) / (1 + z2 / tries)
    half = Z95 * sqrt(share * (1 - share) / tries + z2 / (4 * tries * tries)) / (1 + z2 / tries)
    return max(0.0, middle - half), min(1.0, middle + half)


def weakest(controls: list[Control], most: int = 8) -> list[Control]:
    """Those that surely fail most, by the lower end of the interval: one failure of one try isn't the worst."""
    tried = [one for one in controls if one.tries >= LEAST_TRIES and one.failures]
    return sorted(tried, key=lambda one: (-one.between[0], one.kind, one.id))[:most]
