"""A page of a list that goes on: one row more is asked for than is shown, and tells whether others follow."""

from collections.abc import Sequence
from typing import TypeVar

_Row = TypeVar("_Row")


def cut(found: Sequence[_Row], most: int) -> tuple[Sequence[_Row], _Row | None]:
    """``found``, asked for with ``most + 1``: what is shown of it, and its last row where others follow it."""
    shown = found[:most]
    return shown, shown[-1] if len(found) > most else None
