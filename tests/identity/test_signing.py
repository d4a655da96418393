"""Signing in and out through the pages and the API, as a browser and as a program do it."""

import httpx
import pytest
from fastapi import FastAPI

from backend.core.database import Database
from backend.identity.models import Person, Role, Site
from backend.identity.sessions import open_session
from tests.factories import PASSWORD, make_person, unique
from tests.webclient import ORIGIN, running_app, signed_in, visitor

NEW = "a quite different one"


@pytest.fixture
async def person(database: Database, site: Site) -> Person:
    async with database.session() as session:
        return await make_person(session, site, Role.LEADER)


async def sign_in(browser: httpx.AsyncClient, person: Person, password: str = PASSWORD, **form: str) -> httpx.Response:
    return await browser.post("/sign-in", data={"account": person.account, "password": password, **form})


async def csrf(browser: httpx.AsyncClient) -> str:
    token: str = (await browser.get("/api/v1/me")).json()["csrf_token"]
    return token


async def test_a_plain_form_signs_in_and_leads_to_where_one_wanted_to_be(app: FastAPI, person: Person) -> None:
    async with visitor(app, address=unique("10.0.1.")) as browser:
        sent_away = await browser.get("/people?role=worker")
        assert (sent_away.status_code, sent_away.headers["location"]) == (303, "/sign-in?next=/people%3Frole%3Dworker")
        assert (await browser.get(sent_away.headers["location"])).status_code == 200
        answer = await sign_in(browser, person, next="/people?role=worker")
        assert (answer.status_code, answer.headers["location"]) == (303, "/people?role=worker")
        assert (await browser.get("/people?role=worker")).status_code == 200


async def test_the_cookie_is_unreadable_for_scripts_and_not_sent_from_other_sites(app: FastAPI, person: Person) -> None:
    async with visitor(app, address=unique("10.0.2.")) as browser:
        cookie = (await sign_in(browser, person)).headers["set-cookie"]
    parts = {part.strip().lower() for part in cookie.split(";")}
    assert {"httponly", "samesite=lax", "path=/"} <= parts
    assert cookie.startswith("ansu=")


async def test_over_https_the_cookie_is_bound_to_the_host_and_never_sent_in_the_clear(
    database: Database, database_url: str, redis_url: str, person: Person
) -> None:
    async with (
        running_app(database_url, redis_url, ANSU_PUBLIC_URL=ORIGIN.replace("http", "https")) as secure,
        visitor(secure, address=unique("10.0.3.")) as browser,
    ):
        answer = await sign_in(browser, person)
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-ansu=")
    assert "secure" in cookie.lower()
    assert "domain" not in cookie.lower()
    assert "max-age" in answer.headers["strict-transport-security"]


async def test_every_failure_reads_alike(app: FastAPI, database: Database, site: Site, person: Person) -> None:
    async with database.session() as session:
        disabled = await make_person(session, site, active=False)
    async with visitor(app, address=unique("10.0.4.")) as browser:
        pages = [
            await sign_in(browser, person, "wrong", account=person.account),
            await sign_in(browser, disabled, account=person.account),
        ]
        pages[1] = await browser.post("/sign-in", data={"account": disabled.account, "password": PASSWORD})
        pages.append(await browser.post("/sign-in", data={"account": "nobody.at.all", "password": PASSWORD}))
        pages.append(await browser.post("/sign-in", data={}))
    typed = (person.account, disabled.account, "nobody.at.all", "")
    words = {page.text.replace(f'value="{account}"', 'value=""') for page, account in zip(pages, typed, strict=True)}
    assert [page.status_code for page in pages] == [422] * 4
    assert len(words) == 1
    assert all("set-cookie" not in page.headers for page in pages)


async def test_too_many_failures_are_told_and_even_the_right_password_must_wait(app: FastAPI, person: Person) -> None:
    async with visitor(app, address=unique("10.0.5.")) as browser:
        for _ in range(10):
            assert (await sign_in(browser, person, "wrong")).status_code == 422
        assert (await sign_in(browser, person)).status_code == 429
        answer = await browser.post("/api/v1/session", json={"account": person.account, "password": PASSWORD})
        assert answer.status_code == 429
        assert answer.json()["status"] == 429


@pytest.mark.parametrize(
    "next_",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "javascript:alert(1)",
        "evil",
        "/ok\r\nSet-Cookie: a=b",
        "/\t/evil.example",
        "/sign-out",
    ],
)
async def test_after_signing_in_nobody_is_led_off_this_server(app: FastAPI, person: Person, next_: str) -> None:
    async with visitor(app, address=unique("10.0.6.")) as browser:
        assert (await sign_in(browser, person, next=next_)).headers["location"] == "/"
        assert (await browser.get("/sign-in", params={"next": next_})).headers["location"] == "/"


async def test_a_planted_session_is_not_taken_over(
    app: FastAPI, database: Database, site: Site, person: Person
) -> None:
    async with database.session() as session:
        attacker = await make_person(session, site)
        planted = await open_session(session, attacker, device="", address="")
    async with visitor(app, address=unique("10.0.7.")) as browser:
        browser.cookies.set("ansu", planted, domain="ansu.test")
        await sign_in(browser, person)
        assert planted not in {cookie.value for cookie in browser.cookies.jar}
    async with visitor(app) as attackers:
        attackers.cookies.set("ansu", planted)
        assert (await attackers.get("/api/v1/me")).status_code == 401


async def test_a_sign_in_from_another_sites_page_is_refused(app: FastAPI, person: Person) -> None:
    async with visitor(app) as browser:
        browser.headers["Origin"] = "https://evil.example"
        assert (await sign_in(browser, person)).status_code == 403
        del browser.headers["Origin"]
        browser.headers["Sec-Fetch-Site"] = "cross-site"
        assert (await sign_in(browser, person)).status_code == 403


