"""What the plant was doing when something broke out, guessed from the minutes before. Pure: no database, no clock.

A guess is shown as one, with its reason, until a person says what it was. The bounds are ours, not a standard's: what
runs carries flow, draws current or turns; a start-up or a shutdown moves most of that one way by a good part of what
is usual.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from backend.incidents.models import Phase

NEAR_ZERO = 0.05
"""Of what is usual: less is standing still."""
RAMP = 0.2
"""Of what is usual: so much in one direction is a ramp."""
MOST = 0.6
"""This share of the points must agree."""
LEAST_POINTS = 3
"""Fewer points say nothing of a plant."""
_MOVES = re.compile(r"(/\s*(h|s|min|d)|^(kW|W|MW|A|rpm|r/min|Hz))$")
"""Units of what stands at zero when the plant stands: flow, power, current, speed."""


@dataclass(frozen=True)
class Course:
    """How a point went in the minutes before: the means of their three thirds in its own unit. ``usual``: the size that
    it has while the plant runs, None where that isn't known."""

    unit: str
    thirds: tuple[float, float, float]
    usual: float | None

    @property
    def tells(self) -> bool:
        """Whether it tells of running or standing."""
        return self.usual is not None and self.usual > 0

    @property
    def stands(self) -> bool:
        """Whether it is near zero at the end."""
        return abs(self.thirds[2]) <= NEAR_ZERO * (self.usual or 0.0)

    @property
    def ramp(self) -> int:
        """1: it rose steadily by a good part of what is usual, -1: it fell so, 0: neither."""
        first, middle, last = (abs(one) for one in self.thirds)
        if abs(last - first) < RAMP * (self.usual or 0.0):
            return 0
        return 1 if first < middle < last else -1 if first > middle > last else 0


@dataclass(frozen=True)
class Guess:
    """The phase and why, in both languages; without ``zh`` nothing is known, and the plant is taken to run."""

    phase: Phase
    zh: str = ""
    en: str = ""

    @property
    def basis(self) -> dict[str, str]:
        """As it is stored with the incident."""
        return {"zh": self.zh, "en": self.en} if self.zh else {}


def guess_phase(courses: Sequence[Course], work: str = "") -> Guess:
    """``work``: number or words of work that goes on at the equipment; it goes before what the readings say."""
    if work:
        return Guess(Phase.HANDLING, f"这台设备上正在做：{work}", f"Work goes on at this equipment: {work}")
    telling = [course for course in courses if course.tells]
    moving = [course for course in telling if _MOVES.search(course.unit)]
    told = moving if len(moving) >= LEAST_POINTS else telling
    if len(told) < LEAST_POINTS:
        return Guess(Phase.RUNNING)
    count, of = len(told), "流量、功率等测点" if told is moving else "测点"
    of_en = "points of flow, power and the like" if told is moving else "points"
    for phase, agree, zh, en in (
        (Phase.STARTUP, sum(one.ramp > 0 for one in told), "持续大幅上升", "rose steadily and far"),
        (Phase.STOP, sum(one.stands for one in told), "接近 0", "were close to zero"),
        (Phase.STOP, sum(one.ramp < 0 for one in told), "持续大幅下降", "fell steadily and far"),
    ):
        if agree >= MOST * count:
            return Guess(phase, f"{count} 个{of}里 {agree} 个{zh}", f"{agree} of {count} {of_en} {en}")
    return Guess(
        Phase.RUNNING, f"{count} 个{of}没有停、也没有大起大落", f"{count} {of_en} neither stood still nor ran far"
    )
