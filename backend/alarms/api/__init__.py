"""Alarms and rules for programs, with the permissions of the pages."""

from fastapi import APIRouter

from backend.alarms.api import alarms, rules

router = APIRouter(prefix="/api/v1", tags=["alarms"])
for _part in (alarms, rules):
    router.include_router(_part.router)
