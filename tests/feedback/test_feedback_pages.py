"""Feedback as people see it on their pages, in both languages."""

import csv
import io
import re
from html import unescape

import httpx
from fastapi import FastAPI
from openpyxl import load_workbook
from sqlalchemy import select
from sqlmodel import col

from backend.core.database import Database
from backend.feedback.models import Feedback, FeedbackTemplate
from tests.hazards.browsing import browsing, chinese, hidden
from tests.hazards.pictures import photo
from tests.incidents.scene import Scene
from tests.incidents.test_pages import text_of

PHONE = "Mozilla/5.0 (Linux; Android 14; HLK-AL00) AppleWebKit/537.36 Chrome/120 Mobile Safari/537.36"


def shown(answer: httpx.Response) -> str:
    assert answer.status_code == 200, answer.text[:2000]
    return answer.text


async def sent(browser: httpx.AsyncClient, words: str, **more: str) -> str:
    """Gives the address of the new feedback."""
    typed = {"kind": "problem", "words": words, **more}
    answer = await browser.post("/feedback", data=typed)
    assert answer.status_code == 303, answer.text[:2000]
    return answer.headers["location"].partition("?")[0]


async def last(database: Database, scene: Scene) -> Feedback:
    async with database.session() as session:
        newest = select(Feedback).where(col(Feedback.site_id) == scene.site.id).order_by(col(Feedback.id).desc())
        found = (await session.scalars(newest.limit(1))).first()
    assert found is not None
    return found


async def test_from_any_page_it_is_two_taps_and_a_sentence_and_carries_what_helps_to_look_into_it(
    app: FastAPI, database: Database, scene: Scene
) -> None:
    async with browsing(app, scene.worker) as browser:
        browser.headers["User-Agent"] = PHONE
        for path in ("/tasks", "/", "/me", "/alarms"):
            assert 'href="/feedback/new"' in shown(await browser.get(path))
        form = shown(await browser.get("/feedback/new", headers={"Referer": f"{browser.base_url}/alarms?level=major"}))
        assert hidden(form, "page") == "/alarms" and "Android · Chrome" in form
        assert 'data-outbox="反馈"' in form
        url = await sent(browser, "看不懂颜色", kind="unclear", page="/alarms", carries="on")
        page = text_of(shown(await browser.get(f"{url}?done=sent")))
        assert "看不懂颜色" in page and "已收到" in page and "答复期限" in page
        assert url in shown(await browser.get("/feedback"))
    one = await last(database, scene)
    assert (one.page, one.device, one.locale, one.role) == ("/alarms", "Android · Chrome", "zh_CN", "worker")
    assert one.version and one.team_id == scene.worker.team_id


async def test_what_the_phone_knows_goes_along_only_if_the_person_lets_it(
    app: FastAPI, database: Database, scene: Scene
) -> None:
    async with browsing(app, scene.worker) as browser:
        browser.headers["User-Agent"] = PHONE
        await sent(browser, "不带", page="/alarms")
    one = await last(database, scene)
    assert (one.page, one.device, one.version, one.locale) == ("", "", "", "")


async def test_a_refused_one_keeps_what_was_typed_beside_a_message(app: FastAPI, scene: Scene) -> None:
    async with browsing(app, scene.worker) as browser:
        answer = await browser.post("/feedback", data={"kind": "idea", "words": " ", "carries": "on", "page": "/tasks"})
        assert answer.status_code == 422
        assert "请写一句话" in answer.text and 'id="words-error"' in answer.text
        assert re.search(r'value="idea" checked', answer.text) and hidden(answer.text, "page") == "/tasks"
        bad = {"photos": ("a.jpg", b"no picture", "image/jpeg")}
        answer = await browser.post("/feedback", data={"kind": "idea", "words": "字太小"}, files=bad)
        assert answer.status_code == 422 and "字太小" in answer.text and "照片请重新添加" in answer.text


async def test_a_picture_is_for_who_gave_it_and_who_answers(app: FastAPI, scene: Scene) -> None:
    async with browsing(app, scene.worker) as browser:
        files = {"photos": ("a.jpg", photo(), "image/jpeg")}
        answer = await browser.post("/feedback", data={"kind": "problem", "words": "截图"}, files=files)
        page = shown(await browser.get(answer.headers["location"]))
        found = re.search(r'src="(/feedback/photos/\d+/thumbnail)"', page)
        assert found is not None
        assert (await browser.get(found[1])).headers["content-type"] == "image/webp"
    async with browsing(app, scene.manager) as browser:
        assert (await browser.get(found[1])).status_code == 200
    async with browsing(app, scene.leader) as browser:
        assert (await browser.get(found[1])).status_code == 404


