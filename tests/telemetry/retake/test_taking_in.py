"""Refused, mended, taken in again: the same readings as if it had been right from the start, once, whatever dies."""

import random
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from backend.core.clock import now
from backend.core.database import Database
from backend.core.errors import Conflict, Forbidden
from backend.identity.models import Role
from backend.plant.models import PointStatus
from backend.telemetry.assembly import Incoming
from backend.telemetry.formats.moments import SECOND, from_datetime, to_datetime
from backend.telemetry.plant_map import MAX_PENDING
from backend.telemetry.retake import commands
from backend.telemetry.retake.queries import Wish
from backend.telemetry.retake.working import step
from tests.factories import actor_for, make_person
from tests.telemetry.retake.feeding import Plant, close, make_plant

Maker = Callable[..., Awaitable[Plant]]


@pytest.fixture
async def make(database: Database) -> AsyncIterator[Maker]:
    made: list[Plant] = []

    async def one(*points: str) -> Plant:
        made.append(await make_plant(database, *points))
        return made[-1]

    yield one
    await close(made)


def at(ago_s: float) -> str:
    """A device's time."""
    return (now() - timedelta(seconds=ago_s)).isoformat()


async def test_what_an_ignored_point_sent_is_taken_in_once_it_is_back(make: Maker) -> None:
    plant = await make()
    await plant.set("P2", PointStatus.IGNORED)
    await plant.feed(*(plant.message({"at": at(9 - i), "values": {"P1": 1.0 * i, "P2": 10.0 * i}}) for i in range(3)))
    assert await plant.held() == [("ignored_point", "P2", 3)]
    await plant.set("P2", PointStatus.ACTIVE)
    run = await plant.take_in(Wish(reason="ignored_point", code="P2", source="gw"))
    assert (run.total, run.looked_at, run.stored, run.duplicate, run.refused) == (3, 3, 3, 0, 0)
    assert run.finished_at is not None
    assert [(code, value) for code, _, value, _ in await plant.readings()] == [
        ("P1", 0.0), ("P1", 1.0), ("P1", 2.0), ("P2", 0.0), ("P2", 10.0), ("P2", 20.0),
    ]  # fmt: skip
    assert await plant.held() == [] and await plant.rows("SELECT id FROM held_message WHERE site_id = :site") == []


async def test_it_goes_the_way_of_late_readings_and_leaves_a_trace(make: Maker) -> None:
    plant = await make()
    await plant.set("P2", PointStatus.RETIRED)
    await plant.feed(plant.message({"at": at(3), "values": {"P2": 999.0}}))
    await plant.set("P2", PointStatus.ACTIVE)
    await plant.take_in()
    assert await plant.rows("SELECT quality FROM reading WHERE site_id = :site") == [(4,)]
    assert await plant.rows("SELECT count(*) FROM point_hour_again WHERE site_id = :site") == [(1,)]
    assert await plant.rows("SELECT count(*) FROM alarm WHERE site_id = :site") == [(0,)]
    assert await plant.rows("SELECT action FROM audit_entry WHERE site_id = :site ORDER BY id") == [
        ("telemetry.retake",),
        ("telemetry.retaken",),
    ]


async def test_what_is_still_refused_stays_with_its_cause_of_now(make: Maker) -> None:
    plant = await make()
    await plant.set("P2", PointStatus.RETIRED)
    await plant.feed(plant.message({"P2": 1}, "telemetry"), plant.message(b"no json"))
    await plant.set("P2", PointStatus.IGNORED)
    run = await plant.take_in()
    assert (run.stored, run.refused) == (0, 2)
    assert await plant.held() == [("ignored_point", "gw.P2", 1), ("unreadable", "", 1)]


