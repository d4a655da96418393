"""A voice note as phones record it (MediaRecorder): known by its first bytes, and bounded."""

from dataclasses import dataclass

from backend.core.errors import N_, Invalid, TooLarge
from backend.core.pictures import Upload

FIELD = "voice"
MOST_BYTES = 4 * 1024 * 1024
"""Two minutes at 256 kbit/s, which no phone's recorder takes; theirs is a tenth of it."""
MEDIA_TYPES = {"webm": "audio/webm", "mp4": "audio/mp4", "ogg": "audio/ogg"}
_MP4_BRANDS = frozenset({b"isom", b"iso2", b"iso5", b"iso6", b"mp41", b"mp42", b"M4A ", b"dash"})


@dataclass(frozen=True)
class VoiceNote:
    """Recorded sound; ``suffix`` is a key of ``MEDIA_TYPES``."""

    data: bytes
    suffix: str


def sniff(data: bytes) -> str | None:
    """``webm``, ``mp4`` or ``ogg`` by the first bytes; None for anything else."""
    if data.startswith(b"\x1aE\xdf\xa3") and b"webm" in data[:64]:
        return "webm"
    if data.startswith(b"OggS\x00"):
        return "ogg"
    if data[4:8] == b"ftyp" and data[8:12] in _MP4_BRANDS:
        return "mp4"
    return None


async def read_voice(upload: Upload) -> VoiceNote:
    """The note in ``upload``. Raises TooLarge or Invalid beside ``voice``."""
    data = await upload.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        words = N_("录音太长，请说短一些")
        raise TooLarge(words, fields={FIELD: words})
    suffix = sniff(data)
    if suffix is None:
        words = N_("录音打不开，请重新录一段")
        raise Invalid(words, fields={FIELD: words})
    return VoiceNote(data, suffix)
