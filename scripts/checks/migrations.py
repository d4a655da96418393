"""Fails when the migrations branch, or one of them can't go back.

Run as ``python scripts/checks/migrations.py``. Whether they run, forward and back on data, and end where the code's
tables are, is tested on a real database: tests/migrations.
"""

import ast
import re
import sys
from pathlib import Path

_VERSIONS = Path("migrations/versions")
_NAME = re.compile(r"^\d{4}_[a-z0-9_]+$")


def main() -> int:
    """Check every revision; gives the exit code."""
    below: dict[str, object] = {}
    found: list[str] = []
    for path in sorted(_VERSIONS.glob("*.py")):
        tree = ast.parse(path.read_text())
        revision, down = _constant(tree, "revision"), _constant(tree, "down_revision")
        if not _NAME.match(path.stem) or not path.stem.startswith(f"{revision}_"):
            found.append(f"{path}: must be named {revision}_what_it_does.py")
        if not _does_something(tree, "downgrade"):
            found.append(f"{path}: its downgrade does nothing")
        below[str(revision)] = down
    heads = [revision for revision in below if revision not in below.values()]
    if len(heads) != 1:
        found.append(f"{_VERSIONS}: {len(heads)} newest revisions ({', '.join(heads)}), there must be one")
    print(f"migrations: {len(below)}, newest {', '.join(heads)}")
    print("\n".join(found), file=sys.stderr)
    return 1 if found else 0


def _constant(tree: ast.Module, name: str) -> object:
    """What the module assigns to ``name``: the revisions are plain words or None."""
    for node in tree.body:
        if isinstance(node, ast.AnnAssign | ast.Assign) and isinstance(node.value, ast.Constant):
            targets = [node.target] if isinstance(node, ast.AnnAssign) else node.targets
            if any(isinstance(target, ast.Name) and target.id == name for target in targets):
                return node.value.value
    return None


def _does_something(tree: ast.Module, name: str) -> bool:
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == name]
    return any(isinstance(node, ast.Call) for function in functions for node in ast.walk(function))


if __name__ == "__main__":
    sys.exit(main())
