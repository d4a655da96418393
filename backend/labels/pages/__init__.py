"""Pages of labels: all of them to print, one with its history, and what a scan leads to."""

from backend.core.routing import APIRouter
from backend.labels.pages import board, one, scanning

router = APIRouter(include_in_schema=False)
for _part in (board, one, scanning):
    router.include_router(_part.router)
