"""A refused form as its page shows it again: what was wrong and where, and what had been typed."""

from dataclasses import dataclass, field

from fastapi import Request

from backend.core.errors import Conflict, DomainError, Forbidden, Invalid, TooLarge, TooMany
from backend.core.i18n import translate
from backend.core.pages import locale_of

REFUSALS = (Invalid, Conflict, Forbidden, TooLarge, TooMany)
"""What is said on the form's own page. NotFound is not: there is no page then."""


@dataclass(frozen=True)
class Refusal:
    """Sentences in the language of who asks. ``photos_lost``: browsers don't let a page put files back."""

    status: int = 200
    sentence: str = ""
    errors: dict[str, str] = field(default_factory=dict)
    photos_lost: bool = False


def refusal(request: Request, error: DomainError, *, photos_lost: bool = False) -> Refusal:
    """``error`` in words, its values filled in."""
    locale = locale_of(request)
    errors = {name: translate(locale, words, **error.values) for name, words in error.fields.items()}
    return Refusal(error.status, translate(locale, error.message, **error.values), errors, photos_lost)
