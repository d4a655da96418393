"""Reads what people send about traces: what to trace and when, and the answer to a look on site."""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

from fastapi import File, Form, Header, UploadFile

from backend.core.clock import now, true_moment
from backend.core.errors import N_, Invalid
from backend.core.pictures import convert, read_upload
from backend.identity.actor import Actor
from backend.tracing.asking import USUAL, Question
from backend.tracing.checks.answering import MOST_PHOTOS, Answer


@dataclass
class QuestionForm:
    """A trace by hand as typed; ``kind`` and ``target`` are what is picked from lists, ``what`` a whole key."""

    what: Annotated[str, Form(max_length=40)] = ""
    since: Annotated[str, Form(max_length=40)] = ""
    until: Annotated[str, Form(max_length=40)] = ""

    def read(self, actor: Actor) -> Question:
        """The question; without times the last hour. Raises Invalid beside a time that can't be read."""
        until = read_moment(self.until, actor, "until") or now()
        since = read_moment(self.since, actor, "since") or until - USUAL
        return Question(self.what.strip(), since, until)


def read_moment(typed: str, actor: Actor, field: str) -> datetime | None:
    """A local time of the site as UTC; None when nothing was typed."""
    if not typed.strip():
        return None
    with contextlib.suppress(ValueError, OverflowError):  # the year 1 has no UTC everywhere
        read = datetime.fromisoformat(typed.strip())
        return (read if read.tzinfo else read.replace(tzinfo=actor.zone)).astimezone(UTC)
    raise Invalid(fields={field: N_("请填写日期和时间")})


def typed_form(moment: datetime, actor: Actor) -> str:
    """A moment as a browser's field for local times wants it."""
    return moment.astimezone(actor.zone).strftime("%Y-%m-%dT%H:%M")


@dataclass
class AnswerForm:
    """An answer as it was sent; ``read`` looks at the photos only when asked, after who asks is known."""

    verdict: Annotated[str, Form(max_length=20)] = ""
    answer: Annotated[str, Form(max_length=20)] = ""
    note: Annotated[str, Form(max_length=2000)] = ""
    idempotency_key: Annotated[str, Form(max_length=64)] = ""
    captured_at: Annotated[datetime | None, Form()] = None
    device_now: Annotated[datetime | None, Form()] = None
    photos: Annotated[Sequence[UploadFile], File()] = ()
    back: Annotated[str, Form(max_length=20)] = ""
    """``trace``: answered on the trace's page, and to be led back there."""
    key_header: Annotated[str, Header(alias="Idempotency-Key", max_length=64)] = ""

    async def read(self) -> Answer:
        """What was sent, its pictures made safe. Raises Invalid, TooLarge or TooMany beside ``photos``."""
        uploads = [upload for upload in self.photos if upload.filename or upload.size]
        if len(uploads) > MOST_PHOTOS:
            words = N_("一次最多上传 %(most)s 张照片")
            raise Invalid(words, fields={"photos": words}, most=MOST_PHOTOS)
        return Answer(
            verdict=self.verdict,
            answer=self.answer,
            note=self.note,
            pictures=[await convert(await read_upload(upload)) for upload in uploads],
            idempotency_key=self.idempotency_key or self.key_header,
            captured_at=true_moment(self.captured_at, self.device_now, now()),
        )
