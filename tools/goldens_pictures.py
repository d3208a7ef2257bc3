#!/usr/bin/env python3
"""Writes tests/golden/pictures: small pictures in every format that read_image takes, and their pixels (pixels.json).

    python3 tools/goldens_pictures.py      needs torch, torchvision, pillow and numpy

PNG and JPEG are decoded by torchvision.io in each of its modes, the others by Pillow. "from" says by which.
"""
import json
import pathlib
import struct
import warnings
import zlib

import numpy
import torchvision
from PIL import Image
from torchvision.io import ImageReadMode, read_image

warnings.filterwarnings("ignore")
FOLDER = pathlib.Path(__file__).resolve().parent.parent / "tests" / "golden" / "pictures"
HEIGHT, WIDTH = 17, 24


def colors():
    y, x = numpy.mgrid[0:HEIGHT, 0:WIDTH]
    planes = [120 + 100 * numpy.sin(x / 5 + y / 9), 128 + 110 * numpy.cos(y / 4), 40 + 7 * x + y]
    return Image.fromarray(numpy.clip(numpy.stack(planes, -1), 0, 255).round().astype("uint8"))


def with_alpha(image):
    y, x = numpy.mgrid[0:HEIGHT, 0:WIDTH]
    image.putalpha(Image.fromarray(((x * 11 + y * 5) % 256).astype("uint8")))
    return image


def png_of_rows(rows, depth, color_type, interlaced=0):
    """A PNG that Pillow does not write, of rows of bytes."""
    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, depth, color_type, 0, 0, interlaced)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) +
            chunk(b"IDAT", zlib.compress(b"".join(b"\0" + row for row in rows), 9)) + chunk(b"IEND", b""))


def interlaced(image):
    pixels = numpy.asarray(image)
    passes = [(0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1)]
    return png_of_rows([row.tobytes() for y, x, dy, dx in passes for row in pixels[y::dy, x::dx]], 8, 2, 1)


def write_all():
    rgb = colors()
    rgb.save(FOLDER / "rgb.png")
    rgb.convert("L").save(FOLDER / "gray.png")
    with_alpha(rgb.copy()).save(FOLDER / "rgba.png")
    with_alpha(rgb.convert("L")).save(FOLDER / "gray_alpha.png")
    rgb.quantize(16).save(FOLDER / "palette.png")
    rgb.convert("1").save(FOLDER / "one_bit.png")
    (FOLDER / "interlaced.png").write_bytes(interlaced(rgb))
    rgb.save(FOLDER / "full.jpg", quality=92, subsampling=0)
    rgb.save(FOLDER / "halved.JPEG", quality=88, subsampling=2)
    rgb.save(FOLDER / "progressive.jpg", quality=88, subsampling=2, progressive=True, restart_marker_blocks=1)
    rgb.convert("L").save(FOLDER / "gray.jpg", quality=90)
    rgb.save(FOLDER / "rgb.bmp")
    rgb.quantize(16).save(FOLDER / "palette.bmp")
    rgb.save(FOLDER / "rgb.ppm")
    rgb.convert("L").save(FOLDER / "gray.pgm")
    # A comment, a greatest value that is not 255, and 16 bits.
    small = (numpy.asarray(rgb.convert("L")) // 8).astype("uint8")
    (FOLDER / "of_31.pgm").write_bytes(b"P5 # grey\n#\n%d\t%d 31\n" % (WIDTH, HEIGHT) + small.tobytes())
    wide = numpy.asarray(rgb).astype(">u2") * 257
    (FOLDER / "sixteen_bits.ppm").write_bytes(b"P6 %d %d 65535\n" % (WIDTH, HEIGHT) + wide.tobytes())
    (FOLDER / "sixteen_bits.png").write_bytes(png_of_rows([row.tobytes() for row in wide], 16, 2))


def pixels_of(path):
    by_torchvision = path.suffix.lower() in (".png", ".jpg", ".jpeg") and path.stem != "sixteen_bits"
    modes = {}
    if by_torchvision:
        for mode in (ImageReadMode.UNCHANGED, ImageReadMode.GRAY, ImageReadMode.RGB, ImageReadMode.GRAY_ALPHA,
                     ImageReadMode.RGB_ALPHA):
            try:
                image = read_image(str(path), mode)
            except RuntimeError:  # JPEG has no alpha
                continue
            modes[mode.name.lower()] = {"shape": list(image.shape), "pixels": image.flatten().tolist()}
    else:
        image = colors() if path.stem == "sixteen_bits" else Image.open(path).convert("RGB")
        planes = numpy.asarray(image).transpose(2, 0, 1)
        modes["rgb"] = {"shape": list(planes.shape), "pixels": planes.flatten().tolist()}
    return {"from": "torchvision" if by_torchvision else "pillow", "modes": modes}


def main():
    FOLDER.mkdir(exist_ok=True)
    for old in FOLDER.iterdir():
        old.unlink()
    write_all()
    pictures = {path.name: pixels_of(path) for path in sorted(FOLDER.iterdir())}
    golden = {"torchvision": torchvision.__version__.split("+")[0], "pictures": pictures}
    (FOLDER / "pixels.json").write_text(json.dumps(golden, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
