"""The board, opening, and the page of one rectification, as a browser without scripts uses them."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import func, select, update
from sqlmodel import col

from backend.alarms.models import AlarmRule
from backend.core.clock import now
from backend.core.database import Database
from backend.hazards.models import Rectification
from backend.hazards.queries import PAGE
from tests.hazards.browsing import browsing, chinese, hidden, main_button
from tests.hazards.cast import Cast, make_cast, opened
from tests.hazards.pictures import photo
from tests.webclient import running_app


@pytest.fixture(scope="module")
async def app(database_url: str, redis_url: str) -> AsyncIterator[FastAPI]:
    async with running_app(database_url, redis_url) as running:
        yield running


@pytest.fixture
def database(app: FastAPI) -> Database:
    found: Database = app.state.database
    return found


@pytest.fixture
async def cast(database: Database) -> Cast:
    async with database.session() as session:
        return await make_cast(session)


def a_form(cast: Cast, page: str, **changes: str) -> dict[str, str]:
    """What the form of ``page`` sends after somebody chose and typed."""
    return {
        "idempotency_key": hidden(page, "idempotency_key"),
        "alarm_id": hidden(page, "alarm_id"),
        "title": "反应器温度高",
        "measure": "检查冷却水阀",
        "owner_id": str(cast.wang.person_id),
        "deadline": (now() + timedelta(days=3)).strftime("%Y-%m-%dT%H:%M"),
        **changes,
    }


def pictures(*files: bytes) -> list[tuple[str, Any]]:
    return [("photos", (f"{number}.jpg", data, "image/jpeg")) for number, data in enumerate(files)]


async def step(browser: httpx.AsyncClient, id_: int, verb: str, *files: bytes, **typed: str) -> httpx.Response:
    """Post a step as the page's own form would."""
    page = (await browser.get(f"/rectifications/{id_}")).text
    fields = {"version": hidden(page, "version"), "idempotency_key": hidden(page, "idempotency_key")}
    return await browser.post(f"/rectifications/{id_}/{verb}", data={**fields, **typed}, files=pictures(*files))


async def count(database: Database, cast: Cast) -> int:
    async with database.session(site_id=cast.site.id) as session:
        counted = select(func.count()).where(col(Rectification.site_id) == cast.site.id)
        return int((await session.execute(counted)).scalar_one())


async def test_the_board_shows_each_role_first_what_is_theirs(app: FastAPI, database: Database, cast: Cast) -> None:
    await opened(database, cast, title="王的阀门")
    await opened(database, cast, title="别班的泵", owner_id=cast.stranger.person_id)
    for actor, tab, seen, unseen in [
        (cast.wang, "mine", "王的阀门", "别班的泵"),
        (cast.leader, "team", "王的阀门", "别班的泵"),
        (cast.officer, "all", "别班的泵", "没有"),
    ]:
        async with browsing(app, actor) as browser:
            page = (await browser.get("/rectifications")).text.partition('id="content"')[2]
        assert f'href="/rectifications?tab={tab}" aria-current="page"' in page
        assert seen in page and unseen not in page


async def test_only_who_may_open_is_offered_to(app: FastAPI, cast: Cast) -> None:
    async with browsing(app, cast.wang) as worker, browsing(app, cast.leader) as leader:
        assert main_button((await worker.get("/rectifications")).text) == ""
        assert main_button((await leader.get("/rectifications")).text) == "/rectifications/new"


async def test_more_of_the_board_is_a_link_and_htmx_gets_the_rows_alone(
    app: FastAPI, database: Database, cast: Cast
) -> None:
    for number in range(PAGE + 2):
        await opened(database, cast, title=f"第{number}项", deadline=now() + timedelta(hours=number + 1))
    async with browsing(app, cast.leader) as browser:
        first = (await browser.get("/rectifications?tab=all")).text
        more = re.search(r'href="(/rectifications\?[^"]*after=[^"]+)"', first)
        assert more
        address = more[1].replace("&amp;", "&")
        rest = (await browser.get(address, headers={"HX-Target": "rectification-rows", "HX-Request": "true"})).text
        whole = (await browser.get(address)).text
    assert first.count('class="row"') == PAGE and rest.count('class="row"') == 2
    assert "<html" not in rest and "<html" in whole and "after=" not in rest


