"""Routes that are laid out late answer as FastAPI's own, below any number of routers."""

from typing import Annotated

import fastapi
import pytest
from fastapi import Depends, FastAPI, Query
from fastapi.routing import APIRoute
from httpx import ASGITransport, AsyncClient
from pydantic import BaseModel

from backend.core.routing import APIRouter, LateRoute


class Said(BaseModel):
    """A body."""

    count: int


_asked: list[str] = []


def _guard() -> None:
    _asked.append("guard")


def _put_up(kind: type[fastapi.APIRouter]) -> fastapi.APIRouter:
    """Three routers, each below the next."""
    inner = kind(prefix="/inner/{number}", tags=["inner"])

    @inner.get("/one", name="one")
    async def one(number: int, step: Annotated[int, Query(ge=1)] = 1) -> int:
        """First."""
        return number + step

    @inner.post("/two", status_code=201, response_model=Said)
    async def two(number: int, said: Said) -> dict[str, int]:
        return {"count": number * said.count, "left_out": 1}

    middle = kind(prefix="/middle", dependencies=[Depends(_guard)])
    middle.include_router(inner)

    @middle.api_route("/many", methods=["GET", "delete"], include_in_schema=False)
    async def many() -> str:
        return "many"

    outer = kind(prefix="/outer", tags=["outer"])
    outer.include_router(middle)
    return outer


@pytest.fixture(params=[APIRouter, fastapi.APIRouter], ids=["late", "FastAPI's"])
def app(request: pytest.FixtureRequest) -> FastAPI:
    app = FastAPI()
    app.router.routes.extend(_put_up(request.param).routes)
    _asked.clear()
    return app


async def test_an_answer_is_the_same_as_of_fastapi_alone(app: FastAPI) -> None:
    async with AsyncClient(transport=ASGITransport(app), base_url="http://here") as client:
        assert (await client.get("/outer/middle/inner/4/one?step=2")).json() == 6
        assert _asked == ["guard"]
        assert (await client.get("/outer/middle/inner/4/one?step=0")).status_code == 422
        assert (await client.get("/outer/middle/inner/x/one")).status_code == 422
        made = await client.post("/outer/middle/inner/4/two", json={"count": 3})
        assert (made.status_code, made.json()) == (201, {"count": 12})
        assert (await client.post("/outer/middle/inner/4/two", json={})).status_code == 422
        assert (await client.delete("/outer/middle/many")).json() == "many"
        assert (await client.put("/outer/middle/many")).status_code == 405
        assert (await client.get("/outer/inner/4/one")).status_code == 404
        assert app.url_path_for("one", number=7) == "/outer/middle/inner/7/one"


async def test_the_description_is_the_same_as_of_fastapi_alone() -> None:
    told = []
    for kind in (APIRouter, fastapi.APIRouter):
        app = FastAPI()
        app.router.routes.extend(_put_up(kind).routes)
        told.append(app.openapi())
    assert told[0] == told[1] and set(told[0]["paths"]) == {
        "/outer/middle/inner/{number}/one",
        "/outer/middle/inner/{number}/two",
    }


async def test_a_route_is_laid_out_with_its_first_request_and_no_other() -> None:
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    app.router.routes.extend(_put_up(APIRouter).routes)
    one, two, many = app.routes
    assert [isinstance(route, LateRoute) and route.path for route in app.routes] == [
        "/outer/middle/inner/{number}/one",
        "/outer/middle/inner/{number}/two",
        "/outer/middle/many",
    ]
    async with AsyncClient(transport=ASGITransport(app), base_url="http://here") as client:
        await client.get("/outer/middle/inner/4/one")
    assert ["dependant" in vars(route) for route in (one, two, many)] == [True, False, False]


def test_what_a_route_has_not_is_missing_as_anywhere() -> None:
    route = LateRoute("/x", lambda: None)
    with pytest.raises(AttributeError):
        _ = route.nothing_of_this_name


def test_whoever_asks_for_a_handler_that_cannot_be_read_hears_why_each_time() -> None:
    def handler(number: dict[str, int]) -> None:
        """No path holds a dictionary."""

    route = LateRoute("/{number}", handler)
    for _ in range(2):
        with pytest.raises(AssertionError, match="Path params"):
            _ = route.dependant


def test_routes_of_another_make_are_included_as_fastapi_does() -> None:
    plain = fastapi.APIRouter(prefix="/plain")
    plain.add_api_route("/x", lambda: None)
    router = APIRouter()
    router.include_router(plain)
    assert not any(isinstance(route, APIRoute) for route in router.routes) and len(router.routes) == 1
