"""A pack into the database: the plant, its rules and, for a demo, its sample people. System role.

What is there by its code stays as it is; a pack that was installed is not installed again.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import msgspec
from sqlalchemy import select, text, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.alarms.models import AlarmRule, EscalationPolicy
from backend.core.clock import now
from backend.core.tables import SiteScoped
from backend.identity.models import Person, Post, PostHolder, Site, Team
from backend.identity.permissions import system_query
from backend.plant.models import (
    Area,
    Equipment,
    FloorPlan,
    InstalledPack,
    Link,
    Point,
    Stage,
)
from backend.starter.courses import assign_to_sample_people, install_courses
from backend.starter.inspections import install_inspections
from backend.starter.pack import LinkSpec, Pack
from backend.starter.risks import Places, install_risks, plans_by_name
from backend.starter.upkeep import install_maintenance
from backend.tracing.library.models import CauseLibrary
from backend.training.models import TrainingRecord


@dataclass
class _Ids:
    """Ids by code of what the pack refers to."""

    site_id: int
    stages: dict[str, int] = field(default_factory=dict)
    teams: dict[str, int] = field(default_factory=dict)
    posts: dict[str, int] = field(default_factory=dict)
    areas: dict[str, int] = field(default_factory=dict)
    equipment: dict[str, int] = field(default_factory=dict)
    points: dict[str, int] = field(default_factory=dict)
    people: dict[str, int] = field(default_factory=dict)


async def install_pack(session: AsyncSession, pack: Pack, *, password_hash: str | None = None) -> int:
    """Install ``pack`` into the site of its code, which is made if need be; gives the site's id.

    With ``password_hash`` it is a demo: the site and the sample people, who share that password, are
    marked as samples. The caller commits.
    """
    site_id = await _site(session, pack, sample=password_hash is not None)
    if await _installed(session, site_id, pack.code):
        return site_id
    ids = _Ids(site_id)
    await _places(session, pack, ids)
    await _things(session, pack, ids)
    session.add_all(_link(link, ids) for link in pack.links)
    session.add_all(_rules(pack, ids))
    await _policies(session, pack, ids)
    await install_courses(session, site_id, pack.code)
    await _causes(session, pack, ids)
    if password_hash is not None:
        await _people(session, pack, ids, password_hash)
        await _commission(session, pack, ids, now().date())
        await install_maintenance(session, site_id, pack, equipment=ids.equipment, today=now().date())
        await install_inspections(session, site_id, pack, posts=ids.posts, equipment=ids.equipment)
        await assign_to_sample_people(session, site_id, now().date())
    plans = await plans_by_name(session, site_id)
    places = Places(ids.stages, ids.areas, ids.equipment, ids.posts, plans)
    await install_risks(session, site_id, pack.risk_points, places, sample=password_hash is not None)
    session.add(InstalledPack(site_id=site_id, code=pack.code, version=pack.version, details={"name": pack.name}))
    await session.flush()
    await session.execute(text("SELECT pg_notify('ansu_plant', ''), pg_notify('ansu_rules', '')"))
    return site_id


@system_query("an installation makes the site")
async def _site(session: AsyncSession, pack: Pack, *, sample: bool) -> int:
    found = (await session.execute(select(col(Site.id)).where(col(Site.code) == pack.site.code))).scalar_one_or_none()
    if found is not None:
        return found
    spec = pack.site
    site = Site(code=spec.code, name=spec.name, name_en=spec.name_en, time_zone=spec.time_zone, sample=sample)
    session.add(site)
    await session.flush()
    return site.id


@system_query("an installation works on behalf of no person")
async def _installed(session: AsyncSession, site_id: int, code: str) -> bool:
    statement = select(col(InstalledPack.id)).where(
        col(InstalledPack.site_id) == site_id, col(InstalledPack.code) == code
    )
    return (await session.execute(statement)).scalar_one_or_none() is not None


async def _places(session: AsyncSession, pack: Pack, ids: _Ids) -> None:
    """Stages, teams, posts, and the floor plan with its areas."""
    site_id = ids.site_id
    stages = (
        Stage(site_id=site_id, code=s.code, name=s.name, name_en=s.name_en, position=i)
        for i, s in enumerate(pack.stages)
    )
    ids.stages = await _add(session, Stage, site_id, stages)
    teams = (Team(site_id=site_id, code=t.code, name=t.name, name_en=t.name_en) for t in pack.teams)
    ids.teams = await _add(session, Team, site_id, teams)
    posts = (Post(site_id=site_id, code=p.code, name=p.name, name_en=p.name_en) for p in pack.posts)
    ids.posts = await _add(session, Post, site_id, posts)
    drawn = pack.floor_plan
    plan = FloorPlan(site_id=site_id, name=drawn.name, name_en=drawn.name_en, width=drawn.width, height=drawn.height)
    session.add(plan)
    await session.flush()
    areas = (
        Area(
            site_id=site_id,
            floor_plan_id=plan.id,
            stage_id=ids.stages[a.stage],
            team_id=ids.teams[a.team],
            code=a.code,
            name=a.name,
            name_en=a.name_en,
            polygon=[list(corner) for corner in a.polygon],
        )
        for a in pack.areas
    )
    ids.areas = await _add(session, Area, site_id, areas)


async def _things(session: AsyncSession, pack: Pack, ids: _Ids) -> None:
    """Equipment and points."""
    equipment = (
        Equipment(
            site_id=ids.site_id,
            area_id=ids.areas[e.area],
            stage_id=ids.stages[e.stage],
            owner_post_id=ids.posts[e.owner_post],
            code=e.code,
            name=e.name,
            name_en=e.name_en,
            equipment_class=e.equipment_class,
            x=e.x,
            y=e.y,
        )
        for e in pack.equipment
    )
    ids.equipment = await _add(session, Equipment, ids.site_id, equipment)
    area_of = {e.code: ids.areas[e.area] for e in pack.equipment}
    points = (
        Point(
            site_id=ids.site_id,
            equipment_id=ids.equipment[p.equipment],
            area_id=area_of[p.equipment],
            code=p.code,
            name=p.name,
            name_en=p.name_en,
            unit=p.unit,
            kind=p.kind,
            manipulated=p.manipulated,
            range_low=p.range_low,
            range_high=p.range_high,
            decimals=p.decimals,
            expected_interval_s=p.expected_interval_s,
            position=position,
        )
        for position, p in enumerate(pack.points)
    )
    ids.points = await _add(session, Point, ids.site_id, points)


@system_query("an installation works on behalf of no person")
async def _add(session: AsyncSession, model: type[Any], site_id: int, rows: Iterable[SiteScoped]) -> dict[str, int]:
    """Add the rows whose code the site doesn't have yet; ids of all the site's rows by code."""
    known = set((await session.execute(select(model.code).where(model.site_id == site_id))).scalars())
    session.add_all(row for row in rows if getattr(row, "code") not in known)  # noqa: B009 - every model here has one
    await session.flush()
    found = await session.execute(select(model.code, model.id).where(model.site_id == site_id))
    return {code: id_ for code, id_ in found}


def _link(link: LinkSpec, ids: _Ids) -> Link:
    return Link(
        site_id=ids.site_id,
        kind=link.kind,
        source_equipment_id=ids.equipment.get(link.source),
        source_point_id=ids.points.get(link.source) if link.source not in ids.equipment else None,
        target_equipment_id=ids.equipment.get(link.target),
        target_point_id=ids.points.get(link.target) if link.target not in ids.equipment else None,
        delay_s=link.delay_s,
    )


def _rules(pack: Pack, ids: _Ids) -> Iterable[AlarmRule]:
    for rule in pack.rules:
        yield AlarmRule(
            site_id=ids.site_id,
            point_id=ids.points[rule.point] if rule.point is not None else None,
            kind=rule.kind,
            name=rule.name,
            name_en=rule.name_en,
            level=rule.level,
            warning=rule.warning,
            parameters=rule.parameters,
            deadband=rule.deadband,
            on_delay_s=rule.on_delay_s,
            off_delay_s=rule.off_delay_s,
            latched=rule.latched,
            advice=rule.advice,
            advice_en=rule.advice_en,
        )


@system_query("an installation works on behalf of no person")
async def _causes(session: AsyncSession, pack: Pack, ids: _Ids) -> None:
    """What the pack says of causes, where the site has said nothing yet."""
    known = await session.execute(select(col(CauseLibrary.id)).where(col(CauseLibrary.site_id) == ids.site_id).limit(1))
    if known.first() is None and (pack.causes.classes or pack.causes.per_year):
        edits = msgspec.to_builtins(pack.causes)
        session.add(CauseLibrary(site_id=ids.site_id, version=1, edits=edits, note=pack.name))


@system_query("an installation works on behalf of no person")
async def _policies(session: AsyncSession, pack: Pack, ids: _Ids) -> None:
    statement = select(col(EscalationPolicy.level)).where(col(EscalationPolicy.site_id) == ids.site_id)
    known = set((await session.execute(statement)).scalars())
    session.add_all(
        EscalationPolicy(site_id=ids.site_id, level=p.level, steps=p.steps, repeat_s=p.repeat_s)
        for p in pack.escalation
        if p.level not in known
    )


async def _people(session: AsyncSession, pack: Pack, ids: _Ids, password_hash: str) -> None:
    """Sample people, the posts they hold, and sample records of training."""
    for spec in pack.people:
        person = Person(
            site_id=ids.site_id,
            account=spec.account,
            name=spec.name,
            name_en=spec.name_en,
            role=spec.role,
            team_id=ids.teams[spec.team] if spec.team else None,
            password_hash=password_hash,
            sample=True,
        )
        session.add(person)
        await session.flush()
        ids.people[spec.account] = person.id
        held = (PostHolder(site_id=ids.site_id, post_id=ids.posts[p], person_id=person.id) for p in spec.posts)
        session.add_all(held)
    session.add_all(_records(pack, ids, now().date()))


@system_query("an installation works on behalf of no person")
async def _commission(session: AsyncSession, pack: Pack, ids: _Ids, today: date) -> None:
    """When equipment began, where the site doesn't know it already."""
    for spec in pack.commissioning:
        await session.execute(
            update(Equipment)
            .where(col(Equipment.id) == ids.equipment[spec.equipment], col(Equipment.commissioned_on).is_(None))
            .values(commissioned_on=today - timedelta(days=spec.days_ago))
        )


def _records(pack: Pack, ids: _Ids, today: date) -> Iterable[SiteScoped]:
    for spec in pack.training:
        passed = today - timedelta(days=spec.passed_days_ago)
        yield TrainingRecord(
            site_id=ids.site_id,
            person_id=ids.people[spec.account],
            course=spec.course,
            course_en=spec.course_en,
            passed_on=passed,
            valid_until=passed + timedelta(days=spec.valid_days),
            sample=True,
        )
