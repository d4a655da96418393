"""SQL of the setup: what the site has, in one statement, and what its forms offer."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, ScalarSelect, and_, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.checkins.models import CheckIn, InspectionPlan, InspectionStop
from backend.core.clock import now
from backend.identity.actor import Actor
from backend.identity.models import Person, PostHolder, Role, Site
from backend.identity.permissions import visible
from backend.labels.models import Label
from backend.labels.queries import Kind, Thing, things_named
from backend.plant.models import Area, Equipment, InstalledPack, Point, PointStatus
from backend.starter.setup.steps import Has
from backend.telemetry.models import PointState


@dataclass(frozen=True)
class PlanChoice:
    """An inspection plan that could be the first: its places, rhythm and whether it is in use."""

    id: int
    name: str
    name_en: str
    rhythm: str
    post_id: int
    stops: int
    active: bool


async def what_is_there(session: AsyncSession, actor: Actor) -> Has:
    """What the actor's site has."""
    others = and_(visible(actor, Person), col(Person.active).is_(True), col(Person.id) != actor.person_id)
    counts = (
        _count(and_(visible(actor, Equipment), col(Equipment.retired_at).is_(None))),
        _count(and_(visible(actor, Area), col(Area.retired_at).is_(None))),
        _count(others),
        _count(and_(visible(actor, Label), col(Label.revoked_at).is_(None))),
        _count(and_(visible(actor, InspectionPlan), col(InspectionPlan.active).is_(True))),
        _count(visible(actor, CheckIn)),
    )
    return Has(*(await session.execute(select(*counts))).one())


def _count(which: ColumnElement[bool]) -> ScalarSelect[int]:
    return select(func.count()).where(which).scalar_subquery()


async def own_site(session: AsyncSession, actor: Actor) -> Site:
    """The actor's site."""
    return (await session.execute(select(Site).where(col(Site.id) == actor.site_id))).scalar_one()


async def installed_packs(session: AsyncSession, actor: Actor) -> dict[str, InstalledPack]:
    """Packs of the site by code."""
    found = await session.scalars(select(InstalledPack).where(visible(actor, InstalledPack)))
    return {one.code: one for one in found}


async def person_named(session: AsyncSession, actor: Actor, person_id: int) -> Person | None:
    """Somebody of the site."""
    wanted = select(Person).where(visible(actor, Person), col(Person.id) == person_id)
    return (await session.scalars(wanted)).one_or_none()


async def names_by_code(session: AsyncSession, actor: Actor) -> dict[str, str]:
    """Names of the site's equipment and areas by code."""
    equipment = await session.execute(select(col(Equipment.code), col(Equipment.name)).where(visible(actor, Equipment)))
    areas = await session.execute(select(col(Area.code), col(Area.name)).where(visible(actor, Area)))
    return {code: name for code, name in [*areas, *equipment]}


@dataclass(frozen=True)
class Waiting:
    """Points in use that have no value yet: the first of them, and how many there are."""

    points: list[Point]
    total: int


async def waiting_points(session: AsyncSession, actor: Actor, most: int = 500) -> Waiting:
    """What the gateways have still to send, by equipment."""
    heard = select(col(PointState.point_id)).where(
        visible(actor, PointState), col(PointState.point_id) == col(Point.id)
    )
    unheard = (visible(actor, Point), col(Point.status) == PointStatus.ACTIVE, ~heard.exists())
    wanted = select(Point).where(*unheard).order_by(col(Point.equipment_id), col(Point.position), col(Point.id))
    listed = list(await session.scalars(wanted.limit(most)))
    total = await session.scalar(select(func.count()).select_from(Point).where(*unheard)) or 0
    return Waiting(listed, total)


async def measured_codes(session: AsyncSession, actor: Actor) -> set[str]:
    """Codes of the equipment that has a point in use."""
    found = await session.scalars(
        select(col(Equipment.code))
        .join(Point, col(Point.equipment_id) == col(Equipment.id))
        .where(visible(actor, Equipment), visible(actor, Point), col(Point.status) == PointStatus.ACTIVE)
        .distinct()
    )
    return set(found)


async def plan_choices(session: AsyncSession, actor: Actor) -> list[PlanChoice]:
    """Plans with a place to go to, those at rest too."""
    stops = func.count(col(InspectionStop.id))
    found = await session.execute(
        select(InspectionPlan, stops)
        .join(InspectionStop, col(InspectionStop.plan_id) == col(InspectionPlan.id))
        .where(visible(actor, InspectionPlan), visible(actor, InspectionStop), col(InspectionStop.active).is_(True))
        .group_by(col(InspectionPlan.id))
        .order_by(col(InspectionPlan.id))
    )
    return [PlanChoice(p.id, p.name, p.name_en, p.rhythm, p.post_id, n, p.active) for p, n in found]


async def field_people(session: AsyncSession, actor: Actor) -> list[Person]:
    """Who may go round: everybody active, workers and leaders first."""
    found = await session.scalars(
        select(Person).where(visible(actor, Person), col(Person.active).is_(True)).order_by(col(Person.id))
    )
    order = {Role.WORKER: 0, Role.LEADER: 1}
    return sorted(found, key=lambda one: order.get(Role(one.role), 2))


async def first_stop(session: AsyncSession, actor: Actor) -> tuple[InspectionPlan, Equipment] | None:
    """The first place of the newest plan in use that goes to equipment."""
    found = await session.execute(
        select(InspectionPlan, Equipment)
        .join(InspectionStop, col(InspectionStop.plan_id) == col(InspectionPlan.id))
        .join(Equipment, col(Equipment.id) == col(InspectionStop.equipment_id))
        .where(
            visible(actor, InspectionPlan),
            visible(actor, Equipment),
            col(InspectionPlan.active).is_(True),
            col(InspectionStop.active).is_(True),
        )
        .order_by(col(InspectionPlan.begins_at).desc(), col(InspectionStop.position))
        .limit(1)
    )
    row = found.first()
    return (row[0], row[1]) if row else None


async def holders_of(session: AsyncSession, actor: Actor, post_id: int) -> list[Person]:
    """Who holds a post now."""
    found = await session.scalars(
        select(Person)
        .join(PostHolder, col(PostHolder.person_id) == col(Person.id))
        .where(
            visible(actor, Person),
            visible(actor, PostHolder),
            col(PostHolder.post_id) == post_id,
            col(PostHolder.until).is_(None),
            col(PostHolder.since) <= now(),
        )
        .order_by(col(Person.id))
    )
    return list(found)


async def latest_check_in(session: AsyncSession, actor: Actor) -> tuple[CheckIn, Person] | None:
    """The newest check-in of the site, with who made it."""
    found = await session.execute(
        select(CheckIn, Person)
        .join(Person, col(Person.id) == col(CheckIn.person_id))
        .where(visible(actor, CheckIn), visible(actor, Person))
        .order_by(col(CheckIn.id).desc())
        .limit(1)
    )
    row = found.first()
    return (row[0], row[1]) if row else None


async def labelled_thing(session: AsyncSession, actor: Actor, equipment_id: int) -> Thing | None:
    """The equipment with its label, if it has one."""
    found = await things_named(session, actor, [(Kind.EQUIPMENT, equipment_id)])
    return found[0] if found else None
