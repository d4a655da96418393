"""The roll-up as pages read it: sums of windows, of steps of a trend, and of members. Never the rows themselves."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Date, Select, Subquery, and_, cast, func, literal, select, type_coerce
from sqlalchemy.dialects.postgresql import array, distinct_on
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.types import NullType
from sqlmodel import col

from backend.identity.actor import Actor
from backend.identity.models import Post, Role, Team
from backend.identity.permissions import visible
from backend.operations.indicators.figures import Sums
from backend.operations.indicators.models import WHOLE_SITE, IndicatorDay, IndicatorRound, IndicatorTarget
from backend.operations.indicators.registry import LEVEL_MEMBERS, MEASURES, Kind
from backend.operations.indicators.windows import Window
from backend.plant.models import Area, Stage

_TIMED = [one.code for one in MEASURES.values() if one.kind == Kind.DURATION]


@dataclass(frozen=True)
class Scope:
    """Of what: a member of a dimension; ``site`` and 0: all that the actor sees."""

    dimension: str = "site"
    member_id: int = WHOLE_SITE

    @property
    def whole(self) -> bool:
        """Whether it is narrowed to nothing."""
        return self.dimension == "site"


WHOLE = Scope()


@dataclass(frozen=True)
class Named:
    """A member by its names; level names are msgids."""

    id: int
    name: str
    name_en: str


def own_team(actor: Actor) -> int | None:
    """The team to which the actor's view is cut; None: the whole site."""
    return (actor.team_id or -1) if actor.role in {Role.LEADER, Role.WORKER} else None


def _cells(actor: Actor, scope: Scope) -> ColumnElement[bool]:
    """The roll-up's rows of ``scope``, as far as the actor sees: a team is cut along, so that it adds up."""
    team = own_team(actor)
    if scope.dimension == "team":
        mine = team in {None, scope.member_id}
        wanted = and_(
            col(IndicatorDay.team_id) == (scope.member_id if mine else -1), col(IndicatorDay.dimension) == "site"
        )
    else:
        wanted = and_(
            col(IndicatorDay.team_id) == (WHOLE_SITE if team is None else team),
            col(IndicatorDay.dimension) == scope.dimension,
            col(IndicatorDay.member_id) == scope.member_id,
        )
    return wanted


def _within(window: Window) -> ColumnElement[bool]:
    return and_(col(IndicatorDay.day) >= window.first, col(IndicatorDay.day) < window.until)


def _each() -> ColumnElement[float]:
    return func.unnest(col(IndicatorDay.seconds)).label("second")


def _listed(cut: Subquery) -> Select[Any]:
    """The columns of ``cut`` with all their seconds, as the driver gives these: SQLAlchemy would look at each."""
    *others, second = cut.c
    return select(*others, type_coerce(func.array_agg(second), NullType())).group_by(*others)


async def sums_by_step(
    session: AsyncSession, actor: Actor, scope: Scope, measures: Collection[str], windows: Sequence[Window]
) -> Mapping[tuple[str, int], Sums]:
    """Of each measure and of each of ``windows``, by its place; each window begins where the one before ends."""
    firsts = array([cast(literal(one.first), Date) for one in windows])
    place = (func.width_bucket(col(IndicatorDay.day), firsts) - 1).label("place")
    asked = (
        visible(actor, IndicatorDay),
        _cells(actor, scope),
        col(IndicatorDay.measure).in_(measures),
        _within(Window(windows[0].first, windows[-1].until)),
    )
    rows = await session.execute(
        select(
            col(IndicatorDay.measure),
            place,
            func.sum(col(IndicatorDay.members)),
            func.sum(col(IndicatorDay.counted)),
            func.sum(col(IndicatorDay.base)),
        )
        .where(*asked)
        .group_by(col(IndicatorDay.measure), place)
    )
    plain = {(measure, step): (int(n), int(counted), int(base)) for measure, step, n, counted, base in rows}
    took: dict[tuple[str, int], Sequence[float]] = {}
    if timed := [one for one in measures if one in _TIMED]:
        cut = select(col(IndicatorDay.measure), place, _each()).where(*asked, col(IndicatorDay.measure).in_(timed))
        found = await session.execute(_listed(cut.subquery()))
        took = {(measure, step): seconds for measure, step, seconds in found}
    return {key: Sums(*numbers, took.get(key, ())) for key, numbers in plain.items()}


