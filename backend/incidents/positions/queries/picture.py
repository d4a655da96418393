"""Where everybody is at one moment of an incident, best knowledge each, and where that is drawn."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from backend.checkins.position import Fence, Position, distance_m
from backend.identity.actor import Actor
from backend.incidents.positions.laying import Anchor, Laid, lay
from backend.incidents.positions.picturing import (
    PlanSheet,
    Sheet,
    Sketch,
    Spot,
    near_place,
    place_on,
    placed,
    sketch_of,
)
from backend.incidents.positions.queries.rules import Fenced, fenced_places, rule_of
from backend.incidents.positions.queries.shown import Shown, shown_people
from backend.incidents.positions.queries.sights import assigned_places, last_sights
from backend.incidents.positions.whereabouts import Known, Place, Sight, whereabouts
from backend.incidents.queries.listing import Card
from backend.incidents.tracking.queries.ways import Followed, follow
from backend.plant.drawing import Drawing
from backend.plant.floors import Floors, drawn_on, every_drawing, floors_of


@dataclass(frozen=True)
class Whereabouts:
    """Somebody, what is known of where they are at ``moment``, and where that is drawn (None: nowhere)."""

    number: int
    """Theirs on the sheet and in the list."""
    shown: Shown
    known: Known
    moment: datetime
    spot: Spot | None
    near: Place | None
    """The place near a position, by which people call it."""
    away_m: float | None
    """How far from the incident's place, where both are known."""

    @property
    def fresh(self) -> bool:
        """Whether they can be expected to be there still."""
        return self.known.fresh(self.moment)

    @property
    def age(self) -> timedelta | None:
        """How old it is."""
        return self.known.age(self.moment)


@dataclass(frozen=True)
class Picture:
    """Everybody whom an incident's page shows, the newest knowledge first, and what they are drawn on."""

    followed: Followed
    moment: datetime
    people: Sequence[Whereabouts]
    map: "Map"

    @property
    def seen(self) -> int:
        """Of how many something fresh is known."""
        return sum(one.fresh for one in self.people)

    @property
    def by_plan(self) -> Counter[int]:
        """How many are drawn at a place of each plan; a phone's position tells no floor, so those count on none."""
        if not self.map.floors.several:
            return Counter()
        at = [(one.known.place.equipment_id, one.known.place.area_id) for one in self.people if one.known.place]
        on = {id_: ({e.id for e in plan.equipment}, {a.id for a in plan.areas}) for id_, plan in self.map.plans.items()}
        return Counter(id_ for id_, (marks, areas) in on.items() for e, a in at if e in marks or a in areas)

    @property
    def by_phone(self) -> int:
        """Of how many the best that is known is a phone's position."""
        return sum(one.known.position is not None for one in self.people)

    @property
    def newest(self) -> datetime | None:
        """The newest of all that is known."""
        return max((one.known.at for one in self.people if one.known.at), default=None)


@dataclass(frozen=True)
class Map:
    """What people are drawn on: one of the plans, the sketch, or nothing.

    ``at``: where on earth the incident is; ``places``: those with a fence; ``plans``: all, by id, ``grounds``: those
    that can be laid onto the earth.
    """

    sheet: Sheet | None
    at: Fence | None
    places: Sequence[tuple[Place, Fence]] = ()
    floors: Floors = field(default_factory=Floors)
    plans: Mapping[int, Drawing] = field(default_factory=dict)
    grounds: Sequence[tuple[Drawing, Laid]] = ()

    @property
    def drawing(self) -> Drawing | None:
        """The floor plan, where that is it."""
        return self.sheet.drawing if isinstance(self.sheet, PlanSheet) else None

    @property
    def laid(self) -> Laid | None:
        """How the plan lies on the earth, where that is known."""
        return self.sheet.laid if isinstance(self.sheet, PlanSheet) else None

    @property
    def sketch(self) -> Sketch | None:
        """The sketch, where that is it."""
        return self.sheet if isinstance(self.sheet, Sketch) else None

    def away_m(self, known: Known) -> float | None:
        """Metres from the incident's place to a position, where both are known."""
        return distance_m(known.position, self.at) if known.position and self.at else None

    def near(self, known: Known) -> Place | None:
        """The place to call a position by; None where no place is near."""
        return near_place(known.position, self.grounds, self.places) if known.position else None


