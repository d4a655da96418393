"""Sensors of a pack's machines into a site: points that wait for a first reading, and their rules.

A point without a reading is counted by nobody: quality asks only for points whose source is known, and the rules of a
pack judge values, never silence. So what nobody wires up stays quiet.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.alarms.commands import create_rule
from backend.alarms.drafts import RuleDraft
from backend.identity.actor import Actor
from backend.identity.permissions import require, visible
from backend.plant.history import new_batch, note, snapshot, tell
from backend.plant.models import Equipment, Point, PointStatus
from backend.starter.trades.sensors import PointTemplate, RuleTemplate
from backend.starter.trades.wish import Machine
from backend.telemetry.commands import Adoption, adopt


@dataclass(frozen=True)
class Measured:
    """How many points and rules came new."""

    points: int = 0
    rules: int = 0


async def install_sensors(
    session: AsyncSession, actor: Actor, machines: Sequence[Machine], equipment: Mapping[str, int]
) -> Measured:
    """Points and rules of ``machines`` (those that have sensors) that the site lacks.

    A rule comes only together with its point, so that one that somebody has changed or taken away stays so. A code that
    a gateway sent before, and that still waits, is adopted; one that people ignored or retired is left alone.
    Raises Forbidden.
    """
    wanted = await _wanted(session, actor, machines, equipment)
    if not wanted:
        return Measured()
    require(actor, "plant.edit")
    codes = [_code(machine, spec) for machine, spec in wanted]
    found = await session.scalars(select(Point).where(visible(actor, Point), col(Point.code).in_(codes)))
    known = {point.code: point for point in found}
    batch, points, rules = new_batch(), 0, 0
    for place, (machine, spec) in enumerate(wanted):
        point = known.get(_code(machine, spec))
        if point is not None and point.status != PointStatus.PENDING:
            continue
        equipment_id = equipment[machine.code]
        if point is None:
            point = await _new(session, actor, machine, spec, equipment_id, place, batch)
        else:
            await _adopted(session, actor, point, machine, spec, equipment_id, batch)
        points += 1
        for rule in spec.rules:
            await create_rule(session, actor, _draft(rule, machine, point.id))
            rules += 1
    if points:
        await tell(session, actor)
    return Measured(points, rules)


async def _wanted(
    session: AsyncSession, actor: Actor, machines: Sequence[Machine], equipment: Mapping[str, int]
) -> list[tuple[Machine, PointTemplate]]:
    ids = [equipment[machine.code] for machine in machines]
    gone = select(col(Equipment.id)).where(
        visible(actor, Equipment), col(Equipment.id).in_(ids), col(Equipment.retired_at).is_not(None)
    )
    retired = set(await session.scalars(gone)) if ids else set()
    return [(one, spec) for one in machines if equipment[one.code] not in retired for spec in one.kind.points]


async def _new(
    session: AsyncSession,
    actor: Actor,
    machine: Machine,
    spec: PointTemplate,
    equipment_id: int,
    position: int,
    batch: str,
) -> Point:
    point = Point(
        site_id=actor.site_id,
        equipment_id=equipment_id,
        code=_code(machine, spec),
        name=_name(machine, spec),
        name_en=_name_en(machine, spec),
        unit=spec.unit,
        kind=spec.kind,
        range_low=spec.range_low,
        range_high=spec.range_high,
        decimals=spec.decimals,
        expected_interval_s=spec.expected_interval_s,
        position=position,
    )
    session.add(point)
    await session.flush()
    await note(session, actor, point, {}, batch=batch)
    return point


async def _adopted(
    session: AsyncSession,
    actor: Actor,
    point: Point,
    machine: Machine,
    spec: PointTemplate,
    equipment_id: int,
    batch: str,
) -> None:
    said = Adoption(
        name=_name(machine, spec),
        name_en=_name_en(machine, spec),
        unit=spec.unit,
        equipment_id=equipment_id,
        range_low=spec.range_low,
        range_high=spec.range_high,
    )
    await adopt(session, actor, point.id, said)
    before = snapshot(point)
    point.kind, point.decimals, point.expected_interval_s = spec.kind, spec.decimals, spec.expected_interval_s
    await note(session, actor, point, before, batch=batch)


def _draft(rule: RuleTemplate, machine: Machine, point_id: int) -> RuleDraft:
    return RuleDraft(
        kind=rule.kind,
        name=f"{machine.name}{rule.name}",
        name_en=f"{machine.name_en}: {rule.name_en}" if machine.name_en else "",
        parameters=rule.parameters,
        point_id=point_id,
        level=rule.level,
        warning=rule.warning,
        deadband=rule.deadband,
        on_delay_s=rule.on_delay_s,
        off_delay_s=rule.off_delay_s,
        latched=rule.latched,
        advice=rule.advice,
        advice_en=rule.advice_en,
    )


def _code(machine: Machine, spec: PointTemplate) -> str:
    return f"{machine.code}-{spec.suffix}"


def _name(machine: Machine, spec: PointTemplate) -> str:
    return f"{machine.name}{spec.name}"


def _name_en(machine: Machine, spec: PointTemplate) -> str:
    return f"{machine.name_en}: {spec.name_en}" if machine.name_en else ""
