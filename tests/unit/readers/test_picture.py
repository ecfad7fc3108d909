"""One picture file: the right pixels, or the right sentence."""

from __future__ import annotations

import io
import subprocess
import sys
import tracemalloc
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.readers import picture
from core.readers.picture import Framing, PictureError, decode, framed, header, is_coloured, tensor
from tests.picture_files import (
    ALPHA,
    BAD,
    COLOUR,
    GREY,
    LOSSLESS,
    UPRIGHT,
    Array,
    chunk,
    encoded,
    exif,
    png,
    swapped_profile,
    tiff,
)

DAMAGED_EXIF = (b"Exif\0\0nonsense", b"Exif\0\0II*\0\xff\xff\xff\x7f")


def pixels_of(content: bytes, ground: str = "black") -> Array:
    return np.asarray(decode(content, ground))


def over(colours: Array, alpha: Array, ground: int) -> Array:
    """Colours (H, W) or (H, W, 3) over a ground, as the definition of alpha has it."""
    share = (alpha if colours.ndim == 2 else alpha[:, :, None]) / 255
    return np.rint(colours * share + ground * (1 - share))


@pytest.mark.parametrize("form", LOSSLESS)
def test_what_is_stored_without_loss_comes_back(form: str) -> None:
    np.testing.assert_array_equal(pixels_of(encoded(COLOUR, form, **LOSSLESS[form])), COLOUR)
    np.testing.assert_array_equal(np.asarray(decode(encoded(GREY, form, **LOSSLESS[form])).convert("L")), GREY)


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"subsampling": 0}])
def test_jpeg(options: dict[str, object]) -> None:
    flat = np.full((40, 56, 3), (200, 90, 30), np.uint8)
    assert np.abs(pixels_of(encoded(flat, "JPEG", quality=95, **options)).astype(int) - flat).max() <= 3


def test_a_large_jpeg_is_decoded_at_a_fraction_of_its_size() -> None:
    content = encoded(COLOUR.repeat(60, 0).repeat(60, 1), "JPEG")  # 840 × 600
    assert decode(content).size == (840, 600)
    assert decode(content, enough=64).size == (210, 150)


@pytest.mark.parametrize("orientation", UPRIGHT)
@pytest.mark.parametrize("form", ["PNG", "WEBP", "TIFF"])
def test_it_is_turned_as_exif_says(form: str, orientation: int) -> None:
    content = encoded(COLOUR, form, exif=exif(orientation), **LOSSLESS[form])
    np.testing.assert_array_equal(pixels_of(content), UPRIGHT[orientation](COLOUR))


@pytest.mark.parametrize("orientation", UPRIGHT)
def test_a_jpeg_is_turned_as_exif_says(orientation: int) -> None:
    corner = np.zeros((48, 64), np.uint8)
    corner[:16, :16] = 255
    content = encoded(corner, "JPEG", exif=exif(orientation), quality=95)
    assert np.abs(pixels_of(content).astype(int) - UPRIGHT[orientation](corner)).max() <= 3


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
@pytest.mark.parametrize("block", DAMAGED_EXIF)
def test_a_damaged_exif_block_does_not_cost_the_picture(block: bytes) -> None:
    flat = np.full((16, 16), 77, np.uint8)
    assert np.abs(pixels_of(encoded(flat, "JPEG", exif=block)).astype(int) - 77).max() <= 2


def test_a_profile_is_moved_to_srgb() -> None:
    red_and_green = np.zeros((8, 16, 3), np.uint8)
    red_and_green[:, :8, 0] = 255
    red_and_green[:, 8:, 1] = 255
    got = pixels_of(encoded(red_and_green, icc_profile=swapped_profile())).astype(int)
    assert np.abs(got[:, :8] - [0, 0, 255]).max() <= 3  # its red is the blue of sRGB
    assert np.abs(got[:, 8:] - [0, 255, 0]).max() <= 3


