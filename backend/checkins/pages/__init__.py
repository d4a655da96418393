"""Pages of check-ins: the round, one visit, what was found, missed visits; plans for those who lead."""

from fastapi import APIRouter

from backend.checkins.pages import photos, plans, rounds, visiting

router = APIRouter(include_in_schema=False)
for _part in (rounds, photos, visiting, plans):
    router.include_router(_part.router)
