"""Fails when a query goes round the one place of permission (``backend/identity/permissions.py``).

Every table that derives from ``SiteScoped`` belongs to a site. This reads the source of ``backend`` and
``workers`` (nothing is imported, nothing runs) and holds seven rules. A function counts with everything
nested in it; a statement's tables are those in ``select``, ``update``, ``delete``, ``join``, ``outerjoin``
and ``select_from``.

1. A function that builds a statement over scoped tables calls ``visible(actor, Model)`` for at least one of
   them (what it joins is reached along foreign keys, and the session is narrowed to the site besides),
   or is marked ``@system_query("why")``.
2. SQL as text over scoped tables names ``site_id`` and stands in a room for SQL (a module or package
   ``queries`` or ``commands``), or is used only by functions marked ``@system_query``.
3. Modules with routes (they make an ``APIRouter``) and pages and APIs hold no SQL and touch the session only to
   hand it on.
4. Pages and APIs neither import nor call a system query: it serves all sites.
5. ``session.get`` of a scoped table goes through ``identity.scoping.get_visible``, outside of system queries.
6. The reason of a ``@system_query`` is written out.
7. ``core`` knows no permission: what it reads of scoped tables counts as a system query by itself.

Run as ``python scripts/checks/scoped_queries.py``. Its own tests: tests/identity/test_scoped_queries.py.
"""

import ast
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

Function = ast.FunctionDef | ast.AsyncFunctionDef

_BUILDERS = {"select", "update", "delete", "insert", "exists"}
_JOINS = {"join", "outerjoin", "select_from", "join_from"}
_SESSION_VERBS = {
    "execute",
    "scalar",
    "scalars",
    "stream",
    "stream_scalars",
    "get",
    "get_one",
    "add",
    "add_all",
    "delete",
    "merge",
}
_SQL_WORDS = {*_BUILDERS, "text"}


@dataclass
class Module:
    """One source file."""

    name: str
    path: str
    tree: ast.Module
    imports: dict[str, str] = field(default_factory=dict)
    """Local name → dotted name of what it stands for."""

    @property
    def rooms(self) -> list[str]:
        """``backend.alarms.queries.watching`` → its parts."""
        return self.name.split(".")

    @property
    def shows(self) -> bool:
        """Whether it is pages or an API, by name."""
        return any(re.fullmatch(r"(\w+_)?(pages|api)", room) for room in self.rooms)

    @property
    def has_routes(self) -> bool:
        """Whether it makes a router, or is pages or an API."""
        return self.shows or any(_called(node) == "APIRouter" for node in ast.walk(self.tree))

    @property
    def is_core(self) -> bool:
        """Whether it knows no permission."""
        return self.name.startswith("backend.core.")

    @property
    def may_hold_sql(self) -> bool:
        """Whether it is a room for SQL as text."""
        return not {"queries", "commands"}.isdisjoint(self.rooms)


@dataclass
class Tree:
    """All modules, and what the rules must know of them."""

    modules: list[Module]
    models: set[str]
    tables: re.Pattern[str]
    system_queries: set[str]


def violations(sources: Mapping[str, str]) -> list[str]:
    """``path:line: what is wrong`` for every broken rule in ``sources`` (path → text)."""
    tree = _understand(sources)
    found: list[str] = []
    for module in tree.modules:
        for line, words in _judge(module, tree):
            found.append(f"{module.path}:{line}: {words}")
    return sorted(set(found))


def _understand(sources: Mapping[str, str]) -> Tree:
    modules = [_module(path, text) for path, text in sources.items()]
    models, tables = _scoped_models(modules)
    tree = Tree(modules, models, _reads(tables), set())
    for module in modules:
        for function in _functions(module):
            if _reason(function) is not None or (module.is_core and _touches(module, function, tree)):
                tree.system_queries.add(f"{module.name}.{function.name}")
    for module in modules:  # a package may offer what its modules hold
        for local, target in module.imports.items():
            if target in tree.system_queries:
                tree.system_queries.add(f"{module.name}.{local}")
    return tree


