"""What a trace is made from: the learned normal's grid, late readings, points it doesn't know, contacts of alarms."""

from datetime import timedelta

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.core.clock import now
from backend.core.database import Database, driver_connection
from backend.core.jobs import Job, run_job
from backend.identity.models import Role
from backend.plant.models import Point
from backend.telemetry.assembly import Row
from backend.telemetry.formats.moments import from_datetime
from backend.telemetry.late import ask_for_traces
from backend.telemetry.models import Quality
from backend.telemetry.storage import copy_rows
from backend.tracing.asking import Question, ask_trace
from backend.tracing.contacts import contacts_among
from backend.tracing.engine import Normal, Window, detect, joined, learn_normal, trace
from backend.tracing.gathering import REVIEW_ROWS_BEFORE, Material, Span, alarms_of_group, gather_for
from backend.tracing.making import make_asked
from backend.tracing.models import TRACE_JOB, Trace
from backend.tracing.windows import ROWS
from tests.factories import make_point, make_rule, unique
from tests.tracing.conftest import AFTER, BEFORE, STEP_S, Troubled, made_trace, trouble
from tests.tracing.synthetic import chain, chain_graph, learned
from workers.handlers import HANDLERS


async def material_of(session: AsyncSession, found: Troubled) -> Material:
    site_id, alarms = await alarms_of_group(session, found.group_id)
    return await gather_for(session, site_id, alarms, Span(now()))


async def put(session: AsyncSession, found: Troubled, point: Point, values: list[float], *, quality: int = 0) -> None:
    """Readings of one point on the rows of the disturbance, the last of them just now."""
    end = from_datetime(now() - timedelta(seconds=1.2))
    rows = [
        Row(found.site.id, point.id, end - int(STEP_S * 1e6) * back, value, quality, end)
        for back, value in zip(reversed(range(len(values))), values, strict=True)
    ]
    await copy_rows(await driver_connection(session), rows)


async def test_a_recording_in_quick_motion_is_looked_at_row_by_row_and_its_delays_shrink(database: Database) -> None:
    found = await trouble(database)
    async with database.session() as session:
        material = await material_of(session, found)
    assert abs(material.pace.quickness - 180 / STEP_S) < 2
    assert BEFORE + AFTER <= material.window.rows + 2 <= BEFORE + AFTER + 6
    async with database.session() as session:
        drawn = dict((await session.execute(text("SELECT kind, max(delay_s) FROM link GROUP BY kind"))).all())
    longest = max(link.delay_s or 0 for node in material.graph.nodes() for link in material.graph.links_to(node.id))
    assert longest < max(delay or 0 for delay in drawn.values()) / 10


async def test_an_alarm_that_joins_late_is_explained_on_readings_from_before_the_first_alarm(
    database: Database,
) -> None:
    found = await trouble(database)
    rows = ROWS + 100
    async with database.session() as session:
        await put(session, found, found.points["XMEAS_9"], [120.4] * (rows + 200))
        material = await material_of(session, found)
        assert material.window.rows <= ROWS
        await session.execute(
            text("UPDATE alarm SET raised_at = now() - CAST(:by AS interval) WHERE id = :id"),
            {"by": timedelta(seconds=rows * STEP_S), "id": found.alarm_id},
        )
        material = await material_of(session, found)
    first = material.alarms[0].raised_at.timestamp()
    before = (first - material.window.times_s[0]) / material.pace.step_s
    assert REVIEW_ROWS_BEFORE - 3 <= before <= REVIEW_ROWS_BEFORE + 3


async def test_a_quick_motion_is_known_after_five_rows_though_the_rows_before_were_slow(database: Database) -> None:
    found = await trouble(database)
    async with database.session() as session:
        await session.execute(
            text(
                "DELETE FROM reading WHERE site_id = :site AND at < "
                "(SELECT max(at) FROM reading WHERE site_id = :site) - interval '9 seconds'"
            ),
            {"site": found.site.id},
        )
        slow = from_datetime(now() - timedelta(minutes=9))
        rows = [
            Row(found.site.id, point.id, slow - 180_000_000 * back, 1.0, 0, slow)
            for back in range(20)
            for point in found.points.values()
        ]
        await copy_rows(await driver_connection(session), rows)
        material = await material_of(session, found)
    assert abs(material.pace.step_s - STEP_S) < 0.1


async def test_what_comes_late_from_a_buffer_counts_and_is_traced_anew_once(database: Database) -> None:
    found = await trouble(database)
    made = await made_trace(database, found)
    point = found.points["XMEAS_1"]
    async with database.session() as session:
        await session.execute(
            text("DELETE FROM reading WHERE point_id = :point AND site_id = :site"),
            {"point": point.id, "site": found.site.id},
        )
        gone = await material_of(session, found)
        await put(session, found, point, [1.0] * 40, quality=Quality.BACKFILL)
        there = await material_of(session, found)
        span = {found.site.id: (from_datetime(made.window_from), from_datetime(made.window_to))}
        for _ in range(2):
            await ask_for_traces(await driver_connection(session), span)
        await ask_for_traces(await driver_connection(session), {found.site.id: (0, 1_000_000)})
    column = gone.window.points.index(f"point:{point.id}")
    assert np.isnan(gone.window.values[:, column]).all()
    assert np.count_nonzero(~np.isnan(there.window.values[:, column])) >= 39
    async with database.session() as session:
        wanted = select(Job).where(col(Job.kind) == TRACE_JOB, col(Job.site_id) == found.site.id)
        late = [job for job in await session.scalars(wanted) if job.dedupe_key == f"{found.group_id}:late"]
    assert [job.payload for job in late] == [{"group_id": found.group_id, "evidence": True}]
    assert late[0].due_at >= made.made_at + timedelta(seconds=30), "a buffer that is emptied makes few revisions"
    assert await run_job(database, HANDLERS, late[0].id) is False


