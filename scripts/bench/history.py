"""The history of incidents: its pages over three years of a plant, and over one, which holds a third as many.

20,000 incidents, each with a flood, a trace of some 7 kB (a third of them confirmed by a person) and two alarms.
``ratio``: how many times longer three years take than one; ``whole_page_ms`` is a question of the running web role,
its languages, form and drawing included. ``python scripts/bench/history.py [--incidents 20000] [--explain]``
"""

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import asyncpg
import httpx
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncSession
from stage import arguments, make_plant, report, stage

from backend.core.clock import now
from backend.core.database import Database
from backend.identity.actor import Actor
from backend.identity.sessions import actor_of
from backend.identity.web import cookie_name
from backend.incidents.history.against import comparison
from backend.incidents.history.asked import Asked
from backend.incidents.history.exporting import Format, pieces, written
from backend.incidents.history.overview import overview
from backend.incidents.history.queries.names import places
from backend.incidents.history.queries.rows import page

YEARS, TIMES = 3, 7
_STAGES = """
INSERT INTO stage(site_id, code, name, name_en, position)
SELECT $1, 's' || n, '环节' || n, '', n FROM generate_series(1, 4) n
"""
_AREAS = """
INSERT INTO area(site_id, stage_id, code, name, name_en, polygon, position)
SELECT $1, s.id, s.code || 'a' || n, '区域' || s.code || n, '', '[]', n FROM stage s, generate_series(1, 5) n
WHERE s.site_id = $1
"""
_EQUIPMENT = """
INSERT INTO equipment(site_id, area_id, stage_id, code, name, name_en, equipment_class, position)
SELECT $1, a.id, a.stage_id, a.code || '-' || n, '设备' || a.code || n, '',
    (ARRAY['reactor', 'separator', 'compressor', 'valve'])[n % 4 + 1], n
FROM area a, generate_series(1, 10) n WHERE a.site_id = $1
"""
_FLOODS = """
INSERT INTO alarm_group(site_id, opened_at, last_raised_at)
SELECT $1, at, at FROM (
    SELECT now() - random() * make_interval(days => $3::int) AS at FROM generate_series(1, $2::int)) m
"""
_TRACES = """
INSERT INTO trace(site_id, group_id, origin, stage, asked_for, revision, confirmation_note, window_from, window_to,
    made_at, result, confirmed_node)
SELECT $1, g.id, 'alarm', 'review', '', 1, '', g.opened_at, g.opened_at, g.opened_at, jsonb_build_object(
    'scope', (SELECT jsonb_agg(md5(n::text)) FROM generate_series(1, 200) n),
    'fused', jsonb_build_array(jsonb_build_object('key', place || '/' || cause, 'contributes', false)),
    'causes', jsonb_build_array(jsonb_build_object('node', place))),
    CASE WHEN g.id % 3 = 0 THEN place || '/' || cause ELSE '' END
FROM alarm_group g CROSS JOIN LATERAL (SELECT 'equipment:' || (
        SELECT min(id) + g.id * 31 % 200 FROM equipment WHERE site_id = $1 AND code <> 'E1') AS place,
    (ARRAY['valve.sticking', 'pump.seal', 'pump.wear', 'line.blocked', 'cooler.fouled', 'sensor.drift'])
        [1 + floor(6 * power((g.id * 7919 % 1000) / 1000.0, 2))::int] AS cause) e
WHERE g.site_id = $1
"""
_INCIDENTS = """
INSERT INTO incident(site_id, number, state, kind, phase, level, title, title_en, equipment_id, group_id, began_at,
    opened_at, contained_at, closed_at, injured, loss_yuan, losses, policy_version, version, phase_basis)
SELECT $1, 'SJ-' || g.id, 'closed', (ARRAY['equipment_failure', 'gas_leak', 'fire', 'near_miss'])[1 + g.id % 4],
    'running', (ARRAY['major', 'significant', 'general', 'general', 'general'])[1 + g.id % 5], '事件' || g.id,
    'Incident ' || g.id, split_part(split_part(t.first_named, '/', 1), ':', 2)::bigint, g.id, g.opened_at,
    g.opened_at + interval '3 minutes', g.opened_at + interval '1 minute' * (20 + g.id % 50),
    g.opened_at + interval '1 minute' * (100 + g.id % 200), (g.id % 40 = 0)::int, g.id % 1000, '', 0, 1, '{}'
FROM alarm_group g JOIN trace t ON t.group_id = g.id WHERE g.site_id = $1
"""
_ALARMS = """
INSERT INTO alarm(site_id, group_id, kind, level, state, condition_key, title, title_en, raised_at, warning, judgement,
    equipment_id, rule_version, limit_name, latched, active, times_raised, shelved_reason, judgement_note)
SELECT $1, i.group_id, 'threshold', i.level, 'closed', 'k' || i.id || n, '预警', 'Alarm',
    i.began_at - interval '10 minutes' * n, n = 1 AND i.id % 3 = 0, '', i.equipment_id, 1, '', false, false, 1, '', ''
FROM incident i, generate_series(0, 1) n WHERE i.site_id = $1
"""
_SOURCES = """
INSERT INTO incident_source(site_id, incident_id, kind, source_id, occurrence, at)
SELECT $1, id, 'group', group_id, 1, began_at FROM incident WHERE site_id = $1
"""
_SPANS = {"90_days": Asked(), "a_year": Asked(period="custom"), "three_years": Asked(period="all")}


