"""Duty performance on phones: a worker appeals against a lost point, a safety officer upholds it, the score is new."""

from playwright.async_api import expect

from backend.core.database import Database
from tests.browser.duties import missed_round
from tests.browser.phone import Phones
from tests.embedded.running import Up
from tests.hazards.pictures import photo


async def test_a_duty_score_is_appealed_and_re_computed(phones: Phones, plant: Up) -> None:
    database = Database(plant.database_url)
    key = await missed_round(database, "worker2")
    await database.close()
    worker, officer = await phones("worker2"), await phones("safety1")
    await worker.open("/me")
    await worker.page.get_by_role("link", name="我的履职").click()
    before = float(await worker.page.locator("#duty-score").inner_text())
    line = worker.page.locator(f'li[data-row="{key}"]')
    await expect(line).to_contain_text("漏检")
    await worker.page.screenshot(path=".screenshots/duty-me.png", full_page=True)
    await line.get_by_role("link", name="申诉").click()
    await worker.page.locator("#reason").fill("当晚停电，进不了现场")
    await worker.page.locator("#photos").set_input_files(
        {"name": "dark.jpg", "mimeType": "image/jpeg", "buffer": photo()}
    )
    await worker.page.locator(".action-bar button").click()
    await expect(worker.page.locator(".chip").first).to_have_text("等待答复")
    await officer.open("/tasks")
    await officer.page.locator('a.row[href^="/duty/appeals/"]').last.click()
    await expect(officer.page.locator("#content")).to_contain_text("当晚停电")
    await officer.page.locator("#answer").fill("停电记录属实")
    await officer.page.screenshot(path=".screenshots/duty-answer.png", full_page=True)
    await officer.page.locator(".action-bar button").click()
    await expect(officer.page.locator("#content")).to_contain_text("申诉成立")
    await worker.open("/duty/me")
    await expect(worker.page.locator(f'li[data-row="{key}"]')).to_have_count(0)
    await expect(worker.page.locator("#content")).to_contain_text("停电记录属实")
    after = float(await worker.page.locator("#duty-score").inner_text())
    assert after > before
    assert worker.complaints == [] and officer.complaints == []
