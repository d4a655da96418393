"""Routers that can't answer a path are passed over; all that answered still does."""

import pytest
from fastapi import APIRouter, FastAPI
from fastapi.routing import iter_route_contexts
from starlette.routing import Match
from starlette.types import Scope

from backend.app import create_app
from backend.core.routing import first_word, pass_over_others


def asked(app: FastAPI, path: str, method: str = "GET") -> Match:
    """The best that any route says."""
    scope: Scope = {"type": "http", "method": method, "path": path, "root_path": "", "headers": [], "app": app}
    return max((route.matches(dict(scope))[0] for route in app.router.routes), key=lambda match: match.value)


@pytest.mark.parametrize(
    ("path", "word"),
    [("/", ""), ("/alarms", "alarms"), ("/alarms/5", "alarms"), ("/api/v1/alarms/5", "/api/v1/alarms"), ("//x", "")],
)
def test_a_path_is_told_by_its_first_word_and_an_api_by_what_it_is_of(path: str, word: str) -> None:
    assert first_word(path) == word


def test_only_routers_whose_paths_begin_so_are_asked_and_one_that_takes_any_always_is() -> None:
    app, named, any_ = FastAPI(openapi_url=None), APIRouter(prefix="/named"), APIRouter()
    named.add_api_route("/{id}", lambda id: id, methods=["GET"])
    any_.add_api_route("/{what}/of/all", lambda what: what)
    app.include_router(named)
    app.include_router(any_)
    pass_over_others(app)
    assert asked(app, "/named/5") is Match.FULL and asked(app, "/named/5", "POST") is Match.PARTIAL
    assert asked(app, "/other/of/all") is Match.FULL and asked(app, "/named/of/all") is Match.FULL
    assert asked(app, "/other") is Match.NONE


def test_every_route_of_ansu_still_answers() -> None:
    app = create_app()
    for route in iter_route_contexts(app.router.routes):
        path = (route.path or "/static/x").replace("{", "").replace("}", "").replace(":path", "").replace(":int", "")
        for method in route.methods or ():
            assert asked(app, path, method) is Match.FULL, (method, path)
