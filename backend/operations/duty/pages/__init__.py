"""Pages of duty performance: the month of all, of oneself, of one; rule, appeals, rewards, leave, payroll."""

from backend.core.routing import APIRouter
from backend.operations.duty.pages import appeals, board, export, leave, person, rewards, rules

router = APIRouter(include_in_schema=False)
for _part in (board, export, rules, appeals, rewards, leave, person):
    router.include_router(_part.router)
