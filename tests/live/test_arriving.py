"""What the page of a place offers grows with the routes there are, and by what one may do."""

from fastapi import APIRouter, FastAPI

from backend.core.database import Database
from backend.identity.models import Role
from backend.identity.web import allow
from backend.labels.queries import Kind
from backend.live.arriving import arrive
from tests.live.test_pages import Settle


async def test_deeds_and_parts_appear_with_their_routes_for_who_may_use_them(
    settle: Settle, database: Database
) -> None:
    plant = await settle(Role.WORKER)
    app, router = FastAPI(), APIRouter()

    async def nothing() -> None: ...

    for path, capability in (
        ("/reports/new", "plant.see"),
        ("/checkins/new", "plant.edit"),
        ("/equipment/{equipment_id}/hazards", "plant.see"),
        ("/areas/{area_id}/hazards", "plant.see"),
    ):
        router.add_api_route(path, nothing, dependencies=[allow(capability)])
    app.include_router(router)
    async with database.session() as session:
        place = (Kind.EQUIPMENT, plant.pump.id)
        arrival = await arrive(session, plant.actor, app, place, "")
        bare = await arrive(session, plant.actor, FastAPI(), place, "")
        forged = await arrive(session, plant.actor, app, place, "0" * 16)
    assert [deed.url for deed in arrival.deeds] == [f"/reports/new?equipment={plant.pump.id}"]
    assert arrival.fragments == (f"/equipment/{plant.pump.id}/hazards",)
    assert (bare.deeds, bare.fragments, bare.stale) == ((), (), False)
    assert forged.stale and "label=" not in forged.deeds[0].url
