"""SQL of editing the plant: lists of things with those out of use, links by their ends, the log of changes."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import col

from backend.identity.actor import Actor
from backend.identity.models import Person, Post, Team
from backend.identity.permissions import visible
from backend.plant.history import MODELS
from backend.plant.models import Area, Equipment, FloorPlan, Link, PlantChange, PlantImport, Point, PointStatus, Stage

BATCHES_A_PAGE = 20
MOST_SHOWN = 8
"""Changes of a batch that the log shows at once."""


@dataclass(frozen=True, slots=True)
class LinkRow:
    """A link with its ends: kind of thing, id, and names."""

    link: Link
    source: tuple[str, int]
    target: tuple[str, int]
    source_names: tuple[str, str]
    target_names: tuple[str, str]

    @property
    def names(self) -> tuple[str, str]:
        """What the log calls it, in Chinese and English."""
        (a, a_en), (b, b_en) = self.source_names, self.target_names
        return f"{a} → {b}", f"{a_en or a} → {b_en or b}"


@dataclass(frozen=True)
class Ends:
    """Links that begin or end at one of these."""

    equipment: Sequence[int] = ()
    points: Sequence[int] = ()

    @property
    def any(self) -> bool:
        """Whether there are any."""
        return bool(self.equipment or self.points)


async def links(
    session: AsyncSession, actor: Actor, ends: Ends | None = None, link_id: int | None = None
) -> list[LinkRow]:
    """The site's links in the order in which they were drawn; those at ``ends``, or one, if asked."""
    target, target_point = aliased(Equipment), aliased(Point)
    statement = (
        select(Link, Equipment, target, Point, target_point)
        .outerjoin(Equipment, and_(visible(actor, Equipment), col(Equipment.id) == col(Link.source_equipment_id)))
        .outerjoin(Point, and_(visible(actor, Point), col(Point.id) == col(Link.source_point_id)))
        .outerjoin(target, col(target.id) == col(Link.target_equipment_id))
        .outerjoin(target_point, col(target_point.id) == col(Link.target_point_id))
        .where(visible(actor, Link))
        .order_by(col(Link.id))
    )
    if link_id is not None:
        statement = statement.where(col(Link.id) == link_id)
    if ends is not None:
        statement = statement.where(
            or_(
                col(Link.source_equipment_id).in_(ends.equipment),
                col(Link.target_equipment_id).in_(ends.equipment),
                col(Link.source_point_id).in_(ends.points),
                col(Link.target_point_id).in_(ends.points),
            )
        )
    found = []
    four: list[Any]
    for link, *four in await session.execute(statement):
        first, last = four[0] or four[2], four[1] or four[3]
        found.append(
            LinkRow(
                link,
                ("equipment" if four[0] else "point", first.id),
                ("equipment" if four[1] else "point", last.id),
                (first.name, first.name_en),
                (last.name, last.name_en),
            )
        )
    return found


async def things(session: AsyncSession, actor: Actor, kind: str, *, equipment_id: int | None = None) -> list[Any]:
    """All things of a kind in their order, those out of use too; points that were never adopted are not in it."""
    model = MODELS[kind]
    statement = select(model).where(visible(actor, model)).order_by(col(model.position), col(model.id))
    if kind == "point":
        known = (PointStatus.ACTIVE, PointStatus.RETIRED)
        statement = statement.where(col(Point.status).in_(known), ~col(Point.code).startswith("_", autoescape=True))
        if equipment_id is not None:
            statement = statement.where(col(Point.equipment_id) == equipment_id)
    return list(await session.scalars(statement))


@dataclass(frozen=True)
class Counts:
    """How many there are in use."""

    plans: int
    stages: int
    areas: int
    equipment: int
    points: int
    links: int


