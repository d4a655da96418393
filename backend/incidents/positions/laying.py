"""Lays the floor plan onto the earth, by places of which both are known: where they are drawn and where they are. Pure.

A plan has no scale and no north of its own. Two places with a fence (checkins) that are also on the plan give both:
the similarity (turn, scale, shift) that fits them best in the least squares sense; further ones tell how good it is.
Closed form for points of the plane as complex numbers, z ↦ a·z + b (Horn's problem without a mirror).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from backend.checkins.position import Fence, Position

_DEGREE_M = 111_195.08
"""Metres of a degree of latitude on a sphere of the earth's mean radius."""
NEAREST_APART_M = 20.0
"""Places nearer together than this tell nothing of the turn: a phone is as wrong as that."""
WORST_M = 40.0
"""A plan that fits worse than this (root mean square) isn't to scale, and nobody is drawn onto it."""


@dataclass(frozen=True)
class Anchor:
    """A place on the plan (its units, y downward) and on the earth."""

    x: float
    y: float
    fence: Fence


@dataclass(frozen=True)
class Laid:
    """A plan that lies on the earth: ``turn`` is plan units by metre east (complex), ``shift`` the plan's place of the
    origin. ``error_m``: root mean square over the places, 0 where only two are known."""

    origin: Fence
    turn: complex
    shift: complex
    places: int
    error_m: float

    @property
    def units_per_metre(self) -> float:
        """Scale of the plan."""
        return abs(self.turn)

    def on_plan(self, position: Position | Fence) -> tuple[float, float]:
        """Where a position lies on the plan, in its units."""
        z = self.turn * metres(position, self.origin) + self.shift
        return z.real, -z.imag


def metres(position: Position | Fence, origin: Position | Fence) -> complex:
    """Metres east and north (imaginary) of ``origin``, on a plane that touches there: good for some kilometres."""
    east = (position.lon - origin.lon + 180) % 360 - 180
    return complex(east * _DEGREE_M * math.cos(math.radians(origin.lat)), (position.lat - origin.lat) * _DEGREE_M)


def lay(anchors: Sequence[Anchor]) -> Laid | None:
    """The plan on the earth; None for fewer than two places that are apart, or where they contradict each other."""
    if len(anchors) < 2:
        return None
    origin = anchors[0].fence
    earth = [metres(one.fence, origin) for one in anchors]
    plan = [complex(one.x, -one.y) for one in anchors]  # y upward, so that both turn the same way
    mid_earth, mid_plan = sum(earth) / len(earth), sum(plan) / len(plan)
    spread = sum(abs(z - mid_earth) ** 2 for z in earth)
    if spread < NEAREST_APART_M**2 / 2:
        return None
    pairs = list(zip(earth, plan, strict=True))
    turn = sum((w - mid_plan) * (z - mid_earth).conjugate() for z, w in pairs) / spread
    if abs(turn) < 1e-9:
        return None
    shift = mid_plan - turn * mid_earth
    error = math.sqrt(sum(abs(turn * z + shift - w) ** 2 for z, w in pairs) / len(pairs)) / abs(turn)
    return Laid(origin, turn, shift, len(anchors), error) if error <= WORST_M else None