async def test_what_comes_late_into_the_time_that_a_person_asked_for_is_traced_anew_once(database: Database) -> None:
    found = await trouble(database)
    async with database.session(site_id=found.site.id) as session:
        question = Question(found.point_key("XMEAS_7"), now() - timedelta(minutes=5), now())
        asked = await ask_trace(session, found.actors[Role.LEADER], question)
    async with database.session() as session:
        made = await make_asked(session, asked.id)
    assert made.revision == 1
    span = {found.site.id: (from_datetime(made.window_from), from_datetime(made.window_from) + 1_000_000)}
    async with database.session() as session:
        await session.execute(
            text("UPDATE trace SET made_at = now() - interval '1 minute' WHERE id = :id"), {"id": made.id}
        )
        for _ in range(3):
            await ask_for_traces(await driver_connection(session), span)
        await session.execute(text("UPDATE job SET due_at = now() WHERE site_id = :site"), {"site": found.site.id})
    async with database.session() as session:
        late = list(await session.scalars(select(Job).where(col(Job.dedupe_key) == f"trace:{made.id}:late")))
    assert [job.payload for job in late] == [{"trace_id": made.id}]
    assert await run_job(database, HANDLERS, late[0].id)
    async with database.session() as session:
        assert (await session.get_one(Trace, made.id)).revision == 2


async def test_a_point_newer_than_the_learned_normal_takes_part_and_can_be_the_root(database: Database) -> None:
    found = await trouble(database)
    async with database.session() as session:
        new = await make_point(session, found.site, found.equipment["FEED_A"], name="新装压力", unit="kPa")
        rng = np.random.default_rng(1)
        calm = list(rng.normal(50, 0.1, 500))
        await put(session, found, new, [*calm, *(value - 30 for value in rng.normal(50, 0.1, AFTER))])
        material = await material_of(session, found)
    key = f"point:{new.id}"
    assert material.normal_id is not None and material.normal.points[-1] == key
    answer = trace(material.window, material.normal, material.graph, found.point_key("XMEAS_7"))
    assert key in {cause.node for cause in answer.causes[:3]}


async def test_a_contact_that_a_rule_judges_is_evidence_and_no_cause(database: Database) -> None:
    found = await trouble(database)
    async with database.session() as session:
        contact = await make_point(session, found.site, found.equipment["FEED_A"], unit="", code=unique("LS"))
        switch = await make_point(session, found.site, found.equipment["FEED_A"], unit="", code=unique("ZS"))
        await make_rule(session, found.site, contact)
        for point in (contact, switch):
            await put(session, found, point, [0.0] * 500 + [1.0] * AFTER)
        material = await material_of(session, found)
    assert material.alarm_columns == (f"point:{contact.id}",)


def test_only_what_rests_at_0_and_holds_nothing_but_0_and_1_is_a_contact() -> None:
    columns = {
        "contact": [0] * 20 + [1] * 5,
        "resting at 1": [1] * 20 + [0] * 5,
        "opening": [0.0] * 20 + [0.4] * 5,
        "silent": [np.nan] * 25,
    }
    window = Window.of(range(25), list(columns), np.array(list(columns.values())).T)
    normal = learn_normal(window.between(0, 20))
    assert set(contacts_among(window, normal, list(columns))) <= {"contact", "silent"}
    assert contacts_among(window, normal, ["contact", "resting at 1", "opening", "unknown"]) == ("contact",)


def subset(window: Window, points: list[str]) -> Window:
    return window.arranged(points)


@given(st.integers(0, 3), st.integers(0, 1000))
def test_what_is_normal_of_the_known_points_stays_as_it_was_when_others_join(unknown: int, seed: int) -> None:
    whole = chain([2, 3, 1], rows=200, seed=seed)
    names = list(whole.points)
    known = learn_normal(subset(whole, names[: len(names) - unknown]))
    both = joined(known, learn_normal(subset(whole, names)))
    assert both.points == tuple(names)
    for name in ("centre", "scale", "median", "quantiles", "moments", "wandering"):
        mine, theirs = getattr(known, name), getattr(both, name)
        part = theirs[tuple(slice(0, size) for size in mine.shape)]
        assert np.array_equal(part, mine)
    disturbed = chain([2, 3, 1], rows=200, fault_at=150, seed=seed + 1)
    without, with_later = detect(subset(disturbed, list(known.points)), known), detect(disturbed, both)
    clear = without.scores > 2
    assert with_later.alarms[clear].all(), "a later point may speak, it hides nothing that is clear"
    assert Normal.from_dict(both.to_dict()).points == both.points


def test_a_later_point_that_is_the_root_is_found_by_the_joined_normal() -> None:
    delays = [2, 2, 2]
    before, after = chain(delays, rows=400, seed=99), chain(delays, rows=300, fault_at=250, seed=3)
    known = learn_normal(before.arranged(["P1", "P2", "P3", "BY"]))
    both = joined(known, learned(delays))
    answer = trace(after, both, chain_graph(4), "P3")
    assert answer.causes[0].node == "P0"
