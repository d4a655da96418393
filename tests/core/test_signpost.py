"""A request finds the very route that it would find if all were asked."""

from collections.abc import Iterable

from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient
from hypothesis import given
from hypothesis import strategies as st
from starlette.routing import BaseRoute, Match

from backend.app import create_app
from backend.core.signpost import Signpost, beginning
from tests.identity.routes import doors

APP = create_app()
POST = APP.router.middleware_stack
WORDS = st.sampled_from(["", "alarms", "api", "v1", "7", "me", "incidents", "static", "new", "%E5%AE%89", "-", "x"])


def _first(routes: Iterable[BaseRoute], path: str, method: str) -> BaseRoute | None:
    scope = {"type": "http", "path": path, "method": method, "root_path": ""}
    if method == "SOCKET":
        scope = {"type": "websocket", "path": path, "root_path": ""}
    asked = [(route.matches(dict(scope))[0], route) for route in routes]
    return next((route for match, route in asked if match is Match.FULL), None) or next(
        (route for match, route in asked if match is Match.PARTIAL), None
    )


def _road(path: str) -> Iterable[BaseRoute]:
    assert isinstance(POST, Signpost)
    return POST.road(path).routes


def test_each_route_is_found_where_it_was() -> None:
    for door in doors():
        url = door.path.replace("{", "").replace("}", "")
        expected = _first(APP.routes, url, door.method)
        assert expected is not None
        assert _first(_road(url), url, door.method) is expected, url


@given(st.lists(WORDS, max_size=6).map(lambda some: "/" + "/".join(some)), st.sampled_from(["GET", "POST", "DELETE"]))
def test_any_address_is_answered_by_the_same_route_or_none(path: str, method: str) -> None:
    assert _first(_road(path), path, method) is _first(APP.routes, path, method)


def test_few_are_asked() -> None:
    assert len(list(_road("/alarms"))) < len(APP.routes) / 4


async def test_a_pattern_that_begins_with_a_parameter_fits_everywhere_in_its_order() -> None:
    app = FastAPI()
    for path, said in (("/a/first", "first"), ("/{any}/second", "any"), ("/b/second", "late"), ("/a/x", "x")):
        app.add_api_route(path, lambda said=said: said)
    app.router.middleware_stack = Signpost(app.router)
    async with AsyncClient(transport=ASGITransport(app), base_url="http://here") as client:
        said = [(await client.get(path)).json() for path in ("/a/first", "/b/second", "/c/second", "/a/x")]
        assert said == ["first", "any", "any", "x"]
        assert (await client.get("/nowhere")).status_code == 404
        assert (await client.get("/a/x/")).headers["location"].endswith("/a/x")
        assert (await client.post("/a/x")).status_code == 405


def test_what_tells_paths_apart() -> None:
    assert [beginning(path) for path in ("/", "/alarms/7", "/api/v1/alarms/7", "/api/v2")] == [
        "",
        "alarms",
        "/api/v1/alarms",
        "api",
    ]
