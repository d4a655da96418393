# ruff: noqa: E501 - statements as they are sent
"""How long indicators take at years of data: counting all anew, counting one change, and each page.

``python -m scripts.bench.indicators [years]``: own servers in a temporary folder, 200,000 visits, 40,000 alarms and
20,000 rectifications in three years, everything generated.
"""

import asyncio
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

os.environ["ANSU_DATA_DIR"] = tempfile.mkdtemp(prefix="ansu-bench-")

from sqlalchemy import text

from backend.checkins.models import InspectionPlan, InspectionStop
from backend.core.clock import now
from backend.core.database import Database
from backend.core.migrate import migrate
from backend.embedded import DataFolder, EmbeddedServers
from backend.identity.models import Person, Role
from backend.operations.indicators.rolling import roll_up
from tests.factories import made, make_area, make_equipment, make_person, make_post, make_site, make_team
from tests.webclient import running_app, signed_in

PER_YEAR = {"visits": 66_700, "alarms": 13_400, "rectifications": 6_700, "incidents": 50}
PAGES = (
    "/indicators",
    "/indicators?period=year",
    "/indicators/checkins?period=year",
    "/indicators/response?period=year",
    "/indicators/on_time",
    "/indicators/checkins/rows?period=year",
    "/indicators/on_time/rows?period=year&counted=no",
    "/indicators/precision/rows?period=90d",
)
_AT = "now() - random() * interval '{days} days'"
_FILL = (
    """INSERT INTO inspection_visit(site_id, plan_id, stop_id, post_id, opens_at, closes_at, state)
    SELECT :site, s.plan_id, s.id, p.post_id, t.at, t.at + interval '4 hours',
        (ARRAY['done','done','done','done','done','done','done','made_up','missed'])[1 + floor(random() * 9)::int]
    FROM generate_series(1, :visits) n
    JOIN LATERAL (SELECT now() - n * interval '{days} days' / :visits AS at) t ON true
    JOIN LATERAL (SELECT id, plan_id FROM inspection_stop WHERE site_id = :site ORDER BY id OFFSET n % 60 LIMIT 1) s
        ON true JOIN inspection_plan p ON p.id = s.plan_id""",
    """INSERT INTO alarm(site_id, condition_key, rule_version, kind, limit_name, level, warning, latched, title, title_en,
        state, active, raised_at, last_raised_at, times_raised, shelved_reason, judgement, judgement_note, equipment_id,
        acknowledged_at, closed_at, judged_at)
    SELECT :site, 'b' || n, 1, 'threshold', 'H', (ARRAY['major','significant','general','low'])[1 + n % 4], n % 5 = 0,
        false, '压力高', 'high', 'closed', false, t.at, t.at, 1, '', (ARRAY['', 'true', 'true', 'false'])[1 + n % 4], '',
        e.id, t.at + random() * interval '20 minutes', t.at + random() * interval '9 hours', t.at + interval '1 hour'
    FROM generate_series(1, :alarms) n JOIN LATERAL (SELECT {at} AS at WHERE n > 0) t ON true
    JOIN LATERAL (SELECT id FROM equipment WHERE site_id = :site ORDER BY id OFFSET n % 60 LIMIT 1) e ON true""",
    """INSERT INTO rectification(site_id, created_at, number, level, title, cause, measure, owner_id, deadline,
        contingency, state, verified_at, opened_by, recurrence, version, equipment_id)
    SELECT :site, t.at, 'B' || n, 'general', '漏', '', '修', :worker, t.at + interval '7 days', '',
        CASE WHEN n % 9 = 0 THEN 'open' ELSE 'verified' END,
        CASE WHEN n % 9 > 0 THEN t.at + random() * interval '9 days' END, :worker, 0, 1, e.id
    FROM generate_series(1, :rectifications) n JOIN LATERAL (SELECT {at} AS at WHERE n > 0) t ON true
    JOIN LATERAL (SELECT id FROM equipment WHERE site_id = :site ORDER BY id OFFSET n % 60 LIMIT 1) e ON true""",
    """INSERT INTO incident(site_id, number, state, kind, phase, phase_basis, level, title, title_en, began_at, opened_at,
        policy_version, last_source_at, losses, version, equipment_id)
    SELECT :site, 'I' || n, 'open', 'near_miss', 'running', '{{}}', 'general', '漏', 'leak', t.at, t.at, 0, t.at, '', 1,
        e.id FROM generate_series(1, :incidents) n JOIN LATERAL (SELECT {at} AS at WHERE n > 0) t ON true
    JOIN LATERAL (SELECT id FROM equipment WHERE site_id = :site ORDER BY id OFFSET n % 60 LIMIT 1) e ON true""",
)


