"""What stands around every answer: headers, same-origin changes, bounded bodies, failures in words."""

import httpx
import pytest
from fastapi import FastAPI

from backend.core.security import MAX_FORM_BYTES, same_origin
from tests.factories import make_person, make_site
from tests.webclient import ORIGIN, signed_in, visitor


@pytest.mark.parametrize("path", ["/sign-in", "/healthz", "/static/css/base.css", "/no-such-page", "/api/v1/points"])
async def test_every_answer_carries_the_wall(app: FastAPI, path: str) -> None:
    async with visitor(app) as browser:
        headers = (await browser.get(path)).headers
    policy = headers["content-security-policy"]
    assert "default-src 'self'" in policy and "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy and "form-action 'self'" in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert headers["referrer-policy"] == "same-origin"


async def test_no_page_carries_inline_script_or_style(app: FastAPI) -> None:
    async with visitor(app) as browser:
        page = (await browser.get("/sign-in")).text
    assert "<style" not in page and " style=" not in page and " onclick=" not in page
    assert all("src=" in part for part in page.split("<script")[1:])


@pytest.mark.parametrize("origin", ["https://evil.test", "null", f"{ORIGIN}.evil.test"])
async def test_a_change_from_another_origin_is_refused(app: FastAPI, origin: str) -> None:
    async with visitor(app) as browser:
        answer = await browser.post("/sign-in", data={"account": "a"}, headers={"Origin": origin})
    assert answer.status_code == 403


@pytest.mark.parametrize(
    ("sent", "same"),
    [
        ({}, True),
        ({"sec-fetch-site": "same-origin"}, True),
        ({"sec-fetch-site": "cross-site"}, False),
        ({"sec-fetch-site": "same-site"}, False),
        ({"origin": "http://ansu.test", "host": "ansu.test"}, True),
        ({"origin": "http://ansu.test:81", "host": "ansu.test"}, False),
    ],
)
def test_where_a_change_comes_from(sent: dict[str, str], same: bool) -> None:
    from starlette.datastructures import Headers

    assert same_origin(Headers(sent)) is same


async def test_a_body_that_is_too_large_is_refused_whether_it_says_so_or_not(app: FastAPI) -> None:
    async def endless() -> object:
        for _ in range(MAX_FORM_BYTES // 65_536 + 2):
            yield b"x" * 65_536

    async with visitor(app) as browser:
        told = await browser.post("/sign-in", content=b"x" * (MAX_FORM_BYTES + 1))
        assert told.status_code == 413
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        untold = await browser.post("/sign-in", content=endless(), headers=headers)  # type: ignore[arg-type]
    assert untold.status_code == 400


async def test_a_failure_is_a_page_for_people_and_a_problem_for_programs(app: FastAPI) -> None:
    async with app.state.database.session() as session:
        person = await make_person(session, await make_site(session))
    async with signed_in(app, person) as browser:
        page = await browser.get("/alarms/999999")
        program = await browser.get("/api/v1/points/999999", headers={"Accept": "application/json"})
        english = await browser.get("/api/v1/points/999999", headers={"Accept-Language": "en"})
    assert page.status_code == program.status_code == 404
    assert "没有找到" in page.text and "回到首页" in page.text
    problem = program.json()
    assert program.headers["content-type"] == "application/problem+json"
    assert (problem["status"], problem["instance"]) == (404, "/api/v1/points/999999")
    assert problem["request_id"]
    assert person.locale or "Not found" in english.json()["title"]


async def test_a_stranger_is_sent_to_the_sign_in_and_comes_back(app: FastAPI) -> None:
    async with visitor(app) as browser:
        page = await browser.get("/plant?x=1")
        program = await browser.get("/api/v1/plant", headers={"Accept": "application/json"})
        fragment = await browser.get("/", headers={"HX-Request": "true"})
    assert (page.status_code, page.headers["location"]) == (303, "/sign-in?next=/plant%3Fx%3D1")
    assert program.status_code == 401
    assert (fragment.status_code, fragment.headers["hx-redirect"]) == (401, "/sign-in")


async def test_static_files_asked_by_digest_are_kept_and_others_asked_again(app: FastAPI) -> None:
    async with visitor(app) as browser:
        page = (await browser.get("/sign-in")).text
        address = page.split('rel="stylesheet" href="', 1)[1].split('"', 1)[0]
        kept: httpx.Response = await browser.get(address)
        asked = await browser.get(address.partition("?")[0])
    assert "?v=" in address
    assert "immutable" in kept.headers["cache-control"]
    assert asked.headers["cache-control"] == "no-cache" and asked.headers["etag"]


@pytest.mark.parametrize(
    "path", ["/static/../../pyproject.toml", "/static/%2e%2e/%2e%2e/pyproject.toml", "/static/css/"]
)
async def test_nothing_but_static_files_is_served_below_static(app: FastAPI, path: str) -> None:
    async with visitor(app) as browser:
        assert (await browser.get(path)).status_code == 404


async def test_readiness_says_no_more_than_yes_or_no(app: FastAPI) -> None:
    async with visitor(app) as browser:
        assert (await browser.get("/readyz")).json() == {"status": "ready"}
    async with visitor(app, address="192.0.2.9") as outside:
        assert (await outside.get("/metrics")).status_code == 404
        assert "ansu" not in (await outside.get("/readyz")).text
    async with visitor(app) as inside:
        assert "ansu_alarms_open" in (await inside.get("/metrics")).text
