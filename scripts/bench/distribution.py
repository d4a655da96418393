"""Risk distribution: its page over three years of a plant, counted alone and with 32 connections.

40,000 alarms in floods of four, each flood with a trace (a third confirmed), 20,000 hazards (half of them reports), 300
incidents. ``python scripts/bench/distribution.py [--explain]``
"""

import asyncio
import os
import statistics
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg
import httpx
from history import _AREAS, _EQUIPMENT, _STAGES, _timed
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncSession
from stage import arguments, make_plant, report, stage

from backend.core.clock import now
from backend.core.database import Database
from backend.identity.actor import Actor
from backend.identity.sessions import actor_of
from backend.identity.web import cookie_name
from backend.operations.distribution.asked import Asked
from backend.operations.distribution.queries.counting import before, counts

CONNECTIONS, REQUESTS = 32, 640
_FLOODS = """
INSERT INTO alarm_group(site_id, opened_at, last_raised_at)
SELECT $1, at, at FROM (SELECT now() - random() * interval '1095 days' AS at FROM generate_series(1, 10000)) m
"""
_TRACES = """
INSERT INTO trace(site_id, group_id, origin, stage, asked_for, revision, confirmation_note, window_from, window_to,
    made_at, result, confirmed_node)
SELECT $1, g.id, 'alarm', 'review', '', 1, '', g.opened_at, g.opened_at, g.opened_at, jsonb_build_object(
    'scope', (SELECT jsonb_agg(md5(n::text)) FROM generate_series(1, 200) n),
    'fused', jsonb_build_array(jsonb_build_object('key', place || '/' || cause, 'contributes', false,
        'probability', 0.6)),
    'causes', jsonb_build_array(jsonb_build_object('node', place))),
    CASE WHEN g.id % 3 = 0 THEN place || '/' || cause ELSE '' END
FROM alarm_group g CROSS JOIN LATERAL (SELECT 'equipment:' || (
        SELECT min(id) + g.id * 31 % 200 FROM equipment WHERE site_id = $1 AND code <> 'E1') AS place,
    (ARRAY['valve.sticking', 'pump.seal', 'pump.wear', 'line.blocked', 'cooler.fouled', 'sensor.drift'])
        [1 + floor(6 * power((g.id * 7919 % 1000) / 1000.0, 2))::int] AS cause) e
WHERE g.site_id = $1
"""
_ALARMS = """
INSERT INTO alarm(site_id, group_id, kind, level, state, condition_key, title, title_en, raised_at, warning, judgement,
    equipment_id, point_id, rule_version, limit_name, latched, active, times_raised, shelved_reason, judgement_note)
SELECT $1, g.id, 'threshold', (ARRAY['major', 'significant', 'general', 'low', 'low'])[1 + (g.id + n) % 5], 'closed',
    'k' || g.id || '-' || n, '预警', 'Alarm', g.opened_at + interval '1 minute' * n, false,
    CASE WHEN g.id % 9 = 0 THEN 'false' ELSE '' END,
    split_part(split_part(t.first_named, '/', 1), ':', 2)::bigint, p.id, 1, '', false, false, 1, '', ''
FROM alarm_group g JOIN trace t ON t.group_id = g.id, generate_series(0, 3) n,
    (SELECT min(id) AS id FROM point WHERE site_id = $1) p WHERE g.site_id = $1
"""
_REPORTS = """
INSERT INTO hazard_report(site_id, number, title, details, factor, level, level_reason, level_sign, equipment_id,
    origin, reporter_id, public_key, voice_path, state, decision_note, created_at, accident)
SELECT $1, 'SB-' || n, '', '护栏松动', (ARRAY['person', 'object', 'environment', 'management'])[1 + n % 4],
    CASE WHEN n % 20 = 0 THEN 'major' ELSE 'general' END, '', '',
    (SELECT min(id) FROM equipment WHERE site_id = $1 AND code <> 'E1') + n * 17 % 200, 'person', p.id, '', '',
    (ARRAY['accepted', 'accepted', 'merged', 'refused', 'accepted'])[1 + n % 5], '',
    now() - random() * interval '1095 days', (ARRAY['', 'fire', 'leak', 'fall', 'burn', 'struck', ''])[1 + n % 7]
FROM generate_series(1, 12000) n, (SELECT min(id) AS id FROM person WHERE site_id = $1) p
"""
_RECTIFICATIONS = """
INSERT INTO rectification(site_id, number, equipment_id, level, title, cause, measure, owner_id, deadline, contingency,
    state, opened_by, recurrence, version, created_at)
SELECT $1, 'ZG-' || n, (SELECT min(id) FROM equipment WHERE site_id = $1 AND code <> 'E1') + n * 13 % 200,
    CASE WHEN n % 20 = 0 THEN 'major' ELSE 'general' END, '整改' || n, '', '', p.id, now(), '', 'verified', p.id, 0, 1,
    now() - random() * interval '1095 days'
FROM generate_series(1, 20000) n, (SELECT min(id) AS id FROM person WHERE site_id = $1) p
"""
_REPORTED = """
WITH r AS (SELECT id, row_number() OVER (ORDER BY id) AS n FROM rectification WHERE site_id = $1),
    h AS (SELECT id, row_number() OVER (ORDER BY id) AS n FROM hazard_report WHERE site_id = $1 AND state = 'accepted')
UPDATE hazard_report SET rectification_id = r.id FROM r JOIN h ON h.n = r.n WHERE hazard_report.id = h.id
"""
_INCIDENTS = """
INSERT INTO incident(site_id, number, state, kind, phase, level, title, title_en, equipment_id, group_id, began_at,
    opened_at, contained_at, closed_at, losses, policy_version, version, phase_basis, accident)
SELECT $1, 'SJ-' || g.id, 'closed', (ARRAY['equipment_failure', 'gas_leak', 'fire', 'near_miss'])[1 + g.id % 4],
    'running', (ARRAY['major', 'significant', 'general', 'general', 'general'])[1 + g.id % 5], '事件' || g.id,
    'Incident ' || g.id, split_part(split_part(t.first_named, '/', 1), ':', 2)::bigint, g.id, g.opened_at,
    g.opened_at, g.opened_at, g.opened_at, '', 0, 1, '{}', (ARRAY['fire', 'leak', ''])[1 + g.id % 3]
FROM alarm_group g JOIN trace t ON t.group_id = g.id WHERE g.site_id = $1 ORDER BY g.id LIMIT 300
"""
_FILL = (_STAGES, _AREAS, _EQUIPMENT, _FLOODS, _TRACES, _ALARMS, _REPORTS, _RECTIFICATIONS, _REPORTED, _INCIDENTS)
_PATHS = ("?period=30d", "?period=1y", "/rows?period=1y")


