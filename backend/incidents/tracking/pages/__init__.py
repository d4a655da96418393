"""Pages of an incident as it spreads: scope and wall, what stops downstream, the gas cloud."""

from backend.core.routing import APIRouter
from backend.incidents.tracking.pages import following, leaking, stopping

router = APIRouter(include_in_schema=False)
for _part in (following, stopping, leaking):
    router.include_router(_part.router)
