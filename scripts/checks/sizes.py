"""Fails when a file or function outgrows STYLE: files ≤ 400 lines, functions ≤ 60; medians and p90 are printed.

Run as ``python scripts/checks/sizes.py``. Vendored files and generated migrations don't count.
"""

import ast
import statistics
import subprocess
import sys
from pathlib import Path

MAX_FILE = 400
MAX_FUNCTION = 60
KINDS = {".py", ".js", ".css", ".html"}


def main() -> int:
    """Check every tracked or new file of ours; gives the exit code."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"], capture_output=True, text=True, check=True
    ).stdout.split("\n")
    paths = [Path(name) for name in listed if Path(name).suffix in KINDS and "vendor" not in name]
    ours = [p for p in paths if p.exists() and "migrations/versions" not in p.as_posix()]
    file_lengths = {p: len(p.read_text().splitlines()) for p in ours}
    function_lengths = {
        f"{p}:{node.name}": (node.end_lineno or node.lineno) - node.lineno + 1
        for p in ours
        if p.suffix == ".py"
        for node in ast.walk(ast.parse(p.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    _report("files", [n for p, n in file_lengths.items() if p.suffix == ".py" and n])
    _report("functions", list(function_lengths.values()))
    too_long = [f"{p}: {n} lines" for p, n in file_lengths.items() if n > MAX_FILE]
    too_long += [f"{name}: {n} lines" for name, n in function_lengths.items() if n > MAX_FUNCTION]
    print("\n".join(too_long), file=sys.stderr)
    return 1 if too_long else 0


def _report(what: str, lengths: list[int]) -> None:
    p90 = statistics.quantiles(lengths, n=10)[-1]
    print(f"{what}: {len(lengths)}, median {statistics.median(lengths):.0f}, p90 {p90:.0f}, max {max(lengths)}")


if __name__ == "__main__":
    sys.exit(main())