def _module(path: str, text: str) -> Module:
    name = path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    module = Module(name, path, ast.parse(text))
    for node in ast.walk(module.tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            module.imports |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
    return module


def _scoped_models(modules: list[Module]) -> tuple[set[str], set[str]]:
    classes = {node.name: node for m in modules for node in ast.walk(m.tree) if isinstance(node, ast.ClassDef)}
    scoped = {"SiteScoped"}
    while more := {name for name, node in classes.items() if name not in scoped and scoped & set(_names(node.bases))}:
        scoped |= more
    scoped.discard("SiteScoped")
    tables = {
        node.value.value
        for name in scoped
        for node in classes[name].body
        if isinstance(node, ast.Assign)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
        and "__tablename__" in _names(node.targets)
    }
    return scoped, tables


def _reads(tables: set[str]) -> re.Pattern[str]:
    names = "|".join(sorted(map(re.escape, tables))) or "(?!)"
    return re.compile(rf"\b(?:FROM|JOIN|UPDATE|INTO|COPY)\s+(?:ONLY\s+)?(?:{names})\b", re.IGNORECASE)


def _functions(module: Module) -> list[Function]:
    """Functions and methods that no other function holds."""
    found: list[Function] = []
    waiting: list[ast.AST] = [module.tree]
    while waiting:
        for child in ast.iter_child_nodes(waiting.pop()):
            if isinstance(child, Function):
                found.append(child)
            else:
                waiting.append(child)
    return found


def _reason(function: Function) -> str | None:
    """Why it is a system query; None when it isn't marked, "" when nobody wrote why."""
    for mark in function.decorator_list:
        if "system_query" in _names([mark.func if isinstance(mark, ast.Call) else mark]):
            given = mark.args[0] if isinstance(mark, ast.Call) and mark.args else None
            return str(given.value).strip() if isinstance(given, ast.Constant) else ""
    return None


def _judge(module: Module, tree: Tree) -> Iterator[tuple[int, str]]:
    for function in _functions(module):
        reason = _reason(function)
        if reason == "":
            yield function.lineno, f"{function.name}: say why in @system_query"
        if reason is None and not module.is_core:
            yield from _unfiltered(function, tree)
            yield from _got_by_key(function, tree)
    if not module.is_core:
        yield from _raw(module, tree)
    if module.has_routes:
        yield from _sql_in_routes(module)
    if module.shows:
        yield from _system_queries_in_pages(module, tree)


def _touches(module: Module, function: Function, tree: Tree) -> bool:
    raw = any(function.name in users for _, _, users in _texts(module, tree))
    return raw or any(models for _, models in _statements(function, tree))


def _unfiltered(function: Function, tree: Tree) -> Iterator[tuple[int, str]]:
    seen = {
        model
        for node in ast.walk(function)
        if _called(node) == "visible" and isinstance(node, ast.Call)
        for model in _names(node.args[1:])
    }
    aliases = _aliases(function, tree)
    seen = {aliases.get(name, name) for name in seen}
    for line, models in _statements(function, tree):
        if models and not models & seen:
            shown = ", ".join(sorted(models))
            yield line, f"{function.name}: no visible(actor, …) for {shown}; or mark it @system_query"


def _statements(function: Function, tree: Tree) -> Iterator[tuple[int, set[str]]]:
    """Line and scoped tables of each statement; a table given by a variable counts by the variable's name."""
    parents = {child: parent for parent in ast.walk(function) for child in ast.iter_child_nodes(parent)}
    aliases = _aliases(function, tree)
    for node in ast.walk(function):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name) or node.func.id not in _BUILDERS:
            continue
        sources = list(node.args)
        above: ast.AST = node
        while isinstance(parents.get(above), ast.Attribute | ast.Call) and not _is_argument(above, parents[above]):
            above = parents[above]
            if _called(above) in _JOINS and isinstance(above, ast.Call):
                sources += above.args[:1]
        names = {aliases.get(name, name) for name in _names(sources)}
        arguments = {argument.arg for argument in (*function.args.args, *function.args.kwonlyargs)}
        bare = {source.id for source in sources if isinstance(source, ast.Name)} & arguments
        yield node.lineno, (names & tree.models) | bare


def _is_argument(node: ast.AST, parent: ast.AST) -> bool:
    return isinstance(parent, ast.Call) and parent.func is not node


def _aliases(function: Function, tree: Tree) -> dict[str, str]:
    """``who, whom = aliased(Person), aliased(Person)`` → who and whom stand for Person."""
    found: dict[str, str] = {}
    for node in ast.walk(function):
        if isinstance(node, ast.Assign):
            for name, made in zip(_parts(node.targets[0]), _parts(node.value), strict=False):
                models = tree.models & set(_names(made.args[:1])) if isinstance(made, ast.Call) else set()
                if isinstance(name, ast.Name) and models and _called(made) == "aliased":
                    found[name.id] = models.pop()
    return found


def _parts(node: ast.expr) -> list[ast.expr]:
    return node.elts if isinstance(node, ast.Tuple) else [node]


