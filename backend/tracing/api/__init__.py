"""``/api/v1``: traces, looks on site, and the engine on posted data."""

from backend.core.routing import APIRouter
from backend.tracing.api import engine, traces

router = APIRouter(prefix="/api/v1", tags=["traces"])
router.include_router(traces.router)
router.include_router(engine.router)
