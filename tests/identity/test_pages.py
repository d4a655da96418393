"""Pages about people, as a browser without scripts uses them: signing in, one's own page, administering, the audit."""

import re
from html import unescape

import httpx
import pytest
from fastapi import FastAPI

from backend.core.database import Database
from backend.identity.models import Person, Role, Site
from backend.identity.queries.people import PAGE
from tests.factories import PASSWORD, hold_post, make_person, make_post, make_team, unique
from tests.hazards.browsing import chinese, main_button
from tests.webclient import signed_in, visitor


@pytest.fixture
async def admin(database: Database, site: Site) -> Person:
    async with database.session() as session:
        return await make_person(session, site, Role.ADMIN)


@pytest.fixture
async def worker(database: Database, site: Site) -> Person:
    """Somebody with a team, a post and a telephone."""
    async with database.session() as session:
        team = await make_team(session, site)
        person = await make_person(session, site, Role.WORKER, team, phone="138 0000 0000")
        await hold_post(session, await make_post(session, site), person)
        return person


def one_time_password(page: str) -> str:
    found = re.search(r'<output class="one-time-password">([^<]+)</output>', page)
    assert found
    return unescape(found[1])


async def test_the_sign_in_page_is_a_plain_form_that_keeps_account_and_destination(app: FastAPI) -> None:
    async with visitor(app, address=unique("10.1.1.")) as browser:
        page = (await browser.get("/sign-in?next=/alarms")).text
        refused = await browser.post("/sign-in", data={"account": "wang.gong", "password": "wrong", "next": "/alarms"})
    assert 'action="/sign-in"' in page and 'autocomplete="current-password"' in page
    for text in (page, refused.text):
        assert '<input type="hidden" name="next" value="/alarms">' in text
    assert 'value="wang.gong"' in refused.text and "账号或密码不对" in refused.text
    assert "wrong" not in refused.text


async def test_what_somebody_typed_as_account_is_shown_as_text_only(app: FastAPI) -> None:
    async with visitor(app, address=unique("10.1.2.")) as browser:
        page = (await browser.post("/sign-in", data={"account": '"><script>x</script>', "password": "x"})).text
    assert "<script>x" not in page and "&lt;script&gt;x" in page


async def test_ones_own_page_says_who_one_is_and_opens_what_one_may(
    app: FastAPI, admin: Person, worker: Person
) -> None:
    async with signed_in(app, worker) as browser:
        own = (await browser.get("/me")).text
    async with signed_in(app, admin) as browser:
        admins = (await browser.get("/me")).text
    assert worker.name in own and "一线员工" in own and "138 0000 0000" in own and "本机" in own
    for path in ("/people", "/audit", "/rules"):
        assert f'href="{path}"' in admins and f'href="{path}"' not in own


async def test_another_language_and_look_are_one_tap_each(app: FastAPI, worker: Person) -> None:
    async with signed_in(app, worker) as browser:
        first = (await browser.get("/me")).text
        await browser.post("/me/locale", data={"locale": "en"})
        await browser.post("/me/theme", data={"theme": "contrast"})
        then = (await browser.get("/me")).text
    assert '<html lang="zh-CN" data-theme="auto">' in first
    assert '<html lang="en" data-theme="contrast">' in then
    assert 'value="en" aria-current="true"' in then and 'value="contrast" aria-current="true"' in then


async def test_somebody_new_gets_a_password_that_is_shown_once_and_works_once(
    app: FastAPI, admin: Person, database: Database, site: Site
) -> None:
    account = unique("newcomer")
    async with database.session() as session:
        post = await make_post(session, site)
    async with signed_in(app, admin) as browser:
        assert main_button((await browser.get("/people")).text) == "/people/new"
        typed = {"name": "新人", "account": account, "role": "worker", "post_ids": str(post.id)}
        made = await browser.post("/people", data=typed)
        assert made.headers["cache-control"] == "no-store"
        password = one_time_password(made.text)
        page = (await browser.get(main_button(made.text))).text
    assert password not in page and "未改初始密码" in page and post.name in page
    async with visitor(app, address=unique("10.1.3.")) as browser:
        answer = await browser.post("/sign-in", data={"account": account, "password": password})
        assert answer.status_code == 303
        assert (await browser.get("/")).headers["location"] == "/me/password"
        assert "这是一次性密码" in (await browser.get("/me/password")).text


async def test_a_refused_person_form_says_why_and_keeps_what_was_typed(
    app: FastAPI, admin: Person, worker: Person
) -> None:
    async with signed_in(app, admin) as browser:
        typed = {"name": "李工", "account": worker.account, "role": "leader", "phone": "12345"}
        taken = await browser.post("/people", data=typed)
        wrong = await browser.post(f"/people/{worker.id}", data={**typed, "name": "", "phone": "call me"})
    assert (taken.status_code, wrong.status_code) == (422, 422)
    assert "这个账号已被使用" in taken.text and 'value="李工"' in taken.text
    assert 'value="leader" checked' in taken.text
    assert "请填写姓名" in wrong.text and "电话只能含数字" in wrong.text and 'value="call me"' in wrong.text