async def test_signing_out_forgets_the_cookie_and_ends_the_session(app: FastAPI, person: Person) -> None:
    async with signed_in(app, person) as browser:
        token = browser.cookies["ansu"]
        answer = await browser.post("/sign-out")
        assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")
        assert 'ansu=""' in answer.headers["set-cookie"]
    async with visitor(app) as again:
        again.cookies.set("ansu", token)
        assert (await again.get("/api/v1/me")).status_code == 401


async def test_a_form_carries_its_token_in_a_hidden_field_when_there_is_no_script(app: FastAPI, person: Person) -> None:
    async with signed_in(app, person) as browser:
        token = browser.headers.pop("X-CSRF-Token")
        assert (await browser.post("/me/theme", data={"theme": "dark"})).status_code == 403
        assert (await browser.post("/me/theme", data={"theme": "dark", "csrf_token": "x"})).status_code == 403
        assert (await browser.post("/me/theme", data={"theme": "dark", "csrf_token": token})).status_code == 303
        assert (await browser.get("/api/v1/me")).json()["theme"] == "dark"


async def test_a_one_time_password_lets_one_do_nothing_but_change_it(
    app: FastAPI, database: Database, site: Site
) -> None:
    async with database.session() as session:
        newcomer = await make_person(session, site, Role.ADMIN, must_change_password=True)
    async with signed_in(app, newcomer) as browser:
        for path in ("/", "/me", "/people"):
            answer = await browser.get(path)
            assert (answer.status_code, answer.headers["location"]) == (303, "/me/password")
        assert (await browser.get("/api/v1/people")).status_code == 403
        assert (await browser.post("/people", data={"name": "x"})).headers["location"] == "/me/password"
        fragment = await browser.get("/people", headers={"HX-Request": "true", "Accept": "*/*"})
        assert fragment.headers["hx-redirect"] == "/me/password"
        assert (await browser.get("/me/password")).status_code == 200
        typed = {"old": PASSWORD, "new": NEW, "again": NEW}
        assert (await browser.post("/me/password", data=typed)).headers["location"] == "/"
        assert (await browser.get("/me")).status_code == 200


@pytest.mark.parametrize(
    ("typed", "status"),
    [
        ({"old": "wrong", "new": NEW, "again": NEW}, 422),
        ({"old": PASSWORD, "new": NEW, "again": "another one entirely"}, 422),
        ({"old": PASSWORD, "new": "short", "again": "short"}, 422),
        ({}, 422),
    ],
)
async def test_a_refused_new_password_changes_nothing(
    app: FastAPI, person: Person, typed: dict[str, str], status: int
) -> None:
    async with signed_in(app, person) as browser, visitor(app, address=unique("10.0.8.")) as other:
        assert (await browser.post("/me/password", data=typed)).status_code == status
        assert (await sign_in(other, person)).status_code == 303


async def test_devices_are_listed_and_a_lost_phone_is_shut_out(app: FastAPI, person: Person) -> None:
    phone_agent = "Mozilla/5.0 (Linux; Android 14; SM-A155F) AppleWebKit/537.36 Chrome/126.0 Mobile Safari/537.36"
    async with visitor(app, address=unique("10.0.9.")) as phone, signed_in(app, person) as desk:
        phone.headers["User-Agent"] = phone_agent
        await sign_in(phone, person)
        assert "Android · Chrome" in (await desk.get("/me")).text
        assert (await desk.post("/me/devices/end-others")).status_code == 303
        assert (await phone.get("/api/v1/me")).status_code == 401
        assert (await desk.get("/me")).status_code == 200


async def test_the_language_of_the_sign_in_page_can_be_chosen_before_there_is_an_account(app: FastAPI) -> None:
    async with visitor(app) as browser:
        answer = await browser.post("/locale", data={"locale": "en"}, headers={"Referer": f"{ORIGIN}/sign-in?next=/me"})
        assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?next=/me")
        assert browser.cookies["locale"] == "en"
        away = await browser.post(
            "/locale", data={"locale": "zz"}, headers={"Referer": "https://evil.example//x.example"}
        )
        assert away.headers["location"] == "/"
        assert browser.cookies["locale"] == "en"


async def test_a_program_signs_in_learns_its_token_changes_things_and_signs_out(app: FastAPI, person: Person) -> None:
    async with visitor(app, address=unique("10.0.10.")) as program:
        program.headers["Accept"] = "application/json"
        del program.headers["Origin"]
        wrong = await program.post("/api/v1/session", json={"account": person.account, "password": "wrong"})
        assert (wrong.status_code, wrong.headers["content-type"]) == (401, "application/problem+json")
        right = {"account": person.account, "password": PASSWORD}
        assert (await program.post("/api/v1/session", json=right)).status_code == 204
        me = (await program.get("/api/v1/me")).json()
        assert (me["person"]["account"], me["person"]["role"]) == (person.account, "leader")
        assert (await program.delete("/api/v1/session")).status_code == 403
        signed_out = await program.delete("/api/v1/session", headers={"X-CSRF-Token": me["csrf_token"]})
        assert signed_out.status_code == 204
        assert (await program.get("/api/v1/me")).status_code == 401


async def test_the_api_describes_itself_to_signed_in_programs(app: FastAPI, person: Person) -> None:
    async with signed_in(app, person) as program:
        paths = (await program.get("/api/v1/openapi.json")).json()["paths"]
    assert {"/api/v1/session", "/api/v1/people", "/api/v1/me"} <= paths.keys()
    assert not any(path.startswith("/people") for path in paths)
