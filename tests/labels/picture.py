"""What a camera sees of a label: small, turned a little, out of focus, on a surface that isn't plain."""

import io
import random

from PIL import Image, ImageDraw, ImageFilter

from backend.labels.qr import Matrix

FRAME = (1280, 720)
SHARE = 75 / 1280
"""A label of 30 mm at 40 cm before a camera of 65°, which sees 51 cm there."""


def label_picture(qr: Matrix, *, share: float = SHARE, turned: float = 30.0, blur: float = 0.8) -> Image.Image:
    """One frame with a square label of ``share`` of its width, ``turned`` degrees, blurred by ``blur`` pixels."""
    chance = random.Random(7)
    side = len(qr)
    label = Image.new("L", (side, side), 235)
    label.putdata([40 if dark else 235 for row in qr for dark in row])
    label = label.resize((side * 16, side * 16), Image.Resampling.NEAREST).convert("RGBA")
    label = label.rotate(turned, Image.Resampling.BICUBIC, expand=True)
    scale = share * FRAME[0] / (side * 16)
    label = label.resize((round(label.width * scale), round(label.height * scale)), Image.Resampling.LANCZOS)
    frame = Image.new("RGB", FRAME, (120, 126, 130))
    pen = ImageDraw.Draw(frame)
    for _ in range(400):
        x, y, grey = chance.randrange(FRAME[0]), chance.randrange(FRAME[1]), chance.randrange(60, 190)
        pen.rectangle((x, y, x + chance.randrange(4, 120), y + chance.randrange(2, 40)), fill=(grey, grey, grey + 6))
    frame.paste(label, (560, 300), label)
    return frame.filter(ImageFilter.GaussianBlur(blur))


def jpeg(picture: Image.Image) -> bytes:
    """The picture as a phone's camera packs it."""
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=80)
    return out.getvalue()
