"""The plant: stages, areas, equipment with points, limits and links, all of it drawn from the seed."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import ceil, sqrt

from backend.alarms.models import AlarmRule, Level, RuleKind
from backend.plant.models import Area, Equipment, FloorPlan, Link, LinkKind, Point, Stage
from scripts.years.effects import FIXED_AT, fixed, wear
from scripts.years.ledger import Ledger
from scripts.years.rhythm import Span
from scripts.years.size import Size

CLASSES = (
    ("feed_line", "进料管线"),
    ("reactor", "反应器"),
    ("cooling_water", "冷却水系统"),
    ("separator", "分离器"),
    ("compressor", "压缩机"),
    ("condenser", "冷凝器"),
    ("mixer", "混合器"),
    ("stripper", "汽提塔"),
    ("product_line", "成品管线"),
)
_STAGES = ("原料", "反应", "分离", "精制", "成品")
_MEASURED = (
    ("温度", "℃", 90.0),
    ("压力", "kPa", 300.0),
    ("流量", "m³/h", 40.0),
    ("液位", "%", 50.0),
    ("电流", "A", 25.0),
)
GATEWAYS = ("gw-1", "gw-2", "gw-3", "gw-4", "gw-5")
"""One a stage."""
EACH_S = 600
"""So often they send."""
_LEVELS = (Level.LOW, Level.GENERAL, Level.GENERAL, Level.SIGNIFICANT, Level.GENERAL, Level.LOW, Level.SIGNIFICANT)


@dataclass(frozen=True)
class Place:
    """An area with its team and post, by id; ``order`` is its place in the list."""

    id: int
    order: int
    stage: int
    team: int
    post: int


@dataclass(frozen=True)
class Unit:
    """A piece of equipment."""

    id: int
    code: str
    name: str
    kind: str
    area: Place
    since: date
    """When it went into service."""

    def wear(self, at: datetime) -> float:
        """How often it fails at that time, beside others."""
        return wear(self.kind, (at.date() - self.since).days / 365.25)


@dataclass(frozen=True)
class Condition:
    """What can be in alarm: a rule's limit at a point."""

    rule: int
    limit_name: str
    limit: float
    level: Level
    warning: bool
    point: int
    words: str
    unit: Unit
    gateway: str
    """What sends its values; "" for a point without readings."""

    @property
    def key(self) -> str:
        """``condition_key`` of its alarms."""
        return f"{self.rule}:{self.limit_name}"


@dataclass(frozen=True)
class Plant:
    """All of it, in the order in which material goes."""

    places: list[Place]
    units: list[Unit]
    conditions: list[Condition]


async def build(ledger: Ledger, span: Span, size: Size, posts: list[int], teams: list[int]) -> Plant:
    """Write the plant. ``posts``: one for each area; areas are dealt to ``teams`` in turn."""
    await ledger.open(Stage, FloorPlan, Area, Equipment, Point, AlarmRule)
    places = await _places(ledger, size, posts, teams)
    units = await _units(ledger, span, size, places)
    conditions = await _points(ledger, span, size, units)
    await _links(ledger, units)
    return Plant(places, units, conditions)


def _across(size: Size) -> int:
    """How many areas stand beside each other: about as many as there are rows."""
    return ceil(sqrt(size.areas))


