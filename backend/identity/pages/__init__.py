"""Pages about people: signing in and out, one's own page, administering people, reading the audit entries."""

from backend.core.routing import APIRouter
from backend.identity.pages import audit, modules, own, people, signing

router = APIRouter(include_in_schema=False)
for _part in (signing, own, people, modules, audit):
    router.include_router(_part.router)
