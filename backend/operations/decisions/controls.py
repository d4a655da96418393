"""Suggests measures for grave sources that nothing holds, and takes back what holds again. The worker calls it."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import RowMapping, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.core.clock import now
from backend.identity.models import Site
from backend.identity.permissions import system_query
from backend.lessons.models import Suggestion, SuggestionKind, SuggestionState
from backend.operations.decisions.holding import SPARED, WEEKS_AHEAD, Gap, Measure, Source, gaps
from backend.operations.decisions.rounds import WEIGHTS

MOST = 15
MOST_REFS = 30
LATELY = timedelta(days=30)
_KEY = f"{SuggestionKind.MEASURE}:source:"

_SOURCES = """
SELECT s.id, p.id AS risk_point_id, p.equipment_id, s.name, COALESCE(NULLIF(s.name_en, ''), s.name) AS name_en,
    COALESCE(NULLIF(s.residual_level, ''), s.inherent_level) AS level,
    COALESCE(p.area_id, e.area_id) AS area_id
FROM hazard_source s JOIN risk_point p ON p.id = s.risk_point_id LEFT JOIN equipment e ON e.id = p.equipment_id
WHERE s.site_id = :site AND s.dropped_at IS NULL AND p.retired_at IS NULL
    AND COALESCE(NULLIF(s.residual_level, ''), s.inherent_level) <> ''
ORDER BY s.id
"""
_MEASURES = """
SELECT m.id, m.source_id, m.words, COALESCE(NULLIF(m.words_en, ''), m.words) AS words_en, m.plan_id,
    m.maintenance_plan_id AS upkeep_id,
    COALESCE(i.active AND (m.check_item = '' OR EXISTS (SELECT FROM jsonb_array_elements(COALESCE(l.items, '[]')) item
        WHERE item ->> 'title' = m.check_item)), m.plan_id IS NULL) AS plan_active,
    COALESCE(v.visits, 0) AS visits, COALESCE(v.missed, 0) AS missed,
    COALESCE(k.active, true) AS upkeep_active,
    EXISTS (SELECT FROM maintenance_record r WHERE r.plan_id = k.id AND r.site_id = :site AND r.done_on IS NULL
        AND r.dropped_on IS NULL AND r.due_on < :today) AS upkeep_late
