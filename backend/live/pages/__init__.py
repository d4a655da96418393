"""Pages of the plant as it is now: plan and points, one piece of equipment, one area."""

from backend.core.routing import APIRouter
from backend.live.pages import places, points, scale

router = APIRouter(include_in_schema=False)
for _part in (points, places, scale):
    router.include_router(_part.router)
