"""The command line: starts at once, knows its subcommands, finds the running servers, says what is missing."""

import importlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from backend.cli import COMMANDS
from backend.core.settings import Settings
from backend.embedded import Addresses, DataFolder, running_addresses
from backend.embedded.addresses import write_addresses

ROOT = Path(__file__).resolve().parents[2]


def ansu(*argv: str, cwd: Path = ROOT, **environment: str) -> "subprocess.CompletedProcess[str]":
    kept = {k: v for k, v in os.environ.items() if not k.startswith("ANSU_")}
    return subprocess.run(
        [sys.executable, "-m", "backend.cli", *argv],
        cwd=cwd,
        env={**kept, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize("name", COMMANDS)
def test_each_subcommand_has_its_function(name: str) -> None:
    module, _, function = COMMANDS[name].target.partition(":")
    assert callable(getattr(importlib.import_module(module), function))


def test_help_names_every_subcommand_and_loads_nothing_for_it() -> None:
    argv = [sys.executable, "-X", "importtime", "-m", "backend.cli", "--help"]
    helped = subprocess.run(argv, capture_output=True, text=True, check=True, timeout=60)
    assert all(f"\n  {name} " in helped.stdout for name in COMMANDS)
    loaded = {line.rpartition("|")[2].strip() for line in helped.stderr.splitlines()}
    assert "runpy" in loaded
    assert not loaded & {"fastapi", "sqlalchemy", "numpy", "asyncpg", "jinja2"}


def test_an_unknown_subcommand_is_told_with_the_list() -> None:
    wrong = ansu("strat")
    assert (wrong.returncode, "strat" in wrong.stderr, "replay" in wrong.stderr) == (2, True, True)


def test_a_role_without_servers_says_how_to_get_them(tmp_path: Path) -> None:
    alone = ansu("ingest", ANSU_DATA_DIR=str(tmp_path))
    assert alone.returncode == 1
    assert "./scripts/start" in alone.stderr
    assert "ANSU_DATABASE_URL, ANSU_MQTT_URL" in alone.stderr
    assert "Traceback" not in alone.stderr


def test_a_wrong_setting_is_named(tmp_path: Path) -> None:
    wrong = ansu("up", ANSU_DATA_DIR=str(tmp_path), ANSU_PORT="http")
    assert (wrong.returncode, "Traceback" in wrong.stderr) == (1, False)
    assert "ANSU_PORT" in wrong.stderr


def test_addresses_are_found_only_while_ansu_runs(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    folder = DataFolder(tmp_path)
    folder.open()
    addresses = Addresses(database_url="postgresql://somewhere/ansu", mqtt_protocol="3.1.1")
    write_addresses(tmp_path, addresses)
    assert running_addresses(settings) == addresses
    folder.close()
    assert running_addresses(settings) is None


def test_the_script_keeps_the_working_directory(tmp_path: Path) -> None:
    (tmp_path / "case.csv").write_text("time,a\n")
    done = subprocess.run(
        [ROOT / "scripts" / "ansu", "detect", "--in", "missing.csv", "--normal-rows", "1", "--out", "out.csv"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, "missing.csv" in done.stderr, "Traceback" in done.stderr) == (2, True, False)
