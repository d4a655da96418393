"""Every route of the application against everybody who must not get through. Generated: a new route is in it.

A door that refuses for a reason other than permission before it looks for its object (a form's field is
missing) needs a filled-in form in ``FORMS``.
"""

import re
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import update
from sqlmodel import col

from backend.core.database import Database
from backend.identity.capabilities import CAPABILITIES
from backend.identity.models import Person, Role
from backend.identity.sessions import open_session, revoke
from backend.identity.web import cookie_name
from tests.factories import make_person
from tests.identity.estate import MARK, Estate, make_estate
from tests.identity.handshake import handshake
from tests.identity.routes import Door, doors
from tests.webclient import ORIGIN, signed_in, visitor

DOORS = [door for door in doors() if door.method != "SOCKET"]
GUARDED = [door for door in DOORS if door.capability != "public"]
READING = [door for door in GUARDED if door.method == "GET"]
NAMING = [door for door in GUARDED if door.parameters]
LISTING = [door for door in READING if not door.parameters]

_ONE = "/api/v1/rectifications/{rectification_id}"
FORMS: dict[str, dict[str, Any]] = {
    f"POST {_ONE}/progress": {"note": "x"},
    f"POST {_ONE}/submit": {"note": "x"},
    f"POST {_ONE}/return": {"note": "x"},
    f"POST {_ONE}/cancel": {"note": "x"},
    f"POST {_ONE}/reassign": {"owner_id": 1},
    "POST /api/v1/reports/{report_id}/accept": {"level": "general", "team_id": 1},
    "POST /api/v1/reports/{report_id}/merge": {"into_id": 1},
    "POST /api/v1/reports/{report_id}/refuse": {"note": "x"},
    f"POST {_ONE}/extension": {"deadline": "2999-01-01T00:00", "note": "x"},
    f"POST {_ONE}/refuse-extension": {"note": "x"},
    "POST /courses/{course_id}/assign": {"due_on": "2999-01-01"},
    "POST /data-cleaning/{cleaning_case_id}/decide": {"state": "excluded"},
}
"""Door → form with which it gets as far as looking for its object."""

BODIES: dict[str, dict[str, Any]] = {
    "POST /api/v1/data-cleaning/{cleaning_case_id}/decide": {"state": "excluded"},
    "POST /api/v1/training/attempts/{attempt_id}": {"answers": {}},
    "POST /api/v1/retakes": {},
    "POST /api/v1/positions": {
        "device_now": "2026-11-27T04:00:00Z",
        "fixes": [{"at": "2026-11-27T04:00:00Z", "lat": 31.23, "lon": 121.47, "accuracy_m": 8}],
    },
    "POST /api/v1/trace-models/{model_id}/replays": {"from_at": "2026-01-01T00:00Z", "to_at": "2026-02-01T00:00Z"},
    "POST /api/v1/normals/{normal_id}/trials": {"from_at": "2026-01-01T00:00Z", "to_at": "2026-02-01T00:00Z"},
}
"""The same for doors that take JSON."""

LEADS_ON = {"GET /l/{label_token}": 303, "GET /L/{label_token}": 303}
"""Doors that lead to another page whoever may go through."""

OWN_OR_GOVERNED = {"GET /feedback/{feedback_id}": (Role.LEADER,)}
"""Doors to the worker's own, which those may see who answer it: whoever is neither finds nothing."""

FILES_ONLY_ON_DISK = re.compile(r"/photos/|/pictures/|/media/|/static/|/voice$")
"""Their rows exist in the estate, their files don't."""


@pytest.fixture(scope="module")
async def estates(database: Database) -> tuple[Estate, Estate]:
    """Site A with everything marked, and site B."""
    async with database.session() as session:
        return await make_estate(session), await make_estate(session, mark="乙厂")


@pytest.fixture(scope="module")
async def a_site(estates: tuple[Estate, Estate]) -> Estate:
    return estates[0]