async def _fill(database: Database, years: int) -> tuple[int, Person]:
    async with database.session() as session:
        site = await make_site(session)
        teams = [await make_team(session, site) for _ in range(8)]
        posts = [await make_post(session, site) for _ in range(20)]
        worker = await make_person(session, site, Role.WORKER, teams[0])
        manager = await make_person(session, site, Role.MANAGER)
        areas = [await make_area(session, site, teams[n % 8]) for n in range(30)]
        for n in range(60):
            equipment = await make_equipment(session, site, areas[n % 30], posts[n % 20])
            plan = InspectionPlan(
                site_id=site.id, name="巡检", post_id=posts[n % 20].id, rhythm="shift", begins_at=now()
            )
            stop = InspectionStop(site_id=site.id, plan_id=(await made(session, plan)).id, equipment_id=equipment.id)
            await made(session, stop)
        values = {name: number * years for name, number in PER_YEAR.items()}
        for statement in _FILL:
            sql = text(statement.format(days=365 * years, at=_AT.format(days=365 * years)))
            known = {**values, "site": site.id, "worker": worker.id}
            await session.execute(sql, {name: known[name] for name in sql.compile().params})
        return site.id, manager


async def _run(url: str, redis_url: str, years: int) -> None:
    database = Database(url)
    began = time.perf_counter()
    site_id, manager = await _fill(database, years)
    print(f"filled {years} years: {time.perf_counter() - began:.1f} s")
    async with database.session() as session:
        await session.execute(text("ANALYZE"))
    for what in ("everything", "nothing new", "one alarm judged"):
        if what == "one alarm judged":
            async with database.session() as session:
                await session.execute(
                    text(
                        "UPDATE alarm SET judgement = 'false' WHERE id = (SELECT max(id) FROM alarm WHERE NOT warning)"
                    )
                )
        began = time.perf_counter()
        async with database.session() as session:
            days = await roll_up(session, site_id, everything=what == "everything")
        print(f"roll-up, {what}: {time.perf_counter() - began:.2f} s, {days} days of measures")
    async with database.session() as session:
        print("rows of the roll-up:", await session.scalar(text("SELECT count(*) FROM indicator_day")))
        await session.execute(text("ANALYZE indicator_day"))
    async with running_app(url, redis_url) as app, signed_in(app, manager) as client:
        for page in PAGES:
            took = []
            for _ in range(12):
                began = time.perf_counter()
                answer = await client.get(page)
                took.append((time.perf_counter() - began) * 1000)
                assert answer.status_code == 200, (page, answer.status_code, answer.text[:2000])
            print(f"{page}: median {statistics.median(took):.0f} ms, greatest {max(took[2:]):.0f} ms, alone")
    await database.close()


def main() -> None:
    """Run it with own servers."""
    home = Path(tempfile.mkdtemp(prefix="ansu-bench-"))
    folder = DataFolder(home / "data")
    folder.open()
    servers = EmbeddedServers(folder, system_state=home / "state", mqtt_port=0, durable=False)
    home.chmod(0o711)
    servers.start()
    try:
        servers.postgres.query("CREATE DATABASE bench")
        url = servers.postgres.url_of("bench")
        asyncio.run(migrate(url))
        asyncio.run(_run(url, servers.valkey.url, int(sys.argv[1]) if len(sys.argv) > 1 else 3))
    finally:
        servers.stop()
        folder.close()


if __name__ == "__main__":
    main()
