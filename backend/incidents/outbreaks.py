"""What is an outbreak, and whether it is a new incident or one that is open already. Pure: values in, values out."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from backend.alarms.models import Level, RuleKind
from backend.hazards.reports.models import Factor
from backend.incidents.lifecycle import LIVE
from backend.incidents.models import IncidentKind, IncidentState, SourceKind
from backend.incidents.policy import Policy
from backend.plant.models import PointKind

Place = tuple[int | None, int | None]
"""Equipment and area by id."""
_RANK = {level: rank for rank, level in enumerate(Level)}


@dataclass(frozen=True)
class Sign:
    """Something that may be an outbreak, or belong to one. ``at`` UTC; ``opens``: it opens an incident by itself."""

    site_id: int
    source: SourceKind
    source_id: int
    at: datetime
    opens: bool
    kind: str
    level: str
    title: str
    title_en: str
    equipment_id: int | None = None
    area_id: int | None = None
    group_id: int | None = None
    point_id: int | None = None
    apart: bool = False
    """A person says that it is none of those that are open."""
    occurrence: int = 1
    """How often its alarm had been raised."""
    again_of: int | None = None
    """The incident, over by now, to which its alarm belonged when it came before."""


@dataclass(frozen=True)
class Live:
    """An incident that isn't over, as far as it decides what counts to it."""

    id: int
    state: str
    equipment_id: int | None
    area_id: int | None
    group_ids: frozenset[int]
    last_source_at: datetime


@dataclass(frozen=True)
class AlarmFacts:
    """An alarm that was raised, with how many of its flood were so far."""

    level: str
    kind: str
    warning: bool
    judged_false: bool
    closed: bool
    in_flood: int
    """Alarms of its flood, it among them, raised within the policy's minutes up to it; early warnings and those judged
    false don't count."""
    flood_known: bool = False
    """Its flood has made an incident already, so that its number makes no second."""


def alarm_opens(alarm: AlarmFacts, policy: Policy) -> bool:
    """Whether an alarm is an outbreak: grave enough, or the one with which its flood becomes one.

    An early warning is of a risk that hasn't broken out, AnSu's own alarms are about itself, and what people have
    settled already needs no incident.
    """
    if alarm.kind == RuleKind.SYSTEM or alarm.warning or alarm.judged_false or alarm.closed:
        return False
    grave = policy.alarm_level is not None and _RANK[Level(alarm.level)] <= _RANK[policy.alarm_level]
    many = policy.flood_alarms > 0 and alarm.in_flood >= policy.flood_alarms and not alarm.flood_known
    return grave or many


def hazard_opens(level: str, policy: Policy) -> bool:
    """Whether a hazard that a leader accepted with ``level`` is one."""
    return policy.major_hazards and level == Level.MAJOR


def joined(sign: Sign, live: Iterable[Live], policy: Policy) -> Live | None:
    """The incident that ``sign`` belongs to: that of its flood; else, if it would open one, the latest at its place.

    Only within the policy's minutes after its last sign (or as long before it: what a phone could send only later).
    """
    if sign.apart:
        return None
    lately = sorted(live, key=lambda one: (one.last_source_at, one.id), reverse=True)
    of_flood = [one for one in lately if sign.group_id is not None and sign.group_id in one.group_ids]
    if of_flood:
        return of_flood[0]
    if not sign.opens:
        return None
    window = timedelta(minutes=policy.join_minutes)
    here = [one for one in lately if same_place((sign.equipment_id, sign.area_id), (one.equipment_id, one.area_id))]
    return next((one for one in here if abs(sign.at - one.last_source_at) <= window), None)


def same_place(one: Place, other: Place) -> bool:
    """The same equipment; the same area, where one of the two names no equipment."""
    if one[0] is not None and other[0] is not None:
        return one[0] == other[0]
    return one[1] is not None and one[1] == other[1]


