"""Reads what somebody sends as feedback: its kind, words, pictures, and what they let it carry of the phone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import File, Form, Header, Request, UploadFile

from backend import __version__
from backend.core.clock import now, true_moment
from backend.core.errors import N_, Invalid
from backend.core.pages import locale_of
from backend.core.pictures import convert, read_upload
from backend.feedback.draft import MOST_PHOTOS, Draft, page_of
from backend.feedback.models import Kind
from backend.identity.devices import device_name


@dataclass
class FeedbackForm:
    """Feedback as it was typed. ``read`` looks at the files only when asked, after who asks is known.

    ``carries``: whether page, device, version and language may go along. ``captured_at`` is the phone's time of it,
    ``device_now`` the phone's time when it sent.
    """

    kind: Annotated[str, Form(max_length=20)] = Kind.PROBLEM
    words: Annotated[str, Form(max_length=4000)] = ""
    page: Annotated[str, Form(max_length=400)] = ""
    carries: Annotated[str, Form(max_length=10)] = ""
    idempotency_key: Annotated[str, Form(max_length=64)] = ""
    captured_at: Annotated[datetime | None, Form()] = None
    device_now: Annotated[datetime | None, Form()] = None
    photos: Annotated[Sequence[UploadFile], File()] = ()
    key_header: Annotated[str, Header(alias="Idempotency-Key", max_length=64)] = ""

    @property
    def has_files(self) -> bool:
        """Whether files came along; browsers send an empty one for a field nobody used."""
        return bool(self._used())

    async def read(self, request: Request) -> Draft:
        """What was sent, its files made safe. Raises Invalid, TooLarge or TooMany beside the field."""
        photos = self._used()
        if len(photos) > MOST_PHOTOS:
            words = N_("一次最多上传 %(most)s 张照片")
            raise Invalid(words, fields={"photos": words}, most=MOST_PHOTOS)
        draft = Draft(
            self.kind,
            self.words,
            pictures=[await convert(await read_upload(one)) for one in photos],
            captured_at=true_moment(self.captured_at, self.device_now, now()),
            idempotency_key=self.idempotency_key or self.key_header,
        )
        return _carrying(draft, request, self.page) if self.carries else draft

    def _used(self) -> list[UploadFile]:
        return [one for one in self.photos if one.filename or one.size]


def _carrying(draft: Draft, request: Request, page: str) -> Draft:
    return Draft(
        draft.kind,
        draft.words,
        page_of(page, origin_of(request)),
        device_name(request.headers.get("user-agent", "")),
        __version__,
        locale_of(request),
        draft.pictures,
        draft.captured_at,
        draft.idempotency_key,
    )


def origin_of(request: Request) -> str:
    """How addresses of ours begin for who asks: ``https://ansu.example``."""
    return f"{request.url.scheme}://{request.url.netloc}"