async def test_unknown_points_beyond_the_most_that_wait(make: Maker) -> None:
    plant = await make()
    await plant.execute(
        "INSERT INTO point(site_id, code, name, name_en, unit, kind, manipulated, decimals, status, source, position)"
        " SELECT :site, 'U' || n, 'U' || n, '', '', 'equipment', false, 2, 'pending', '', 0"
        " FROM generate_series(1, :most) AS n",
        most=MAX_PENDING,
    )
    await plant.ingest._load()
    await plant.feed(plant.message({"at": at(5), "values": {"late": 4.5}}))
    assert await plant.held() == [("too_many_unknown", "late", 1)]
    assert (await plant.take_in()).refused == 1
    await plant.execute("UPDATE point SET status = 'ignored' WHERE site_id = :site AND code = 'U1'")
    assert (await plant.take_in()).stored == 1
    assert [row[:1] + row[2:3] for row in await plant.readings()] == [("late", 4.5)]


async def test_a_site_that_was_named_wrong_gets_what_was_sent_to_it(make: Maker) -> None:
    plant = await make()
    code = plant.site.code
    first = await plant.rows("SELECT id FROM site ORDER BY id LIMIT 1")
    message = plant.message({"at": at(5), "values": {"P1": 7.0}})
    await plant.execute("UPDATE site SET code = :code WHERE id = :site", code=f"{code}-x")
    await plant.ingest._load()
    await plant.feed(message)
    await plant.execute("UPDATE site SET code = :code WHERE id = :site", code=code)
    held = await plant.rows("SELECT site_id FROM held_message WHERE topic LIKE :topic", topic=f"ansu/{code}/%")
    assert held == first, "kept where an administrator looks: at the first site"
    await plant.execute("UPDATE held_message SET site_id = :site WHERE topic LIKE :topic", topic=f"ansu/{code}/%")
    await plant.execute("UPDATE held_part SET site_id = :site WHERE reason = 'wrong_site'")
    run = await plant.take_in()
    assert (run.stored, run.refused) == (1, 0)


async def test_values_without_a_time_are_neither_lost_nor_doubled(make: Maker) -> None:
    plant = await make()
    received = from_datetime(now()) - 60 * SECOND
    await plant.feed(plant.message({"P2": 1.0}, "telemetry", received=received))
    await plant.set("P2", PointStatus.IGNORED)
    refused = [plant.message({"values": {"P1": 5.0, "P2": 2.0 + i}}, received=received) for i in range(2)]
    await plant.feed(*refused)
    await plant.set("P2", PointStatus.ACTIVE)
    await plant.feed(plant.message({"P2": 9.0}, "telemetry", received=received + 1))
    run = await plant.take_in()
    assert (run.stored, run.duplicate, run.refused) == (2, 0, 0)
    found = [(code, value) for code, _, value, _ in await plant.readings()]
    assert sorted(found) == [("P1", 5.0), ("P1", 5.0), ("P2", 1.0), ("P2", 2.0), ("P2", 3.0), ("P2", 9.0)]


def stream(plant: Plant, draw: random.Random, base: int) -> list[Incoming]:
    """What a gateway sends: in order and not, from a buffer, without a time, twice, several in one."""
    messages: list[Incoming] = []
    received = base
    for number in range(30):
        received += draw.choice((0, 1, SECOND, 7 * SECOND))
        value = float(number)
        lag = draw.choice((0, 0, 0, 2 * SECOND, draw.randrange(400, 80_000) * SECOND))
        moment = to_datetime(received - lag - draw.randrange(1000)).isoformat()
        kind = draw.randrange(5)
        if kind == 0:
            messages.append(plant.message(value, f"point/{draw.choice(('P1', 'P2'))}", received))
        elif kind == 1:
            messages.append(plant.message({"values": {"P1": value, "P2": -value}}, received=received))
        elif kind == 2 and messages:
            again = draw.choice(messages)
            messages.append(again._replace(received=received, dup=True))
        elif kind == 3:
            half_bad = [{"point": "P2", "value": value, "at": moment}, {"point": "P2", "value": "x"}]
            messages.append(plant.message(half_bad, received=received))
        else:
            messages.append(plant.message({"at": moment, "values": {"P1": value, "P2": value}}, received=received))
    return messages


