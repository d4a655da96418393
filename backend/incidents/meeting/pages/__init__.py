"""Pages of the review meeting, the link back from a rectification, and its section in the report."""

from backend.core.routing import APIRouter
from backend.incidents.meeting.pages import choosing, convening, running
from backend.incidents.meeting.queries.meetings import chooses_first
from backend.incidents.meeting.reporting import tell_meetings
from backend.incidents.review.further import add_sections, ask_before

router = APIRouter(include_in_schema=False)
for _part in (choosing, convening, running):
    router.include_router(_part.router)
add_sections(tell_meetings)
ask_before(chooses_first)