async def _places(ledger: Ledger, size: Size, posts: list[int], teams: list[int]) -> list[Place]:
    stages = [(ledger.id(Stage), f"S{n}", name, name, n) for n, name in enumerate(_STAGES, 1)]
    await ledger.copy(Stage, ("id", "code", "name", "name_en", "position"), stages)
    plan = ledger.id(FloorPlan)
    across = _across(size)
    ground = (plan, "总平面", 100.0 * across, 100.0 * -(-size.areas // across), 50.0 * across)
    await ledger.copy(FloorPlan, ("id", "name", "width", "height", "width_m"), [ground])
    places, rows = [], []
    for order in range(size.areas):
        stage = stages[order * len(stages) // size.areas][0]
        place = Place(ledger.id(Area), order, stage, teams[order % len(teams)], posts[order])
        x, y = order % across * 100.0, order // across * 100.0
        corners = [[x, y], [x + 95, y], [x + 95, y + 95], [x, y + 95]]
        rows.append((place.id, plan, stage, place.team, f"A{order + 1:02}", f"{order + 1:02} 区", corners))
        places.append(place)
    await ledger.copy(Area, ("id", "floor_plan_id", "stage_id", "team_id", "code", "name", "polygon"), rows)
    return places


async def _units(ledger: Ledger, span: Span, size: Size, places: list[Place]) -> list[Unit]:
    dice, across = span.dice("units"), _across(size)
    units, rows = [], []
    for number in range(size.equipment):
        area = places[number * len(places) // size.equipment]
        kind, name = CLASSES[number % len(CLASSES)]
        since = span.since.date() - timedelta(days=dice.randrange(200, 7000))
        unit = Unit(ledger.id(Equipment), f"E{number + 1:03}", f"{name} {number + 1:03}", kind, area, since)
        x, y = area.order % across * 100 + dice.uniform(8, 87), area.order // across * 100 + dice.uniform(8, 87)
        rows.append((unit.id, area.id, area.stage, area.post, unit.code, unit.name, kind, x, y, since, span.since))
        units.append(unit)
    columns = ("id", "area_id", "stage_id", "owner_post_id", "code", "name", "equipment_class", "x", "y")
    await ledger.copy(Equipment, (*columns, "commissioned_on", "created_at"), rows)
    return units


async def _points(ledger: Ledger, span: Span, size: Size, units: list[Unit]) -> list[Condition]:
    """Points, and for a third of them a rule with one limit."""
    dice = span.dice("points")
    points, rules, conditions = [], [], []
    for number in range(size.points):
        unit = units[number * len(units) // size.points]
        name, measure, middle = _MEASURED[number % len(_MEASURED)]
        point = ledger.id(Point)
        words = f"{unit.name}{name}"
        sends = number % 3 == 0 and len(conditions) < size.read_points and size.read_days
        gateway = GATEWAYS[unit.area.order * len(GATEWAYS) // size.areas] if sends else ""
        of = (point, unit.id, unit.area.id, f"P{number + 1:04}", words, measure, 0.0, middle * 4, number)
        points.append((*of, gateway, float(EACH_S) if gateway else None, span.since))
        if number % 3:
            continue
        level, rule = dice.choice(_LEVELS), ledger.id(AlarmRule)
        level = Level.MAJOR if number % 60 == 0 else level
        limit = round(middle * dice.uniform(1.2, 1.6), 1)
        condition = Condition(
            rule, "H", limit, level, number % 9 == 0, point, f"{words}高 {limit:g} {measure}", unit, gateway
        )
        limits = {"limits": {"H": {"value": limit}}}
        delay, version, changed = (30.0, 2, span.part(FIXED_AT)) if fixed(len(conditions)) else (0.0, 1, span.since)
        rule_of = (rule, point, RuleKind.THRESHOLD, words, level, condition.warning, limits, delay, version)
        rules.append((*rule_of, span.since, changed))
        conditions.append(condition)
    columns = ("id", "equipment_id", "area_id", "code", "name", "unit", "range_low", "range_high", "position")
    await ledger.copy(Point, (*columns, "source", "expected_interval_s", "created_at"), points)
    told = ("id", "point_id", "kind", "name", "level", "warning", "parameters", "on_delay_s", "version")
    await ledger.copy(AlarmRule, (*told, "created_at", "updated_at"), rules)
    return conditions


async def _links(ledger: Ledger, units: list[Unit]) -> None:
    """Material goes from each to the next, and by a second way two further."""
    pairs = [(one.id, units[place + step].id, step) for step in (1, 2) for place, one in enumerate(units[:-step])]
    rows = [(LinkKind.MATERIAL if step == 1 else LinkKind.ENERGY, one, two, 300.0 * step) for one, two, step in pairs]
    await ledger.copy(Link, ("kind", "source_equipment_id", "target_equipment_id", "delay_s"), rows)
