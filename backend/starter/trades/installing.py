"""A trade pack into a site that people work in: what was wished for and isn't there yet, in one transaction.

Everything is known by its code or name, so installing twice doubles nothing, and a greater count later only adds
machines. What the site has changed meanwhile stays. The caller commits.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import msgspec
from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.core.clock import now
from backend.core.tables import SiteScoped
from backend.identity.actor import Actor
from backend.identity.audit import record_change
from backend.identity.models import Post, Team
from backend.identity.permissions import require, system_query, visible
from backend.incidents.response.models import IncidentPlan
from backend.maintenance.commands.planning import make_plan
from backend.maintenance.queries.due import site_day
from backend.maintenance.schedule import Terms
from backend.plant.models import Area, Equipment, FloorPlan, InstalledPack, Stage
from backend.risks.models import RiskPoint
from backend.starter.courses import install_courses
from backend.starter.risks import Places, install_risks, plans_by_name
from backend.starter.trades.leaving import check_in_use, one_at_a_time
from backend.starter.trades.measuring import install_sensors
from backend.starter.trades.pack import TradePack
from backend.starter.trades.rounds import install_rounds
from backend.starter.trades.sketch import sketch
from backend.starter.trades.wish import Machine, Wish
from backend.tracing.library.catalogue import Edits
from backend.tracing.library.models import CauseLibrary


@dataclass(frozen=True)
class Installed:
    """How much came new of each kind; the keys are those of ``wording.PARTS``."""

    counts: dict[str, int]

    @property
    def anything(self) -> bool:
        """Whether the site has got anything that it didn't have."""
        return any(self.counts.values())


@dataclass
class _Ids:
    """Ids by code of what the pack refers to."""

    stages: dict[str, int] = field(default_factory=dict)
    teams: dict[str, int] = field(default_factory=dict)
    posts: dict[str, int] = field(default_factory=dict)
    areas: dict[str, int] = field(default_factory=dict)
    equipment: dict[str, int] = field(default_factory=dict)


async def install_trade(session: AsyncSession, actor: Actor, pack: TradePack, wish: Wish) -> Installed:
    """Install what ``wish`` takes of ``pack``; gives what came new. Raises Forbidden, and Conflict while the pack
    is taken out."""
    require(actor, "setup.do")
    await one_at_a_time(session, actor)
    await check_in_use(session, actor, pack)
    machines, ids, new = wish.machines(pack), _Ids(), {}
    ids.stages, new["stages"] = await _add(session, actor, Stage, _stages(actor, pack))
    ids.teams, new["teams"] = await _add(session, actor, Team, _named(actor, Team, pack.teams))
    ids.posts, new["posts"] = await _add(session, actor, Post, _named(actor, Post, pack.posts))
    new["areas"], fresh = await _places(session, actor, pack, wish, ids)
    new["equipment"] = len(fresh)
    new["maintenance"] = await _upkeep(session, actor, fresh, ids)
    new["rounds"] = await install_rounds(session, actor, pack, machines, posts=ids.posts, equipment=ids.equipment)
    new["risks"] = await _risks(session, actor, pack, machines, ids)
    measured = await install_sensors(session, actor, wish.measured(pack), ids.equipment)
    new["points"], new["rules"] = measured.points, measured.rules
    new["courses"] = len(await install_courses(session, actor.site_id, pack.code))
    new["plans"] = await _incident_plans(session, actor, pack)
    new["causes"] = await _causes(session, actor, pack)
    await _remember(session, actor, pack, new)
    await session.execute(text("SELECT pg_notify('ansu_plant', ''), pg_notify('ansu_rules', '')"))
    return Installed(new)


def _stages(actor: Actor, pack: TradePack) -> Iterable[Stage]:
    for position, one in enumerate(pack.stages):
        yield Stage(site_id=actor.site_id, code=one.code, name=one.name, name_en=one.name_en, position=position)


def _named(actor: Actor, model: type[Any], specs: Iterable[Any]) -> Iterable[SiteScoped]:
    return (model(site_id=actor.site_id, code=one.code, name=one.name, name_en=one.name_en) for one in specs)


async def _places(
    session: AsyncSession, actor: Actor, pack: TradePack, wish: Wish, ids: _Ids
) -> tuple[int, list[Machine]]:
    """Areas and machines; on a sketch while the site has no plan of its own. Gives how many areas and which machines
    came new."""
    machines, areas = wish.machines(pack), wish.areas(pack)
    drawn = sketch({a.code: [m.code for m in machines if m.kind.area == a.code] for a in areas})
    plan_id = await _plan(session, actor, drawn.width, drawn.height)
    rows = (
        Area(
            site_id=actor.site_id,
            floor_plan_id=plan_id,
            stage_id=ids.stages[one.stage],
            team_id=ids.teams[one.team],
            code=one.code,
            name=wish.names.get(one.code, one.name),
            name_en=one.name_en if wish.names.get(one.code, one.name) == one.name else "",
            polygon=drawn.polygons[one.code] if plan_id else [],
        )
        for one in areas
    )
    ids.areas, count = await _add(session, actor, Area, rows)
    known = await _codes(session, actor, Equipment)
    stage_of = {area.code: ids.stages[area.stage] for area in areas}
    fresh = [machine for machine in machines if machine.code not in known]
    for one in fresh:
        x, y = drawn.marks[one.code] if plan_id else (None, None)
        session.add(
            Equipment(
                site_id=actor.site_id,
                area_id=ids.areas[one.kind.area],
                stage_id=stage_of[one.kind.area],
                owner_post_id=ids.posts[one.kind.post],
                code=one.code,
                name=one.name,
                name_en=one.name_en,
                equipment_class=one.kind.equipment_class,
                x=x,
                y=y,
            )
        )
    await session.flush()
    ids.equipment = await _codes(session, actor, Equipment)
    return count, fresh