async def counts(session: AsyncSession, actor: Actor) -> Counts:
    """How many of each kind are in use."""
    found = []
    for model in (FloorPlan, Stage, Area, Equipment):
        counted = select(func.count()).where(visible(actor, model), col(model.retired_at).is_(None))
        found.append(counted.scalar_subquery())
    points = select(func.count()).where(
        visible(actor, Point),
        col(Point.status) == PointStatus.ACTIVE,
        ~col(Point.code).startswith("_", autoescape=True),
    )
    drawn = select(func.count()).select_from(Link).where(visible(actor, Link))
    row = (await session.execute(select(*found, points.scalar_subquery(), drawn.scalar_subquery()))).one()
    return Counts(*(int(number) for number in row))


async def choices(session: AsyncSession, actor: Actor) -> dict[str, list[Any]]:
    """What fields may name (``Field.things``), in use and in order; ``classes`` are words in use."""
    found: dict[str, list[Any]] = {}
    for name, model in (("stages", Stage), ("areas", Area), ("equipment", Equipment)):
        statement = (
            select(model)
            .where(visible(actor, model), col(model.retired_at).is_(None))
            .order_by(col(model.position), col(model.id))
        )
        found[name] = list(await session.scalars(statement))
    found["teams"] = list(await session.scalars(select(Team).where(visible(actor, Team)).order_by(col(Team.id))))
    found["posts"] = list(await session.scalars(select(Post).where(visible(actor, Post)).order_by(col(Post.id))))
    classes = (
        select(col(Equipment.equipment_class))
        .where(visible(actor, Equipment), col(Equipment.equipment_class) != "")
        .distinct()
        .order_by(col(Equipment.equipment_class))
    )
    found["classes"] = list(await session.scalars(classes))
    return found


async def plans(session: AsyncSession, actor: Actor) -> list[FloorPlan]:
    """The site's floor plans in order, those out of use last."""
    statement = (
        select(FloorPlan)
        .where(visible(actor, FloorPlan))
        .order_by(col(FloorPlan.retired_at).is_not(None), col(FloorPlan.position), col(FloorPlan.id))
    )
    return list(await session.scalars(statement))


async def outlines(session: AsyncSession, actor: Actor, plan_id: int) -> list[Area]:
    """Areas in use: those on this plan and those that are on none, in order."""
    statement = (
        select(Area)
        .where(
            visible(actor, Area),
            col(Area.retired_at).is_(None),
            or_(col(Area.floor_plan_id) == plan_id, col(Area.floor_plan_id).is_(None)),
        )
        .order_by(col(Area.position), col(Area.id))
    )
    return list(await session.scalars(statement))


@dataclass(frozen=True)
class Batch:
    """What one person changed at once."""

    name: str
    last_id: int
    at: datetime
    person: Person | None
    count: int
    reverses: bool
    """It took another one back."""
    reversed: bool
    """It has been taken back."""
    changes: list[PlantChange] = field(default_factory=list)
    """The first few."""


async def batches(
    session: AsyncSession, actor: Actor, *, before: int | None = None, kind: str = "", object_id: int | None = None
) -> list[Batch]:
    """What was changed, the latest first, ``BATCHES_A_PAGE`` and one more; of one thing if asked. ``before``: older
    than that id."""
    heads = (
        select(
            col(PlantChange.batch),
            func.max(col(PlantChange.id)).label("last"),
            func.min(col(PlantChange.made_at)),
            func.min(col(PlantChange.made_by)),
            func.count(),
            func.max(col(PlantChange.reverses)),
        )
        .where(visible(actor, PlantChange))
        .group_by(col(PlantChange.batch))
        .order_by(func.max(col(PlantChange.id)).desc())
        .limit(BATCHES_A_PAGE + 1)
    )
    if before is not None:
        heads = heads.having(func.max(col(PlantChange.id)) < before)
    if object_id is not None:
        of_it = select(col(PlantChange.batch)).where(
            visible(actor, PlantChange), col(PlantChange.kind) == kind, col(PlantChange.object_id) == object_id
        )
        heads = heads.where(col(PlantChange.batch).in_(of_it))
    rows = (await session.execute(heads)).all()
    people = await session.scalars(
        select(Person).where(visible(actor, Person), col(Person.id).in_([row[3] for row in rows]))
    )
    persons = {person.id: person for person in people}
    names = [row[0] for row in rows]
    shown, gone = await _first_changes(session, actor, names), await _taken_back(session, actor, names)
    return [
        Batch(name, last, at, persons.get(by or 0), count, bool(reverses), name in gone, shown[name])
        for name, last, at, by, count, reverses in rows
    ]


