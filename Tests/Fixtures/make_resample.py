#!/usr/bin/env python3
"""Makes Tests/Fixtures/resample.json: what Pillow's resize() gives for many sizes and all filters.

    python3 -m pip install pillow==13.0.0 numpy==2.4.6
    python3 make_resample.py

The pictures come from a small generator that the tests have as well. `sizes`: [width, height, to width,
to height, {filter: SHA-256 of the RGB bytes}]. `normalized`: the bits of float32 2 * (v / 255) - 1 for v = 0 ... 255.
"""
import hashlib, json, random
from pathlib import Path

import numpy as np
from PIL import Image

FILTERS = {"box": Image.Resampling.BOX, "bilinear": Image.Resampling.BILINEAR, "hamming": Image.Resampling.HAMMING,
           "bicubic": Image.Resampling.BICUBIC, "lanczos": Image.Resampling.LANCZOS}


def picture(width: int, height: int) -> Image.Image:
    """Bytes of a linear congruential generator, with runs of black and white that make the filters overshoot."""
    count = width * height * 3
    state, out = (width * 65537 + height) & 0xFFFFFFFF, np.empty(count, np.uint8)
    for i in range(count):
        state = (state * 1664525 + 1013904223) & 0xFFFFFFFF
        byte = state >> 24
        out[i] = byte if (i // 48) % 3 == 0 else 255 * (byte & 1) if (i // 48) % 3 == 1 else 255 * ((i // 9) & 1)
    return Image.fromarray(out.reshape(height, width, 3))


def main() -> None:
    draw = random.Random("sizes")
    sizes = [(1, 1, 1, 1), (1, 1, 9, 5), (7, 1, 3, 4), (1, 9, 2, 3), (2, 2, 1, 1), (64, 64, 64, 64), (64, 64, 64, 20), (64, 64, 20, 64), (64, 64, 64, 100), (3, 200, 3, 7), (200, 3, 7, 3),
             (255, 255, 64, 64), (96, 96, 97, 97), (97, 97, 96, 96), (40, 300, 39, 20), (60, 300, 20, 250), (300, 60, 250, 20), (512, 512, 256, 256)]
    while len(sizes) < 100:
        top = draw.choice([20, 80, 180])
        sizes.append(tuple(draw.randint(1, top) for _ in range(4)))
    # The usual halving of long edges, and the last sizes at which the passes keep their order next to the first at which they turn.
    sizes += [(1024, 24, 512, 12), (24, 1024, 12, 512), (50, 60, 40, 40), (50, 60, 40, 39), (40, 60, 50, 60), (40, 60, 50, 59), (40, 60, 40, 59), (61, 60, 60, 58), (61, 60, 60, 57)]
    rows = []
    for width, height, to_width, to_height in sizes:
        image = picture(width, height)
        rows.append([width, height, to_width, to_height, {name: hashlib.sha256(image.resize((to_width, to_height), f).tobytes()).hexdigest() for name, f in FILTERS.items()}])
    values = np.arange(256, dtype=np.float32)
    normalized = np.float32(2) * (values / np.float32(255)) - np.float32(1)
    vertical_first = sum(h - b > 0 and h - b > 2 * (w - a) for w, h, a, b in sizes)
    assert vertical_first >= 10, vertical_first
    out = Path(__file__).parent / "resample.json"
    out.write_text(json.dumps({"sizes": rows, "normalized": normalized.view(np.uint32).tolist()}).replace("[[", "[\n[").replace("], [", "],\n[") + "\n")
    print(f"{len(rows)} sizes, {vertical_first} with the vertical pass first")


if __name__ == "__main__":
    main()