async def _plan(session: AsyncSession, actor: Actor, width: float, height: float) -> int | None:
    """A new plan's id; None where the site has one already: what comes later is placed there by people."""
    known = await session.scalar(select(col(FloorPlan.id)).where(visible(actor, FloorPlan)).limit(1))
    if known is not None:
        return None
    plan = FloorPlan(site_id=actor.site_id, name="平面草图", name_en="Sketch", width=width, height=height)
    session.add(plan)
    await session.flush()
    return plan.id


async def _upkeep(session: AsyncSession, actor: Actor, fresh: Iterable[Machine], ids: _Ids) -> int:
    """Maintenance plans of the machines that came new, counted from today."""
    today, made = site_day(actor), 0
    for machine in fresh:
        for spec in machine.kind.upkeep:
            post_id = ids.posts[machine.kind.post]
            terms = Terms(spec.summary, spec.kind, today, spec.every_days, post_id, spec.summary_en)
            await make_plan(session, actor, ids.equipment[machine.code], terms)
            made += 1
    return made


async def _risks(session: AsyncSession, actor: Actor, pack: TradePack, machines: Iterable[Machine], ids: _Ids) -> int:
    """Risk points of areas and kinds that the site has; that of a kind stands at the first machine of it."""
    first = {machine.kind.code: ids.equipment[machine.code] for machine in reversed(list(machines))}
    wanted = [
        one for one in pack.risk_points if one.area in ids.areas and (one.equipment or next(iter(first))) in first
    ]
    before = await _codes(session, actor, RiskPoint)
    plans = await plans_by_name(session, actor.site_id)
    places = Places(ids.stages, ids.areas, first, ids.posts, plans)
    await install_risks(session, actor.site_id, wanted, places, sample=False)
    return sum(one.code not in before for one in wanted)


async def _incident_plans(session: AsyncSession, actor: Actor, pack: TradePack) -> int:
    """Plans of kinds for which the site has none of its own."""
    known = set(await session.scalars(select(col(IncidentPlan.kind)).where(visible(actor, IncidentPlan))))
    fresh = [one for one in pack.incident_plans if one.kind not in known]
    session.add_all(
        IncidentPlan(
            site_id=actor.site_id,
            kind=one.kind,
            version=1,
            steps=msgspec.to_builtins(one.steps),
            made_by=actor.person_id,
        )
        for one in fresh
    )
    await session.flush()
    return len(fresh)


async def _causes(session: AsyncSession, actor: Actor, pack: TradePack) -> int:
    """The pack's causes beside what the site says of causes already, as a new version; gives how many modes came."""
    newest = (
        select(CauseLibrary).where(visible(actor, CauseLibrary)).order_by(col(CauseLibrary.version).desc()).limit(1)
    )
    now_in_force = (await session.scalars(newest)).one_or_none()
    own = msgspec.convert(now_in_force.edits, Edits) if now_in_force else Edits()
    known = {one.key for one in own.classes}
    classes = [one for one in pack.causes.classes if one.key not in known]
    if not classes and not (pack.causes.per_year.keys() - own.per_year.keys()):
        return 0
    edits = Edits([*own.classes, *classes], {**pack.causes.per_year, **own.per_year})
    session.add(
        CauseLibrary(
            site_id=actor.site_id,
            version=(now_in_force.version if now_in_force else 0) + 1,
            edits=msgspec.to_builtins(edits),
            made_by=actor.person_id,
            note=pack.name,
        )
    )
    await session.flush()
    return sum(len(one.modes) for one in classes)


@system_query("the row is of the actor's own site")
async def _remember(session: AsyncSession, actor: Actor, pack: TradePack, new: dict[str, int]) -> None:
    """Note which pack came, and what of it, in the site's list and in the audit."""
    details = {"name": pack.name}
    row = {"site_id": actor.site_id, "code": pack.code, "version": pack.version, "details": details}
    statement = insert(InstalledPack).values(installed_at=now(), **row)
    statement = statement.on_conflict_do_update(
        index_elements=["site_id", "code"], set_={"version": statement.excluded.version}
    )
    pack_id = (await session.execute(statement.returning(col(InstalledPack.id)))).scalar_one()
    if any(new.values()):
        change: dict[str, Any] = {"name": [None, pack.name], "equipment": [None, new["equipment"]]}
        await record_change(session, actor, "setup.install", "installed_pack", pack_id, change)


async def _codes(session: AsyncSession, actor: Actor, model: type[Any]) -> dict[str, int]:
    found = await session.execute(select(model.code, model.id).where(visible(actor, model)))
    return {code: id_ for code, id_ in found}


async def _add(
    session: AsyncSession, actor: Actor, model: type[Any], rows: Iterable[Any]
) -> tuple[dict[str, int], int]:
    """Add the rows whose code the site doesn't have; ids of all the site's rows by code, and how many came new."""
    known = await _codes(session, actor, model)
    fresh = [row for row in rows if row.code not in known]
    session.add_all(fresh)
    await session.flush()
    return known | {row.code: row.id for row in fresh}, len(fresh)
