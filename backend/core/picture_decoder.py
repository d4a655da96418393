"""The child process that decodes one untrusted picture: stdin → stdout, with little memory and time.

``core.pictures`` starts it by path in isolated mode; it imports nothing of ours. Whatever a malicious
file makes of it ends with this process. Answer: one JSON line (``width``, ``height``, ``picture`` and
``thumbnail`` in bytes, or ``refused``), then the two WebP files.
"""

import io
import json
import resource
import sys
from typing import Any

from PIL import Image, ImageOps

MEMORY_BYTES = 1536 * 1024 * 1024
"""Address space: a 40-megapixel HEIC needs about 500 MB, the libraries' mappings the rest."""
CPU_SECONDS = 20


class Refused(Exception):
    """The picture can't be taken; the argument says why in one word."""


def limit_process() -> None:
    """Give up memory, time and the right to write files, for good."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def reencode(data: bytes, kind: str, most_pixels: int, sides: tuple[int, int]) -> tuple[Image.Image, list[bytes]]:
    """The picture at most ``sides[0]`` pixels wide and high, and one WebP for each of ``sides``.

    ``kind`` is Pillow's name of the only decoder that may look at ``data``. Raises Refused("pixels").
    """
    if kind == "HEIF":
        import pillow_heif

        pillow_heif.register_heif_opener(thumbnails=False)
    Image.MAX_IMAGE_PIXELS = None  # our own check below is the stricter one
    with Image.open(io.BytesIO(data), formats=[kind]) as opened:
        if opened.width * opened.height > most_pixels:
            raise Refused("pixels")
        opened.draft("RGB", (sides[0], sides[0]))
        opened.load()
        upright = _opaque(ImageOps.exif_transpose(opened))
    pictures = []
    for side in sides:
        upright.thumbnail((side, side), Image.Resampling.LANCZOS)
        pictures.append((upright.copy(), _webp(upright)))
    return pictures[0][0], [encoded for _, encoded in pictures]


def _opaque(image: Image.Image) -> Image.Image:
    """``image`` as RGB on white, without any of its metadata."""
    if image.has_transparency_data:
        ground = Image.new("RGBA", image.size, "white")
        ground.alpha_composite(image.convert("RGBA"))
        image = ground
    plain = image.convert("RGB")
    plain.info = {}
    return plain


def _webp(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "WEBP", quality=80, method=4, exif=b"", icc_profile=b"", xmp=b"")
    return out.getvalue()


def main() -> None:
    """Decode what comes on stdin as the arguments say: kind, most pixels, sides of picture and thumbnail."""
    limit_process()
    kind, most_pixels, side, thumbnail_side = sys.argv[1], *map(int, sys.argv[2:5])
    answer: dict[str, Any]
    files: list[bytes] = []
    try:
        picture, files = reencode(sys.stdin.buffer.read(), kind, most_pixels, (side, thumbnail_side))
        answer = {
            "width": picture.width,
            "height": picture.height,
            "picture": len(files[0]),
            "thumbnail": len(files[1]),
        }
    except Refused as refused:
        answer = {"refused": str(refused)}
    except MemoryError:
        answer = {"refused": "pixels"}
    except Exception:  # decoders raise anything on a bad file, and all of it means the same
        answer = {"refused": "broken"}
    sys.stdout.buffer.write(json.dumps(answer).encode() + b"\n" + b"".join(files))


if __name__ == "__main__":
    main()
