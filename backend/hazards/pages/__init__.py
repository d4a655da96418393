"""Pages of rectification: the board, opening one, one with its steps, and its photos."""

from backend.core.routing import APIRouter
from backend.hazards.pages import board, one, opening, photos, policy, splitting, steps

router = APIRouter(include_in_schema=False)
for _part in (policy, board, opening, one, steps, splitting, photos):
    router.include_router(_part.router)
