"""What of the queue is asked for, as typed into an address. Pure."""

from dataclasses import dataclass, fields, replace
from typing import Annotated
from urllib.parse import urlencode

from fastapi import Query

from backend.feedback.models import Kind
from backend.feedback.queries import Asked

SHOWS = ("open", "done", "all")


@dataclass(frozen=True)
class Typed:
    """Empty: not asked for."""

    show: Annotated[str, Query(max_length=10)] = ""
    kind: Annotated[str, Query(max_length=20)] = ""
    search: Annotated[str, Query(max_length=100)] = ""
    mine: Annotated[str, Query(max_length=3)] = ""

    def read(self) -> Asked:
        """The same as values; whatever can't be read finds all."""
        return Asked(
            self.show if self.show in SHOWS else SHOWS[0],
            self.kind if self.kind in set(Kind) else "",
            self.search.strip(),
            bool(self.mine),
        )

    def url(self, path: str = "/all", before: str = "", **changes: str) -> str:
        """The page below ``/feedback`` that shows it, some of it changed."""
        typed = replace(self, **changes)
        pairs = [(one.name, getattr(typed, one.name)) for one in fields(typed)] + [("before", before)]
        query = urlencode([pair for pair in pairs if pair[1]])
        return f"/feedback{path}{'?' if query else ''}{query}"
