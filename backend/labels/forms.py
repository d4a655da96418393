"""What the pages of labels are asked, read from addresses and forms; nonsense in an address means no filter."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, Form, Query, Request

from backend.core.settings import settings
from backend.identity.actor import Actor
from backend.labels.printing import Print
from backend.labels.queries import Kind, Wanted

_LABELLED = {"with": True, "without": False}
LONGEST_ID = 18
"""Digits of an id that PostgreSQL can hold for certain."""
_THIS_MACHINE = ("localhost", "127.", "[::1]", "0.0.0.0")  # noqa: S104 - compared, not listened on


@dataclass
class Filter:
    """Which things the list shows, as its address says."""

    kind: Annotated[str, Query()] = ""
    area: Annotated[str, Query()] = ""
    state: Annotated[str, Query()] = ""
    search: Annotated[str, Query(max_length=60)] = ""

    def read(self) -> Wanted:
        """The same as a query wants it."""
        return Wanted(
            Kind(self.kind) if self.kind in set(Kind) else None,
            _id(self.area),
            _LABELLED.get(self.state),
            self.search.strip(),
        )


@dataclass
class SheetForm:
    """What to print: the ``things`` that are ticked (``equipment-5``), or all that the filter shows."""

    things: Annotated[Sequence[str], Form()] = ()
    everything: Annotated[str, Form()] = ""
    layout: Annotated[str, Form()] = "a4"
    kind: Annotated[str, Form()] = ""
    area: Annotated[str, Form()] = ""
    state: Annotated[str, Form()] = ""
    search: Annotated[str, Form(max_length=60)] = ""

    @property
    def filter(self) -> Filter:
        """The filter of the list it was sent from."""
        return Filter(self.kind, self.area, self.state, self.search)

    def keys(self) -> list[tuple[Kind, int]]:
        """The ticked things; what can't be one is left out."""
        parts = (key.partition("-") for key in self.things)
        return [(Kind(kind), id_) for kind, _, typed in parts if kind in set(Kind) and (id_ := _id(typed))]


def _id(typed: str) -> int | None:
    """An id as typed; None for what can't be one."""
    return int(typed) if typed.isdecimal() and len(typed) <= LONGEST_ID else None


FilterDep = Annotated[Filter, Depends()]
SheetFormDep = Annotated[SheetForm, Depends()]


def base_url(request: Request) -> str:
    """Where people open AnSu: what labels carry."""
    return (settings().public_url or str(request.base_url)).rstrip("/")


def phones_can_open(url: str) -> bool:
    """Whether ``url`` names a machine that others reach, not "this one"."""
    return not urlsplit(url).netloc.startswith(_THIS_MACHINE)


def print_for(request: Request, actor: Actor, layout: str) -> Print:
    """How to print for who asks: in the language of their pages."""
    site = (actor.site_name, actor.site_name_en)
    return Print(layout, base_url(request), site, english=actor.locale == "en")