@pytest.mark.parametrize("profile", [b"nonsense", swapped_profile()[:200]])
def test_a_damaged_profile_does_not_cost_the_picture(profile: bytes) -> None:
    np.testing.assert_array_equal(pixels_of(encoded(COLOUR, icc_profile=profile)), COLOUR)


def test_a_profile_that_does_not_fit_the_picture_is_left_aside() -> None:
    np.testing.assert_array_equal(pixels_of(encoded(GREY, icc_profile=swapped_profile())), GREY)


def test_cmyk() -> None:
    ink = np.random.default_rng(1).integers(0, 256, (10, 14, 4), np.uint8)
    wanted = (255 - ink[:, :, :3].astype(float)) * (255 - ink[:, :, 3:].astype(float)) / 255
    got = pixels_of(encoded(Image.fromarray(ink, "CMYK"), "TIFF"))
    assert np.abs(got - wanted).max() <= 1
    flat = np.full((16, 16, 4), (10, 200, 90, 30), np.uint8)
    light = (255 - flat[0, 0, :3].astype(float)) * (255 - 30) / 255
    assert np.abs(pixels_of(encoded(Image.fromarray(flat, "CMYK"), "JPEG", quality=95)) - light).max() <= 4


@pytest.mark.parametrize("form", ["PNG", "GIF", "BMP", "TIFF"])
def test_a_palette(form: str) -> None:
    palette = np.random.default_rng(2).integers(0, 256, (256, 3), np.uint8)
    image = Image.fromarray(GREY, "L")
    image.putpalette(palette.tobytes())
    np.testing.assert_array_equal(pixels_of(encoded(image, form)), palette[GREY])


@pytest.mark.parametrize(("ground", "value"), [("black", 0), ("white", 255), ("grey", 128)])
def test_what_is_transparent_shows_the_ground(ground: str, value: int) -> None:
    stacked = np.dstack([COLOUR, ALPHA])
    for form in ("PNG", "WEBP", "TIFF"):
        got = pixels_of(encoded(stacked, form, **LOSSLESS[form]), ground)
        assert np.abs(got - over(COLOUR, ALPHA, value)).max() <= 1
    hidden = np.dstack([COLOUR, np.zeros_like(ALPHA)])
    assert (pixels_of(encoded(hidden), ground) == value).all()
    grey = decode(encoded(np.dstack([GREY, ALPHA])), ground)
    assert grey.mode == "L"
    assert np.abs(np.asarray(grey) - over(GREY, ALPHA, value)).max() <= 1


def test_a_palette_with_alpha() -> None:
    palette = np.random.default_rng(3).integers(0, 256, (256, 3), np.uint8)
    alphas = np.random.default_rng(4).integers(0, 256, 256, np.uint8)
    image = Image.fromarray(GREY, "L")
    image.putpalette(palette.tobytes())
    got = pixels_of(encoded(image, transparency=alphas.tobytes()), "white")
    assert np.abs(got - over(palette[GREY], alphas[GREY], 255)).max() <= 1


def test_one_colour_that_is_transparent() -> None:
    rgb = np.zeros((8, 8, 3), np.uint8)
    rgb[:4] = (10, 20, 30)
    got = pixels_of(encoded(rgb, transparency=(10, 20, 30)), "white")
    assert (got[:4] == 255).all()
    assert (got[4:] == 0).all()
    deep = np.arange(64, dtype=np.uint16).reshape(8, 8) * 1000
    got = pixels_of(encoded(deep, transparency=5000), "white")
    assert got[0, 5] == 255
    assert got[0, 6] == round(6000 / 257)


@pytest.mark.parametrize("form", ["PNG", "TIFF"])
def test_one_bit_and_sixteen_bits(form: str) -> None:
    bits = np.random.default_rng(5).integers(0, 2, (9, 11)).astype(bool)
    np.testing.assert_array_equal(pixels_of(encoded(Image.fromarray(bits), form)), bits * 255)
    deep = np.linspace(0, 65_535, 81).astype(np.uint16).reshape(9, 9)
    np.testing.assert_array_equal(pixels_of(encoded(deep, form)), np.rint(deep / 257))
    assert decode(encoded(deep, form)).mode == "L"