async def measure(explain: bool) -> dict[str, Any]:
    """A plant of three years: the statements, the pages one after another, and with all connections at once."""
    async with stage() as built:
        token = await make_plant(built.database_url, ["P"], {"H": {"value": 9.0}})
        await _fill(built.database_url)
        web = built.role("web")
        await built.web_ready()
        database = Database(built.database_url)
        async with database.session() as session:
            actor = await actor_of(session, token)
            assert actor is not None
            counted = {name: await _counted(session, actor, asked) for name, asked in _spans().items()}
            if explain:
                await _explained(session, actor, _spans()["a_year"])
        await database.close()
        pages = {path: await _driven(built.web_url, token, path, web.pid or 0) for path in _PATHS}
    return {"counted_ms": counted, "pages": pages}


def _spans() -> dict[str, Asked]:
    today = now().date()
    three = Asked(from_=str(today - timedelta(days=1094)), to=str(today))
    return {"30_days": Asked(), "a_year": Asked(period="1y"), "three_years": three}


async def _fill(url: str) -> None:
    connection = await asyncpg.connect(url)
    site = await connection.fetchval("SELECT min(id) FROM site")
    for statement in _FILL:
        await connection.execute(statement, site)
    await connection.execute("VACUUM ANALYZE")
    await connection.close()


async def _counted(session: AsyncSession, actor: Actor, asked: Asked) -> dict[str, float]:
    wanted = asked.read(now(), actor.zone)
    return {
        "counts": await _timed(lambda: counts(session, actor, wanted)),
        "before": await _timed(lambda: before(session, actor, wanted)),
        "facts": (await counts(session, actor, wanted)).total,
    }


async def _explained(session: AsyncSession, actor: Actor, asked: Asked) -> None:
    connection = await session.connection()
    asked_for: list[tuple[str, Any]] = []

    def keep(_c: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        asked_for.append((statement, parameters))

    event.listen(connection.sync_connection, "before_cursor_execute", keep)
    await counts(session, actor, asked.read(now(), actor.zone))
    event.remove(connection.sync_connection, "before_cursor_execute", keep)
    driver = (await connection.get_raw_connection()).driver_connection
    assert driver is not None
    for statement, parameters in asked_for:
        plan = await driver.fetch(f"EXPLAIN (ANALYZE, BUFFERS) {statement}", *parameters)
        print("\n".join(row[0] for row in plan), "\n")


async def _driven(url: str, token: str, path: str, pid: int) -> dict[str, float]:
    async with httpx.AsyncClient(base_url=url, cookies={cookie_name(): token}, timeout=60) as browser:

        async def answered() -> float:
            began = time.perf_counter()
            (await browser.get(f"/distribution{path}")).raise_for_status()
            return (time.perf_counter() - began) * 1000

        alone = await _timed(answered)
        before_ms = _cpu_ms(pid)
        taken = await _at_once(answered)
        web_cpu = (_cpu_ms(pid) - before_ms) / len(taken)
    p50, p95 = statistics.median(taken), taken[-len(taken) // 20]
    return {"alone_ms": alone, "web_cpu_ms": round(web_cpu, 1), "p50_ms": round(p50), "p95_ms": round(p95)}


def _cpu_ms(pid: int) -> float:
    """What the web process has worked so far; what else the machine does meanwhile doesn't count."""
    used = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(used[11]) + int(used[12])) * 1000 / os.sysconf("SC_CLK_TCK")


async def _at_once(answered: Callable[[], Awaitable[float]]) -> list[float]:
    """Milliseconds of each request, the shortest first."""

    async def connection() -> list[float]:
        return [await answered() for _ in range(REQUESTS // CONNECTIONS)]

    taken = await asyncio.gather(*(connection() for _ in range(CONNECTIONS)))
    return sorted(ms for one in taken for ms in one)


async def main() -> None:
    """Measure once."""
    parser = arguments(__doc__ or "", 60)
    parser.add_argument("--explain", action="store_true", help="print the plan of PostgreSQL too")
    report({"bench": "distribution", **await measure(parser.parse_args().explain)})


if __name__ == "__main__":
    asyncio.run(main())