async def test_an_administrator_shuts_somebody_out_and_lets_them_in_again(
    app: FastAPI, admin: Person, worker: Person
) -> None:
    async with signed_in(app, admin) as browser, signed_in(app, worker) as shut_out:
        answer = await browser.post(f"/people/{worker.id}/active", data={"active": "false"})
        assert "账号已停用" in (await browser.get(answer.headers["location"])).text
        assert (await shut_out.get("/me")).status_code == 303
        assert worker.name in (await browser.get("/people?disabled=true")).text
        assert worker.name not in (await browser.get("/people")).text
        answer = await browser.post(f"/people/{worker.id}/active", data={"active": "true"})
        assert "账号已启用" in (await browser.get(answer.headers["location"])).text
        own = await browser.post(f"/people/{admin.id}/active", data={"active": "false"})
        assert own.status_code == 409 and "不能停用自己的账号" in own.text


async def test_a_leader_reads_about_people_but_is_offered_no_changes(
    app: FastAPI, database: Database, site: Site, worker: Person
) -> None:
    async with database.session() as session:
        leader = await make_person(session, site, Role.LEADER)
    async with signed_in(app, leader) as browser:
        people, one = (await browser.get("/people")).text, (await browser.get(f"/people/{worker.id}")).text
    assert worker.name in people and 'href="tel:13800000000"' in one
    assert main_button(people) == main_button(one) == ""
    assert 'method="post"' not in one


async def test_more_people_are_a_link_that_keeps_what_was_asked(
    app: FastAPI, database: Database, site: Site, admin: Person
) -> None:
    async with database.session() as session:
        for _ in range(PAGE + 3):
            await make_person(session, site, Role.WORKER)
    async with signed_in(app, admin) as browser:
        first = (await browser.get("/people?role=worker")).text
        more = re.search(r'href="(/people\?[^"]*after=[^"]+)"', first)
        assert more
        address = unescape(more[1])
        rest = (await browser.get(address, headers={"HX-Target": "people-rows", "HX-Request": "true"})).text
        nobody = (await browser.get("/people?search=没有这个人")).text
    assert first.count('class="row"') == PAGE and rest.count('class="row"') == 3
    assert "<html" not in rest and admin.name not in rest
    assert "没有找到人员" in nobody


async def test_the_audit_tells_in_words_who_did_what_to_whom(app: FastAPI, admin: Person, worker: Person) -> None:
    async with signed_in(app, admin) as browser:
        await browser.post(f"/people/{worker.id}", data={"name": "新名字", "role": "leader"})
        page = (await browser.get(f"/audit?kind=person&number={worker.id}")).text
        none = (await browser.get("/audit?action=rule.edit")).text
    assert "修改人员" in page and admin.name in page and f'href="/people/{worker.id}"' in page
    assert f"<del><span data-own-words>{worker.name}</span></del>" in page and "新名字" in page
    assert "<del>一线员工</del>" in page and "班组长" in page
    assert "没有操作记录" in none


async def test_older_entries_follow_and_htmx_gets_the_rows_alone(app: FastAPI, admin: Person, worker: Person) -> None:
    async with signed_in(app, admin) as browser:
        for turn in range(52):
            role = "leader" if turn % 2 else "worker"
            await browser.post(f"/people/{worker.id}", data={"name": f"名字{turn}", "role": role})
        first = (await browser.get(f"/audit?kind=person&number={worker.id}")).text
        more = re.search(r'href="(/audit\?[^"]*before=\d+)"', first)
        assert more
        rest = (await browser.get(unescape(more[1]), headers={"HX-Target": "audit-rows", "HX-Request": "true"})).text
    assert first.count("audit-line") == 50 and rest.count("audit-line") == 2
    assert "<html" not in rest and "名字0" in rest


async def english(browser: httpx.AsyncClient, *paths: str, but: str = "") -> dict[str, set[str]]:
    """Chinese words, other than the name ``but``, found on pages that are asked for in English."""
    browser.cookies.set("locale", "en")
    pages = {path: await browser.get(path) for path in paths}
    assert {path: page.status_code for path, page in pages.items()} == dict.fromkeys(paths, 200)
    return {path: found for path, page in pages.items() if (found := chinese(page.text.replace(but, "")))}


async def test_english_pages_hold_no_chinese(
    app: FastAPI, database: Database, site: Site, admin: Person, worker: Person
) -> None:
    async with database.session() as session:
        newcomer = await make_person(session, site, must_change_password=True)
    async with visitor(app, address=unique("10.1.4.")) as browser:
        assert await english(browser, "/sign-in") == {}
        wrong = await browser.post("/sign-in", data={"account": "x", "password": "y"})
        assert chinese(wrong.text) == set()
    async with signed_in(app, newcomer) as browser:
        assert await english(browser, "/me/password") == {}
    async with signed_in(app, admin) as browser:
        here = f"/people/{worker.id}"
        lists = ("/people", "/people?search=nobody.at.all", "/people?disabled=true", "/people/new")
        assert await english(browser, "/me", "/me?done=devices", *lists) == {}
        assert await english(browser, here, f"{here}?done=saved", but=worker.name) == {}
        answers = [
            await browser.post("/me/password", data={"old": PASSWORD, "new": "x", "again": "x"}),
            await browser.post("/people", data={"account": "?", "phone": "x", "role": "king"}),
            await browser.post(f"/people/{admin.id}/active", data={"active": "false"}),
        ]
        found = [(answer.status_code, chinese(answer.text.replace(admin.name, ""))) for answer in answers]
        assert found == [(422, set()), (422, set()), (409, set())]
        assert await english(browser, f"/audit?person={worker.id}", "/audit?action=person.edit") == {}
