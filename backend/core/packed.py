"""A zip archive that somebody sent (a workbook is one), looked at before anything reads it.

Its parts are unpacked under a limit, whatever they say of their own size, and XML that declares anything (a document
type, and with it entities) is refused wherever in the part it stands.
"""

import io
import zipfile
import zlib

MOST_PARTS = 400
_XML = (".xml", ".rels")


class TooMuch(Exception):
    """There are more parts, or more bytes in them, than is taken."""


class Suspicious(Exception):
    """It is no archive, is damaged, or has XML that declares something."""


def xml_parts(content: bytes, most_bytes: int) -> dict[str, bytes]:
    """The XML in the archive ``content``, by name. Raises TooMuch when it unpacks to more than ``most_bytes``, and
    Suspicious."""
    found: dict[str, bytes] = {}
    left = most_bytes
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
            if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > most_bytes:
                raise TooMuch
            for part in parts:
                with archive.open(part) as stream:
                    unpacked = stream.read(left + 1)
                left -= len(unpacked)
                if left < 0:
                    raise TooMuch
                if part.filename.endswith(_XML):
                    if _declares(unpacked):
                        raise Suspicious
                    found[part.filename] = unpacked
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError, ValueError, zlib.error) as error:
        raise Suspicious from error
    return found


def _declares(xml: bytes) -> bool:
    """Whether ``<!`` stands anywhere but before a comment or character data; in two-byte encodings too."""
    return b"<!" in xml.replace(b"\0", b"").replace(b"<!--", b"").replace(b"<![CDATA[", b"")
