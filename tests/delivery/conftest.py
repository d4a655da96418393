"""A web role of the module's own, as a process: sockets are tested over the wire."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.liveserver import LiveServer
from tests.liveserver import live_server as make_server


@pytest.fixture(scope="module")
def live_server(database_url: str, redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """Started once a module."""
    folder: Path = tmp_path_factory.mktemp("web")
    server = make_server(database_url, redis_url, folder)
    server.start()
    yield server
    server.kill()