async def sums_by_member(
    session: AsyncSession,
    actor: Actor,
    scope: Scope,
    measures: Collection[str],
    dimensions: Collection[str],
    window: Window,
) -> Mapping[tuple[str, str], Mapping[int, Sums]]:
    """Of each measure and dimension the sums of its members. ``scope`` narrows only if it is a team or the whole."""
    team = own_team(actor)
    within = scope.member_id if scope.dimension == "team" and team in {None, scope.member_id} else team or WHOLE_SITE
    columns = (col(IndicatorDay.measure), col(IndicatorDay.dimension), col(IndicatorDay.member_id))
    asked = (
        visible(actor, IndicatorDay),
        col(IndicatorDay.team_id) == within,
        col(IndicatorDay.dimension).in_(dimensions),
        col(IndicatorDay.measure).in_(measures),
        _within(window),
    )
    rows = await session.execute(
        select(
            *columns,
            func.sum(col(IndicatorDay.members)),
            func.sum(col(IndicatorDay.counted)),
            func.sum(col(IndicatorDay.base)),
        )
        .where(*asked)
        .group_by(*columns)
    )
    kept: dict[tuple[str, str], dict[int, Sums]] = {}
    for measure, dimension, member, n, counted, base in rows:
        kept.setdefault((measure, dimension), {})[member] = Sums(int(n), int(counted), int(base))
    if any(one in _TIMED for one in measures):
        cut = select(*columns, _each()).where(*asked, col(IndicatorDay.measure).in_(_TIMED))
        found = await session.execute(_listed(cut.subquery()))
        for measure, dimension, member, seconds in found:
            kept[measure, dimension][member] = replace(kept[measure, dimension][member], seconds=seconds)
    return kept


async def members(session: AsyncSession, actor: Actor) -> Mapping[str, Sequence[Named]]:
    """What a view may be narrowed to, by dimension; of teams a leader only has their own."""
    team = own_team(actor)
    found: dict[str, Sequence[Named]] = {}
    stages = await session.execute(
        select(col(Stage.id), col(Stage.name), col(Stage.name_en))
        .where(visible(actor, Stage))
        .order_by(col(Stage.position))
    )
    found["stage"] = [Named(*row) for row in stages]
    areas = select(col(Area.id), col(Area.name), col(Area.name_en)).where(visible(actor, Area)).order_by(col(Area.name))
    if team is not None:
        areas = areas.where(col(Area.team_id) == team)
    found["area"] = [Named(*row) for row in await session.execute(areas)]
    teams = select(col(Team.id), col(Team.name), col(Team.name_en)).where(visible(actor, Team)).order_by(col(Team.name))
    if team is not None:
        teams = teams.where(col(Team.id) == team)
    found["team"] = [Named(*row) for row in await session.execute(teams)]
    posts = select(col(Post.id), col(Post.name), col(Post.name_en)).where(visible(actor, Post)).order_by(col(Post.name))
    found["post"] = [Named(*row) for row in await session.execute(posts)]
    found["level"] = [Named(n, level, level) for n, level in enumerate(LEVEL_MEMBERS, 1)]
    return found


async def targets(session: AsyncSession, actor: Actor) -> Mapping[str, IndicatorTarget]:
    """The newest target of each indicator that the site has set."""
    newest = (
        select(IndicatorTarget)
        .where(visible(actor, IndicatorTarget))
        .ext(distinct_on(col(IndicatorTarget.indicator)))
        .order_by(col(IndicatorTarget.indicator), col(IndicatorTarget.version).desc())
    )
    return {one.indicator: one for one in await session.scalars(newest)}


async def counted_until(session: AsyncSession, actor: Actor) -> datetime | None:
    """As of when the site's roll-up stands; None before the first."""
    return await session.scalar(select(col(IndicatorRound.as_of)).where(col(IndicatorRound.site_id) == actor.site_id))
