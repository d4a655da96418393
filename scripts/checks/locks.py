"""Fails when pyproject.toml and the lock files disagree, or a lock could install what nobody has pinned.

Run as ``python scripts/checks/locks.py``. What it finds is set right by ``scripts/lock``.
Its own tests: tests/governance/test_locks.py.
"""

import re
import sys
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

_ENTRY = re.compile(r"^([A-Za-z0-9._-]+)==(\S+)")
_NAME = re.compile(r"^[A-Za-z0-9._-]+")
_PIN = re.compile(r"==\s*([^\s,;]+)")
_OURS = re.compile(r"#\s+(?:via\s+)?ansu \(pyproject\.toml")


@dataclass
class Locked:
    """One distribution in a lock file."""

    version: str
    hashes: int = 0
    wanted_by_us: bool = False
    line: int = 0


@dataclass
class Lock:
    """A lock file, read."""

    path: str
    entries: dict[str, list[Locked]] = field(default_factory=dict)
    """By normalised name; a name may stand twice with different markers."""
    addresses: list[int] = field(default_factory=list)
    """Lines that name an address: each machine must use its own registry."""


def normal(name: str) -> str:
    """``Foo.Bar_baz`` as registries compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def read_lock(path: str, text: str) -> Lock:
    """Read a hashed requirements file."""
    lock = Lock(path)
    current: Locked | None = None
    for number, line in enumerate(text.splitlines(), 1):
        if "://" in line or line.startswith("-"):
            lock.addresses.append(number)
        if entry := _ENTRY.match(line):
            current = Locked(entry[2], line=number)
            lock.entries.setdefault(normal(entry[1]), []).append(current)
        elif current is not None:
            current.hashes += line.strip().startswith("--hash=sha256:")
            current.wanted_by_us = current.wanted_by_us or bool(_OURS.search(line))
    return lock


def problems(wanted: Sequence[str], lock: Lock) -> list[str]:
    """What is wrong in ``lock`` for the requirements ``wanted``."""
    found = [f"{lock.path}:{line}: names an address" for line in lock.addresses]
    names = {normal(match[0]): requirement for requirement in wanted if (match := _NAME.match(requirement))}
    for name, requirement in names.items():
        if name not in lock.entries:
            found.append(f"{lock.path}: {name} is missing")
        elif (pin := _PIN.search(requirement)) and pin[1] not in {e.version for e in lock.entries[name]}:
            found.append(f"{lock.path}: {name} isn't at {pin[1]}, as pyproject.toml pins it")
    for name, entries in lock.entries.items():
        for entry in entries:
            if not entry.hashes:
                found.append(f"{lock.path}:{entry.line}: {name} has no hash")
            if entry.wanted_by_us and name not in names:
                found.append(f"{lock.path}:{entry.line}: {name} is no longer in pyproject.toml")
    return found


def disagreements(run: Lock, dev: Lock) -> list[str]:
    """Distributions that tests would run in another version than users, or that tests lack."""

    def versions(lock: Lock, name: str) -> set[str]:
        return {entry.version for entry in lock.entries.get(name, [])}

    return [
        f"{name}: {run.path} has {sorted(versions(run, name))}, {dev.path} {sorted(versions(dev, name))}"
        for name in run.entries
        if versions(run, name) != versions(dev, name)
    ]


def main() -> int:
    """Check the checkout; gives the exit code."""
    project: Mapping[str, Mapping[str, list[str]]] = tomllib.loads(Path("pyproject.toml").read_text())
    run, dev = (read_lock(path, Path(path).read_text()) for path in ("requirements.lock", "requirements-dev.lock"))
    wanted = project["project"]["dependencies"]
    found = problems(wanted, run) + problems([*wanted, *project["dependency-groups"]["dev"]], dev)
    found += disagreements(run, dev)
    print(f"locks: {len(run.entries)} to run, {len(dev.entries)} to test, {len(found)} problems")
    print("\n".join(found), file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
