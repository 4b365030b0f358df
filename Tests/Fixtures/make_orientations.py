#!/usr/bin/env python3
"""Makes Tests/Fixtures/orientations.json: a picture of 3 by 2 pixels, numbered 0 to 5, as ImageOps.exif_transpose turns
it for each orientation, and where torchvision's CenterCrop begins for some differences between the edges.

    python3 make_orientations.py        (Pillow 13.0)
"""
import json
from pathlib import Path

from PIL import ExifTags, Image, ImageOps


def turned(orientation: int) -> list:
    image = Image.new("L", (3, 2))
    image.putdata(range(6))
    image.getexif()[ExifTags.Base.Orientation] = orientation
    shown = ImageOps.exif_transpose(image)
    return [list(shown.tobytes()[y * shown.width:(y + 1) * shown.width]) for y in range(shown.height)]


out = {
    "turned": [turned(orientation) for orientation in range(1, 9)],
    "middles": [int(round(slack / 2.0)) for slack in range(12)],  # torchvision.transforms.functional.center_crop
}
(Path(__file__).parent / "orientations.json").write_text(json.dumps(out) + "\n")
