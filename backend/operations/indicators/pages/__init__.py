"""Pages of indicators: all of them, one in full with its target, the rows it counts with a file to take along."""

from backend.core.routing import APIRouter
from backend.operations.indicators.pages import counted, one, overview

router = APIRouter(include_in_schema=False)
for _part in (overview, one, counted):
    router.include_router(_part.router)
