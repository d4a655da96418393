"""Reads what people send about a meeting: when and who, a choice, the confirmed cause, whys, decisions."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import Form

from backend.hazards.forms import database_id
from backend.hazards.plan import read_deadline
from backend.incidents.meeting.commands import Draft, Pick, Verdict, Wish
from backend.incidents.meeting.whys import Why

Line = Annotated[str, Form(max_length=1000)]
Long = Annotated[str, Form(max_length=4000)]
Key = Annotated[str, Form(max_length=200)]
Ids = Annotated[Sequence[str], Form(max_length=200)]
Texts = Annotated[Sequence[str], Form(max_length=20)]


@dataclass
class WishForm:
    """When (``datetime-local`` in the site's zone), where and who, as typed and ticked."""

    at: Key = ""
    place: Line = ""
    people: Ids = ()

    def wish(self, zone: ZoneInfo) -> Wish:
        """As the command takes it."""
        ids = [id_ for typed in self.people if (id_ := database_id(typed)) is not None]
        return Wish(read_deadline(self.at, zone), self.place, ids)


@dataclass
class PickForm:
    """A choice as tapped; its words come with what is said."""

    cause: Key = ""
    saw: Key = ""

    def pick(self) -> Pick:
        """As the command takes it."""
        return Pick(self.cause, bool(self.saw))


@dataclass
class VerdictForm:
    """The confirmed cause as tapped and typed."""

    cause: Key = ""
    words: Long = ""
    reason: Long = ""

    def verdict(self) -> Verdict:
        """As the command takes it."""
        return Verdict(self.cause, self.words, self.reason)


@dataclass
class WhysForm:
    """The chain as typed, side by side: the n-th of each list is of the n-th why. ``version``: of the chain shown."""

    question: Texts = ()
    answer: Texts = ()
    cite: Texts = ()
    factor: Key = ""
    version: Annotated[int, Form(ge=0, lt=2**31)] = 0

    def lines(self) -> list[Why]:
        """The whys in order, empty ones too."""
        rows = max(len(self.question), len(self.answer))
        return [Why(_at(self.question, n), _at(self.answer, n), _at(self.cite, n)) for n in range(rows)]


@dataclass
class DraftForm:
    """A decision as typed."""

    words: Long = ""
    kind: Key = ""
    owner_id: Key = ""
    due_on: Key = ""

    def draft(self) -> Draft:
        """As the command takes it."""
        return Draft(self.words, self.kind, database_id(self.owner_id), _date(self.due_on))


def _at(texts: Sequence[str], number: int) -> str:
    return texts[number] if number < len(texts) else ""


def _date(typed: str) -> date | None:
    try:
        return date.fromisoformat(typed.strip())
    except ValueError:
        return None
