"""Batches in the database: once, exactly accounted, in their day's partition; and receipts that outlive a crash."""

import asyncio
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import text

from backend.core.database import Database, driver_connection
from backend.plant.models import Point
from backend.telemetry.assembly import Assembly, Row, open_message
from backend.telemetry.formats.moments import from_datetime
from backend.telemetry.partitions import (
    day_number,
    day_of_number,
    ensure_partitions,
    partition_days,
    partition_name,
)
from backend.telemetry.plant_map import MAX_PENDING, PlantMap
from backend.telemetry.receipts import Receipts
from backend.telemetry.storage import RECEIPTS_KEPT, NotFresh, copy_rows, store
from tests.factories import make_point, make_site, unique
from tests.telemetry.test_assembly import account, message

DAY = date(2026, 11, 24)
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.fixture
async def point(database: Database) -> Point:
    async with database.session() as session:
        site = await make_site(session)
        await ensure_partitions(session, [DAY])
        return await make_point(session, site)


def row(point: Point, at: datetime = NOON, value: float = 1.5, quality: int = 0) -> Row:
    return Row(point.site_id, point.id, from_datetime(at), value, quality, from_datetime(at))


async def stored(database: Database, point: Point) -> list[tuple[datetime, float, int, datetime]]:
    async with database.session() as session:
        found = await session.execute(
            text("SELECT at, value, quality, received_at FROM reading WHERE point_id = :point ORDER BY at"),
            {"point": point.id},
        )
        return [tuple(one) for one in found]


async def copy(database: Database, *rows: Row) -> None:
    async with database.session() as session:
        await copy_rows(await driver_connection(session), rows)


@pytest.mark.parametrize("value", [0.0, -0.0, 1.5, -1e308, 5e-324, 0.1])
async def test_a_row_comes_back_as_it_was_stored(database: Database, point: Point, value: float) -> None:
    at = NOON + timedelta(microseconds=123_457)
    await copy(database, row(point, at, value, quality=9))
    assert await stored(database, point) == [(at, value, 9, at)]


async def test_a_stored_key_is_told_and_nothing_of_the_batch_remains(database: Database, point: Point) -> None:
    await copy(database, row(point))
    with pytest.raises(NotFresh):
        await copy(database, row(point, NOON + timedelta(seconds=1)), row(point, value=9.9))
    assert await stored(database, point) == [(NOON, 1.5, 0, NOON)]


async def known_plant(database: Database) -> PlantMap:
    known = PlantMap()
    async with database.session() as session:
        await known.load(session)
    return known


async def assembly_of(database: Database, point: Point, *seconds: int) -> Assembly:
    """A batch with a value a second named, as a freshly started ingest would make it."""
    known = await known_plant(database)
    [site] = [site for site in known.sites.values() if site.id == point.site_id]
    rows = [{"point": point.code, "v": float(s), "at": (NOON + timedelta(seconds=s)).isoformat()} for s in seconds]
    received = from_datetime(NOON + timedelta(seconds=60))
    assembly = Assembly(known)
    assembly.add(open_message(message(rows, f"ansu/{site.code}/gw/batch", received=received), known), set())
    return assembly


async def put(database: Database, assembly: Assembly, *, all_doubtful: bool = False) -> int:
    async with database.session() as session:
        return await store(await driver_connection(session), assembly, all_doubtful=all_doubtful)


async def test_an_ingest_that_knows_nothing_stores_no_row_twice_and_accounts_for_it(
    database: Database, point: Point
) -> None:
    assert await put(database, await assembly_of(database, point, 1, 2)) == 0
    again = await assembly_of(database, point, 1, 2, 3)
    with pytest.raises(NotFresh):
        await put(database, again)
    assert await put(database, again, all_doubtful=True) == 2
    assert account(again) == [("gw", 3, 1, 2, 0)]
    assert len(await stored(database, point)) == 3


async def test_a_row_twice_in_one_batch_is_stored_once(database: Database, point: Point) -> None:
    assembly = await assembly_of(database, point, 5, 1, 1, 5)
    await put(database, assembly)
    assert account(assembly) == [("gw", 4, 2, 2, 0)]
    assert [value for _, value, _, _ in await stored(database, point)] == [1.0, 5.0]


async def test_the_account_of_a_source_adds_up_over_batches(database: Database, point: Point) -> None:
    await put(database, await assembly_of(database, point, 1))
    await put(database, await assembly_of(database, point, 1, 2), all_doubtful=True)
    async with database.session() as session:
        found = await session.execute(
            text("SELECT received, stored, duplicate, rejected FROM source WHERE site_id = :site"),
            {"site": point.site_id},
        )
        assert [tuple(one) for one in found] == [(3, 2, 1, 0)]


