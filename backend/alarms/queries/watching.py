"""What the system's own roles read: rules to judge by with their places, states, the plant's neighbourhood, ladders."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import structlog
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.alarms.escalation import USUAL_LADDERS, Ladder, ladder_from
from backend.alarms.evaluation import Rule, State
from backend.alarms.grouping import Neighbourhood
from backend.alarms.models import EscalationPolicy, Level, RuleKind, RuleState
from backend.alarms.parameters import ParametersError, read_parameters
from backend.alarms.wording import Named
from backend.identity.permissions import system_query

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class WatchedRule:
    """A rule as the judge keeps it: what to judge by, and what an alarm of it needs to be told."""

    id: int
    site_id: int
    version: int
    kind: str
    level: Level
    warning: bool
    latched: bool
    rule: Rule
    point_id: int | None
    equipment_id: int | None
    area_id: int | None
    named: Named

    def key(self, limit: str) -> str:
        """What can be open only once: ``alarm.condition_key`` of one of its limits."""
        return f"{self.id}:{limit}"


_RULES = """
SELECT r.id, r.site_id, r.version, r.kind, r.level, r.warning, r.latched, r.parameters, r.deadband,
       r.on_delay_s, r.off_delay_s, r.point_id, p.equipment_id, COALESCE(p.area_id, e.area_id) AS area_id,
       COALESCE(p.name, r.name) AS name, COALESCE(p.name_en, r.name_en) AS name_en,
       COALESCE(p.unit, '') AS unit, COALESCE(p.decimals, 2) AS decimals
FROM alarm_rule r LEFT JOIN point p ON p.id = r.point_id LEFT JOIN equipment e ON e.id = p.equipment_id
WHERE r.enabled AND r.out_of_service_reason = '' AND r.kind <> 'system'
  AND COALESCE(p.status, 'active') <> 'retired'
  AND (CAST(:sites AS bigint[]) IS NULL OR r.site_id = ANY(CAST(:sites AS bigint[])))
ORDER BY r.id
"""


@system_query("ingest judges the rules of all its sites")
async def watched_rules(session: AsyncSession, site_ids: list[int] | None = None) -> list[WatchedRule]:
    """Rules in force; one whose parameters can't be read is left out and logged, the others go on."""
    rows = (await session.execute(text(_RULES), {"sites": site_ids})).mappings()
    rules = []
    for row in rows:
        try:
            parameters = read_parameters(row["kind"], row["parameters"])
        except ParametersError as error:
            log.error("rule.unreadable", rule_id=row["id"], error=str(error))
            continue
        rules.append(
            WatchedRule(
                id=row["id"],
                site_id=row["site_id"],
                version=row["version"],
                kind=RuleKind(row["kind"]),
                level=Level(row["level"]),
                warning=row["warning"],
                latched=row["latched"],
                rule=Rule(parameters, row["deadband"], row["on_delay_s"], row["off_delay_s"]),
                point_id=row["point_id"],
                equipment_id=row["equipment_id"],
                area_id=row["area_id"],
                named=Named(row["name"], row["name_en"], row["unit"], row["decimals"]),
            )
        )
    return rules


@system_query("ingest asks whether any site's rules were edited")
async def rules_signature(session: AsyncSession) -> tuple[int, ...]:
    """Changes whenever a rule is made or edited, or the active learned normal of a site changes."""
    row = (
        await session.execute(
            text(
                "SELECT (SELECT count(*) FROM alarm_rule), (SELECT COALESCE(sum(version), 0) FROM alarm_rule), "
                "(SELECT COALESCE(sum(id), 0) FROM learned_normal WHERE active)"
            )
        )
    ).one()
    return tuple(int(part) for part in row)


@system_query("ingest resumes the rules of all sites where they were")
async def rule_states(session: AsyncSession) -> dict[int, State]:
    """Checkpointed states by rule."""
    rows = await session.execute(select(col(RuleState.rule_id), col(RuleState.state)))
    return {rule_id: msgspec.convert(state, State) for rule_id, state in rows}


@system_query("ingest groups alarms along the links of every site")
async def neighbourhood(session: AsyncSession, site_ids: list[int] | None = None) -> Neighbourhood:
    """Equipment joined by links, whether a link's ends are equipment or points of it."""
    rows = await session.execute(
        text(
            "SELECT COALESCE(l.source_equipment_id, s.equipment_id), COALESCE(l.target_equipment_id, t.equipment_id) "
            "FROM link l LEFT JOIN point s ON s.id = l.source_point_id LEFT JOIN point t ON t.id = l.target_point_id "
            "WHERE CAST(:sites AS bigint[]) IS NULL OR l.site_id = ANY(CAST(:sites AS bigint[]))"
        ),
        {"sites": site_ids},
    )
    return Neighbourhood((source, target) for source, target in rows if source and target)


