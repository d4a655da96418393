"""Pages of the history: overview, the incidents themselves, two periods compared, and files to take along."""

from backend.core.routing import APIRouter
from backend.incidents.history.pages import compare, export, overview, rows

router = APIRouter(include_in_schema=False)
for _part in (overview, rows, compare, export):
    router.include_router(_part.router)