async def picture_of(
    session: AsyncSession, actor: Actor, card: Card, moment: datetime, plan_id: int | None = None
) -> Picture:
    """Where everybody is at ``moment`` (UTC), as far as the actor may know. Raises NotFound for a plan that isn't in
    use."""
    followed = await follow(session, actor, card, moment)
    people = await shown_people(session, actor, followed, moment)
    ids = [one.person.id for one in people]
    sights = await last_sights(session, actor, card.incident.id, ids, moment)
    assigned = await assigned_places(session, actor, ids, followed.equipment_ids, followed.area_ids)
    known = {id_: whereabouts(sights.get(id_, ()), assigned.get(id_), moment) for id_ in ids}
    known = dict(sorted(known.items(), key=lambda pair: _newest_first(pair[1])))
    drawn_on = await map_of(session, actor, card, _positions(known.values()), plan_id)
    spots, shown = placed(drawn_on.sheet, known), {one.person.id: one for one in people}
    return Picture(
        followed,
        moment,
        [
            Whereabouts(n, shown[id_], one, moment, spots.get(id_), drawn_on.near(one), drawn_on.away_m(one))
            for n, (id_, one) in enumerate(known.items(), 1)
        ],
        drawn_on,
    )


async def map_of(
    session: AsyncSession, actor: Actor, card: Card, positions: Sequence[Position], plan_id: int | None = None
) -> Map:
    """The plan that was asked for. Else that of the incident, where it can be laid onto the earth or nobody's position
    is known, or the sketch. Raises NotFound for a plan that isn't in use."""
    fenced, floors = await fenced_places(session, actor), await floors_of(session, actor)
    plans = await every_drawing(session, actor, floors)
    at, places = _place_of(card, fenced), [(one.place, one.fence) for one in fenced]
    lain = {id_: lay(_anchors(drawing, fenced)) for id_, drawing in plans.items()}
    grounds = [(plans[id_], laid) for id_, laid in lain.items() if laid]
    home = drawn_on(plans.values(), card.incident.equipment_id, card.incident.area_id)
    shown = floors.chosen(plan_id, home)
    sheet: Sheet | None = PlanSheet(plans[shown], lain[shown]) if shown else None
    if plan_id is None and positions and not (shown and lain[shown]):
        ground = (await rule_of(session, actor)).ground
        middle = Fence(positions[0].lat, positions[0].lon, 0.0)
        sheet = sketch_of(at or ground or middle, at is not None, places, positions)
    return Map(sheet, at, places, floors, plans, grounds)


def sights_positions(sights: Mapping[int, Sequence[Sight]]) -> list[Position]:
    """All positions among sights, the doubtful left out: a map must not reach as far as an error."""
    return [one.position for row in sights.values() for one in row if one.position and not one.doubtful]


def _positions(known: Iterable[Known]) -> list[Position]:
    return [one.position for one in known if one.position]


def _newest_first(known: Known) -> tuple[bool, float]:
    return known.at is None, -known.at.timestamp() if known.at else 0.0


def _place_of(card: Card, fenced: Sequence[Fenced]) -> Fence | None:
    """Of its equipment, else of its area."""
    equipment, area = card.incident.equipment_id, card.incident.area_id
    fences = {(one.place.equipment_id, one.place.area_id): one.fence for one in fenced}
    return (fences.get((equipment, None)) if equipment else None) or (fences.get((None, area)) if area else None)


def _anchors(drawing: Drawing, fenced: Sequence[Fenced]) -> list[Anchor]:
    """Equipment by its mark, else areas by their middle."""
    marks = {one.id: (one.x, one.y) for one in drawing.equipment}
    found = []
    for one in fenced:
        equipment = one.place.equipment_id
        at = marks.get(equipment) if equipment else place_on(drawing, one.place)
        if at:
            found.append(Anchor(*at, one.fence))
    return found