async def test_the_search_narrows_the_board(app: FastAPI, database: Database, cast: Cast) -> None:
    await opened(database, cast, title="换垫片")
    async with browsing(app, cast.leader) as browser:
        assert "换垫片" in (await browser.get("/rectifications?tab=all&search=垫片")).text
        nothing = (await browser.get("/rectifications?tab=all&search=没有的")).text
    assert "换垫片" not in nothing and "没有找到整改" in nothing


async def test_from_an_alarm_everything_that_can_be_guessed_is_filled_in(app: FastAPI, cast: Cast) -> None:
    async with browsing(app, cast.leader) as browser:
        page = (await browser.get(f"/rectifications/new?alarm_id={cast.alarm_id}")).text
    assert 'value="反应器温度 高报 121 ℃"' in page
    assert ">降低进料，检查冷却水</textarea>" in page
    assert f'<option value="{cast.wang.person_id}" selected>' in page
    assert hidden(page, "alarm_id") == str(cast.alarm_id) and hidden(page, "level") == "general"
    checked = re.findall(r'name="deadline" value="([^"]+)" checked', page)
    assert len(checked) == 1 and checked[0].startswith((now() + timedelta(days=7, hours=8)).strftime("%Y-%m-%d"))


async def test_opening_leads_to_the_page_and_a_double_tap_opens_one(
    app: FastAPI, database: Database, cast: Cast
) -> None:
    async with browsing(app, cast.leader) as browser:
        form = a_form(cast, (await browser.get(f"/rectifications/new?alarm_id={cast.alarm_id}")).text)
        first = await browser.post("/rectifications", data=form, files=pictures(photo()))
        again = await browser.post("/rectifications", data=form, files=pictures(photo()))
        page = (await browser.get(first.headers["location"])).text
    assert (first.status_code, again.status_code) == (303, 303)
    assert first.headers["location"] == again.headers["location"]
    assert await count(database, cast) == 1
    assert "整改单已开出" in page and "检查冷却水阀" in page and page.count("<img") == 2


async def test_an_own_deadline_is_typed_when_none_of_the_quick_ones_fits(
    app: FastAPI, database: Database, cast: Cast
) -> None:
    due = (now() + timedelta(days=30)).strftime("%Y-%m-%dT08:00")
    async with browsing(app, cast.leader) as browser:
        page = (await browser.get("/rectifications/new")).text
        form = a_form(cast, page, deadline="other", deadline_other=due, level="low")
        assert (await browser.post("/rectifications", data=form)).status_code == 303
    async with database.session(site_id=cast.site.id) as session:
        one = (await session.scalars(select(Rectification).where(col(Rectification.site_id) == cast.site.id))).one()
    assert one.deadline.astimezone(cast.leader.zone).strftime("%Y-%m-%dT%H:%M") == due


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"measure": ""}, "请填写"),
        ({"funds": "很多"}, "请填写金额"),
        ({"deadline": "2020-01-01T00:00"}, "期限必须晚于现在"),
        ({"owner_id": "999999999"}, "请选择在岗的责任人"),
        ({"deadline": "other", "deadline_other": ""}, "请选择期限"),
    ],
)
async def test_a_refused_form_says_why_and_keeps_what_was_typed(
    app: FastAPI, database: Database, cast: Cast, wrong: dict[str, str], sentence: str
) -> None:
    async with browsing(app, cast.leader) as browser:
        page = (await browser.get("/rectifications/new")).text
        answer = await browser.post("/rectifications", data=a_form(cast, page, contingency="先停泵", **wrong))
    assert answer.status_code == 422
    assert sentence in answer.text and "先停泵" in answer.text and 'value="反应器温度高"' in answer.text
    assert await count(database, cast) == 0


