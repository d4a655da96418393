"""The one place that says who may see and do what.

``visible(actor, Model)`` is the filter every query on a site-scoped table passes through; a check in
scripts/checks/scoped_queries.py fails the build when one doesn't. Domains narrow it further for roles
with ``scope``. ``require(actor, capability)`` guards what is done.
"""

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import ColumnElement, and_, false
from sqlmodel import col

from backend.core.errors import N_, Forbidden, NotFound
from backend.core.kept import keeping
from backend.core.tables import SiteScoped
from backend.identity.actor import Actor

_Function = TypeVar("_Function", bound=Callable[..., Any])
_Made = TypeVar("_Made")
_More = ParamSpec("_More")

ScopeRule = Callable[[Actor], ColumnElement[bool]]
_scopes: dict[type[SiteScoped], ScopeRule] = {}


def scope(model: type[SiteScoped]) -> Callable[[ScopeRule], ScopeRule]:
    """Register how rows of ``model`` are narrowed within the site, by role, team or post."""

    def register(rule: ScopeRule) -> ScopeRule:
        _scopes[model] = rule
        return rule

    return register


def visible(actor: Actor, model: type[SiteScoped]) -> ColumnElement[bool]:
    """The condition under which ``actor`` may see a row of ``model``: own site, and the domain's scope."""
    own_site: ColumnElement[bool] = col(model.site_id) == actor.site_id
    rule = _scopes.get(model)
    return and_(own_site, rule(actor)) if rule else own_site


def of_own_team(actor: Actor, team_id: Any) -> ColumnElement[bool]:
    """Whether the column ``team_id`` names the actor's team. Who is in no team has no mates."""
    return false() if actor.team_id is None else team_id == actor.team_id


def require(actor: Actor, capability: str) -> None:
    """Raise Forbidden unless the actor's role has ``capability``, NotFound where its module is switched off."""
    if actor.does_without(capability):
        raise NotFound(N_("本厂没有启用这个模块，需要时请管理员在“模块”里打开"))
    if not actor.can(capability):
        raise Forbidden()


def made_once(build: Callable[Concatenate[Actor, _More], _Made]) -> Callable[Concatenate[Actor, _More], _Made]:
    """Keep the statement that ``build`` makes for a person with their rights (and further hashable arguments).

    Making one anew costs as much as the database takes to answer it. ``build`` sees ``Actor.rights`` alone, so that
    nothing of one request gets into another's; moments are the database's (``func.now()``).
    """

    @lru_cache(maxsize=2048)
    @wraps(build)
    def kept(*asked: Any, **named: Any) -> _Made:
        with keeping():
            return build(*asked, **named)

    def statement(actor: Actor, /, *more: _More.args, **named: _More.kwargs) -> _Made:
        return kept(actor.rights, *more, **named)  # type: ignore[arg-type]

    return statement


def system_query(reason: str) -> Callable[[_Function], _Function]:
    """Mark a query of the system's own roles that serves all sites, and why; pages and API must not call it."""

    def mark(function: _Function) -> _Function:
        function.system_query = reason  # type: ignore[attr-defined]
        return function

    return mark
