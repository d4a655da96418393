"""SQL of the plant graph, on behalf of people: the drawn floor plan, equipment with its owners, points, links."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy import and_, or_, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.core.statements import among
from backend.identity.actor import Actor
from backend.identity.models import Person, Post, PostHolder, Site, Team
from backend.identity.permissions import visible
from backend.plant.drawing import Drawing, Flow, PlacedArea, PlacedEquipment, draw
from backend.plant.models import Area, Equipment, FloorPlan, Link, Point, PointStatus, Stage
from backend.plant.ways import links_between


@dataclass(frozen=True, slots=True)
class Owner:
    """A post, and the names of those who hold it now."""

    post_id: int
    name: str
    name_en: str
    holders: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class EquipmentView:
    """Equipment with where it stands and who answers for it."""

    id: int
    code: str
    name: str
    name_en: str
    equipment_class: str
    area_id: int | None
    area: tuple[str, str]
    stage: tuple[str, str]
    owner: Owner | None
    commissioned_on: date | None
    sample: bool
    """Of a demo site: its dates are made up."""
    retired: bool = False


@dataclass(frozen=True, slots=True)
class AreaView:
    """An area with who keeps it and what stands in it."""

    id: int
    code: str
    name: str
    name_en: str
    stage: tuple[str, str]
    team: tuple[str, str]
    equipment: tuple[Equipment, ...]
    retired: bool = False


@dataclass(frozen=True, slots=True)
class Neighbour:
    """Equipment that a link joins to another; ``delay_s`` is the link's typical lag."""

    id: int
    name: str
    name_en: str
    kind: str
    delay_s: float | None


async def floor_plans(session: AsyncSession, actor: Actor) -> list[FloorPlan]:
    """The site's plans in use, in order."""
    wanted = select(FloorPlan).where(visible(actor, FloorPlan), col(FloorPlan.retired_at).is_(None))
    return list(await session.scalars(wanted.order_by(col(FloorPlan.position), col(FloorPlan.id))))


async def floor_plan(session: AsyncSession, actor: Actor, plan_id: int | None = None) -> Drawing | None:
    """A plan with areas, equipment marks and pipes, the site's first unless asked for; None where none is drawn."""
    plans = await floor_plans(session, actor)
    plan = next((one for one in plans if plan_id in (None, one.id)), None)
    return (await drawings(session, actor, plans, [plan.id]))[plan.id] if plan else None


async def drawings(
    session: AsyncSession, actor: Actor, plans: Sequence[FloorPlan], wanted: Collection[int]
) -> dict[int, Drawing]:
    """The ``wanted`` of the site's ``plans`` (by id, as ``floor_plans`` gives them) as they are drawn, in three queries
    however many they are."""
    drawn = [one for one in plans if one.id in wanted]
    if not drawn:
        return {}
    areas = await session.scalars(
        select(Area)
        .where(visible(actor, Area), among(col(Area.floor_plan_id), wanted), col(Area.retired_at).is_(None))
        .order_by(col(Area.position), col(Area.id))
    )
    here = [among(col(Equipment.floor_plan_id), wanted)]
    if drawn[0] is plans[0]:
        here.append(col(Equipment.floor_plan_id).is_(None))
    equipment = await session.scalars(
        select(Equipment)
        .where(
            visible(actor, Equipment),
            col(Equipment.retired_at).is_(None),
            col(Equipment.x).is_not(None),
            col(Equipment.y).is_not(None),
            or_(*here),
        )
        .order_by(col(Equipment.id))
    )
    flows, ways = await links_between(session, actor, plans)
    outlined, marked = defaultdict[int | None, list[Area]](list), defaultdict[int, list[Equipment]](list)
    for area in areas:
        outlined[area.floor_plan_id].append(area)
    for one in equipment:
        marked[one.floor_plan_id or plans[0].id].append(one)
    return {
        one.id: replace(_drawn(one, outlined[one.id], marked[one.id], flows), ways=ways.get(one.id, ()))
        for one in drawn
    }


def _drawn(plan: FloorPlan, areas: Sequence[Area], equipment: Sequence[Equipment], flows: tuple[Flow, ...]) -> Drawing:
    drawing = draw(
        plan.width,
        plan.height,
        tuple(PlacedArea(a.id, a.code, a.name, a.name_en, tuple((x, y) for x, y in a.polygon)) for a in areas),
        tuple(PlacedEquipment(e.id, e.code, e.name, e.name_en, e.area_id, e.x or 0.0, e.y or 0.0) for e in equipment),
        flows,
    )
    picture = f"/plant/pictures/{plan.id}?v={plan.picture_path[3:15]}" if plan.picture_path else ""
    return replace(drawing, width_m=plan.width_m, id=plan.id, name=plan.name, name_en=plan.name_en, picture=picture)


async def equipment_view(session: AsyncSession, actor: Actor, equipment_id: int) -> EquipmentView | None:
    """One piece of equipment; None when there is none that the actor may see."""
    row = (
        await session.execute(
            select(Equipment, Area, Stage, Post, col(Site.sample))
            .join(Site, col(Site.id) == col(Equipment.site_id))
            .outerjoin(Area, col(Area.id) == col(Equipment.area_id))
            .outerjoin(Stage, col(Stage.id) == col(Equipment.stage_id))
            .outerjoin(Post, col(Post.id) == col(Equipment.owner_post_id))
            .where(visible(actor, Equipment), col(Equipment.id) == equipment_id)
        )
    ).one_or_none()
    if row is None:
        return None
    equipment, area, stage, post, sample = row
    owner = Owner(post.id, post.name, post.name_en, await _holders(session, actor, post.id)) if post else None
    return EquipmentView(
        equipment.id,
        equipment.code,
        equipment.name,
        equipment.name_en,
        equipment.equipment_class,
        equipment.area_id,
        (area.name, area.name_en) if area else ("", ""),
        (stage.name, stage.name_en) if stage else ("", ""),
        owner,
        equipment.commissioned_on,
        sample,
        equipment.retired_at is not None,
    )


