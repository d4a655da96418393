"""The pages of feedback, in one router. What has a fixed name goes before what is named by an id."""

from backend.core.routing import APIRouter
from backend.feedback.pages import answering, export, media, own, settings

router = APIRouter(include_in_schema=False)
for _part in (own, settings, export, media, answering):
    router.include_router(_part.router)
