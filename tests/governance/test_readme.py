"""What README tells a newcomer to type works as it stands there."""

import os
import re
import subprocess
from collections.abc import Iterator

import pytest

from tests.embedded.home import fresh_home
from tests.embedded.running import ROOT, Up, ups_in, wait_until

README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def up() -> Iterator[Up]:
    """A whole AnSu with its demo site."""
    with fresh_home() as home, ups_in(home) as new_up:
        running = new_up("readme", ANSU_DEMO="1").start().wait_running()
        yield running
        running.end()


def test_the_command_of_the_readme_raises_a_major_alarm(up: Up) -> None:
    found = re.search(r"^    (mosquitto_pub .*?\}')$", README, re.DOTALL | re.MULTILINE)
    assert found is not None
    here = found[1].replace(".ansu/", f"{up.data}/")
    port = up.environment["ANSU_MQTT_PORT"]
    subprocess.run(["/bin/bash", "-c", here.replace("127.0.0.1", f"127.0.0.1 -p {port}")], check=True)
    wait_until(lambda: "3050 kPa" in sql(up, "SELECT title_en FROM alarm WHERE level = 'major'"), up.said)


def sql(up: Up, statement: str) -> str:
    """What a statement gives, through ``scripts/pg``."""
    done = subprocess.run(
        [ROOT / "scripts" / "pg", "psql", "-XAtc", statement],
        env=up.environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def test_the_accounts_and_the_password_of_the_readme_are_those_of_the_demo(up: Up) -> None:
    told = up.said()
    section = README[README.index("账户 account") : README.index("看一次故障")]
    accounts = re.findall(r"`([a-z]+\d?)`", section)
    assert len(accounts) == 7
    assert [account for account in accounts if f" {account} · ansu-demo-2026" not in told] == []


def test_the_commands_of_the_readme_are_there() -> None:
    scripts = set(re.findall(r"\./(scripts/\w+)", README))
    assert scripts == {"scripts/start", "scripts/test", "scripts/ansu"}
    assert all(os.access(ROOT / script, os.X_OK) for script in scripts)
