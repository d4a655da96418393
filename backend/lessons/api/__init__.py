"""Lessons for programs, with the permissions of the pages."""

from backend.core.routing import APIRouter
from backend.lessons.api import patterns, suggestions

router = APIRouter(prefix="/api/v1/lessons", tags=["lessons"])
router.include_router(patterns.router)
router.include_router(suggestions.router)
