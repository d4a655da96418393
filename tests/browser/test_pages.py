"""What holds on every page: it fits a narrow phone, can be hit by a thumb, read by a screen reader and in English."""

import asyncio
import subprocess
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, expect
from sqlalchemy import select, text
from sqlmodel import col

from backend.core.database import Database
from backend.hazards.reports.commands import ReportDraft, report_hazard
from backend.identity.models import Person
from backend.incidents.commands import Tap, log_disposal, put_in_charge, report_incident
from backend.incidents.recording import Said
from backend.incidents.response.commands import Order, order_evacuation
from backend.tracing.checks.asking import ask_check
from backend.tracing.commands import confirm_cause
from backend.tracing.models import Trace
from backend.tracing.versions.models import TraceModel
from tests.browser.conftest import replaying
from tests.browser.meeting import make_meeting
from tests.browser.phone import Phone, Phones
from tests.browser.sweep import THEMES, look, look_over, small_targets, violations
from tests.browser.test_main_line import TITLE
from tests.browser.test_new_worker import NAME
from tests.embedded.running import Up
from tests.factories import actor_for

_KNOWN_BY_ITS_CHINESE_NAME = {"中文", "简体中文"}


@pytest.fixture(scope="package")
async def eventful(plant: Up) -> AsyncIterator[dict[str, int]]:
    """The plant after a fault: ids of what its pages show."""
    with replaying(plant, "--fault", "4", "--rate", "10", "--from-normal", "2"):
        yield await ids_of(plant.database_url)


async def ids_of(database_url: str) -> dict[str, int]:
    """Ids of what the pages show; waits until there is an alarm with its trace."""
    database = Database(database_url)
    found: dict[str, int | None] = {"trace": None}
    while None in found.values():
        await asyncio.sleep(0.5)
        async with database.session() as session:
            found = dict((await session.execute(text(_IDS))).mappings().one())
    found["report"] = await _reported(database, found["equipment"])
    found["model"] = await _taught(database, found["trace"] or 0)
    found["check"] = await _sent_to_look(database, found["trace"] or 0)
    found["incident"] = await _broke_out(database, found["alarm"])
    found["met"] = await _met_about(database)
    await database.close()
    return {name: id_ for name, id_ in found.items() if id_ is not None}


async def _reported(database: Database, equipment_id: int | None) -> int:
    """A report of worker1 that waits for a decision."""
    async with database.session() as session:
        worker = (await session.scalars(select(Person).where(col(Person.account) == "worker1"))).one()
        draft = ReportDraft(
            details="护栏松动，一推就晃", equipment_id=equipment_id, idempotency_key="pictures-of-pages"
        )
        return (await report_hazard(session, await actor_for(session, worker), draft)).id


async def _taught(database: Database, trace_id: int) -> int:
    """The version of the trace model that learned from the trace, whose first cause its leader confirms."""
    async with database.session() as session:
        leader = (await session.scalars(select(Person).where(col(Person.account) == "leader1"))).one()
        node = (await session.get_one(Trace, trace_id)).result["causes"][0]["node"]
        await confirm_cause(session, await actor_for(session, leader), trace_id, node=node)
        return (await session.scalars(select(TraceModel.id).where(col(TraceModel.active)))).one()


async def _sent_to_look(database: Database, trace_id: int) -> int:
    """A look on site that leader1 asked for."""
    async with database.session() as session:
        leader = (await session.scalars(select(Person).where(col(Person.account) == "leader1"))).one()
        made = await session.get_one(Trace, trace_id)
        node = made.result["causes"][0]["node"]
        return (await ask_check(session, await actor_for(session, leader), trace_id, node=node)).id


async def _broke_out(database: Database, alarm_id: int | None) -> int:
    """An incident that worker1 reported from the alarm and leader1 leads, with a line of its log and an evacuation."""
    async with database.session() as session:
        people = await session.scalars(select(Person).where(col(Person.account).in_(["worker1", "leader1"])))
        actors = {person.account: await actor_for(session, person) for person in people}
        tap = Tap(kind="equipment_failure", alarm_id=alarm_id, said=Said("阀门卡住了", idempotency_key="pages"))
        incident = await report_incident(session, actors["worker1"], tap)
        said = Said("已切到旁路", idempotency_key="pages-isolate")
        await log_disposal(session, actors["worker1"], incident.id, "isolate", said)
        lead = Said("先断进料", idempotency_key="pages-lead")
        await put_in_charge(session, actors["leader1"], incident.id, None, lead)
        order = Order([incident.area_id or 0], visitors=2)
        await order_evacuation(
            session, actors["leader1"], incident.id, order, Said("往北门走", idempotency_key="pages-out")
        )
        return incident.id


