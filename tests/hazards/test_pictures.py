"""What people photograph comes out safe, upright and small; what is no photograph is refused in words."""

import io
from pathlib import Path

import pytest
from PIL import Image

from backend.core import files, pictures
from backend.core.errors import DomainError, Invalid, NotFound, TooLarge, TooMany
from backend.core.settings import Settings
from tests.hazards.pictures import iphone_photo, photo, photo_with_place, png_that_claims


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = Settings(data_dir=tmp_path)
    monkeypatch.setattr(files, "settings", lambda: here)
    monkeypatch.setattr(pictures, "settings", lambda: here)


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
async def test_a_photo_becomes_webp_with_a_thumbnail(kind: str) -> None:
    picture = await pictures.convert(photo(3000, 1500, kind))
    assert (picture.width, picture.height) == (2048, 1024) == opened(picture.webp).size
    assert opened(picture.thumbnail).size == (320, 160)
    assert opened(picture.webp).format == opened(picture.thumbnail).format == "WEBP"


async def test_the_place_where_it_was_taken_is_gone() -> None:
    original = photo_with_place()
    assert opened(original).getexif().get_ifd(0x8825)
    picture = await pictures.convert(original)
    for data in (picture.webp, picture.thumbnail):
        assert not opened(data).getexif()
        assert b"EXIF" not in data and b"PhoneMaker" not in data


async def test_a_photo_taken_with_the_phone_on_its_side_stands_upright() -> None:
    picture = await pictures.convert(photo_with_place(orientation=6))
    assert (picture.width, picture.height) == (300, 400)
    red, _, blue = opened(picture.webp).convert("RGB").getpixel((150, 20))
    assert red > 200 and blue < 100, "the orange half is above after turning"


async def test_an_iphone_photo_is_taken() -> None:
    picture = await pictures.convert(iphone_photo())
    assert (picture.width, picture.height) == (400, 300)


async def test_a_small_photo_is_not_blown_up_and_transparency_becomes_white() -> None:
    clear = io.BytesIO()
    Image.new("RGBA", (40, 30), (0, 0, 0, 0)).save(clear, "PNG")
    picture = await pictures.convert(clear.getvalue())
    assert opened(picture.webp).size == (40, 30)
    assert min(opened(picture.webp).convert("RGB").getpixel((5, 5))) > 245


async def refusal_of(data: bytes) -> DomainError:
    with pytest.raises(Invalid) as refused:
        await pictures.convert(data)
    assert set(refused.value.fields) == {"photos"}
    return refused.value


@pytest.mark.parametrize(
    "data",
    [
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"<?xml version='1.0'?><svg/>",
        b"%PDF-1.7",
        b"GIF89a\x01\x00\x01\x00",
        b"MZ\x90",
        b"\x00\x00\x00\x20ftypavif",
        b"",
    ],
)
async def test_what_is_no_photo_is_refused_with_words(data: bytes) -> None:
    assert (await refusal_of(data)).message.startswith("只能上传照片")


@pytest.mark.parametrize(
    "data",
    [
        photo(800, 600)[:4000],
        photo(800, 600, "PNG")[:-600],
        iphone_photo()[:-200],
        photo()[:20],
        b"\xff\xd8\xff" + b"\0" * 500,
    ],
)
async def test_a_photo_cut_short_is_refused_with_words(data: bytes) -> None:
    assert (await refusal_of(data)).message.startswith("照片打不开")


async def test_a_decompression_bomb_is_refused_before_it_is_decoded() -> None:
    bomb = png_that_claims(60_000, 60_000)
    assert len(bomb) < 1000
    assert (await refusal_of(bomb)).message.startswith("照片尺寸过大")


async def test_forty_megapixels_are_taken_and_more_are_not() -> None:
    assert (await pictures.convert(photo(8000, 5000))).width == 2048
    await refusal_of(photo(8001, 5000))


async def test_a_file_over_ten_megabytes_is_refused_unread() -> None:
    class Endless:
        asked = 0

        async def read(self, size: int = -1) -> bytes:
            self.asked += size
            return b"\xff" * size

    upload = Endless()
    with pytest.raises(TooLarge):
        await pictures.read_upload(upload)
    assert upload.asked == 10 * 1024 * 1024 + 1


async def test_the_decoder_is_ended_when_it_takes_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "SECONDS", 0.001)
    assert (await refusal_of(photo())).message.startswith("照片打不开")


async def test_a_crowd_of_uploads_is_told_to_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "_waiting", 8)
    with pytest.raises(TooMany):
        await pictures.convert(photo())


async def test_the_same_picture_is_kept_once_and_read_back() -> None:
    first = await files.store_photo(b"picture", "webp")
    assert await files.store_photo(b"picture", "webp") == first
    assert files.photo_path(first.path).read_bytes() == b"picture"
    everything = [path for path in files.photos_folder().rglob("*") if path.is_file()]
    assert len(everything) == 1, "no temporary file stays"


@pytest.mark.parametrize("path", ["../secret", "/etc/passwd", "aa/../../secret.webp", "", "ab/" + "0" * 64 + ".webp"])
async def test_a_path_we_did_not_name_is_not_found(path: str, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    with pytest.raises(NotFound):
        files.photo_path(path)
