"""Chinese is what the source says; other languages are looked up in ``web/locales/<locale>/*.po``.

``scripts/checks/translations.py`` fails the build when a text has no English.
"""

from functools import lru_cache
from typing import Any

from babel.messages.pofile import read_po

from backend.core.settings import PROJECT_ROOT

LOCALES = ("zh_CN", "en")
LOCALES_FOLDER = PROJECT_ROOT / "web" / "locales"


def translate(locale: str, message: str, **values: Any) -> str:
    """``message`` (a Chinese msgid) in ``locale``, its ``%(name)s`` filled from ``values``; itself when unknown."""
    words = catalogue(locale).get(message, message)
    return words % values if values else words


@lru_cache
def catalogue(locale: str) -> dict[str, str]:
    """All texts of a locale by msgid, of all its files; empty for the language of the source."""
    texts: dict[str, str] = {}
    for path in sorted((LOCALES_FOLDER / locale).glob("*.po")):
        with path.open("rb") as file:
            messages = read_po(file, locale=locale)
        texts |= {str(one.id): str(one.string) for one in messages if one.id and one.string}
    return texts