async def _met_about(database: Database) -> int:
    """A closed incident whose meeting leader1 has opened; with what was chosen, whys and a decision."""
    async with database.session() as session:
        people = await session.scalars(select(Person).where(col(Person.account).in_(["leader1", "manager1"])))
        actors = {person.account: await actor_for(session, person) for person in people}
        return await make_meeting(session, actors["leader1"], actors["manager1"])


_IDS = """
SELECT (SELECT max(id) FROM alarm WHERE point_id IS NOT NULL) AS alarm,
       (SELECT max(id) FROM trace WHERE result #> '{causes,0}' IS NOT NULL) AS trace,
       (SELECT max(id) FROM learned_normal) AS normal,
       (SELECT min(id) FROM alarm_rule) AS rule, (SELECT id FROM point WHERE code = 'XMEAS_9') AS point,
       (SELECT id FROM equipment WHERE code = 'REACTOR') AS equipment,
       (SELECT area_id FROM equipment WHERE code = 'REACTOR') AS area,
       (SELECT id FROM person WHERE account = 'worker1') AS person,
       (SELECT min(id) FROM course) AS course, (SELECT min(id) FROM inspection_plan) AS plan,
       (SELECT min(id) FROM inspection_visit) AS visit
"""

PAGES = (
    "/",
    "/tasks",
    "/alarms",
    "/alarms/{alarm}",
    "/plant/scale",
    "/traces",
    "/traces/new?what=equipment:{equipment}",
    "/traces/{trace}",
    "/cause-library",
    "/cause-library/valve",
    "/normals",
    "/normals/{normal}",
    "/trace-models",
    "/lessons",
    "/trace-models/{model}",
    "/checks/{check}",
    "/plant",
    "/equipment/{equipment}",
    "/areas/{area}",
    "/labels",
    "/labels/equipment/{equipment}",
    "/labels/areas/{area}",
    "/scan",
    "/points/{point}",
    "/points/{point}/edit",
    "/rectifications",
    "/rectifications/new?alarm_id={alarm}",
    "/reports",
    "/reports/new",
    "/reports/new?equipment={equipment}",
    "/reports/mine",
    "/reports/{report}",
    "/reports/public",
    "/rectifications/new?report_id={report}",
    "/rectifications/policy",
    "/rules",
    "/rules/{rule}",
    "/rules/{rule}/edit",
    "/rules/new?kind=rate",
    "/rejections",
    "/adoptions",
    "/people",
    "/people/{person}",
    "/people/{person}/edit",
    "/people/new",
    "/audit",
    "/me",
    "/me/password",
    "/training",
    "/courses",
    "/courses/new",
    "/training/{course}",
    "/training/{course}/quiz",
    "/courses/{course}",
    "/courses/{course}/edit",
    "/outbox",
    "/me/notices",
    "/checkins?all=1",
    "/checkins/new?equipment={equipment}",
    "/checkins/new",
    "/checkins/missed",
    "/plans",
    "/plans/{plan}",
    "/plans/{plan}/edit",
    "/plans/new",
    "/plans/calendar",
    "/incidents",
    "/incidents/new",
    "/incidents/new?equipment={equipment}",
    "/incidents/{incident}",
    "/incidents/{incident}/scope",
    "/incidents/{incident}/downstream",
    "/incidents/{incident}/plume",
    "/incidents/{incident}/wall",
    "/incidents/{incident}/duties",
    "/incidents/{incident}/review",
    "/incidents/{incident}/meeting",
    "/incidents/{met}/meeting?step=attend",
    "/incidents/{met}/meeting?step=compare",
    "/incidents/{met}/meeting?step=why",
    "/incidents/{met}/meeting?step=decide",
    "/incidents/{met}/meeting?step=close",
    "/incidents/policy",
    "/incidents/plans",
    "/incidents/plans?kind=gas_leak",
    "/incidents/{incident}/plan",
    "/incidents/{incident}/evacuation",
    "/incidents/{incident}/cordon",
)

WORKER_PAGES = (
    "/",
    "/tasks",
    "/scan",
    "/areas/{area}",
    "/reports/new",
    "/reports/mine",
    "/reports/{report}",
    "/alarms",
    "/alarms/{alarm}",
    "/plant",
    "/equipment/{equipment}",
    "/rectifications",
    "/training",
    "/training/{course}",
    "/training/{course}/quiz",
    "/outbox",
    "/me",
    "/me/notices",
    "/me/password",
    "/checkins",
    "/checkins/{visit}",
    "/checkins/new?equipment={equipment}",
    "/reports/new?equipment={equipment}",
    "/incidents",
    "/incidents/new",
    "/incidents/{incident}",
    "/incidents/{incident}/plan",
    "/incidents/{incident}/evacuation",
    "/incidents/{incident}/cordon",
)
"""Where a worker's work takes them."""


LOCALES = {"zh-CN": "light", "en-GB": "dark"}
"""The languages, with the theme in which their pages are opened; the other is switched on while they are open."""