async def test_the_whole_way_by_plain_forms_stands_on_the_page_with_names_words_and_photos(
    app: FastAPI, database: Database, cast: Cast
) -> None:
    one = await opened(database, cast)
    async with browsing(app, cast.wang) as wang, browsing(app, cast.leader) as leader:
        await step(wang, one.id, "start", photo())
        await step(wang, one.id, "progress", note="备件到了")
        sent = await step(wang, one.id, "submit", photo(colour="green"), note="已更换密封")
        assert sent.headers["location"] == f"/rectifications/{one.id}?done=submitted"
        closed = await step(leader, one.id, "verify", note="现场看过")
        page = (await leader.get(closed.headers["location"])).text
    assert "已验收通过，整改销号" in page
    for words in (cast.wang.name, cast.leader.name, "备件到了", "已更换密封", "现场看过"):
        assert words in page
    before, after = page.split("<figcaption>整改前</figcaption>")[1].split("<figcaption>整改后</figcaption>")
    assert "/thumbnail" in before and "/thumbnail" in after.split("</figure>")[0]
    assert main_button(page) == ""


async def test_the_main_button_is_the_step_that_is_waited_for(app: FastAPI, database: Database, cast: Cast) -> None:
    one = await opened(database, cast)
    here = f"/rectifications/{one.id}"
    async with browsing(app, cast.wang) as wang, browsing(app, cast.leader) as leader:

        async def buttons() -> tuple[str, str]:
            return main_button((await wang.get(here)).text), main_button((await leader.get(here)).text)

        assert await buttons() == (f"{here}/start", "")
        await step(wang, one.id, "start")
        assert await buttons() == (f"{here}/submit", "")
        await step(wang, one.id, "submit", note="好了")
        assert await buttons() == ("", f"{here}/verify")
        await step(leader, one.id, "return", note="还在漏")
        assert await buttons() == (f"{here}/submit", "")
        page = (await wang.get(here)).text
        assert "还在漏" in page.split("退回原因")[1].split("</p>")[0]


async def test_who_did_the_work_is_refused_as_its_verifier(app: FastAPI, database: Database, cast: Cast) -> None:
    one = await opened(database, cast)
    async with browsing(app, cast.wang) as wang, browsing(app, cast.leader) as leader:
        await step(wang, one.id, "start")
        await step(leader, one.id, "submit", note="代王提交")
        for browser in (wang, leader):
            page = (await browser.get(f"/rectifications/{one.id}")).text
            assert "/verify" not in page
            answer = await browser.post(f"/rectifications/{one.id}/verify", data={"note": "自己验收"})
            assert answer.status_code == 403
            assert "整改须由责任人和提交人以外的人验收" in answer.text and "自己验收" in answer.text
    async with database.session(site_id=cast.site.id) as session:
        assert (await session.get_one(Rectification, one.id)).state == "submitted"


async def test_a_step_tapped_twice_happens_once(app: FastAPI, database: Database, cast: Cast) -> None:
    one = await opened(database, cast)
    async with browsing(app, cast.wang) as browser:
        await step(browser, one.id, "start")
        page = (await browser.get(f"/rectifications/{one.id}")).text
        form = {name: hidden(page, name) for name in ("version", "idempotency_key")} | {"note": "只说一次"}
        answers = [await browser.post(f"/rectifications/{one.id}/progress", data=form) for _ in range(2)]
        after = (await browser.get(f"/rectifications/{one.id}")).text
    assert [answer.status_code for answer in answers] == [303, 303]
    assert after.count("只说一次") == 1


async def test_a_step_on_an_outdated_page_is_refused_with_the_words_kept(
    app: FastAPI, database: Database, cast: Cast
) -> None:
    one = await opened(database, cast)
    async with browsing(app, cast.wang) as browser:
        await step(browser, one.id, "start")
        answer = await browser.post(f"/rectifications/{one.id}/progress", data={"note": "慢了一步", "version": "1"})
        assert answer.status_code == 409
        assert "刚才有人更新了这条整改" in answer.text and ">慢了一步</textarea>" in answer.text
        page = answer.text
        form = {name: hidden(page, name) for name in ("version", "idempotency_key")} | {"note": "慢了一步"}
        assert (await browser.post(f"/rectifications/{one.id}/progress", data=form)).status_code == 303


