"""Pages about positions: what one agrees to, where everybody is during an incident, its replay, how long it is kept."""

from backend.core.routing import APIRouter
from backend.incidents.positions.pages import one, own, ruling

router = APIRouter(include_in_schema=False)
for part in (own, ruling, one):
    router.include_router(part.router)
