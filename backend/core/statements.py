"""Parts of statements that cost more to make anew at each request than the database takes to answer them."""

import re
from collections.abc import Iterable
from functools import cache
from typing import Any, TypeVar

from sqlalchemy import BigInteger, ColumnElement, String, any_, literal, literal_column
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import aliased

_Model = TypeVar("_Model")


@cache
def alias_of(model: type[_Model], name: str) -> type[_Model]:
    """``model`` once more in a statement, under ``name``; made once.

    A statement that stands within another needs a name of its own for it: under the outer one's name it would speak
    of the outer one's row.
    """
    return aliased(model, name=name)


def one_of(column: Any, words: Iterable[str]) -> ColumnElement[bool]:
    """Whether ``column`` is one of ``words``, the code's own, which are written out.

    ``in_`` writes its values into the statement's text anew each time it is sent, a third of what sending it costs.
    Raises ValueError for what is no plain word: nothing that people type belongs here.
    """
    written = sorted(words)
    if strange := [word for word in written if not re.fullmatch(r"\w+", word)]:
        raise ValueError(f"not the code's own words: {strange}")
    found: ColumnElement[bool] = column.in_([literal_column(f"'{word}'", String) for word in written])
    return found


def among(column: Any, ids: Iterable[int]) -> ColumnElement[bool]:
    """Whether ``column`` is one of ``ids``, which are sent as one value.

    ``in_`` sends each as its own, so that the statement is written anew, and prepared anew by the database, for each
    number of them.
    """
    found: ColumnElement[bool] = column == any_(literal(sorted(ids), ARRAY(BigInteger)))
    return found
