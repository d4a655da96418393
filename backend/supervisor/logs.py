"""Log files of servers and roles: kept small, and shown on the console when asked for.

Children append to their file themselves, so that a supervisor that dies leaves no broken pipe behind.
"""

import contextlib
import shutil
from collections.abc import Callable
from pathlib import Path

LARGEST_BYTES = 10_000_000
COPIES = 3


def turn_over(log: Path, largest: int = LARGEST_BYTES, copies: int = COPIES) -> None:
    """When ``log`` has grown past ``largest``, move its content to ``.1`` (``.1`` to ``.2`` …) and empty it.

    The writer keeps its descriptor: it appends, so its next line starts the emptied file.
    """
    with contextlib.suppress(FileNotFoundError):
        if log.stat().st_size <= largest:
            return
        for number in range(copies - 1, 0, -1):
            older = log.with_name(f"{log.name}.{number}")
            if older.exists():
                older.replace(log.with_name(f"{log.name}.{number + 1}"))
        shutil.copyfile(log, log.with_name(f"{log.name}.1"))
        with log.open("r+b") as stream:
            stream.truncate(0)


def last_line(log: Path) -> str:
    """The last line written to ``log`` that isn't blank; empty when there is none."""
    with contextlib.suppress(OSError):
        lines = log.read_bytes()[-4000:].decode(errors="replace").splitlines()
        return next((line.strip() for line in reversed(lines) if line.strip()), "")
    return ""


class Follower:
    """Hands on what is appended to the logs of a folder from now on, each line with its log's name."""

    def __init__(self, folder: Path, show: Callable[[str], None]) -> None:
        self._folder = folder
        self._show = show
        self._read = {log: log.stat().st_size for log in folder.glob("*.log")}

    def look(self) -> None:
        """Show the lines written since the last look."""
        for log in sorted(self._folder.glob("*.log")):
            with contextlib.suppress(OSError), log.open("rb") as stream:
                start = self._read.get(log, 0)
                size = log.stat().st_size
                stream.seek(start if start <= size else 0)
                whole, newline, _rest = stream.read().rpartition(b"\n")
                self._read[log] = stream.tell() - len(_rest)
                if newline:
                    for line in whole.decode(errors="replace").splitlines():
                        self._show(f"{log.stem:>8} │ {line}")
