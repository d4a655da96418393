"""A check that a trace asks for is answered on site without a network, arrives, and ranks the causes anew."""

import asyncio
import re

from playwright.async_api import expect
from sqlalchemy import text

from backend.core.database import Database
from tests.browser.conftest import replaying
from tests.browser.phone import Phones
from tests.embedded.running import Up

_ASKED = """
SELECT c.id, c.trace_id, c.text, p.account FROM trace_check c
JOIN post_holder h ON h.post_id = c.post_id AND h.until IS NULL JOIN person p ON p.id = h.person_id
JOIN trace t ON t.id = c.trace_id AND t.revision >= 2
WHERE c.answered_at IS NULL AND c.asked_by IS NULL AND c.question <> ''
AND jsonb_path_query_array(t.result, '$.fused[*].questions[*].key') @> to_jsonb(c.question) ORDER BY c.id LIMIT 1
"""


async def test_a_worker_answers_without_a_network_and_the_causes_are_ranked_anew(plant: Up, phones: Phones) -> None:
    with replaying(plant, "--fault", "4", "--rate", "10", "--from-normal", "2"):
        check_id, trace_id, question, account = await asked_of(plant.database_url)
        worker = await phones(account)
        await worker.open("/tasks")
        await worker.page.locator(f'a[href="/checks/{check_id}"]', has_text=question).click()
        await expect(worker.page).to_have_url(re.compile(rf"/checks/{check_id}$"))
        await worker.open(f"/traces/{trace_id}")
        await worker.is_live()
    card = worker.page.locator(".fused-question", has_text=question)
    await card.locator("summary").click()
    await card.get_by_label("说明").fill("已到现场看过")
    await worker.context.set_offline(True)
    await card.get_by_role("button", name="否").click()
    await expect(worker.page.locator("#outbox-state")).to_have_text("未发送 1")
    await expect(card).to_contain_text("已存在本机")
    await worker.page.close()

    await worker.context.set_offline(False)
    worker.page = await worker.context.new_page()
    await worker.open("/outbox")
    await expect(worker.page.locator("#outbox article").first).to_contain_text("已送达")
    await worker.open(f"/traces/{trace_id}")
    record = worker.page.locator("#checks li", has_text="已到现场看过")
    await expect(record).to_contain_text(question)
    await expect(record).to_contain_text("→")
    await expect(worker.page.locator(".fused-question", has_text=question)).to_have_count(0)


async def asked_of(database_url: str) -> tuple[int, int, str, str]:
    """Check, trace, question and account of somebody who was asked; waits until the trace rests on some rows."""
    database = Database(database_url)
    row = None
    while row is None:
        await asyncio.sleep(0.5)
        async with database.session() as session:
            row = (await session.execute(text(_ASKED))).one_or_none()
    await database.close()
    return row.id, row.trace_id, row.text, row.account