async def measure(incidents: int, explain: bool) -> dict[str, Any]:
    """A plant of three years, then the same question of each span."""
    async with stage() as built:
        token = await make_plant(built.database_url, ["P"], {"H": {"value": 9.0}})
        database = Database(built.database_url)
        await _fill(built.database_url, incidents)
        built.role("web")
        await built.web_ready()
        async with database.session() as session:
            actor = await actor_of(session, token)
            assert actor is not None
            known = await places(session, actor)
            found = {name: await _asked(session, actor, asked, known) for name, asked in _spans().items()}
            if explain:
                await _explained(session, actor, _spans()["three_years"], known)
        pages = await _pages(built.web_url, token)
        await database.close()
    ratios = {name: round(took / found["a_year"][name], 2) for name, took in found["three_years"].items()}
    return {"incidents": incidents, "ms": found, "ratio": ratios, "whole_page_ms": pages}


def _spans() -> dict[str, Asked]:
    today = now().date()
    year = replace(_SPANS["a_year"], from_=str(today - timedelta(days=364)), to=str(today))
    return {**_SPANS, "a_year": year}


async def _fill(url: str, incidents: int) -> None:
    connection = await asyncpg.connect(url)
    site = await connection.fetchval("SELECT min(id) FROM site")
    for statement in (_STAGES, _AREAS, _EQUIPMENT):
        await connection.execute(statement, site)
    await connection.execute(_FLOODS, site, incidents, YEARS * 365)
    for statement in (_TRACES, _INCIDENTS, _ALARMS, _SOURCES):
        await connection.execute(statement, site)
    await connection.execute("VACUUM ANALYZE")
    await connection.close()


async def _asked(session: AsyncSession, actor: Actor, asked: Asked, known: Any) -> dict[str, float]:
    wanted = asked.read(now(), actor.zone)
    before = replace(asked, against="year")

    async def exported() -> None:
        for _ in pieces(await written(session, actor, wanted, Format.XLSX, "zh_CN")):
            pass

    found = {
        "overview": await _timed(lambda: overview(session, actor, wanted, known)),
        "first_rows": await _timed(lambda: page(session, actor, wanted)),
        "export_xlsx": await _timed(exported, 1),
    }
    if wanted.period.since is not None:
        found["compared"] = await _timed(lambda: comparison(session, actor, before, wanted))
    return found


async def _explained(session: AsyncSession, actor: Actor, asked: Asked, known: Any) -> None:
    """Print the plans of the overview's statements."""
    connection = await session.connection()
    asked_for: list[tuple[str, Any]] = []

    def keep(_c: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        asked_for.append((statement, parameters))

    event.listen(connection.sync_connection, "before_cursor_execute", keep)
    await overview(session, actor, asked.read(now(), actor.zone), known)
    event.remove(connection.sync_connection, "before_cursor_execute", keep)
    driver = (await connection.get_raw_connection()).driver_connection
    assert driver is not None
    for statement, parameters in asked_for:
        plan = await driver.fetch(f"EXPLAIN (ANALYZE, BUFFERS) {statement}", *parameters)
        print("\n".join(row[0] for row in plan), "\n")


async def _pages(url: str, token: str) -> dict[str, float]:
    async with httpx.AsyncClient(base_url=url, cookies={cookie_name(): token}, timeout=60) as browser:

        async def answered(path: str) -> None:
            (await browser.get(path)).raise_for_status()

        paths = [
            f"/incidents/history{view}" for view in ("", "?period=all", "/rows?period=all", "/compare?period=year")
        ]
        return {path: await _timed(lambda path=path: answered(path)) for path in paths}  # type: ignore[misc]


async def _timed(work: Callable[[], Awaitable[Any]], times: int = TIMES) -> float:
    """Median milliseconds."""
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        await work()
        taken.append((time.perf_counter() - began) * 1000)
    return round(statistics.median(taken), 1)


async def main() -> None:
    """Measure once."""
    parser = arguments(__doc__ or "", 60)
    parser.add_argument("--incidents", type=int, default=20_000, help="in three years")
    parser.add_argument("--explain", action="store_true", help="print the plans of PostgreSQL too")
    given = parser.parse_args()
    report({"bench": "history", **await measure(given.incidents, given.explain)})


if __name__ == "__main__":
    asyncio.run(main())