@pytest.mark.parametrize("microsecond", [-1, 0])
async def test_a_reading_lies_in_the_partition_of_its_utc_day(
    database: Database, point: Point, microsecond: int
) -> None:
    midnight = datetime(2026, 12, 1, tzinfo=UTC)
    at = midnight + timedelta(microseconds=microsecond)
    async with database.session() as session:
        await ensure_partitions(session, [date(2026, 11, 30), date(2026, 12, 1)])
    await copy(database, row(point, at))
    async with database.session() as session:
        name = await session.scalar(
            text("SELECT tableoid::regclass::text FROM reading WHERE point_id = :id"), {"id": point.id}
        )
    assert name == partition_name(at.date())


async def test_many_processes_that_need_a_day_make_one_partition(database: Database) -> None:
    days = [date(2027, 1, 1) + timedelta(days=i) for i in range(3)]

    async def ensure() -> None:
        async with database.session() as session:
            await ensure_partitions(session, days)

    await asyncio.gather(*(ensure() for _ in range(8)))
    async with database.session() as session:
        assert set(days) <= set(await partition_days(session))


def test_a_day_and_its_number_are_told_from_each_other() -> None:
    assert day_of_number(day_number(DAY)) == DAY
    assert day_number(DAY) == from_datetime(NOON) // 86_400_000_000


async def test_a_gateway_that_makes_up_names_cannot_grow_without_end(database: Database, point: Point) -> None:
    known = await known_plant(database)
    names = [(point.site_id, f"made-up-{i}", "gw") for i in range(MAX_PENDING + 5)]
    async with database.session() as session:
        await known.add_unknown(session, names)
    async with database.session() as session:
        await known.add_unknown(session, [(point.site_id, "one-more", "gw")])
        pending = await session.scalar(
            text("SELECT count(*) FROM point WHERE site_id = :site AND status = 'pending'"), {"site": point.site_id}
        )
    assert pending == MAX_PENDING
    assert (point.site_id, "made-up-0") in known.points
    assert (point.site_id, "one-more") not in known.points


def receipt(number: int) -> bytes:
    return number.to_bytes(10, "big")


async def kept_by(database: Database, client_id: str) -> Receipts:
    receipts = Receipts(client_id)
    async with database.session() as session:
        await receipts.load(await driver_connection(session))
    return receipts


async def test_receipts_outlive_the_ingest_that_gave_them(database: Database) -> None:
    client_id = unique("ingest")
    receipts = await kept_by(database, client_id)
    async with database.session() as session:
        await receipts.keep(await driver_connection(session), [receipt(1), receipt(2)])
        await receipts.keep(await driver_connection(session), [receipt(3)])
    after = await kept_by(database, client_id)
    assert [receipt(i) in after for i in (1, 2, 3, 4)] == [True, True, True, False]
    assert receipt(1) not in await kept_by(database, unique("ingest"))


async def test_receipts_of_a_failed_transaction_are_not_known_after_loading(database: Database) -> None:
    receipts = await kept_by(database, unique("ingest"))
    with pytest.raises(RuntimeError, match="power cut"):
        async with database.session() as session:
            await receipts.keep(await driver_connection(session), [receipt(1)])
            raise RuntimeError("power cut")
    async with database.session() as session:
        await receipts.load(await driver_connection(session))
    assert receipt(1) not in receipts


async def test_more_receipts_are_kept_than_a_broker_leaves_unacknowledged_and_no_more_than_twice_that(
    database: Database,
) -> None:
    client_id = unique("ingest")
    receipts = await kept_by(database, client_id)
    starts = range(0, RECEIPTS_KEPT * 3, 1000)
    for start in starts:
        async with database.session() as session:
            await receipts.keep(await driver_connection(session), map(receipt, range(start, start + 1000)))
    after = await kept_by(database, client_id)
    newest = starts[-1] + 999
    assert all(receipt(number) in after for number in range(newest - RECEIPTS_KEPT + 1, newest + 1))
    assert receipt(0) not in after and receipt(newest - 2 * RECEIPTS_KEPT) not in after


async def test_where_packet_ids_change_the_content_tells_a_repetition(database: Database) -> None:
    client_id = unique("ingest")
    receipts = await kept_by(database, client_id)
    delivered, repeated = b"\0\1" + b"content8", b"\0\2" + b"content8"
    async with database.session() as session:
        await receipts.keep(await driver_connection(session), [delivered])
    assert repeated not in receipts
    receipts.packet_ids_change = True
    assert repeated in receipts
    assert b"\0\2another8" not in receipts


async def test_a_repeated_receipt_is_kept_once(database: Database) -> None:
    client_id = unique("ingest")
    receipts = await kept_by(database, client_id)
    for _ in range(2):
        async with database.session() as session:
            await receipts.keep(await driver_connection(session), [receipt(1)])
    async with database.session() as session:
        kept = await session.scalar(
            text("SELECT sum(length(messages)) FROM ingest_receipt WHERE client_id = :id"), {"id": client_id}
        )
    assert kept == len(receipt(1))