async def _taken_back(session: AsyncSession, actor: Actor, names: Sequence[str]) -> set[str]:
    """Those of the batches that another one took back."""
    statement = select(col(PlantChange.reverses)).where(
        visible(actor, PlantChange), col(PlantChange.reverses) != "", col(PlantChange.reverses).in_(names)
    )
    return set(await session.scalars(statement.distinct()))


async def _first_changes(session: AsyncSession, actor: Actor, names: Sequence[str]) -> dict[str, list[PlantChange]]:
    place = func.row_number().over(partition_by=col(PlantChange.batch), order_by=col(PlantChange.id)).label("place")
    numbered = (
        select(col(PlantChange.id), place)
        .where(visible(actor, PlantChange), col(PlantChange.batch).in_(names))
        .subquery()
    )
    found: dict[str, list[PlantChange]] = defaultdict(list)
    rows = await session.scalars(
        select(PlantChange)
        .join(numbered, numbered.c.id == col(PlantChange.id))
        .where(visible(actor, PlantChange), numbered.c.place <= MOST_SHOWN)
        .order_by(col(PlantChange.id))
    )
    for row in rows:
        found[row.batch].append(row)
    return found


async def changes_of(session: AsyncSession, actor: Actor, batch: str) -> list[PlantChange]:
    """All changes of a batch, in the order in which they were made."""
    statement = select(PlantChange).where(visible(actor, PlantChange), col(PlantChange.batch) == batch)
    return list(await session.scalars(statement.order_by(col(PlantChange.id))))


async def is_taken_back(session: AsyncSession, actor: Actor, batch: str) -> bool:
    """Whether another batch took this one back."""
    return bool(await _taken_back(session, actor, [batch]))


async def imports(session: AsyncSession, actor: Actor) -> list[PlantImport]:
    """The latest workbooks that were sent."""
    statement = select(PlantImport).where(visible(actor, PlantImport)).order_by(col(PlantImport.id).desc()).limit(10)
    return list(await session.scalars(statement))


async def words_of(session: AsyncSession, actor: Actor) -> dict[str, dict[int, tuple[str, str]]]:
    """Column that names a thing → id → its names, for showing changes in words."""
    found: dict[str, dict[int, tuple[str, str]]] = {}
    columns: dict[str, type[Any]] = {
        "stage_id": Stage,
        "area_id": Area,
        "team_id": Team,
        "owner_post_id": Post,
        "floor_plan_id": FloorPlan,
        "equipment_id": Equipment,
    }
    for column, model in columns.items():
        rows = await session.execute(
            select(col(model.id), col(model.name), col(model.name_en)).where(visible(actor, model))
        )
        found[column] = {id_: (name, name_en) for id_, name, name_en in rows}
    return found


async def described(session: AsyncSession, actor: Actor) -> tuple[list[Equipment], list[Point], dict[str, list[Any]]]:
    """All equipment and points, whatever their state, and areas, stages and posts by the column that names them."""
    equipment = await session.scalars(
        select(Equipment).where(visible(actor, Equipment)).order_by(col(Equipment.position), col(Equipment.id))
    )
    points = await session.scalars(
        select(Point).where(visible(actor, Point)).order_by(col(Point.position), col(Point.id))
    )
    areas = await session.scalars(select(Area).where(visible(actor, Area)).order_by(col(Area.id)))
    stages = await session.scalars(select(Stage).where(visible(actor, Stage)).order_by(col(Stage.id)))
    posts = await session.scalars(select(Post).where(visible(actor, Post)).order_by(col(Post.id)))
    return (
        list(equipment),
        list(points),
        {"area_id": list(areas), "stage_id": list(stages), "owner_post_id": list(posts)},
    )
