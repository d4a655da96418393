"""Pages for editing the plant: things one by one, plans to draw on, links, workbooks, what was changed."""

from backend.core.routing import APIRouter
from backend.plant.editing.pages import changes, hub, imports, links, plans, things, tools

router = APIRouter(include_in_schema=False)
for _part in (hub.router, *things.PARTS, plans.router, tools.router, links.router, imports.router, changes.router):
    router.include_router(_part)
