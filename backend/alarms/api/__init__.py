"""Alarms and rules for programs, with the permissions of the pages."""

from backend.alarms.api import alarms, rules
from backend.core.routing import APIRouter

router = APIRouter(prefix="/api/v1", tags=["alarms"])
for _part in (alarms, rules):
    router.include_router(_part.router)
