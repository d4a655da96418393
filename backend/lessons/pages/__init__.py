"""Pages of lessons."""

from backend.core.routing import APIRouter
from backend.lessons.pages import fragments, incidents, patterns, suggestions

router = APIRouter(include_in_schema=False)
router.include_router(patterns.router)
router.include_router(suggestions.router)
router.include_router(incidents.router)
router.include_router(fragments.router)
