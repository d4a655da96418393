"""Pages of hazard reports: sending one, deciding on them, their pictures, the public's way in, fragments for others."""

from backend.core.routing import APIRouter
from backend.hazards.accidents import ACCIDENTS
from backend.hazards.reports.pages import deciding, fragments, media, opening_up, public, sending
from backend.identity.wording import know_values

know_values("accident", ACCIDENTS)

router = APIRouter(include_in_schema=False)
for _part in (sending, opening_up, media, deciding, fragments, public):
    router.include_router(_part.router)