@pytest.fixture(scope="module")
async def browsers(
    app: FastAPI, estates: tuple[Estate, Estate]
) -> AsyncIterator[dict[tuple[str, Role], httpx.AsyncClient]]:
    """A signed-in browser for each role of A and B."""
    opened: dict[tuple[str, Role], httpx.AsyncClient] = {}
    contexts = []
    for name, estate in zip("AB", estates, strict=True):
        for role, person in estate.people.items():
            context = signed_in(app, person)
            contexts.append(context)
            opened[name, role] = await context.__aenter__()
    yield opened
    for context in contexts:
        await context.__aexit__(None, None, None)


def may(door: Door, role: Role) -> bool:
    return not door.capability or role in CAPABILITIES[door.capability]


async def knock(browser: httpx.AsyncClient, door: Door, ids: dict[str, int]) -> httpx.Response:
    name = str(door)
    return await browser.request(door.method, door.url(ids), data=FORMS.get(name), json=BODIES.get(name))


def refused_as_nobody(answer: httpx.Response) -> bool:
    """401 to a program, the sign-in page to a person."""
    sent_away = answer.status_code == 303 and answer.headers["location"].startswith("/sign-in")
    return answer.status_code == 401 or sent_away


@pytest.mark.parametrize("door", doors(), ids=str)
def test_every_route_says_who_may_use_it(door: Door) -> None:
    assert door.capability is not None


@pytest.mark.parametrize("door", DOORS, ids=str)
def test_every_path_parameter_has_a_thing_to_ask_for(door: Door, a_site: Estate) -> None:
    assert set(door.parameters) <= a_site.ids.keys(), "make one in tests/identity/estate.py"


@pytest.mark.parametrize("door", GUARDED, ids=str)
async def test_nobody_gets_through_without_a_sign_in(app: FastAPI, a_site: Estate, door: Door) -> None:
    async with visitor(app) as browser:
        answer = await knock(browser, door, a_site.ids)
        assert refused_as_nobody(answer)
        browser.headers["HX-Request"] = "true"
        browser.headers["Accept"] = "*/*"
        assert (await knock(browser, door, a_site.ids)).status_code == 401


@pytest.mark.parametrize("door", [door for door in GUARDED if door.capability], ids=str)
async def test_a_role_without_the_capability_is_refused(
    browsers: dict[tuple[str, Role], httpx.AsyncClient], a_site: Estate, door: Door
) -> None:
    statuses = {
        role: (await knock(browsers["A", role], door, a_site.ids)).status_code for role in Role if not may(door, role)
    }
    assert statuses == dict.fromkeys(statuses, 403)


@pytest.mark.parametrize("door", NAMING, ids=str)
async def test_what_belongs_to_another_site_is_not_found(
    browsers: dict[tuple[str, Role], httpx.AsyncClient], a_site: Estate, door: Door
) -> None:
    for role in (role for role in Role if may(door, role)):
        answer = await knock(browsers["B", role], door, a_site.ids)
        assert (role, answer.status_code) == (role, 404)
        assert MARK not in answer.text


@pytest.mark.parametrize("door", LISTING, ids=str)
async def test_lists_show_nothing_of_another_site(
    browsers: dict[tuple[str, Role], httpx.AsyncClient], a_site: Estate, door: Door
) -> None:
    for role in (role for role in Role if may(door, role)):
        answer = await knock(browsers["B", role], door, {})
        assert MARK not in answer.text


@pytest.mark.parametrize("door", [door for door in READING if not FILES_ONLY_ON_DISK.search(door.path)], ids=str)
async def test_whoever_has_the_capability_can_read(
    browsers: dict[tuple[str, Role], httpx.AsyncClient], a_site: Estate, door: Door
) -> None:
    statuses = {
        role: (await knock(browsers["A", role], door, a_site.ids)).status_code for role in Role if may(door, role)
    }
    hidden = OWN_OR_GOVERNED.get(str(door), ())
    assert statuses == {role: 404 if role in hidden else LEADS_ON.get(str(door), 200) for role in statuses}


@pytest.mark.parametrize("path", ["/people", "/audit", "/api/v1/people", "/api/v1/audit"])
async def test_the_mark_would_be_seen_if_it_were_shown(
    browsers: dict[tuple[str, Role], httpx.AsyncClient], path: str
) -> None:
    assert MARK in (await browsers["A", Role.ADMIN].get(path)).text


