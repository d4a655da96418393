"""Pages of alarms: the list, one alarm with its story, what people do about it."""

from backend.alarms.pages import board, deeds, one
from backend.core.routing import APIRouter

router = APIRouter(include_in_schema=False)
for _part in (board, deeds, one):
    router.include_router(_part.router)