FROM control_measure m
LEFT JOIN inspection_plan i ON i.id = m.plan_id LEFT JOIN checklist l ON l.id = i.checklist_id
LEFT JOIN maintenance_plan k ON k.id = m.maintenance_plan_id
LEFT JOIN (
    SELECT plan_id, count(*) AS visits, count(missed_at) AS missed FROM inspection_visit
    WHERE site_id = :site AND closes_at >= :lately AND closes_at < :now GROUP BY plan_id
) v ON v.plan_id = m.plan_id
WHERE m.site_id = :site AND m.dropped_at IS NULL ORDER BY m.position, m.id
"""
_TROUBLE = """
SELECT ref, level, equipment_id, area_id FROM (
    SELECT 'report:' || h.id AS ref, h.level, h.equipment_id, COALESCE(h.area_id, e.area_id) AS area_id,
        h.created_at AS at
    FROM hazard_report h LEFT JOIN equipment e ON e.id = h.equipment_id
    WHERE h.site_id = :site AND h.state IN ('waiting', 'accepted') AND h.created_at >= :since
    UNION ALL
    SELECT 'incident:' || i.id, i.level, i.equipment_id, COALESCE(i.area_id, e.area_id), i.began_at
    FROM incident i LEFT JOIN equipment e ON e.id = i.equipment_id
    WHERE i.site_id = :site AND i.state <> 'called_off' AND i.began_at >= :since
) happened ORDER BY at DESC, ref
"""


@system_query("the worker finds out at every site")
async def suggest_measures(session: AsyncSession, site_id: int, weeks: float) -> int:
    """Suggest what is lacking, once each as long as nobody decides; gives how many gaps there are."""
    found = gaps(await _sources(session, site_id, weeks), weeks)[:MOST]
    wishes = [_wish(gap, weeks) for gap in found]
    for wish in wishes:
        usual = {"site_id": site_id, "state": SuggestionState.OPEN, "reason": "", "landed_kind": "", "effect": []}
        new = insert(Suggestion).values(**usual, **wish)
        renewed = {name: new.excluded[name] for name in ("state", "words", "words_en", "proposal", "refs")}
        renewed["per_90_days"] = new.excluded.per_90_days
        waits = col(Suggestion.state).in_((SuggestionState.OPEN, SuggestionState.WITHDRAWN))
        await session.execute(new.on_conflict_do_update(index_elements=["site_id", "key"], set_=renewed, where=waits))
    await session.execute(
        update(Suggestion)
        .where(
            col(Suggestion.site_id) == site_id,
            col(Suggestion.state) == SuggestionState.OPEN,
            func.starts_with(col(Suggestion.key), _KEY),
            col(Suggestion.key).not_in([wish["key"] for wish in wishes]),
        )
        .values(state=SuggestionState.WITHDRAWN)
    )
    return len(found)


@system_query("the worker finds out at every site")
async def _sources(session: AsyncSession, site_id: int, weeks: float) -> list[Source]:
    zone = await session.scalar(select(col(Site.time_zone)).where(col(Site.id) == site_id))
    moment = now()
    values: dict[str, Any] = {"site": site_id}
    rows = (await session.execute(text(_SOURCES), values)).mappings().all()
    lately = {"lately": moment - LATELY, "now": moment, "today": moment.astimezone(ZoneInfo(zone or "UTC")).date()}
    measures: dict[int, list[Measure]] = defaultdict(list)
    for row in (await session.execute(text(_MEASURES), {**values, **lately})).mappings():
        measures[row["source_id"]].append(Measure(**{name: row[name] for name in row if name != "source_id"}))
    since = moment - timedelta(weeks=weeks)
    trouble = (await session.execute(text(_TROUBLE), {**values, "since": since})).mappings().all()
    at_equipment, in_area = _by(trouble, "equipment_id"), _by(trouble, "area_id")
    return [_source(row, measures[row["id"]], at_equipment, in_area) for row in rows]


_Trouble = Mapping[int, Sequence[RowMapping]]


def _by(trouble: Sequence[RowMapping], name: str) -> _Trouble:
    found: dict[int, list[RowMapping]] = defaultdict(list)
    for row in trouble:
        if row[name] is not None:
            found[row[name]].append(row)
    return found


def _source(row: RowMapping, measures: Sequence[Measure], at_equipment: _Trouble, in_area: _Trouble) -> Source:
    """Of a point at equipment what was recorded there counts, of any other what was recorded in its area."""
    own = row["equipment_id"] is not None
    here = at_equipment.get(row["equipment_id"], ()) if own else in_area.get(row["area_id"], ())
    return Source(
        **{name: row[name] for name in ("id", "risk_point_id", "name", "name_en", "level", "equipment_id")},
        points=sum(WEIGHTS.get(one["level"], 1.0) for one in here),
        times=len(here),
        measures=measures,
        refs=[one["ref"] for one in here[:MOST_REFS]],
    )


def _wish(gap: Gap, weeks: float) -> dict[str, Any]:
    source = gap.source
    deed = ("补上管控措施", "Add a measure") if not gap.measures else ("恢复管控措施", "Repair the measure")
    said = "、".join(one.words for one in gap.measures[:2])
    said_en = ", ".join(one.words_en for one in gap.measures[:2])
    upkeep = [f"maintenance:{one.upkeep_id}" for one in gap.measures if one.upkeep_id]
    plans = [f"plan:{one.plan_id}" for one in gap.measures if one.plan_id]
    return {
        "key": f"{_KEY}{source.id}",
        "kind": SuggestionKind.MEASURE,
        "equipment_id": source.equipment_id,
        "words": f"给“{source.name}”{deed[0]}" + (f"：{said}" if said else ""),
        "words_en": f"{deed[1]} for “{source.name_en}”" + (f": {said_en}" if said_en else ""),
        "proposal": {
            "source_id": source.id,
            "risk_point_id": source.risk_point_id,
            "level": source.level,
            "why": str(gap.why),
            "points": round(gap.spares, 2),
        },
        "watch": {"equipment": str(source.equipment_id)} if source.equipment_id else {},
        "refs": [f"risk_point:{source.risk_point_id}", *upkeep, *plans, *source.refs],
        "per_90_days": source.times / weeks * WEEKS_AHEAD * SPARED,
    }