def test_two_and_four_bits() -> None:
    rows = b"".join(b"\0" + bytes([0b00_01_10_11, 0b11_10_01_00]) for _ in range(8))
    got = pixels_of(png(8, 8, chunk(b"IDAT", zlib.compress(rows)), bits=2))
    np.testing.assert_array_equal(got[0], [0, 85, 170, 255, 255, 170, 85, 0])


@pytest.mark.parametrize(
    ("values", "sample_format", "white"),
    [
        (np.linspace(0, 255, 64).astype(np.int32), 2, 255),
        (np.linspace(0, 65_535, 64).astype(np.uint32), 1, 65_535),
        (np.linspace(0, 2**32 - 1, 64).astype(np.uint32), 1, 2**32 - 1),
        (np.linspace(0, 1, 64).astype(np.float32), 3, 1),
        (np.linspace(0, 255, 64).astype(np.float32), 3, 255),
        (np.linspace(0, 60_000, 64).astype(np.float32), 3, 65_535),
    ],
)
def test_thirty_two_bits(values: Array, sample_format: int, white: float) -> None:
    got = pixels_of(tiff(values.reshape(8, 8), sample_format))
    np.testing.assert_array_equal(got.ravel(), np.floor(values.astype(float) * 255 / white + 0.5))


@pytest.mark.parametrize("form", ["GIF", "PNG", "WEBP"])
def test_of_an_animation_the_first_frame_is_taken(form: str) -> None:
    options = {"lossless": True} if form == "WEBP" else {}
    frames = [Image.fromarray(np.full((12, 12), value, np.uint8)).convert("RGB") for value in (200, 20, 90)]
    content = encoded(frames[0], form, save_all=True, append_images=frames[1:], duration=50, **options)
    assert Image.open(io.BytesIO(content)).n_frames == 3
    assert (pixels_of(content) == 200).all()


# --- refused ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_refused_in_one_sentence(name: str) -> None:
    content, words = BAD[name]
    with pytest.raises(PictureError) as error:
        tensor(content, Framing(28))
    assert words in str(error.value)
    assert str(error.value).isprintable()
    assert len(str(error.value)) < 200


def test_there_are_forty_kinds_of_bad_file() -> None:
    assert len(BAD) >= 40


@pytest.mark.parametrize("name", [name for name in BAD if "bomb" in name or "giant" in name])
def test_a_bomb_takes_no_memory(name: str) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(PictureError):
            header(BAD[name][0])
        with pytest.raises(PictureError):
            decode(BAD[name][0])
        assert tracemalloc.get_traced_memory()[1] < 5_000_000
    finally:
        tracemalloc.stop()


def test_nothing_is_printed_of_damage(tmp_path: Path) -> None:
    """In a process of its own: pytest has filters for warnings that the program has not."""
    for name, (content, _) in BAD.items():
        (tmp_path / name).write_bytes(content)
    for number, block in enumerate(DAMAGED_EXIF):
        (tmp_path / f"good {number}.jpg").write_bytes(encoded(GREY, "JPEG", exif=block))
    code = (
        "import sys, pathlib\n"
        "from core.readers.picture import PictureError, decode\n"
        "for path in sorted(pathlib.Path(sys.argv[1]).iterdir()):\n"
        "    try: print('read', decode(path.read_bytes()).size, path.name)\n"
        "    except PictureError: pass\n"
    )
    ended = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True)
    assert ended.stdout.splitlines() == [f"read (14, 10) good {number}.jpg" for number in range(len(DAMAGED_EXIF))]
    assert ended.stderr == ""