@system_query("deadlines are set by ingest and worker, whoever's alarm it is")
async def ladder_of(session: AsyncSession, site_id: int, level: Level) -> Ladder:
    """The site's ladder for ``level``, or the usual one where it set none or an unusable one."""
    policy = (
        await session.execute(
            select(EscalationPolicy).where(
                col(EscalationPolicy.site_id) == site_id, col(EscalationPolicy.level) == level
            )
        )
    ).scalar_one_or_none()
    return usable_ladder(site_id, level, policy.steps if policy else None, policy.repeat_s if policy else None)


def usable_ladder(site_id: int, level: Level, steps: list[dict[str, Any]] | None, repeat_s: float | None) -> Ladder:
    """The ladder a site set, or the usual one: an unusable policy must not keep an alarm from being told."""
    if steps is None or repeat_s is None:
        return USUAL_LADDERS[level]
    try:
        return ladder_from(steps, repeat_s)
    except (ValueError, KeyError, TypeError):
        log.error("escalation.unusable_policy", site_id=site_id, level=level)
        return USUAL_LADDERS[level]


@dataclass(frozen=True, slots=True)
class LearnedRow:
    """The active learned normal of a site: engine parameters, and the point each of its columns stands for."""

    id: int
    site_id: int
    point_ids: tuple[int, ...]
    parameters: dict[str, object]
    row_s: float | None = None
    """Seconds of a row of the clock; None: rows come as readings come."""


@system_query("ingest scores deviation for every site that learned its normal")
async def active_normals(session: AsyncSession, site_ids: list[int] | None = None) -> dict[int, LearnedRow]:
    """The learned normal in force by site."""
    rows = await session.execute(
        text(
            "SELECT id, site_id, point_ids, parameters, row_s FROM learned_normal WHERE active "
            "AND (CAST(:sites AS bigint[]) IS NULL OR site_id = ANY(CAST(:sites AS bigint[])))"
        ),
        {"sites": site_ids},
    )
    return {r.site_id: LearnedRow(r.id, r.site_id, tuple(r.point_ids), r.parameters, r.row_s) for r in rows}


@dataclass(frozen=True, slots=True)
class OpenCondition:
    """An open alarm of a rule, as far as the judge must agree with it."""

    site_id: int
    rule_id: int
    condition_key: str
    limit_name: str
    active: bool
    out_of_service: bool


@system_query("ingest makes its memory agree with the open alarms of all sites")
async def open_conditions(session: AsyncSession, site_ids: list[int] | None = None) -> list[OpenCondition]:
    """Open alarms that came from rules."""
    rows = await session.execute(
        text(
            "SELECT site_id, rule_id, condition_key, limit_name, active, state = 'out_of_service' AS out_of_service "
            "FROM alarm WHERE state <> 'closed' AND rule_id IS NOT NULL "
            "AND (CAST(:sites AS bigint[]) IS NULL OR site_id = ANY(CAST(:sites AS bigint[]))) ORDER BY id"
        ),
        {"sites": site_ids},
    )
    return [OpenCondition(**row) for row in rows.mappings()]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a point is, and what it is called."""

    equipment_id: int | None = None
    area_id: int | None = None
    named: Named | None = None


@system_query("an alarm over many points is placed at the one that deviates most")
async def place_of(session: AsyncSession, point_id: int) -> Place:
    """Equipment, area and name of a point."""
    row = (
        await session.execute(
            text(
                "SELECT p.equipment_id, COALESCE(p.area_id, e.area_id) AS area_id, p.name, p.name_en "
                "FROM point p LEFT JOIN equipment e ON e.id = p.equipment_id WHERE p.id = :id"
            ),
            {"id": point_id},
        )
    ).one_or_none()
    return Place(row.equipment_id, row.area_id, Named(row.name, row.name_en)) if row else Place()


@system_query("the worker tells people of every site")
async def people_to_tell(session: AsyncSession, site_id: int, area_id: int | None, roles: Sequence[str]) -> list[int]:
    """Active people of ``roles``; of leaders those of the area's team where it has one, else all the site's."""
    rows = await session.execute(
        text(
            "WITH candidates AS (SELECT p.id, p.role, p.team_id IS NOT NULL AND p.team_id = "
            "(SELECT team_id FROM area WHERE id = :area AND site_id = :site) AS near "
            "FROM person p WHERE p.site_id = :site AND p.active AND p.role = ANY(CAST(:roles AS text[]))) "
            "SELECT id FROM candidates c WHERE c.role <> 'leader' OR COALESCE(c.near, false) "
            "OR NOT EXISTS (SELECT 1 FROM candidates n WHERE n.role = 'leader' AND n.near) ORDER BY id"
        ),
        {"site": site_id, "area": area_id, "roles": list(roles)},
    )
    return list(rows.scalars())
