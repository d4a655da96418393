"""Pages of check-ins: the round, one visit, what was found, missed visits; plans for those who lead; fragments."""

from backend.checkins.pages import fragments, photos, plans, rounds, visiting
from backend.core.routing import APIRouter

router = APIRouter(include_in_schema=False)
for _part in (rounds, photos, visiting, plans, fragments):
    router.include_router(_part.router)
