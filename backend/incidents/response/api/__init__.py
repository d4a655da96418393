"""The response for programs, with the permissions of the pages."""

from backend.core.routing import APIRouter
from backend.incidents.response.api import cordon, evacuation, plans

router = APIRouter()
for _part in (plans, evacuation, cordon):
    router.include_router(_part.router)
