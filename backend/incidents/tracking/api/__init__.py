"""An incident as it spreads, for programs, with the permissions of the pages."""

from backend.core.routing import APIRouter
from backend.incidents.tracking.api import drifting, following, orders

router = APIRouter(tags=["incidents"])
for _part in (following, drifting, orders):
    router.include_router(_part.router)