@pytest.mark.parametrize("file", [b"%PDF-1.7 no picture", b"<svg xmlns='http://www.w3.org/2000/svg'/>", photo()[:200]])
async def test_what_is_no_picture_is_refused_with_the_words_kept(
    app: FastAPI, database: Database, cast: Cast, file: bytes
) -> None:
    one = await opened(database, cast)
    async with browsing(app, cast.wang) as browser:
        await step(browser, one.id, "start")
        answer = await step(browser, one.id, "submit", file, note="写了很久的话")
        assert answer.status_code == 422
        assert ">写了很久的话</textarea>" in answer.text
        assert "照片请重新选择" in answer.text and 'id="photos-error"' in answer.text
        assert "待验收" not in (await browser.get(f"/rectifications/{one.id}")).text


async def test_an_untouched_photo_field_is_no_photo(app: FastAPI, database: Database, cast: Cast) -> None:
    one = await opened(database, cast)
    body = (
        b'--x\r\nContent-Disposition: form-data; name="photos"; filename=""\r\nContent-Type: application/octet-stream'
    )
    async with browsing(app, cast.wang) as browser:
        answer = await browser.post(
            f"/rectifications/{one.id}/start",
            content=body + b"\r\n\r\n\r\n--x--\r\n",
            headers={"Content-Type": "multipart/form-data; boundary=x"},
        )
    assert answer.status_code == 303


async def test_it_is_given_to_another_owner_or_dropped_with_a_reason(
    app: FastAPI, database: Database, cast: Cast
) -> None:
    one = await opened(database, cast)
    async with browsing(app, cast.leader) as browser:
        nobody = await step(browser, one.id, "reassign", owner_id="", note="王休假")
        assert nobody.status_code == 422
        assert "请选择在岗的责任人" in nobody.text and ">王休假</textarea>" in nobody.text
        await step(browser, one.id, "reassign", owner_id=str(cast.mate.person_id), note="王休假")
        assert f"等 {cast.mate.name} 开始整改" in (await browser.get(f"/rectifications/{one.id}")).text
        silent = await step(browser, one.id, "cancel")
        assert silent.status_code == 422 and "请写明取消的原因" in silent.text
        assert (await step(browser, one.id, "cancel", note="重复了")).status_code == 303
        assert "重复了" in (await browser.get(f"/rectifications/{one.id}")).text


async def test_an_open_page_learns_of_news_only_when_there_are_some(
    app: FastAPI, database: Database, cast: Cast
) -> None:
    one = await opened(database, cast)
    async with browsing(app, cast.wang) as browser:
        await step(browser, one.id, "start")
        asked = {"HX-Target": "rectification-news", "HX-Request": "true"}
        old = await browser.get(f"/rectifications/{one.id}?seen=1", headers=asked)
        same = await browser.get(f"/rectifications/{one.id}?seen=2", headers=asked)
    assert f'href="/rectifications/{one.id}"' in old.text and "<html" not in old.text
    assert same.text.strip() == ""


async def test_an_alarm_shows_its_rectifications_or_nothing(app: FastAPI, database: Database, cast: Cast) -> None:
    async with browsing(app, cast.leader) as browser:
        assert (await browser.get(f"/rectifications/of-alarm/{cast.alarm_id}")).text.strip() == ""
        one = await opened(database, cast)
        fragment = (await browser.get(f"/rectifications/of-alarm/{cast.alarm_id}")).text
    assert f'href="/rectifications/{one.id}"' in fragment and "待整改" in fragment and "<html" not in fragment


