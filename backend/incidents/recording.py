"""One line of an incident's log, with its pictures and voice, and the event that tells of it."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from backend.core.clock import now
from backend.core.errors import N_, Invalid
from backend.core.files import StoredPicture, store_photo, store_picture
from backend.core.pictures import Picture
from backend.hazards.photos import MOST_PHOTOS
from backend.hazards.plan import tidy
from backend.hazards.reports.voice import VoiceNote
from backend.incidents.models import Deed, Disposal, DisposalPhoto, Incident
from backend.incidents.telling import tell

MOST_LETTERS = 1000


@dataclass(frozen=True)
class Said:
    """What a person sends with a line: words, pictures, voice, and how a phone marks a repeat.

    ``captured_at``: when it was written, by our clock (``core.clock.true_moment``); None for just now.
    ``version``: of the incident on the person's screen; None skips the check.
    """

    words: str = ""
    pictures: Sequence[Picture] = ()
    voice: VoiceNote | None = None
    captured_at: datetime | None = None
    idempotency_key: str = ""
    version: int | None = None

    @property
    def tidied(self) -> str:
        """The words as they are stored. Raises Invalid for too many."""
        words = tidy(self.words)
        if len(words) > MOST_LETTERS:
            raise Invalid(fields={"words": N_("内容太长，请精简")})
        return words

    @property
    def at(self) -> datetime:
        """When it was done, never later than now."""
        return min(self.captured_at or now(), now())


NOTHING_SAID = Said()


async def write_line(
    session: AsyncSession,
    incident: Incident,
    step: Deed,
    said: Said = NOTHING_SAID,
    *,
    person_id: int | None = None,
    change: dict[str, Any] | None = None,
    told: Iterable[int] = (),
) -> Disposal:
    """Add a line to the log and tell ``told`` of it. Files lie on the disk before their rows are written.

    Raises Invalid for too many words or pictures.
    """
    if len(said.pictures) > MOST_PHOTOS:
        words = N_("一次最多上传 %(most)s 张照片")
        raise Invalid(words, fields={"photos": words}, most=MOST_PHOTOS)
    pictures: list[StoredPicture] = [await store_picture(picture) for picture in said.pictures]
    voice = (await store_photo(said.voice.data, said.voice.suffix)).path if said.voice else ""
    line = Disposal(
        site_id=incident.site_id,
        incident_id=incident.id,
        kind=step,
        person_id=person_id,
        words=said.tidied,
        change=change or {},
        voice_path=voice,
        at=said.at,
    )
    session.add(line)
    await session.flush()
    session.add_all(
        DisposalPhoto(site_id=incident.site_id, disposal_id=line.id, **asdict(picture)) for picture in pictures
    )
    await session.flush()
    await tell(session, incident, step, told, actor_id=person_id, note=line.words)
    return line