def _got_by_key(function: Function, tree: Tree) -> Iterator[tuple[int, str]]:
    for node in ast.walk(function):
        if isinstance(node, ast.Call) and _called(node) in {"get", "get_one"} and "session" in _names([node.func]):
            for model in sorted(set(_names(node.args[:1])) & tree.models):
                yield node.lineno, f"{function.name}: session.get({model}) → identity.scoping.get_visible"


def _texts(module: Module, tree: Tree) -> Iterator[tuple[int, str, set[str]]]:
    """Each SQL text over scoped tables with the functions that use it, by name or by a module's constant."""
    functions = _functions(module)
    inside: dict[ast.AST, str] = {node: f.name for f in functions for node in ast.walk(f)}
    docstrings = {id(body[0].value) for body in _bodies(module) if body and isinstance(body[0], ast.Expr)}
    for statement in ast.walk(module.tree):
        for node in ast.iter_child_nodes(statement):
            text = _text(node)
            if not text or id(node) in docstrings or _text(statement) or not tree.tables.search(text):
                continue
            if node in inside:
                yield node.lineno, text, {inside[node]}  # type: ignore[attr-defined]
            else:
                constants = set(_names(getattr(statement, "targets", [])))
                users = {f.name for f in functions if constants & set(_names(f.body))}
                yield node.lineno, text, users or {"<module>"}  # type: ignore[attr-defined]


def _bodies(module: Module) -> Iterator[list[ast.stmt]]:
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.body


def _text(node: ast.AST) -> str:
    """The constant parts of a string expression, joined."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else ""
    if isinstance(node, ast.JoinedStr):
        return " ".join(_text(part) for part in node.values)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Mod):
        return _text(node.left) + " " + _text(node.right)
    return ""


def _raw(module: Module, tree: Tree) -> Iterator[tuple[int, str]]:
    marked = {function.name for function in _functions(module) if _reason(function) is not None}
    for line, text, users in _texts(module, tree):
        unmarked = ", ".join(sorted(users - marked))
        if not unmarked:
            continue
        if not module.may_hold_sql:
            yield line, f"{unmarked}: SQL over scoped tables belongs into queries or commands, or @system_query"
        elif "site_id" not in text:
            yield line, f"{unmarked}: SQL over scoped tables must name site_id, or be @system_query"


def _sql_in_routes(module: Module) -> Iterator[tuple[int, str]]:
    for node in ast.walk(module.tree):
        if not isinstance(node, ast.Call):
            continue
        called = _called(node)
        origin = module.imports.get(called or "", "")
        if called in _SQL_WORDS and isinstance(node.func, ast.Name) and origin.startswith(("sqlalchemy", "sqlmodel")):
            yield node.lineno, f"{called}(…) among routes: SQL belongs into queries"
        if (
            isinstance(node.func, ast.Attribute)
            and called in _SESSION_VERBS
            and _names([node.func.value]) == ["session"]
        ):
            yield node.lineno, f"session.{called}(…) among routes: it belongs into queries or commands"


def _system_queries_in_pages(module: Module, tree: Tree) -> Iterator[tuple[int, str]]:
    for local, target in module.imports.items():
        if target in tree.system_queries:
            yield 1, f"{local} is a system query: it serves all sites"
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            owner = module.imports.get(node.value.id, "")
            if f"{owner}.{node.attr}" in tree.system_queries:
                yield node.lineno, f"{node.value.id}.{node.attr} is a system query: it serves all sites"


def _called(node: ast.AST | None) -> str | None:
    """``select`` for ``select(…)``, ``get`` for ``session.get(…)``."""
    if not isinstance(node, ast.Call):
        return None
    if isinstance(node.func, ast.Name):
        return node.func.id
    return node.func.attr if isinstance(node.func, ast.Attribute) else None


def _names(nodes: Iterable[ast.AST]) -> list[str]:
    """Every name and attribute in ``nodes``."""
    return [
        inner.id if isinstance(inner, ast.Name) else inner.attr
        for node in nodes
        for inner in ast.walk(node)
        if isinstance(inner, ast.Name | ast.Attribute)
    ]


def main() -> int:
    """Check the tree of the checkout; gives the exit code."""
    root = Path(__file__).resolve().parents[2]
    paths = sorted(path for folder in ("backend", "workers") for path in (root / folder).rglob("*.py"))
    found = violations({path.relative_to(root).as_posix(): path.read_text() for path in paths})
    print("\n".join(found), file=sys.stderr)
    print(f"scoped queries: {len(paths)} modules, {len(found)} broken rules")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
