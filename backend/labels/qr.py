"""The QR of a label: an ordinary address with the token, at the highest error correction. Pure."""

import itertools
import re
from urllib.parse import urlsplit

import qrcode
from qrcode.util import QRData

QUIET = 4
"""Modules of white around it, as ISO/IEC 18004 asks."""
_LETTERS = re.compile(r"[0-9A-Z .:/-]+")

Matrix = tuple[tuple[bool, ...], ...]
"""Dark modules by row, with the white around."""


def address(base: str, token: str) -> str:
    """What the label with ``token`` says; ``base`` is where people open AnSu, without a slash at its end."""
    return f"{base.rstrip('/')}/l/{token}"


def matrix(base: str, token: str) -> Matrix:
    """The QR of ``address(base, token)`` at error correction H: three tenths of it may be scratched or dirty.

    Host and path are written in capitals, which QR packs 45 % tighter: an address on a plant's network then takes
    version 4 (33 modules a side) instead of 6 (41), so that a small label is read from farther away. Names of hosts
    don't know case, our path takes both; the scheme stays small for scanners that look for ``http`` literally.
    """
    code = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_H, border=QUIET)
    parts = urlsplit(base)
    rest = f"{parts.netloc}/l/{token}".upper()
    if parts.scheme and not parts.path.strip("/") and _LETTERS.fullmatch(rest):
        code.add_data(QRData(f"{parts.scheme}://".encode()))
        code.add_data(QRData(rest.encode()))
    else:
        code.add_data(QRData(address(base, token).encode()))
    code.make(fit=True)
    return tuple(tuple(bool(dark) for dark in row) for row in code.get_matrix())


def runs(rows: Matrix) -> list[tuple[int, int, int]]:
    """Dark modules side by side as (column, row, length)."""
    found = []
    for y, row in enumerate(rows):
        x = 0
        for dark, group in itertools.groupby(row):
            length = len(list(group))
            if dark:
                found.append((x, y, length))
            x += length
    return found


def svg_path(rows: Matrix) -> str:
    """The dark modules for SVG's ``d``, one unit each."""
    return "".join(f"M{x} {y}h{length}v1h-{length}z" for x, y, length in runs(rows))
