"""PostgreSQL's own client programs against AnSu's database: ``scripts/pg psql``, ``scripts/pg pg_dump -Fc …``.

The address goes by environment, not as an argument: arguments can be read by everybody on the machine.
"""

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import unquote, urlsplit

from backend.core.settings import Settings
from backend.embedded.addresses import running_addresses
from backend.embedded.postgres import wheel_binaries
from backend.embedded.refusals import NotRunning, Refusal


def client_environment(url: str) -> dict[str, str]:
    """The database of ``url`` as libpq's environment variables."""
    parts = urlsplit(url)
    wanted = {
        "PGHOST": parts.hostname,
        "PGPORT": str(parts.port or 5432),
        "PGUSER": unquote(parts.username or ""),
        "PGPASSWORD": unquote(parts.password or ""),
        "PGDATABASE": parts.path.lstrip("/"),
    }
    return {name: value for name, value in wanted.items() if value}


def command(argv: Sequence[str], environment: Mapping[str, str]) -> tuple[list[str], dict[str, str]]:
    """What to run for ``scripts/pg argv…``, and in which environment. Raises a Refusal."""
    settings = Settings()
    running = running_addresses(settings)
    url = settings.database_url or (running.database_url if running else "")
    if not url:
        raise NotRunning(["ANSU_DATABASE_URL"])
    program = wheel_binaries() / Path(argv[0] if argv else "psql").name
    if not program.exists():
        raise Refusal(f"没有程序 {program.name}", f"There is no program {program.name}")
    kept = {name: value for name, value in environment.items() if not name.startswith("PG")}
    return [str(program), *argv[1:]], {**kept, **client_environment(url)}


if __name__ == "__main__":
    try:
        _argv, _environment = command(sys.argv[1:], os.environ)
    except Refusal as refusal:
        sys.exit(str(refusal))
    os.execve(_argv[0], _argv, _environment)  # noqa: S606 - PostgreSQL's own programs