def flares(sign: Sign, state: str) -> bool:
    """Whether ``sign`` shows that what was contained is not."""
    return sign.opens and state == IncidentState.CONTAINED and state in LIVE


def handled_as(levels: Sequence[str]) -> Level:
    """How gravely an incident with signs of ``levels`` is handled: as the gravest, 一般 at least."""
    return Level(min([*levels, Level.GENERAL], key=lambda level: _RANK[Level(level)]))


USUAL_LEVEL = {
    IncidentKind.FIRE: Level.MAJOR,
    IncidentKind.GAS_LEAK: Level.MAJOR,
    IncidentKind.INJURY: Level.MAJOR,
    IncidentKind.EQUIPMENT_FAILURE: Level.SIGNIFICANT,
    IncidentKind.OPERATION_VIOLATION: Level.SIGNIFICANT,
    IncidentKind.OTHER: Level.SIGNIFICANT,
    IncidentKind.NEAR_MISS: Level.GENERAL,
}
"""How gravely what a person reports is handled until a leader says otherwise. Ours, not a standard's."""

_BY_POINT = {PointKind.ENVIRONMENT: IncidentKind.GAS_LEAK, PointKind.EQUIPMENT: IncidentKind.EQUIPMENT_FAILURE}
_BY_FACTOR = {
    Factor.OBJECT: IncidentKind.EQUIPMENT_FAILURE,
    Factor.PERSON: IncidentKind.OPERATION_VIOLATION,
    Factor.ENVIRONMENT: IncidentKind.GAS_LEAK,
}


def kind_by_point(point_kind: str | None) -> IncidentKind:
    """What an alarm of such a point is a sign of, until somebody has looked."""
    return _BY_POINT.get(PointKind(point_kind), IncidentKind.OTHER) if point_kind else IncidentKind.EQUIPMENT_FAILURE


def kind_by_factor(factor: str) -> IncidentKind:
    """The same of a hazard by what it lies in (GB/T 13861-2022)."""
    return _BY_FACTOR.get(Factor(factor), IncidentKind.OTHER)


@dataclass
class Outbreak:
    """Signs that belong to one incident: to the open one ``incident_id``, or (None) to a new one, which the first of
    them opens."""

    incident_id: int | None
    signs: list[Sign]

    @property
    def first(self) -> Sign:
        """What came first; of a new incident what opens it."""
        return self.signs[0]

    @property
    def groups(self) -> list[int]:
        """Floods of alarms to which its signs belong."""
        return sorted({sign.group_id for sign in self.signs if sign.group_id is not None})


def sort_out(signs: Iterable[Sign], live: Iterable[Live], policy: Policy) -> list[Outbreak]:
    """What becomes of ``signs`` of one site, which are taken in the order of their moments. What neither opens an
    incident nor belongs to one is left out."""
    standing = {one.id: one for one in live}
    found: dict[int, Outbreak] = {}
    for sign in sorted(signs, key=lambda one: (one.at, one.source, one.source_id)):
        one = joined(sign, standing.values(), policy)
        if one is None and not sign.opens:
            continue
        if one is None:
            one = _begun(sign, -len(found) - 1)
            found[one.id] = Outbreak(None, [sign])
        else:
            found.setdefault(one.id, Outbreak(one.id, [])).signs.append(sign)
            one = _grown(one, sign)
        standing[one.id] = one
    return list(found.values())


def _begun(sign: Sign, id_: int) -> Live:
    """An incident that isn't written yet: it has a number of its own below zero."""
    groups = frozenset() if sign.group_id is None else frozenset({sign.group_id})
    return Live(id_, IncidentState.OPEN, sign.equipment_id, sign.area_id, groups, sign.at)


def _grown(one: Live, sign: Sign) -> Live:
    groups = one.group_ids if sign.group_id is None else one.group_ids | {sign.group_id}
    return replace(one, group_ids=groups, last_source_at=max(one.last_source_at, sign.at))
