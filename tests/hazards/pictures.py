"""Real image files, made in code."""

import io
import struct
import zlib

import pillow_heif
from PIL import Image

GPS = 0x8825
ORIENTATION = 0x0112


def photo(width: int = 400, height: int = 300, kind: str = "JPEG", *, colour: str = "orange") -> bytes:
    """A plain picture, half of it ``colour`` (left) and half white."""
    image = Image.new("RGB", (width, height), "white")
    image.paste(colour, (0, 0, width // 2, height))
    out = io.BytesIO()
    image.save(out, kind)
    return out.getvalue()


def photo_with_place(orientation: int = 1) -> bytes:
    """A JPEG as a phone makes it: with the place it was taken at, and how it was held."""
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    exif[0x010F] = "PhoneMaker"
    exif.get_ifd(GPS).update({1: "N", 2: (31.0, 14.0, 7.0), 3: "E", 4: (121.0, 28.0, 9.0)})
    image = Image.open(io.BytesIO(photo()))
    out = io.BytesIO()
    image.save(out, "JPEG", exif=exif)
    return out.getvalue()


def iphone_photo() -> bytes:
    """A HEIC file."""
    image = pillow_heif.from_pillow(Image.open(io.BytesIO(photo())))
    out = io.BytesIO()
    image.save(out, quality=80)
    return out.getvalue()


def png_that_claims(width: int, height: int) -> bytes:
    """A few hundred bytes that claim to be a huge PNG: a decompression bomb."""
    rows = zlib.compress(b"\0" * 100_000, 9)

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
