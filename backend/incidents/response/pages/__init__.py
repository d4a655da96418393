"""Pages of the response: a site's plans, an incident's checklist, roll-call, cordon. They go before the incidents' own,
whose addresses take any word for an id."""

from backend.core.routing import APIRouter
from backend.incidents.response.pages import checklist, cordon, evacuation, plans

router = APIRouter(include_in_schema=False)
for _part in (plans, checklist, evacuation, cordon):
    router.include_router(_part.router)
