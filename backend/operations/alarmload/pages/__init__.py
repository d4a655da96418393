"""Pages of alarm load: the figures with their rows, and rules tried on the past."""

from backend.core.routing import APIRouter
from backend.operations.alarmload.pages import board, trials

router = APIRouter(include_in_schema=False)
for _part in (board, trials):
    router.include_router(_part.router)