async def test_photos_are_shown_to_whom_the_rectification_is_and_to_nobody_else(
    app: FastAPI, database: Database, cast: Cast
) -> None:
    one = await opened(database, cast)
    async with database.session() as session:
        elsewhere = await make_cast(session)
    async with browsing(app, cast.wang) as owner:
        await step(owner, one.id, "start", photo())
        page = (await owner.get(f"/rectifications/{one.id}")).text
        address = re.search(r'href="(/photos/\d+)"', page)
        assert address
        picture = await owner.get(address[1])
        small = await owner.get(f"{address[1]}/thumbnail")
        again = await owner.get(address[1], headers={"If-None-Match": picture.headers["etag"]})
    assert (picture.headers["content-type"], small.headers["content-type"]) == ("image/webp", "image/webp")
    assert picture.headers["cache-control"] == "private, no-cache"
    assert len(small.content) < len(picture.content) or small.content[:4] == b"RIFF"
    assert (again.status_code, again.content) == (304, b"")
    for actor in (cast.stranger, elsewhere.officer):
        async with browsing(app, actor) as browser:
            for path in (address[1], f"{address[1]}/thumbnail", f"/rectifications/{one.id}"):
                answer = await browser.get(path, headers={"If-None-Match": picture.headers["etag"]})
                assert answer.status_code == 404
            assert (await browser.post(f"/rectifications/{one.id}/start")).status_code == 404
    async with browsing(app, elsewhere.officer) as browser:
        assert (await browser.get(f"/rectifications/of-alarm/{cast.alarm_id}")).status_code == 404
        assert (await browser.get(f"/rectifications/new?alarm_id={cast.alarm_id}")).status_code == 404
        assert (await browser.post("/rectifications", data={"alarm_id": str(cast.alarm_id)})).status_code == 404


async def test_the_audit_names_owners_and_calls_states_as_the_pages_do(
    app: FastAPI, database: Database, cast: Cast
) -> None:
    one = await opened(database, cast)
    async with browsing(app, cast.wang) as wang, browsing(app, cast.officer) as officer:
        await step(wang, one.id, "start")
        await step(wang, one.id, "submit", note="好了")
        await step(officer, one.id, "return", note="还在漏")
        page = (await officer.get(f"/audit?kind=rectification&number={one.id}")).text
    assert f"<dt>责任人</dt>\n    <dd><span data-own-words>{cast.wang.name}</span></dd>" in page
    assert "<del>待验收</del> → 已退回" in page


async def test_english_pages_hold_no_chinese(app: FastAPI, database: Database, cast: Cast) -> None:
    async with database.session() as session:
        advice = update(AlarmRule).where(col(AlarmRule.site_id) == cast.site.id).values(advice_en="Reduce the feed")
        await session.execute(advice)
    english = {"title": "Valve leaks", "measure": "Change the seal", "cause": "Wear", "contingency": "Stop the pump"}
    one = await opened(database, cast, **english)
    async with browsing(app, cast.wang, locale="en") as wang, browsing(app, cast.leader, locale="en") as leader:
        seen = [
            await wang.get("/rectifications"),
            await leader.get("/rectifications?tab=overdue"),
            await leader.get(f"/rectifications/new?alarm_id={cast.alarm_id}"),
            await leader.get("/rectifications/new"),
            await leader.post("/rectifications", data={"funds": "x"}),
            await wang.get(f"/rectifications/{one.id}?done=opened"),
            await step(wang, one.id, "submit", photo(), note="too early"),
        ]
        await step(wang, one.id, "start", photo())
        seen.append(await step(wang, one.id, "submit", b"none", note="no photo"))
        await step(wang, one.id, "submit", note="done")
        seen += [await leader.get(f"/rectifications/{one.id}"), await wang.get(f"/rectifications/{one.id}")]
        await step(leader, one.id, "return", note="leaks still")
        seen += [await leader.get(f"/rectifications/{one.id}"), await wang.get(f"/rectifications/{one.id}")]
        seen.append(await leader.get(f"/rectifications/of-alarm/{cast.alarm_id}"))
    assert [answer.status_code for answer in seen] == [200, 200, 200, 200, 422, 200, 409, 422] + [200] * 5
    assert {str(answer.url): chinese(answer.text) for answer in seen if chinese(answer.text)} == {}
