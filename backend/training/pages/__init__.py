"""Pages of training: learning with the quiz, and the courses of those who write and assign them."""

from backend.core.routing import APIRouter
from backend.training.pages import assigning, courses, learning, media

router = APIRouter(include_in_schema=False)
for _part in (media, learning, courses, assigning):
    router.include_router(_part.router)
