"""Pages of risk points: the list, one, its sources, gradings and measures, bands, workbooks, parts for other pages."""

from backend.core.routing import APIRouter
from backend.hazards.likely import ask
from backend.risks.pages import board, criteria, fragments, grading, measures, points, policy, sheets, sources
from backend.risks.queries.likely import likely

ask(likely)
router = APIRouter(include_in_schema=False)
for _part in (board, policy, sheets, grading, measures, sources, criteria, points, fragments):
    router.include_router(_part.router)
