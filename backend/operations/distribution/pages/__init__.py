"""Pages of the distribution: all of it on one page, the rows behind each mark, and files to take along."""

from backend.core.routing import APIRouter
from backend.operations.distribution.pages import export, overview, rows, stock

router = APIRouter(include_in_schema=False)
for _part in (overview, rows, stock, export):
    router.include_router(_part.router)
