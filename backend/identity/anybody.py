"""An actor who is nobody: what a page made for many is made for, so that it holds nothing of one's own.

The person's id, their token and the keys of their forms are but places that ``identity.alike`` fills in for each.
Compared with the persons and posts that a page names, this one is none of them and holds none of them, and remembers
whom it was compared with: those need a page of their own. Whatever else is done with what is one's own is refused.
"""

import re
import secrets
from collections.abc import Hashable
from dataclasses import dataclass, fields
from typing import Any, NoReturn, cast

from backend.core.kept import kept_within_kept
from backend.identity.actor import Actor
from backend.identity.sharing import sees

_SECRET = secrets.token_hex(16)
"""Of this process, so that nobody can write a place into a text and have another's token filled in there."""
PLACE = re.compile(rf"own-{_SECRET}-(\w+)-own".encode())
"""Of letters that stand unchanged in HTML, in an address and in JSON: one that was escaped would never be filled in."""
FILLED = ("person_id", "csrf_token")
_REFUSED = ("name", "name_en", "account", "session_id", "address", "request_id")


def place(name: str) -> str:
    """Where ``name`` is filled in."""
    return f"own-{_SECRET}-{name}-own"


class NotAlike(Exception):
    """What was made for many asked for what is one person's own."""


class _Own:
    """Stands for something of a person's own: can be printed where it is filled in, and nothing else."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __str__(self) -> str:
        return place(self._name) if self._name in FILLED else self.refuse()

    def __html__(self) -> str:
        return str(self)

    def refuse(self, *_: object) -> NoReturn:
        """End the attempt to make one page for many."""
        raise NotAlike(self._name)

    __clause_element__ = property(refuse)
    """SQLAlchemy asks for it first of all."""


_USES = "bool int index len iter contains getitem eq ne lt le gt ge add radd and or sub hash"
for _use in _USES.split():
    setattr(_Own, f"__{_use}__", _Own.refuse)


class _Other(_Own):
    """The id of a person who is none of those it was compared with: ``named``."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.named: set[int] = set()

    def __eq__(self, other: object) -> bool:
        return _noted(self, self.named, other)

    def __ne__(self, other: object) -> bool:
        return not _noted(self, self.named, other)

    __hash__ = _Own.__hash__


class _OtherPosts(_Own):
    """Posts, some or none, that are none of those asked for: ``named``."""

    def __init__(self, name: str, some: bool) -> None:
        super().__init__(name)
        self._some = some
        self.named: set[int] = set()

    def __bool__(self) -> bool:
        return self.refuse() if kept_within_kept() else self._some

    def __contains__(self, post: object) -> bool:
        return _noted(self, self.named, post)


def _noted(own: _Own, named: set[int], other: object) -> bool:
    """Note ``other``, an id or None, which isn't one's own. Within what is kept by itself it would be heard but once:
    the next page that takes it from there would not know whom it names."""
    if kept_within_kept() or not isinstance(other, int | None):
        own.refuse()
    if other is not None:
        named.add(other)
    return False


class Anybody(Actor):
    """One who sees what an actor sees and is nobody; equal for all who see as much and hold posts or don't."""

    @classmethod
    def like(cls, actor: Actor) -> "Anybody":
        """Nobody, with the rights of ``actor``."""
        known = {field.name: getattr(actor, field.name) for field in fields(Actor)}
        own: dict[str, Any] = {name: _Own(name) for name in ("csrf_token", *_REFUSED)}
        own |= {"person_id": _Other("person_id"), "post_ids": _OtherPosts("post_ids", bool(actor.post_ids))}
        return cls(**known | own)

    @property
    def rights(self) -> Actor:
        """Itself: it has nothing but rights."""
        return self

    @property
    def named(self) -> "Named":
        """Whom the page made for this one was found to be about."""
        person, posts = cast(_Other, self.person_id), cast(_OtherPosts, self.post_ids)
        return Named(frozenset(person.named), frozenset(posts.named))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Anybody) and likeness(self) == likeness(other)

    def __hash__(self) -> int:
        return hash(likeness(self))


def likeness(actor: Actor) -> Hashable:
    """What those have in common for whom one page may be made."""
    return sees(actor), bool(actor.post_ids)


@dataclass(frozen=True)
class Named:
    """The persons and posts that a page looks different for."""

    persons: frozenset[int]
    posts: frozenset[int]

    def has(self, actor: Actor) -> bool:
        """Whether ``actor`` is one of them or holds one."""
        return actor.person_id in self.persons or not self.posts.isdisjoint(actor.post_ids)
