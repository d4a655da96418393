"""A stated leak on the plan: how far each limit reaches, its outline, what is expected at a gas detector. Pure."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from backend.incidents.tracking.models import IncidentPlume
from backend.incidents.tracking.plume import (
    FURTHEST_M,
    NEAREST_M,
    Ground,
    Release,
    Sky,
    downwind,
    is_heavy,
    offset,
    parts,
    reach,
    stability,
)
from backend.incidents.tracking.substances import SUBSTANCES, Limit, Substance
from backend.plant.drawing import Drawing


@dataclass(frozen=True, slots=True)
class Zone:
    """Where the ground has a limit or more. ``reach_m`` None: nowhere from 100 m on; ``width_m``: across, at its
    widest; ``outline``: for SVG, in the plan's units, empty where the source has no place on a plan."""

    limit: Limit
    reach_m: float | None
    width_m: float
    outline: str


@dataclass(frozen=True, slots=True)
class Drift:
    """A stated leak as it spreads on the plan, on which the source lies at ``source`` (None: it has no place)."""

    stated: IncidentPlume
    release: Release
    substance: Substance
    plan_width: float
    source: tuple[float, float] | None

    @property
    def heavy(self) -> bool:
        """Whether the gas is too heavy for the model."""
        return is_heavy(self.substance.molar_g)

    @property
    def zones(self) -> list[Zone]:
        """The highest limit first."""
        return [self._zone(limit) for limit in self.substance.limits]

    def expected_ppm(self, x: float, y: float) -> float | None:
        """At the ground of a place on the plan; None nearer than 100 m or further than 10 km, or without a source."""
        if self.source is None:
            return None
        metres = self.stated.plan_width_m / self.plan_width
        right, up = (x - self.source[0]) * metres, (self.source[1] - y) * metres
        if not NEAREST_M <= math.hypot(right, up) <= FURTHEST_M:
            return None
        return parts(self.release.concentration(*downwind(right, up, self._wind_on_plan)), self.substance.molar_g)

    @property
    def _wind_on_plan(self) -> float:
        """The wind's bearing as if the plan's upper edge looked north."""
        return self.stated.wind_from_deg - self.stated.plan_up_deg

    def _zone(self, limit: Limit) -> Zone:
        line = self.release.isoline(limit.g_m3)
        width = 2 * max((half for _, half in line), default=0.0)
        return Zone(limit, reach(line), width, self._outline(line))

    def _outline(self, line: Sequence[tuple[float, float]]) -> str:
        """From the source to one side, round and back: what lies nearer than 100 m is only drawn to join them."""
        if self.source is None or not line:
            return ""
        units, (left, top) = self.plan_width / self.stated.plan_width_m, self.source
        round_it = [*line, *((x, -half) for x, half in reversed(line))]
        places = [offset(x, half, self._wind_on_plan) for x, half in round_it]
        corners = [self.source, *((left + right * units, top - up * units) for right, up in places)]
        return " ".join(f"{x:.4g},{y:.4g}" for x, y in corners)


def drift(stated: IncidentPlume, plan_width: float, source: tuple[float, float] | None) -> Drift:
    """``source``: where it leaks on a plan that is ``plan_width`` of its own units wide."""
    air = stability(stated.wind_m_s, Sky(stated.sky))
    release = Release(stated.rate_g_s, stated.height_m, stated.wind_m_s, air, Ground(stated.ground))
    return Drift(stated, release, SUBSTANCES[stated.substance], plan_width, source)


def source_on(drawing: Drawing, equipment_id: int | None, area_id: int | None) -> tuple[float, float] | None:
    """Where it leaks on the plan: the mark of the equipment, else the middle of the area's corners."""
    mark = next((one for one in drawing.equipment if one.id == equipment_id), None)
    if mark:
        return mark.x, mark.y
    area = next((one for one in drawing.areas if one.id == area_id and one.polygon), None)
    if area is None:
        return None
    xs, ys = zip(*area.polygon, strict=True)
    return sum(xs) / len(xs), sum(ys) / len(ys)
