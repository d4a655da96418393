"""A database that is away is told apart from a fault of ours, and says when to come again."""

import asyncpg
import pytest
from sqlalchemy.exc import IntegrityError

from backend.core.failing import connection_is_away
from backend.embedded.ports import free_port
from backend.identity.web import cookie_name
from tests.webclient import running_app, visitor


@pytest.mark.parametrize("accept", ["text/html", "application/json"])
async def test_while_the_database_is_away_one_is_told_when_to_come_again(redis_url: str, accept: str) -> None:
    nowhere = f"postgresql://ansu:x@127.0.0.1:{free_port()}/ansu"
    async with running_app(nowhere, redis_url) as app, visitor(app) as browser:
        browser.cookies.set(cookie_name(), "some-token")
        answer = await browser.get("/alarms", headers={"Accept": accept})
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert "系统暂时不可用" in answer.text


@pytest.mark.parametrize(
    ("error", "away"),
    [
        (ConnectionRefusedError(111, "refused"), True),
        (OSError("Multiple exceptions: [Errno 111] Connect call failed"), True),
        (asyncpg.AdminShutdownError("terminating connection"), True),
        (FileNotFoundError(2, "No such file", "photo.jpg"), False),
        (OSError(28, "No space left on device"), False),
        (asyncpg.UniqueViolationError("duplicate key"), False),
        (IntegrityError("INSERT", {}, Exception("duplicate key")), False),
        (KeyError("name"), False),
    ],
)
def test_only_what_may_pass_by_itself_is_away(error: Exception, away: bool) -> None:
    assert connection_is_away(error) is away
