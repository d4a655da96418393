"""Pages of lessons."""

from fastapi import APIRouter

from backend.lessons.pages import patterns

router = APIRouter(include_in_schema=False)
router.include_router(patterns.router)
