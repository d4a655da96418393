"""Feedback before it is given: what must be in it. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from backend.core.errors import N_, Invalid
from backend.core.pictures import Picture
from backend.feedback.models import Kind
from backend.hazards.plan import tidy

MOST_LETTERS = 1000
MOST_PHOTOS = 3
_LONGEST_PAGE = 200
_NUMBER = re.compile(r"/\d+(?=/|$)")


@dataclass(frozen=True)
class Draft:
    """What is said. ``page``, ``device``, ``version``, ``locale`` are "" where the person left them out."""

    kind: str
    words: str
    page: str = ""
    device: str = ""
    version: str = ""
    locale: str = ""
    pictures: Sequence[Picture] = ()
    captured_at: datetime | None = None
    idempotency_key: str = ""

    def checked(self) -> "Draft":
        """The same as it is stored. Raises Invalid beside each field."""
        words, wrong = tidy(self.words), {}
        if self.kind not in set(Kind):
            wrong["kind"] = N_("请选择是哪一种")
        if not words:
            wrong["words"] = N_("请写一句话")
        elif len(words) > MOST_LETTERS:
            wrong["words"] = N_("内容太长，请精简")
        if len(self.pictures) > MOST_PHOTOS:
            wrong["photos"] = N_("一次最多上传 %(most)s 张照片")
        if wrong:
            raise Invalid(fields=wrong, most=MOST_PHOTOS)
        return replace(self, words=words)


def page_of(address: str, origin: str) -> str:
    """The path of a page of ours, without what it was asked for: ``https://ansu/alarms/7?x=1`` → ``/alarms/7``.

    "" for pages of others, and for those of feedback itself.
    """
    path = address.removeprefix(origin).split("?", 1)[0].split("#", 1)[0]
    ours = path.startswith("/") and not path.startswith(("//", "/feedback", "/sign-"))
    return path[:_LONGEST_PAGE] if ours and path.isprintable() else ""


def kind_of_page(page: str) -> str:
    """The page whichever thing it shows: ``/alarms/7`` and ``/alarms/8`` are ``/alarms/…``."""
    return _NUMBER.sub("/…", page)
