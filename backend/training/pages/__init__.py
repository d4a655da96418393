"""Pages of training: learning with the quiz, and the courses of those who write and assign them."""

from fastapi import APIRouter

from backend.training.pages import assigning, courses, learning

router = APIRouter(include_in_schema=False)
for _part in (learning, courses, assigning):
    router.include_router(_part.router)
