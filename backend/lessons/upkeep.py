"""What the history asks of maintenance plans: a shorter interval, a first plan. The worker calls it in each round."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from backend.core.clock import now
from backend.identity.permissions import system_query
from backend.lessons.gathering import History
from backend.lessons.models import LessonPattern, SuggestionKind
from backend.lessons.wearing import cycles_of, earlier_by_lateness, first_interval, shorter_interval

MOST_REFS = 200
_ASKS_FOR_UPKEEP = {("maintenance", "overdue"), ("again", "yes")}

_PLANS = """
SELECT p.id, p.equipment_id, p.name, COALESCE(NULLIF(p.name_en, ''), p.name) AS name_en, p.interval_days,
    COALESCE(array_agg(r.done_on) FILTER (WHERE r.done_on IS NOT NULL), '{}') AS done,
    COALESCE(array_agg(GREATEST(COALESCE(r.done_on, :today) - GREATEST(r.due_on, r.asked_on), 0))
        FILTER (WHERE r.due_on IS NOT NULL AND (r.done_on IS NOT NULL OR r.due_on < :today)), '{}') AS late
FROM maintenance_plan p LEFT JOIN maintenance_record r
    ON r.plan_id = p.id AND r.site_id = p.site_id AND r.dropped_on IS NULL
WHERE p.site_id = :site AND p.active AND p.interval_days IS NOT NULL GROUP BY p.id ORDER BY p.id
"""


@dataclass(frozen=True)
class _Plan:
    """A plan in use, the days on which it was done, and how many days late each time was."""

    id: int
    equipment_id: int
    name: str
    name_en: str
    interval_days: int
    done: list[date]
    late: list[int]


@dataclass(frozen=True)
class Hit:
    """A pattern that holds, with the equipment that most of its records are at and what a remedy is to save."""

    pattern: LessonPattern
    equipment_id: int
    per_90_days: float


@system_query("the worker suggests at every site")
async def of_upkeep(session: AsyncSession, site_id: int, history: History, hits: Sequence[Hit]) -> list[dict[str, Any]]:
    """Rows of suggestions, without what all have alike."""
    name = await session.scalar(text("SELECT time_zone FROM site WHERE id = :site"), {"site": site_id})
    zone = ZoneInfo(str(name))
    today = now().astimezone(zone).date()
    found = await session.execute(text(_PLANS), {"site": site_id, "today": today})
    plans = [_Plan(**row) for row in found.mappings()]
    wanted = {"site": site_id}
    named = await session.execute(text("SELECT id, name, name_en FROM equipment WHERE site_id = :site"), wanted)
    names = {id_: (name, name_en or name) for id_, name, name_en in named}
    resting = await session.scalars(text("SELECT equipment_id FROM maintenance_plan WHERE site_id = :site"), wanted)
    planned = set(resting)
    troubles: dict[int, list[tuple[int, str]]] = {}
    for record in history.records:
        if record.equipment_id is not None:
            day = record.at.astimezone(zone).date().toordinal()
            troubles.setdefault(record.equipment_id, []).append((day, record.ref))
    rows = [row for plan in plans if (row := _worn(plan, troubles.get(plan.equipment_id, []), today))]
    for hit in hits:
        if not {(one.attribute, one.value) for one in hit.pattern.values} & _ASKS_FOR_UPKEEP:
            continue
        here = [plan for plan in plans if plan.equipment_id == hit.equipment_id]
        rows += [row for plan in here if (row := _late(plan, hit))]
        if hit.equipment_id not in planned and hit.equipment_id in names:
            rows.append(_first(hit, names[hit.equipment_id], [day for day, _ in troubles.get(hit.equipment_id, [])]))
    return rows


def _worn(plan: _Plan, troubles: Sequence[tuple[int, str]], today: date) -> dict[str, Any] | None:
    """Trouble comes surely more often in the later part of its cycles."""
    done = [day.toordinal() for day in plan.done]
    found = shorter_interval(plan.interval_days, cycles_of(done, [day for day, _ in troubles], today.toordinal()))
    if found is None:
        return None
    refs = [ref for day, ref in troubles if done and day >= min(done)]
    proposal = {"late": found.late, "of": found.of}
    return _shorter(plan, found.interval_days, proposal, None, refs, found.per_90_days)


def _late(plan: _Plan, hit: Hit) -> dict[str, Any] | None:
    """What goes wrong while it is overdue is asked for earlier, so that what is late is still in time."""
    found = earlier_by_lateness(plan.interval_days, plan.late)
    if found is None:
        return None
    wanted, usual = found
    return _shorter(plan, wanted, {"late_days": usual}, hit.pattern.id, hit.pattern.refs, hit.per_90_days)


def _shorter(
    plan: _Plan,
    wanted: int,
    because: Mapping[str, int],
    pattern_id: int | None,
    refs: Sequence[str],
    per_90_days: float,
) -> dict[str, Any]:
    return {
        "key": f"{SuggestionKind.MAINTENANCE_INTERVAL}:{plan.id}:{wanted}",
        "kind": SuggestionKind.MAINTENANCE_INTERVAL,
        "pattern_id": pattern_id,
        "equipment_id": plan.equipment_id,
        "rule_id": None,
        "words": f"{plan.name}：改为每 {wanted} 天一次",
        "words_en": f"{plan.name_en}: every {wanted} days",
        "proposal": {"plan_id": plan.id, "interval_days": wanted, "now_days": plan.interval_days, **because},
        "watch": {"equipment": str(plan.equipment_id)},
        "refs": list(refs)[:MOST_REFS],
        "per_90_days": per_90_days,
    }


def _first(hit: Hit, names: tuple[str, str], trouble_days: Sequence[int]) -> dict[str, Any]:
    """A first plan for equipment that has none."""
    name, name_en = names
    return {
        "key": f"{SuggestionKind.MAINTENANCE_INTERVAL}:equipment:{hit.equipment_id}",
        "kind": SuggestionKind.MAINTENANCE_INTERVAL,
        "pattern_id": hit.pattern.id,
        "equipment_id": hit.equipment_id,
        "rule_id": None,
        "words": f"{name}定期保养",
        "words_en": f"Regular service of {name_en}",
        "proposal": {"interval_days": first_interval(trouble_days)},
        "watch": {"equipment": str(hit.equipment_id)},
        "refs": hit.pattern.refs,
        "per_90_days": hit.per_90_days,
    }
