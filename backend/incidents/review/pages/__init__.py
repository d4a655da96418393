"""Pages of a review: the report, duties not done."""

from backend.core.routing import APIRouter
from backend.incidents.review.pages import duties, report

router = APIRouter(include_in_schema=False)
for _part in (duties, report):
    router.include_router(_part.router)