@pytest.mark.parametrize("door", [door for door in NAMING if door.method == "GET"], ids=str)
@pytest.mark.parametrize("nonsense", [0, -1, 2**31, 2**63, 10**30, "x"])
async def test_an_id_that_cannot_be_is_not_found(
    browsers: dict[tuple[str, Role], httpx.AsyncClient], door: Door, nonsense: Any
) -> None:
    answer = await knock(browsers["A", Role.ADMIN], door, dict.fromkeys(door.parameters, nonsense))
    assert answer.status_code == 404


@pytest.mark.parametrize("how", ["disabled", "revoked", "expired", "made up"])
async def test_a_sign_in_that_has_ended_opens_no_door(
    app: FastAPI, database: Database, a_site: Estate, how: str
) -> None:
    async with database.session() as session:
        person = await make_person(session, a_site.site, Role.ADMIN)
    async with signed_in(app, person) as browser:
        assert (await browser.get("/me")).status_code == 200
        await end(database, person, how)
        if how == "made up":
            browser.cookies.set(cookie_name(), "made-up")
        for door in GUARDED:
            assert refused_as_nobody(await knock(browser, door, a_site.ids)), door
        token = browser.cookies[cookie_name()]
        for door in doors():
            if door.method == "SOCKET":
                assert await handshake(app, door.path, token) == 4401


async def end(database: Database, person: Person, how: str) -> None:
    async with database.session() as session:
        if how == "disabled":
            await session.execute(update(Person).where(col(Person.id) == person.id).values(active=False))
        if how == "revoked":
            await revoke(session, person.id)
        if how == "expired":
            from sqlalchemy import text

            ends = text("UPDATE login_session SET expires_at = now() - interval '1 s' WHERE person_id = :id")
            await session.execute(ends, {"id": person.id})


@pytest.mark.parametrize("door", [door for door in doors() if door.method == "SOCKET"], ids=str)
async def test_a_socket_opens_only_for_a_sign_in_from_our_own_pages(
    app: FastAPI, database: Database, a_site: Estate, door: Door
) -> None:
    async with database.session() as session:
        token = await open_session(session, a_site.people[Role.WORKER], device="", address="")
    assert await handshake(app, door.path, token) == "accepted"
    assert await handshake(app, door.path, token, origin="https://evil.example") == 4401
    assert await handshake(app, door.path, "") == 4401


CHANGING = [door for door in GUARDED if door.method not in {"GET", "HEAD"}]


@pytest.mark.parametrize("door", CHANGING, ids=str)
async def test_a_change_needs_the_token_of_the_page_and_comes_from_our_own_pages(
    app: FastAPI, a_site: Estate, door: Door
) -> None:
    async with signed_in(app, a_site.people[Role.ADMIN]) as browser:
        right = browser.headers.pop("X-CSRF-Token")
        assert (await knock(browser, door, a_site.ids)).status_code == 403
        browser.headers["X-CSRF-Token"] = right[::-1]
        assert (await knock(browser, door, a_site.ids)).status_code == 403
        browser.headers["X-CSRF-Token"] = right
        browser.headers["Origin"] = "https://evil.example"
        assert (await knock(browser, door, a_site.ids)).status_code == 403
        browser.headers["Origin"] = "null"
        assert (await knock(browser, door, a_site.ids)).status_code == 403


@pytest.mark.parametrize("door", DOORS, ids=str)
async def test_every_answer_carries_the_headers_of_the_wall(app: FastAPI, a_site: Estate, door: Door) -> None:
    async with visitor(app) as browser:
        answer = await browser.request(door.method, door.url(a_site.ids))
    policy = answer.headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["x-frame-options"] == "DENY"
    assert answer.headers["referrer-policy"] == "same-origin"
    assert answer.headers["cache-control"]
    assert answer.headers["x-request-id"]


def test_the_test_would_notice_a_door_without_a_guard(app: FastAPI) -> None:
    assert Door("GET", "/x", None) not in DOORS
    assert len(DOORS) > 30
    assert ORIGIN.startswith("http://")
