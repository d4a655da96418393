"""A point ignored by mistake: what its gateway sent meanwhile is taken in on a phone and stands in the curve."""

import asyncio
import subprocess
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import expect
from sqlalchemy import text

from backend.core.database import Database
from tests.browser.phone import Phones
from tests.embedded.running import Up
from tests.factories import unique


@pytest.fixture
async def database(plant: Up) -> AsyncIterator[Database]:
    opened = Database(plant.database_url)
    yield opened
    await opened.close()


def publish(plant: Up, point: str, *values: float) -> None:
    """Send values as a gateway does."""
    password = (plant.data / "secrets" / "mqtt-gateway").read_text().strip()
    server = ["-h", "127.0.0.1", "-p", plant.environment["ANSU_MQTT_PORT"], "-u", "gateway", "-P", password]
    for value in values:
        topic = ["-q", "1", "-t", f"ansu/tep/gw-late/point/{point}", "-m", f'{{"value": {value}}}']
        subprocess.run(["mosquitto_pub", *server, *topic], check=True, timeout=20)


async def count(database: Database, statement: str, code: str, least: int) -> None:
    """Wait until ``statement`` counts at least so many for the point."""
    for _ in range(100):
        async with database.session() as session:
            if int(await session.scalar(text(statement), {"code": code}) or 0) >= least:
                return
        await asyncio.sleep(0.2)
    raise AssertionError(f"waited for {least}: {statement}")


_POINTS = "SELECT count(*) FROM point WHERE code = :code"
_HELD = "SELECT count(*) FROM held_part WHERE code = :code"


async def test_what_an_ignored_point_sent_is_taken_in_on_a_phone(phones: Phones, plant: Up, database: Database) -> None:
    code = unique("Late-")
    publish(plant, code, 1.5)
    await count(database, _POINTS, code, 1)
    phone = await phones("safety1")
    page = await phone.open(f"/adoptions?search={code}")
    await page.get_by_role("link", name=code).click()
    async with database.session() as session:
        await session.execute(text("UPDATE point SET status = 'ignored' WHERE code = :code"), {"code": code})
        await session.execute(text("SELECT pg_notify('ansu_plant', '')"))
    publish(plant, code, 9.0)
    await asyncio.sleep(6)  # the ingest looks at points every five seconds
    publish(plant, code, 2.5, 3.5, 4.5)
    await count(database, _HELD, code, 3)

    page = await phone.open(f"/adoptions?ignored=true&search={code}")
    await phone.comes_to_rest()
    await page.get_by_role("button", name="恢复").click()
    await page.wait_for_url("**/adoptions?done=restored")
    offer = page.get_by_role("link", name="查看并接收")
    await expect(offer).to_be_visible()
    await phone.comes_to_rest()
    await offer.click()
    await page.wait_for_url("**/retakes?**")
    await expect(page.get_by_text("会收下")).to_be_visible()
    await page.get_by_role("button", name="重新接收").click()
    await page.wait_for_url("**/retakes/*")
    await expect(page.get_by_text("重新接收完成")).to_be_visible(timeout=20_000)
    await expect(page.locator("#progress")).to_contain_text("仍被拒收")
    await phone.open(f"/adoptions?search={code}")
    await page.get_by_role("link", name=code).click()
    await page.get_by_role("button", name="认领").click()
    await page.wait_for_url("**/adoptions?done=adopted")
    async with database.session() as session:
        point = await session.scalar(text("SELECT id FROM point WHERE code = :code"), {"code": code})
        values = list(
            await session.scalars(
                text("SELECT value FROM reading WHERE point_id = :point ORDER BY at"), {"point": point}
            )
        )
    assert values[0] == 1.5 and values[-3:] == [2.5, 3.5, 4.5]
    await phone.open(f"/points/{point}")
    await expect(page.locator("#point-trend")).to_contain_text("4.5")
    assert phone.complaints == []
