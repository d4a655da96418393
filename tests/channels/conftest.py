"""The application on a database of the module's own, whose channels call servers of ours."""

from collections.abc import AsyncIterator, Iterator

import pytest
from fastapi import FastAPI

from backend.core.database import Database
from tests.channels.other_sides import MailServer, OtherSide, mail_server, other_side
from tests.webclient import running_app

PUBLIC = "http://ansu.test"


@pytest.fixture(scope="module")
def desk() -> Iterator[OtherSide]:
    """Where all robots of the module are."""
    with other_side() as running:
        yield running


@pytest.fixture
def side(desk: OtherSide) -> OtherSide:
    """The same, with nothing said to it yet."""
    desk.got, desk.answers, desk.headers, desk.before, desk.drips = [], [], {}, None, False
    return desk


@pytest.fixture
def post_office() -> Iterator[MailServer]:
    with mail_server() as running:
        yield running


@pytest.fixture(scope="module")
async def app(database_url: str, redis_url: str, desk: OtherSide) -> AsyncIterator[FastAPI]:
    hosts = dict.fromkeys(("ANSU_WECOM_URL", "ANSU_DINGTALK_URL", "ANSU_FEISHU_URL", "ANSU_LARK_URL"), desk.url)
    named = {"ANSU_CHANNEL_HOSTS": "127.0.0.1,localhost", "ANSU_PUBLIC_URL": PUBLIC}
    async with running_app(database_url, redis_url, **hosts, **named) as running:
        yield running


@pytest.fixture
def database(app: FastAPI) -> Database:
    found: Database = app.state.database
    return found