async def test_a_manager_answers_with_ready_words_and_the_worker_says_useful(
    app: FastAPI, database: Database, scene: Scene
) -> None:
    async with browsing(app, scene.worker) as browser:
        url = await sent(browser, "<b>按钮</b>太小", page="/tasks", carries="on")
    async with browsing(app, scene.manager) as browser:
        assert url in shown(await browser.get("/feedback/all"))
        ready = {"title": "会改", "words": "谢谢，下个版本会改。"}
        assert (await browser.post("/feedback/templates", data=ready)).status_code == 303
        async with database.session() as session:
            made = select(FeedbackTemplate).where(col(FeedbackTemplate.site_id) == scene.site.id)
            template = (await session.scalars(made)).one()
        page = shown(await browser.get(f"{url}?template={template.id}"))
        assert "谢谢，下个版本会改。</textarea>" in page and "<b>按钮</b>" not in page
        assert 'href="/tasks"' in page, "the page it is about"
        refused = await browser.post(f"{url}/decline", data={"words": ""})
        assert refused.status_code == 422 and "不采纳必须写明理由" in refused.text
        assert (await browser.post(f"{url}/answer", data={"words": "谢谢，下个版本会改。"})).status_code == 303
        assert url not in shown(await browser.get("/feedback/all"))
        retired = await browser.post(f"/feedback/templates/{template.id}/retire")
        assert retired.status_code == 303 and "会改" not in text_of(shown(await browser.get("/feedback/settings")))
    async with browsing(app, scene.worker) as browser:
        page = text_of(shown(await browser.get(url)))
        assert "已答复" in page and "谢谢，下个版本会改。" in page and "交给谁" not in page
        assert (await browser.post(f"{url}/rate", data={"useful": "yes"})).status_code == 303
        missing = await browser.post(f"{url}/reopen", data={"words": ""})
        assert missing.status_code == 422 and "请写明还缺什么" in missing.text
        assert (await browser.post(f"{url}/reopen", data={"words": "还是小"})).status_code == 303
        assert "已收到" in text_of(shown(await browser.get("/feedback"))) or "处理中" in (await browser.get(url)).text


async def test_duplicates_are_merged_from_the_page_and_hand_over_is_asked_for_beside_its_field(
    app: FastAPI, database: Database, scene: Scene
) -> None:
    async with browsing(app, scene.worker) as browser:
        first, second = await sent(browser, "慢"), await sent(browser, "太慢")
    async with browsing(app, scene.manager) as browser:
        assert f'value="{first.rpartition("/")[2]}"' in shown(await browser.get(second))
        nowhere = await browser.post(f"{second}/merge", data={"into": ""})
        assert nowhere.status_code == 422 and "into-error" in nowhere.text
        assert (await browser.post(f"{second}/merge", data={"into": first.rpartition("/")[2]})).status_code == 303
        assert second in shown(await browser.get(first)), "the main one lists what was merged into it"
        nobody = await browser.post(f"{first}/assign", data={"person": ""})
        assert nobody.status_code == 422 and "person-error" in nobody.text
        assert (await browser.post(f"{first}/take")).status_code == 303
        late = await browser.post(f"{first}/take")
        assert late.status_code == 409 and "状态已有变化" in late.text


async def test_the_table_to_take_along_holds_no_formula(app: FastAPI, database: Database, scene: Scene) -> None:
    evil = '=HYPERLINK("http://evil","x")'
    async with browsing(app, scene.worker) as browser:
        await sent(browser, evil)
    async with browsing(app, scene.manager) as browser:
        plain = await browser.get("/feedback/export.csv?show=open")
        lines = list(csv.reader(io.StringIO(plain.content.decode("utf-8-sig"))))
        book = load_workbook(io.BytesIO((await browser.get("/feedback/export.xlsx?show=all")).content))
    assert lines[0][3] == "内容" and lines[1][3] == f"'{evil}"
    sheet = book.active
    assert sheet is not None and sheet.cell(2, 4).value == evil and sheet.cell(2, 4).data_type == "s"
    async with browsing(app, scene.leader) as browser:
        assert (await browser.get("/feedback/export.csv")).status_code == 403


async def test_all_of_it_is_there_in_english(app: FastAPI, database: Database, scene: Scene) -> None:
    async with browsing(app, scene.worker, locale="en") as browser:
        url = await sent(browser, "Too small", carries="on", page="/tasks")
    async with browsing(app, scene.manager, locale="en") as browser:
        for path in ("/feedback", "/feedback/new", "/feedback/all", "/feedback/settings", url):
            page = unescape(shown(await browser.get(path)))
            mine = page.split("<main")[1].split("</main>")[0]
            named = (scene.worker.name, scene.manager.name, scene.officer.name, scene.admin.name)
            for name in named:
                mine = mine.replace(name, "")
            assert not chinese(text_of(mine)), (path, chinese(text_of(mine)))
