"""Pages of incidents: reporting one, the list, one with its log, its steps, its media, parts for other pages, rules."""

from backend.core.routing import APIRouter
from backend.incidents.pages import board, fragments, media, one, reporting, ruling, steps

router = APIRouter(include_in_schema=False)
for _part in (reporting, ruling, fragments, media, board, one, steps):
    router.include_router(_part.router)
