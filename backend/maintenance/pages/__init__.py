"""Pages of maintenance: what is due, one plan, saying that it was done; the part for equipment's page; photos."""

from backend.core.routing import APIRouter
from backend.maintenance.pages import board, doing, fragments, photos, plans

router = APIRouter(include_in_schema=False)
for _part in (board, photos, plans, doing, fragments):
    router.include_router(_part.router)
