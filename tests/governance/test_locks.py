"""The check that pyproject.toml and the lock files agree, on snippets: what it lets through and what it names."""

import importlib.util
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]

GOOD = """foo-bar==1.2 \\
    --hash=sha256:aa
    # via ansu (pyproject.toml)
below==3.0 ; sys_platform == 'linux' \\
    --hash=sha256:bb
    # via foo-bar
"""


@pytest.fixture(scope="module")
def check() -> ModuleType:
    spec = importlib.util.spec_from_file_location("locks", ROOT / "scripts/checks/locks.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("requirement", ["foo-bar", "Foo_Bar>=1", "foo.bar[extra]==1.2"])
def test_a_lock_that_holds_what_is_wanted_is_let_through(check: ModuleType, requirement: str) -> None:
    assert check.problems([requirement], check.read_lock("l", GOOD)) == []


@pytest.mark.parametrize(
    ("wanted", "text", "word"),
    [
        (["foo-bar", "other"], GOOD, "other is missing"),
        (["foo-bar==1.3"], GOOD, "isn't at 1.3"),
        ([], GOOD, "foo-bar is no longer"),
        (["foo-bar"], GOOD.replace("    --hash=sha256:bb\n", ""), "below has no hash"),
        (["foo-bar"], "--index-url https://registry.example/simple\n" + GOOD, "names an address"),
        (["foo-bar"], GOOD.replace("below==3.0", "below @ https://example.org/below.whl\nbelow==3.0"), "address"),
    ],
)
def test_what_differs_is_named(check: ModuleType, wanted: list[str], text: str, word: str) -> None:
    found = check.problems(wanted, check.read_lock("l", text))
    assert len(found) == 1
    assert word in found[0]


def test_tests_run_the_versions_that_users_run(check: ModuleType) -> None:
    run, dev = check.read_lock("run", GOOD), check.read_lock("dev", GOOD.replace("below==3.0", "below==3.1"))
    assert len(check.disagreements(run, dev)) == 1
    assert check.disagreements(run, check.read_lock("dev", GOOD)) == []


def test_the_locks_of_this_checkout_agree() -> None:
    done = subprocess.run(
        [sys.executable, "scripts/checks/locks.py"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr.strip()) == (0, "")