@pytest.fixture(scope="module")
async def admins(browser: Browser, plant: Up) -> AsyncIterator[dict[str, Phone]]:
    """An administrator's phone for each language, which goes from page to page."""
    maker = Phones(browser, f"http://127.0.0.1:{plant.environment['ANSU_PORT']}")
    yield {locale: await maker("admin", color_scheme=theme, locale=locale) for locale, theme in LOCALES.items()}
    await maker.put_away()


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("locale", LOCALES)
async def test_every_page_fits_a_thumb_and_a_screen_reader_and_speaks_one_language(
    admins: dict[str, Phone], eventful: dict[str, int], locale: str, page: str
) -> None:
    seen = await look_over(admins[locale], page.format(**eventful), opened_in=LOCALES[locale])
    assert seen.barriers == {theme: [] for theme in THEMES}
    assert seen.complaints == []
    if locale == "en-GB":
        texts = seen.chinese - _KNOWN_BY_ITS_CHINESE_NAME
        assert [words for words in texts if TITLE not in words and NAME not in words] == []


async def test_a_worker_hits_everything_with_gloves_on(phones: Phones, eventful: dict[str, int]) -> None:
    phone = await phones("worker1")
    missed = []
    for pattern in WORKER_PAGES:
        path = pattern.format(**eventful)
        await look(phone, path)
        missed += [f"{path}: {small}" for small in await small_targets(phone.page, 56)]
    assert not missed, "\n".join(missed)


_SHADED = (
    *("/", "/alarms/{alarm}", "/traces/{trace}", "/plant", "/points/{point}", "/rectifications"),
    *("/reports/new", "/reports/{report}"),
    *("/checkins?all=1", "/checkins/{visit}", "/plans/{plan}"),
    *("/incidents/new", "/incidents/{incident}"),
)


async def test_text_keeps_its_contrast_in_the_theme_for_glare(phones: Phones, eventful: dict[str, int]) -> None:
    phone = await phones("manager1")
    barriers = []
    for pattern in _SHADED:
        path = pattern.format(**eventful)
        await look(phone, path)
        await phone.page.evaluate("document.documentElement.dataset.theme = 'contrast'")
        barriers += [f"{path}: {one}" for one in await violations(phone.page, ["color-contrast-enhanced"])]
    assert not barriers, "\n".join(barriers)


async def test_an_alarm_of_a_foreign_client_is_acknowledged_without_any_script(plant: Up, phones: Phones) -> None:
    """``mosquitto_pub`` as the README shows it, and a phone on which no script runs."""
    publish(plant, "XMEAS_15", '{"value": 131.5}')
    phone = await phones("leader2", java_script_enabled=False)
    page = await phone.open("/alarms")
    row = page.locator("a.row", has_text="汽提塔液位 高高报 131.5")
    for _ in range(40):
        if await row.count():
            break
        await asyncio.sleep(0.5)
        await page.reload()
    await row.click()
    await page.locator(".action-bar").get_by_role("button", name="确认").click()
    await expect(page.locator("#alarm-now")).to_contain_text("已确认")


def publish(plant: Up, point: str, payload: str) -> None:
    """Send one value as a gateway does."""
    password = (plant.data / "secrets" / "mqtt-gateway").read_text().strip()
    topic = f"ansu/tep/mosquitto/point/{point}"
    server = ["-h", "127.0.0.1", "-p", plant.environment["ANSU_MQTT_PORT"], "-u", "gateway", "-P", password]
    subprocess.run(["mosquitto_pub", *server, "-q", "1", "-t", topic, "-m", payload], check=True, timeout=20)


async def test_a_phone_without_a_network_says_so_and_comes_back(phones: Phones, eventful: dict[str, int]) -> None:
    phone = await phones("worker2")
    await phone.is_live()
    await phone.context.set_offline(True)
    await phone.page.evaluate("window.dispatchEvent(new Event('online'))")
    await expect(phone.page.locator("#line-state")).to_have_attribute("data-state", "off")
    await expect(phone.page.locator("#line-state")).to_contain_text("连接中断")
    await phone.context.set_offline(False)
    await phone.page.evaluate("window.dispatchEvent(new Event('online'))")
    await phone.is_live()


async def test_the_page_and_its_script_tell_time_alike(phones: Phones) -> None:
    from datetime import UTC, datetime, timedelta

    from backend.core.i18n import LOCALES
    from backend.core.phrases import ago

    phone = await phones("worker3")
    ages = [0, 30, 61, 3599, 3600, 90_000, -10, -700, -90_000]
    said = await phone.page.evaluate(
        "async ([ages, locales]) => { const { ago } = await import('/static/js/times.js');"
        " return ages.map((s) => locales.map((l) => ago(s, l))); }",
        [ages, LOCALES],
    )
    noon = datetime(2026, 11, 26, 12, tzinfo=UTC)
    assert said == [[ago(locale, noon - timedelta(seconds=s), noon) for locale in LOCALES] for s in ages]