async def area_view(session: AsyncSession, actor: Actor, area_id: int) -> AreaView | None:
    """One area; None when there is none that the actor may see."""
    row = (
        await session.execute(
            select(Area, Stage, Team)
            .outerjoin(Stage, col(Stage.id) == col(Area.stage_id))
            .outerjoin(Team, col(Team.id) == col(Area.team_id))
            .where(visible(actor, Area), col(Area.id) == area_id)
        )
    ).one_or_none()
    if row is None:
        return None
    area, stage, team = row
    inside = await session.scalars(
        select(Equipment)
        .where(visible(actor, Equipment), col(Equipment.area_id) == area_id, col(Equipment.retired_at).is_(None))
        .order_by(col(Equipment.position), col(Equipment.id))
    )
    names = [(thing.name, thing.name_en) if thing else ("", "") for thing in (stage, team)]
    retired = area.retired_at is not None
    return AreaView(area.id, area.code, area.name, area.name_en, names[0], names[1], tuple(inside), retired)


async def _holders(session: AsyncSession, actor: Actor, post_id: int) -> tuple[tuple[str, str], ...]:
    rows = await session.execute(
        select(col(Person.name), col(Person.name_en))
        .join(PostHolder, col(PostHolder.person_id) == col(Person.id))
        .where(
            visible(actor, Person),
            visible(actor, PostHolder),
            col(PostHolder.post_id) == post_id,
            col(PostHolder.until).is_(None),
            col(Person.active),
        )
        .order_by(col(PostHolder.since), col(Person.id))
    )
    return tuple((name, name_en) for name, name_en in rows)


async def neighbours(session: AsyncSession, actor: Actor, equipment_id: int) -> tuple[list[Neighbour], list[Neighbour]]:
    """Equipment upstream and downstream of this one by a direct link."""
    rows = await session.execute(
        select(Link, Equipment)
        .join(
            Equipment,
            or_(
                and_(col(Link.source_equipment_id) == col(Equipment.id), col(Link.target_equipment_id) == equipment_id),
                and_(col(Link.target_equipment_id) == col(Equipment.id), col(Link.source_equipment_id) == equipment_id),
            ),
        )
        .where(visible(actor, Link), visible(actor, Equipment))
        .order_by(col(Equipment.id))
    )
    upstream: list[Neighbour] = []
    downstream: list[Neighbour] = []
    for link, other in rows:
        side = upstream if link.source_equipment_id == other.id else downstream
        side.append(Neighbour(other.id, other.name, other.name_en, link.kind, link.delay_s))
    return upstream, downstream


async def active_points(
    session: AsyncSession,
    actor: Actor,
    *,
    equipment_id: int | None = None,
    point_id: int | None = None,
    of_equipment: Sequence[int] | None = None,
    of_area: int | None = None,
    first_of_each: bool = False,
) -> list[Point]:
    """Points in use in the order of the plant, of one equipment, of some or one by id if asked; not the product's own.
    ``of_area``: those that stand in the area itself, on none of its equipment.
    ``first_of_each``: one of each equipment, a measured one if there is any."""
    statement = (
        select(Point)
        .where(
            visible(actor, Point),
            col(Point.status) == PointStatus.ACTIVE,
            ~col(Point.code).startswith("_", autoescape=True),
        )
        .order_by(col(Point.position), col(Point.id))
    )
    if equipment_id is not None:
        statement = statement.where(col(Point.equipment_id) == equipment_id)
    if point_id is not None:
        statement = statement.where(col(Point.id) == point_id)
    if of_equipment is not None:
        statement = statement.where(col(Point.equipment_id).in_(of_equipment))
    if of_area is not None:
        statement = statement.where(col(Point.area_id) == of_area, col(Point.equipment_id).is_(None))
    if first_of_each:
        place = (col(Point.equipment_id), col(Point.manipulated), col(Point.position), col(Point.id))
        statement = statement.where(col(Point.equipment_id).is_not(None)).order_by(None).order_by(*place)
        statement = statement.ext(distinct_on(col(Point.equipment_id)))
    return list((await session.execute(statement)).scalars())


async def all_equipment(session: AsyncSession, actor: Actor) -> list[Equipment]:
    """All equipment in use, in the order of the plant."""
    in_use = select(Equipment).where(visible(actor, Equipment), col(Equipment.retired_at).is_(None))
    return list(await session.scalars(in_use.order_by(col(Equipment.position), col(Equipment.id))))


async def linked_points(session: AsyncSession, actor: Actor, point_id: int) -> tuple[list[Point], list[Point]]:
    """Points that act on this one, and points it acts on."""
    rows = await session.execute(
        select(Link, Point)
        .join(
            Point,
            or_(
                and_(col(Link.source_point_id) == col(Point.id), col(Link.target_point_id) == point_id),
                and_(col(Link.target_point_id) == col(Point.id), col(Link.source_point_id) == point_id),
            ),
        )
        .where(visible(actor, Link), visible(actor, Point))
        .order_by(col(Point.position), col(Point.id))
    )
    before: list[Point] = []
    after: list[Point] = []
    for link, other in rows:
        (before if link.source_point_id == other.id else after).append(other)
    return before, after


async def posts(session: AsyncSession, actor: Actor) -> list[Post]:
    """The site's posts, for the form that names an owner."""
    return list((await session.execute(select(Post).where(visible(actor, Post)).order_by(col(Post.id)))).scalars())