@pytest.mark.parametrize("form", [*LOSSLESS, "JPEG", "GIF"])
def test_whatever_is_cut_off_is_refused(form: str) -> None:
    content = encoded(COLOUR.repeat(4, 0).repeat(4, 1), form)
    for length in range(0, int(len(content) * 0.9), max(1, len(content) // 40)):
        with pytest.raises(PictureError):
            decode(content[:length])


# --- framing ---------------------------------------------------------------------------------------------------------


def test_crop_takes_the_middle() -> None:
    wide = Image.fromarray(np.hstack([np.zeros((32, 16)), np.full((32, 32), 90), np.zeros((32, 16))]).astype(np.uint8))
    for image in (wide, wide.transpose(Image.Transpose.ROTATE_90)):
        got = framed(image, Framing(32, "crop", colour=False))
        assert got.shape == (1, 32, 32)
        assert (got == 90).all()


@pytest.mark.parametrize(("ground", "value"), [("black", 0), ("white", 255), ("grey", 128)])
def test_fit_puts_all_of_it_on_the_ground(ground: str, value: int) -> None:
    got = framed(Image.fromarray(np.full((20, 40, 3), 90, np.uint8)), Framing(40, "fit", ground))
    assert got.shape == (3, 40, 40)
    assert (got[:, 10:30] == 90).all()
    assert (got[:, :10] == value).all()
    assert (got[:, 30:] == value).all()


def test_fit_keeps_a_pixel_of_a_line() -> None:
    got = framed(Image.fromarray(np.full((8, 4000), 90, np.uint8)), Framing(32, "fit", colour=False))
    assert (got == 90).sum() == 32


def test_stretch_takes_all_of_it() -> None:
    left_and_right = np.hstack([np.zeros((32, 64)), np.full((32, 64), 200)]).astype(np.uint8)
    got = framed(Image.fromarray(left_and_right), Framing(32, "stretch", colour=False))
    assert (got[0, :, :12] == 0).all()
    assert (got[0, :, 20:] == 200).all()


def test_making_smaller_averages_over_all_pixels() -> None:
    checks = (np.indices((280, 280)).sum(0) % 2 * 200).astype(np.uint8)
    got = framed(Image.fromarray(checks), Framing(28, colour=False))
    assert np.abs(got[0, 2:-2, 2:-2].astype(int) - 100).max() <= 2  # to take every tenth pixel would give 0 or 200


def test_a_picture_of_8_pixels_is_enlarged() -> None:
    ramp = np.tile(np.arange(8, dtype=np.uint8) * 30, (8, 1))
    got = framed(Image.fromarray(ramp), Framing(64, colour=False))[0].astype(int)
    assert got.shape == (64, 64)
    assert (np.diff(got[32]) >= 0).all()  # smooth, without steps of 30
    assert np.diff(got[32]).max() <= 6


def test_grey_weighs_the_channels_as_bt_601_does() -> None:
    got = framed(Image.fromarray(COLOUR), Framing(10, "stretch", colour=False))
    assert got.shape == (1, 10, 10)
    flat = np.full((28, 28, 3), (200, 100, 50), np.uint8)
    assert (framed(Image.fromarray(flat), Framing(28, colour=False)) == round(0.299 * 200 + 0.587 * 100 + 5.7)).all()


def test_colour_is_told_from_grey() -> None:
    grey = np.dstack([np.tile(np.arange(100, dtype=np.uint8), (100, 1))] * 3)
    assert not is_coloured(decode(encoded(grey)))
    assert not is_coloured(decode(encoded(grey, "JPEG")))
    tinted = grey.copy()
    tinted[:, :, 0] += 10  # paper that has yellowed
    assert not is_coloured(decode(encoded(tinted)))
    spot = grey.copy()
    spot[:10, :10] = (250, 0, 0)
    assert is_coloured(decode(encoded(spot)))


def test_a_picture_that_must_be_decoded_whole_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(picture, "LARGE_PIXELS", 100)
    assert header(encoded(COLOUR)).is_large
    assert not header(encoded(COLOUR, "JPEG")).is_large
