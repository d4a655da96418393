"""Which cards stand on a page, in which order: the layout of a role and, where it allows, a person's own. Pure.

What is critical comes first and can't be left out; codes that nobody knows any more are passed over; nobody gets what
they may not see, whatever a layout says.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from backend.home.catalogue import CATALOGUE, FIGURE, Card, Kind
from backend.identity.models import Role


@dataclass(frozen=True)
class Layout:
    """The optional cards of a role in their order. ``number`` 0: as AnSu comes; ``free``: people may arrange theirs."""

    cards: tuple[str, ...]
    free: bool = True
    number: int = 0


@dataclass(frozen=True)
class Arrangement:
    """How a person has put their own page. Cards that aren't in ``order`` follow their role's layout."""

    order: tuple[str, ...] = ()
    hidden: frozenset[str] = frozenset()


def _figures(*codes: str) -> tuple[str, ...]:
    return tuple(FIGURE + code for code in codes)


_WORK = ("to_confirm", "own", "checkins", "maintenance", "courses")
_LEAD = ("to_confirm", "to_verify", "triage", "overdue", "own", "checkins", "maintenance", "courses")
USUAL: dict[Role, Layout] = {
    Role.WORKER: Layout((*_WORK, "urgent")),
    Role.LEADER: Layout((*_LEAD, "urgent", "checkin_teams", *_figures("on_time", "checkins"), "duty")),
    Role.SAFETY_OFFICER: Layout(
        (
            *_LEAD,
            "urgent",
            *_figures("on_time", "identification", "recurrence", "precision"),
            *("overdue_teams", "risk_map", "concentration", "alarm_load", "safety_report"),
        )
    ),
    Role.MANAGER: Layout(
        (
            *_LEAD,
            *_figures("on_time", "checkins", "response", "recurrence"),
            *("decisions", "risk_map", "concentration", "overdue_teams", "checkin_teams", "alarm_load"),
            *("duty", "safety_report", "urgent"),
        )
    ),
    Role.ADMIN: Layout((*_LEAD, "urgent", *_figures("on_time", "checkins"), "risk_map", "alarm_load", "safety_report")),
}
"""What each role has before anybody arranges it."""


def optional(codes: Iterable[str]) -> list[str]:
    """Those of ``codes`` that are cards a layout may name, each once, at its first place."""
    return [code for code in dict.fromkeys(codes) if code in CATALOGUE and CATALOGUE[code].optional]


def ordered(layout: Layout, own: Arrangement) -> list[str]:
    """The layout's optional cards in the order of a person, hidden ones too: a card that the person has never moved
    stays behind the one that it follows in the layout."""
    base = optional(layout.cards)
    if not layout.free:
        return base
    found = [code for code in optional(own.order) if code in base]
    for place, code in enumerate(base):
        if code not in found:
            found.insert(found.index(base[place - 1]) + 1 if place else 0, code)
    return found


def page(layout: Layout, own: Arrangement, may: Callable[[Card], bool]) -> list[Card]:
    """The cards of a page in their order, of those that ``may`` lets through."""
    always = [one for one in CATALOGUE.values() if not one.optional]
    hidden = own.hidden if layout.free else frozenset()
    chosen = [CATALOGUE[code] for code in ordered(layout, own) if code not in hidden]
    return [one for one in (*always, *chosen) if may(one)]


MOVES = ("up", "down", "drop", "add")


def moved(codes: Sequence[str], move: str) -> list[str]:
    """``codes`` after a tap: ``up:own``, ``down:own``, ``drop:own``, ``add:own``; anything else changes nothing."""
    found = optional(codes)
    verb, _, code = move.partition(":")
    if verb == "add":
        return optional([*found, code])
    if code not in found:
        return found
    place = found.index(code)
    if verb == "drop":
        return [one for one in found if one != code]
    beside = {"up": place - 1, "down": place + 1}.get(verb, place)
    if 0 <= beside < len(found):
        found[place], found[beside] = found[beside], found[place]
    return found


@dataclass(frozen=True)
class Run:
    """Cards that follow each other and are shown, or fetched, together."""

    kind: Kind
    cards: tuple[Card, ...]

    @property
    def key(self) -> str:
        """The same as long as it holds the same cards."""
        return "-".join(one.code for one in self.cards)


def runs(cards: Sequence[Card]) -> list[Run]:
    """The optional cards of a page: counts and figures that follow each other together, the others one by one."""
    found: list[Run] = []
    for one in cards:
        if not one.optional:
            continue
        last = found[-1] if found else None
        if last is not None and one.kind == last.kind and one.kind in {Kind.COUNT, Kind.FIGURE}:
            found[-1] = Run(last.kind, (*last.cards, one))
        else:
            found.append(Run(one.kind, (one,)))
    return found