def alike(found: list[tuple[Any, ...]], wanted: list[tuple[Any, ...]]) -> bool:
    """The same values of the same points at the same moments; one without a time of its own may lie microseconds beside
    another that was received in the same microsecond."""
    pairs = zip(*(sorted((code, value, at) for code, at, value, _ in rows) for rows in (found, wanted)), strict=True)
    near = timedelta(microseconds=50)
    return all(one[:2] == other[:2] and abs(one[2] - other[2]) <= near for one, other in pairs)


@pytest.mark.parametrize("seed", range(12))
async def test_any_refused_stream_gives_the_readings_of_one_that_was_right_from_the_start(
    make: Maker, seed: int
) -> None:
    draw = random.Random(seed)
    right, wrong = await make(), await make()
    base = from_datetime(now()) - 3600 * SECOND
    first = stream(right, random.Random(seed), base)
    second = stream(wrong, random.Random(seed), base)
    cut = draw.randrange(1, len(first))
    begin = 0 if seed % 2 else draw.randrange(0, cut)
    for low, high in ((0, begin), (begin, cut), (cut, len(first))):
        await right.feed(*first[low:high])
        if low == begin:
            await wrong.set("P2", draw.choice((PointStatus.IGNORED, PointStatus.RETIRED)))
        if low == cut:
            await wrong.set("P2", PointStatus.ACTIVE)
            if seed % 3:
                await wrong.take_in()
        await wrong.feed(*second[low:high])
    run = await wrong.take_in() if await wrong.held() else None
    assert alike(await wrong.readings(), await right.readings())
    assert run is None or run.looked_at == run.total
    assert {reason for reason, _, _ in await wrong.held()} <= {"text"}


async def test_a_worker_that_dies_between_two_steps_is_gone_on_for(make: Maker, database: Database) -> None:
    plant = await make()
    await plant.set("P2", PointStatus.IGNORED)
    await plant.feed(*(plant.message({"P2": 1.0 * i}, "telemetry") for i in range(10)))
    await plant.set("P2", PointStatus.ACTIVE)
    run_id = await plant.ask()
    async with database.session() as session:
        assert await step(session, run_id, most=4)
    with pytest.raises(ZeroDivisionError):
        async with database.session() as session:
            await step(session, run_id, most=4)
            raise ZeroDivisionError
    half = await plant.run(run_id)
    assert (half.looked_at, half.stored, len(await plant.readings())) == (4, 4, 4)
    assert await plant.ask() == run_id, "who asks meanwhile gets the one that is under way"
    await plant.work()
    done = await plant.run(run_id)
    assert (done.looked_at, done.stored, done.duplicate) == (10, 10, 0)
    assert [value for _, _, value, _ in await plant.readings()] == [float(i) for i in range(10)]
    async with database.session() as session:
        assert not await step(session, run_id), "and a finished one does nothing"


async def test_what_is_there_already_is_a_duplicate(make: Maker) -> None:
    plant = await make()
    moment = at(5)
    await plant.set("P2", PointStatus.IGNORED)
    await plant.feed(plant.message({"at": moment, "values": {"P2": 3.0}}))
    await plant.set("P2", PointStatus.ACTIVE)
    await plant.feed(plant.message({"at": moment, "values": {"P2": 3.0}}))
    run = await plant.take_in()
    assert (run.stored, run.duplicate) == (0, 1)
    assert len(await plant.readings()) == 1 and await plant.held() == []


async def test_only_who_mends_sources_may_and_only_at_their_own_site(make: Maker, database: Database) -> None:
    plant, other = await make(), await make()
    await plant.feed(plant.message(b"no json"))
    with pytest.raises(Conflict):
        await other.ask()
    async with database.session() as session:
        leader = await actor_for(session, await make_person(session, plant.site, Role.LEADER))
        with pytest.raises(Forbidden):
            await commands.ask(session, leader, Wish())
