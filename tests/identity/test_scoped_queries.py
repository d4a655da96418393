"""The check that no query goes round the permissions, on snippets: what it lets through and what it names."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]

MODELS = """
class SiteScoped: ...
class Base(SiteScoped): ...
class Alarm(Base, table=True):
    __tablename__ = "alarm"
class Person(SiteScoped, table=True):
    __tablename__ = "person"
class Site(Stamped, table=True):
    __tablename__ = "site"
"""


@pytest.fixture(scope="module")
def check() -> ModuleType:
    spec = importlib.util.spec_from_file_location("scoped_queries", ROOT / "scripts/checks/scoped_queries.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def found(
    check: ModuleType, source: str, path: str = "backend/alarms/queries.py", others: dict[str, str] | None = None
) -> list[str]:
    return list(check.violations({"backend/alarms/models.py": MODELS, path: source, **(others or {})}))


LET_THROUGH = {
    "a filtered select": "def q(s, actor): return s.execute(select(Alarm).where(visible(actor, Alarm)))",
    "a condition made before": (
        "def q(s, actor):\n wanted = [visible(actor, Alarm)]\n return select(Alarm).where(*wanted)"
    ),
    "columns of a filtered table": "def q(actor): return select(col(Alarm.id)).where(visible(actor, Alarm))",
    "a join along a foreign key": (
        "def q(actor): return select(Alarm).join(Person, Person.id == Alarm.by).where(visible(actor, Alarm))"
    ),
    "a filtered alias": "def q(actor):\n who = aliased(Person)\n return select(who).where(visible(actor, who))",
    "a table of no site": "def q(): return select(Site)",
    "a system query that says why": "@system_query('the worker serves all sites')\ndef q(): return select(Alarm)",
    "text that names the site": "def q(s, a): s.execute(text('SELECT 1 FROM alarm WHERE site_id = :s'), a.site_id)",
    "text of a constant in a system query": (
        "_ALL = 'SELECT 1 FROM alarm'\n@system_query('counts of everything')\ndef q(s): s.execute(text(_ALL))"
    ),
    "words that are no SQL": "def q():\n '''Gives each FROM alarm rows.'''\n return 'from here'",
    "an update that is filtered": "def c(a): return update(Alarm).where(visible(a, Alarm)).values(x=1)",
    "a key of a table of no site": "def q(session): return session.get(Site, 1)",
}


@pytest.mark.parametrize("name", LET_THROUGH)
def test_it_lets_through(check: ModuleType, name: str) -> None:
    assert found(check, LET_THROUGH[name]) == []


NAMED = {
    "an unfiltered select": "def q(s): return s.execute(select(Alarm))",
    "an unfiltered column": "def q(s): return s.execute(select(func.count(col(Alarm.id))))",
    "a filter of another table": "def q(actor): return select(Alarm).where(visible(actor, Person))",
    "an unfiltered join": "def q(): return select(Site).join(Alarm, Alarm.site_id == Site.id)",
    "an unfiltered second statement": (
        "def q(s, actor):\n s.execute(select(Alarm).where(visible(actor, Alarm)))\n s.execute(select(Person))"
    ),
    "a table given by a variable": "def q(model): return select(model)",
    "an unfiltered alias": "def q():\n who, n = aliased(Person), 1\n return select(who)",
    "an unfiltered update": "def c(): return update(Alarm).values(x=1)",
    "an unfiltered delete": "def c(): return delete(Alarm)",
    "a nested function": "def q():\n def inner(): return select(Alarm)\n return inner()",
    "a method": "class Q:\n def q(self): return select(Alarm)",
    "a system query that doesn't say why": "@system_query('')\ndef q(): return select(Alarm)",
    "text without the site": "def q(s): s.execute(text('SELECT 1 FROM alarm WHERE id = 1'))",
    "a constant without the site": "_ALL = 'SELECT 1 FROM alarm'\ndef q(s): s.execute(text(_ALL))",
    "a constant shared by a system query and another function": (
        "_ALL = 'SELECT 1 FROM alarm'\n@system_query('w')\ndef q(s): s.execute(text(_ALL))\n"
        "def r(s): s.execute(text(_ALL))"
    ),
    "a format string without the site": "def q(s, n): s.execute(text(f'UPDATE alarm SET x = {n}'))",
    "a joined string without the site": "def q(c): c.fetch('SELECT 1 ' + 'FROM alarm')",
    "a row by its key": "def q(session): return session.get(Alarm, 1)",
}


@pytest.mark.parametrize("name", NAMED)
def test_it_names(check: ModuleType, name: str) -> None:
    assert len(found(check, NAMED[name])) == 1


def test_text_over_scoped_tables_stands_only_in_rooms_for_it(check: ModuleType) -> None:
    text = "def q(s): s.execute(text('SELECT 1 FROM alarm WHERE site_id = 1'))"
    assert found(check, text, "backend/alarms/commands/raising.py") == []
    assert "belongs into queries or commands" in found(check, text, "backend/alarms/wording.py")[0]


def test_core_needs_no_filter_but_pages_may_not_use_what_it_reads(check: ModuleType) -> None:
    core = "def read(s): return s.execute(text('SELECT 1 FROM alarm'))\ndef now(): ..."
    page = "from backend.core.log import now, read"
    named = found(check, page, "backend/alarms/pages.py", {"backend/core/log.py": core})
    assert [line.split(": ")[1] for line in named] == ["read is a system query"]


@pytest.mark.parametrize("path", ["backend/alarms/pages.py", "backend/alarms/rule_pages.py", "backend/x/api/rows.py"])
@pytest.mark.parametrize(
    "page",
    [
        "from backend.alarms.queries import everything",
        "from backend.alarms import queries\ndef page(s): return queries.everything(s)",
        "from backend.alarms.queries import everything as few\ndef page(s): return few(s)",
    ],
)
def test_pages_and_apis_use_no_system_query(check: ModuleType, path: str, page: str) -> None:
    queries = "@system_query('the worker serves all sites')\ndef everything(s): return select(Alarm)"
    assert len(found(check, page, path, {"backend/alarms/queries.py": queries})) == 1


def test_a_system_query_offered_by_a_package_is_known_by_that_name_too(check: ModuleType) -> None:
    inner = "@system_query('all sites')\ndef everything(s): return select(Alarm)"
    offered = "from backend.alarms.queries.inner import everything"
    page = "from backend.alarms import queries\ndef page(s): return queries.everything(s)"
    named = found(
        check,
        page,
        "backend/alarms/pages.py",
        {"backend/alarms/queries/inner.py": inner, "backend/alarms/queries/__init__.py": offered},
    )
    assert len(named) == 1


@pytest.mark.parametrize(
    "page",
    [
        "from sqlalchemy import select\ndef page(actor): return select(Alarm).where(visible(actor, Alarm))",
        "from sqlalchemy import text\ndef page(): return text('SELECT 1')",
        "def page(session, row): session.add(row)",
        "async def page(session): await session.execute(made)",
    ],
)
def test_routes_hold_no_sql_wherever_they_stand(check: ModuleType, page: str) -> None:
    assert len(found(check, page, "backend/alarms/pages.py")) == 1
    assert len(found(check, f"router = APIRouter()\n{page}", "backend/alarms/doors.py")) == 1
