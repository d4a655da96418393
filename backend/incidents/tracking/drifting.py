"""A stated leak on the plan: how far each limit reaches, its outline, what is expected at a gas detector. Pure."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from backend.incidents.tracking.fitting import Agreement, Strength, agreement, either, fit
from backend.incidents.tracking.models import IncidentPlume
from backend.incidents.tracking.plume import FURTHEST_M, Cloud, Ground, Sky, downwind, offset, reach, stability
from backend.incidents.tracking.spreading import Model, Source, cloud_of, light_of, model_of
from backend.incidents.tracking.substances import SUBSTANCES, Limit, own_limit
from backend.plant.drawing import Drawing

FRESH = timedelta(minutes=5)
"""A detector's value that is older isn't held against what is expected now."""
MIDST = 0.01
"""A place with less than this share of the middle line lies at the cloud's edge, where a degree of wind decides."""


@dataclass(frozen=True, slots=True)
class Zone:
    """Where the ground has a limit or more. ``reach_m`` None: nowhere from the model's nearest distance on;
    ``width_m``: across, at its widest; ``outline``: for SVG, in the plan's units, empty without a place on a plan."""

    limit: Limit
    reach_m: float | None
    width_m: float
    outline: str

    @property
    def is_beyond(self) -> bool:
        """Whether it goes further than the models are for."""
        return self.reach_m is not None and self.reach_m >= FURTHEST_M * 0.999


@dataclass(frozen=True, slots=True)
class Detector:
    """A gas detector as it reads, in ``unit`` of ``LimitUnit``, and where it stands on the plan. ``of_it``: it measures
    what leaks."""

    point_id: int
    unit: str
    value: float
    at: datetime
    place: tuple[float, float] | None
    of_it: bool


@dataclass(frozen=True, slots=True)
class Sensed:
    """A detector against what is expected there in its own unit; None nearer or further than the model is for, or for
    another gas. ``agrees`` None: there is nothing to hold against each other."""

    detector: Detector
    expected: float | None
    agrees: Agreement | None


@dataclass(frozen=True, slots=True)
class Drift:
    """A stated leak as it spreads on the plan, on which the source lies at ``place`` (None: it has no place).

    ``zones``: the highest limit first.
    """

    stated: IncidentPlume
    source: Source
    cloud: Cloud
    model: Model
    plan_width: float
    place: tuple[float, float] | None
    zones: Sequence[Zone] = ()

    @property
    def may_hold_drops(self) -> bool:
        """Whether it comes from a liquid that would be light as a gas: drops in the cloud may make it heavy all the
        same, which no model here reckons with."""
        return self.source.cold and self.model is not Model.HEAVY

    def expected(self, x: float, y: float) -> float | None:
        """g/m³ at the ground of a place on the plan; None nearer or further than the model is for, or without a
        source."""
        there = self._downwind(x, y)
        return None if there is None else self.cloud.concentration(*there)

    def sensed(self, detectors: Sequence[Detector], moment: datetime) -> list[Sensed]:
        """Each detector against what is expected at it at ``moment`` (UTC)."""
        return [self._sensed(one, moment) for one in detectors]

    def strength(self, detectors: Sequence[Detector], moment: datetime) -> Strength | None:
        """What leaks, by the fresh detectors that stand in the cloud; None without one that has anything.

        The heavy model is careful where its curves end: it says more gas than there may be, and so a smaller leak than
        there may be. What a light gas speaks for counts then too.
        """
        told = [one for one in detectors if one.of_it and moment - one.at <= FRESH and self._in_midst(one.place)]
        measured = [self.source.substance.g_m3(one.value, one.unit) or 0.0 for one in told]
        places = [there for one in told if one.place and (there := self._downwind(*one.place))]

        def by(model: Callable[[Source], Cloud]) -> Strength | None:
            def expected(rate: float) -> list[float]:
                cloud = model(replace(self.source, rate_g_s=rate))
                return [cloud.concentration(*there) for there in places]

            return fit(measured, expected)

        found = by(cloud_of)
        light = by(light_of) if found and self.model is Model.HEAVY else None
        return either(found, light) if found and light else found

    def _sensed(self, one: Detector, moment: datetime) -> Sensed:
        g_m3 = self.expected(*one.place) if one.place and one.of_it else None
        expected = None if g_m3 is None else self.source.substance.counted(g_m3, one.unit)
        fresh = expected is not None and moment - one.at <= FRESH
        return Sensed(one, expected, agreement(one.value, expected or 0.0) if fresh else None)

    def _in_midst(self, place: tuple[float, float] | None) -> bool:
        there = self._downwind(*place) if place else None
        if there is None:
            return False
        middle = self.cloud.concentration(there[0])
        return middle > 0 and self.cloud.concentration(*there) >= MIDST * middle

    def _downwind(self, x: float, y: float) -> tuple[float, float] | None:
        if self.place is None:
            return None
        metres = self.stated.plan_width_m / self.plan_width
        right, up = (x - self.place[0]) * metres, (self.place[1] - y) * metres
        if not self.cloud.nearest_m <= math.hypot(right, up) <= FURTHEST_M:
            return None
        return downwind(right, up, self._wind_on_plan)

    @property
    def _wind_on_plan(self) -> float:
        """The wind's bearing as if the plan's upper edge looked north."""
        return self.stated.wind_from_deg - self.stated.plan_up_deg

    def zone(self, limit: Limit) -> Zone:
        """How far ``limit`` reaches."""
        line = self.cloud.isoline(limit.g_m3)
        width = 2 * max((half for _, half in line), default=0.0)
        return Zone(limit, reach(line), width, self._outline(line))

    def _outline(self, line: Sequence[tuple[float, float]]) -> str:
        """To one side, round and back. From the source on, where the model begins further away: nearer is only drawn
        to join them."""
        if self.place is None or not line:
            return ""
        units, (left, top) = self.plan_width / self.stated.plan_width_m, self.place
        round_it = [*line, *((x, -half) for x, half in reversed(line))]
        places = [offset(x, half, self._wind_on_plan) for x, half in round_it]
        corners = [(left + right * units, top - up * units) for right, up in places]
        from_source = [self.place] if line[0][0] > 0 else []
        return " ".join(f"{x:.4g},{y:.4g}" for x, y in [*from_source, *corners])


def drift(stated: IncidentPlume, plan_width: float, place: tuple[float, float] | None) -> Drift:
    """``place``: where it leaks on a plan that is ``plan_width`` of its own units wide."""
    source = Source(
        substance=SUBSTANCES[stated.substance],
        rate_g_s=stated.rate_g_s,
        duration_s=stated.duration_s,
        cold=stated.cold,
        height_m=stated.height_m,
        wind_m_s=stated.wind_m_s,
        air=stability(stated.wind_m_s, Sky(stated.sky)),
        ground=Ground(stated.ground),
    )
    found = Drift(stated, source, cloud_of(source), model_of(source), plan_width, place)
    own = own_limit(source.substance, stated.limit_value, stated.limit_unit, stated.limit_words)
    return replace(found, zones=[found.zone(limit) for limit in source.substance.with_own(own)])


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
