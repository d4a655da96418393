"""Pages of what waits and how it stands: the first page with its cards, how it is arranged, the wall."""

from backend.core.routing import APIRouter
from backend.home.pages import cards, first, layouts, own, wall
from backend.home.pages.first import greeting

__all__ = ["greeting", "router"]

router = APIRouter(include_in_schema=False)
for _part in (first, cards, layouts, own, wall):
    router.include_router(_part.router)
