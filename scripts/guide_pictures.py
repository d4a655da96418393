"""Pictures of ``docs/guide``: what a worker and a leader see, in both languages, where something has happened."""

import io
from datetime import timedelta
from pathlib import Path

from PIL import Image, ImageDraw
from playwright.async_api import Browser, Playwright, expect
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from backend.core.clock import now
from backend.core.database import Database
from backend.core.pictures import Picture, convert
from backend.hazards import commands
from backend.hazards.plan import Plan
from backend.hazards.recording import Sent
from backend.identity.actor import Actor
from backend.identity.models import Person
from backend.training.models import Course
from tests.browser.conftest import CHROMIUM, FLAGS
from tests.browser.phone import Phone, Phones
from tests.factories import actor_for

LANGUAGES = {"zh": "zh-CN", "en": "en-GB"}
COLOURS = 96
_WORKER = {
    "home": "/",
    "tasks": "/tasks",
    "equipment": "/equipment/{equipment}",
    "round": "/checkins",
    "visit": "/checkins/{visit}",
    "report": "/reports/new?equipment={equipment}",
    "mine": "/reports/mine",
    "rectification": "/rectifications/{in_hand}",
    "course": "/training/{course}",
}
_LEADER = {
    "home": "/",
    "tasks": "/tasks",
    "report": "/reports/{report}",
    "new": "/rectifications/new?report_id={report}",
    "board": "/rectifications",
    "verify": "/rectifications/{submitted}",
    "plan": "/plans/{plan}",
    "missed": "/checkins/missed",
}
_OFFICER = {"labels": "/labels", "course": "/courses/{course}"}


async def happen(database_url: str) -> dict[str, int]:
    """Let rectifications be in hand, submitted and late, and a visit be missed; ids of what the pictures show."""
    database = Database(database_url)
    async with database.session() as session:
        people = {one.account: await actor_for(session, one) for one in await session.scalars(select(Person))}
        leader, worker = people["leader1"], people["worker1"]

        async def opened(title: str, measure: str, level: str, days: float) -> int:
            plan = Plan(title, measure, worker.person_id, now() + timedelta(days=days), level)
            return (await commands.open_rectification(session, leader, plan, Sent())).id

        in_hand = await opened("反应器法兰渗漏", "停泵泄压后更换垫片，按规定力矩紧固", "significant", 2)
        await commands.start(session, worker, in_hand, Sent(pictures=[await _pipe(drips=True)]))
        submitted = await opened("冷却水管支架松动", "紧固并加防松螺母", "general", 3)
        await _done(session, worker, submitted)
        late = await opened("围堰裂缝", "凿开后用防渗砂浆修补", "general", 1)
        await session.execute(
            text("UPDATE rectification SET deadline = now() - interval '26 hours' WHERE id = :id"), {"id": late}
        )
        await session.execute(
            text(
                "UPDATE inspection_visit SET state = 'missed', missed_at = closes_at - interval '27 hours', "
                "opens_at = opens_at - interval '27 hours', closes_at = closes_at - interval '27 hours' "
                "WHERE id = (SELECT max(id) FROM inspection_visit)"
            )
        )
        course = (await session.scalars(select(Course).where(col(Course.code) == "ansu-worker"))).one().id
    await database.close()
    return {"in_hand": in_hand, "submitted": submitted, "course": course}


async def _done(session: AsyncSession, worker: Actor, rectification_id: int) -> None:
    await commands.start(session, worker, rectification_id, Sent(pictures=[await _pipe(drips=True)]))
    await commands.submit(
        session, worker, rectification_id, Sent(note="已紧固并加防松螺母", pictures=[await _pipe(drips=False)])
    )


async def _pipe(*, drips: bool) -> Picture:
    """A drawn photo: a pipe with its flange, dripping or not."""
    picture = Image.new("RGB", (800, 600), (196, 200, 198))
    pen = ImageDraw.Draw(picture)
    pen.rectangle((0, 240, 800, 340), fill=(120, 130, 136), outline=(80, 86, 90), width=4)
    pen.rectangle((360, 190, 440, 390), fill=(146, 110, 74) if drips else (96, 128, 110), outline=(60, 60, 60), width=4)
    for y in (210, 270, 310, 368):
        pen.ellipse((388, y - 12, 412, y + 12), fill=(70, 74, 78))
    for y in (420, 470, 530) if drips else ():
        pen.ellipse((392, y, 408, y + 26), fill=(40, 90, 150))
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=85)
    return await convert(out.getvalue())


async def take_guide(playwright: Playwright, browser: Browser, base: str, ids: dict[str, int], folder: Path) -> None:
    """All pictures of the guide, as ``<who>-<what>-<language>.png``."""
    for suffix, locale in LANGUAGES.items():
        phones = Phones(browser, base)
        for account, who, pages in (
            ("worker1", "worker", _WORKER),
            ("leader1", "leader", _LEADER),
            ("safety1", "leader", _OFFICER),
        ):
            phone = await phones(account, locale=locale)
            for name, path in pages.items():
                await phone.open(path.format(**ids))
                await _keep(phone, folder / f"{who}-{name}-{suffix}.png")
        await _take_outbox(await phones("worker3", locale=locale), folder / f"worker-outbox-{suffix}.png")
        await phones.put_away()
        await _take_scanner(playwright, base, locale, folder)


async def _take_outbox(phone: Phone, file: Path) -> None:
    """One report that has arrived, and one that waits for a network."""
    await phone.open("/reports/new")
    await phone.is_live()
    for offline in (False, True):
        await phone.context.set_offline(offline)
        await phone.page.locator("#place").select_option(index=3)
        await phone.page.locator("#details").fill("通道堆放杂物" if offline else "灭火器压力低")
        await phone.page.locator(".action-bar button").click()
        if offline:
            await expect(phone.page.locator("#outbox-state")).to_be_visible()
        else:
            await phone.page.wait_for_url("**/reports/*done=*")
            await phone.context.set_offline(False)
            await phone.open("/outbox")
            await phone.open("/reports/new")
            await phone.is_live()
    await phone.page.evaluate("location.assign('/outbox')")
    await phone.page.wait_for_timeout(1500)
    await _keep(phone, file)
    await phone.context.set_offline(False)


async def _take_scanner(playwright: Playwright, base: str, locale: str, folder: Path) -> None:
    """The scanner with its camera looking at nothing that is a label."""
    film = folder / "film.mjpeg"
    out = io.BytesIO()
    Image.effect_mandelbrot((1280, 720), (-2.4, -1.2, 0.8, 1.2), 60).convert("RGB").save(out, "JPEG", quality=80)
    film.write_bytes(out.getvalue() * 5)
    flags = [
        *FLAGS,
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        f"--use-file-for-fake-video-capture={film}",
    ]
    browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
    phone = await Phones(browser, base)("worker1", locale=locale, permissions=["camera"])
    await phone.open("/scan")
    await phone.page.wait_for_timeout(2500)
    await _keep(phone, folder / f"worker-scan-{'en' if locale.startswith('en') else 'zh'}.png")
    await browser.close()
    film.unlink()


async def _keep(phone: Phone, file: Path) -> None:
    await phone.page.wait_for_timeout(600)
    await phone.page.evaluate("document.getElementById('toasts')?.replaceChildren()")
    shown = Image.open(io.BytesIO(await phone.page.screenshot()))
    shown.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(file, optimize=True)
