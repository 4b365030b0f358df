#!/usr/bin/env python3
"""Makes Tests/Fixtures/jpeg_blocks.json: what Pillow makes of JPEGs in which its blocks of 65,536 bytes matter.

    python3 -m pip install pillow==13.0.0
    python3 make_jpeg_blocks.py

Each file is made of a small one of jpegs/ by a recipe that the tests follow as well (JPEGBlockTests): `lead` bytes of
segments behind the first marker, so many bytes less at the end (`drop`), segments up to a place of the file (`fill`), `rest`
in hexadecimal, `zeros`, and `changes`, each a place and a byte. `pixels` is the beginning of the SHA-256 of all pixels
after convert("RGB"), or null if Pillow refuses the file.
"""
import hashlib, io, json, random
from pathlib import Path

from PIL import Image

HERE = Path(__file__).parent
BLOCK = 65536
DRAW = random.Random(19)


def original(name: str) -> bytes:
    return (HERE / "jpegs" / f"{name}.jpg").read_bytes()


def segments(marker: int, count: int) -> bytes:
    out = b""
    while count:
        size = min(count, 60000)
        if 0 < count - size < 4:
            size -= 4
        out += bytes([0xFF, marker]) + (size - 2).to_bytes(2, "big") + bytes(size - 4)
        count -= size
    return out


def build(recipe: dict) -> bytes:
    data = original(recipe["file"])
    data = data[:2] + segments(0xE9, recipe["lead"]) + data[2:len(data) - recipe["drop"]]
    if recipe["fill"]:
        data += segments(0xFE, recipe["fill"] - len(data))
    data = bytearray(data + bytes.fromhex(recipe["rest"]) + bytes(recipe["zeros"]))
    for place, value in recipe["changes"]:
        data[place] = value
    return bytes(data)


def verdict(data: bytes) -> str | None:
    try:
        image = Image.open(io.BytesIO(data)).convert("RGB")
    except Exception:
        return None
    return hashlib.sha256(image.tobytes()).hexdigest()[:16]


def scan_start(data: bytes) -> int:
    i = data.index(b"\xff\xda")
    return i + 2 + int.from_bytes(data[i + 2:i + 4], "big")


RECIPES: list[dict] = []


def add(file: str, lead=0, drop=0, fill=0, rest="", zeros=0, changes=()) -> None:
    recipe = {"file": file, "lead": lead, "drop": drop, "fill": fill, "rest": rest, "zeros": zeros, "changes": list(changes)}
    RECIPES.append(recipe | {"pixels": verdict(build(recipe))})


for name in ("arithmetic", "arithmetic_progressive", "arithmetic_restart"):
    data = original(name)
    start = scan_start(data)
    for total in (BLOCK - 1, BLOCK, BLOCK + 1, BLOCK + 2, BLOCK + 40, 2 * BLOCK, 2 * BLOCK + 1):
        add(name, lead=total - len(data))
        add(name, zeros=total - len(data))
    # The block ends before the entropy-coded data, at their first byte, and within them.
    for place in [start - 9, start - 1, start, start + 1, start + 2, len(data) - 3, len(data) - 2, len(data) - 1] + [DRAW.randrange(start, len(data)) for _ in range(20)]:
        add(name, lead=BLOCK - place)
    for cut in (1, 2, 3, 40):
        add(name, drop=cut)
        add(name, lead=BLOCK - len(data) + cut, drop=cut)
    for _ in range(20):
        lead = BLOCK - DRAW.randrange(start, len(data) + 4000)
        add(name, lead=lead, changes=[(lead + DRAW.randrange(start, len(data)), DRAW.randrange(256)) for _ in range(DRAW.randrange(1, 4))])

REST = {"start of image": "ffd8", "unknown marker": "ff02", "frame": "ffc0001108", "bad scan": "ffda0004", "tables": "ffdb0043", "end": "ffd9", "half a marker": "ff", "filled": "ffffffd8"}
for name in ("wide_420", "gray", "restart_1b"):
    data = original(name)
    for rest in REST.values():
        for at in (BLOCK - 2, BLOCK - 1, BLOCK, 2 * BLOCK - 2, 2 * BLOCK - 1):
            add(name, drop=2, fill=at, rest=rest)
        # The block ends shortly before or behind the last byte of the data.
        for after in (-9, -5, -3, -2, -1, 0, 1, 2, 3):
            add(name, lead=BLOCK - (len(data) - 2) - after, drop=2, rest=rest)
for name in ("wide_420", "tall_444", "gray", "restart_1b", "cmyk", "wide_sampling_4x1"):
    data = original(name)
    start = scan_start(data)
    for _ in range(70):
        lead = BLOCK - DRAW.randrange(start, len(data) + 20)
        changes = []
        for _ in range(DRAW.choice((1, 2, 4))):
            place = lead + DRAW.randrange(start, len(data))
            # Half of the bytes make a marker.
            changes += [(place, 0xFF), (place + 1, DRAW.choice((0x02, 0xC0, 0xC4, 0xD8, 0xD9, 0xDA, 0xD3, 0xE0, 0xFE)))] if DRAW.random() < 0.5 and place + 1 < lead + len(data) else [(place, DRAW.randrange(256))]
        add(name, lead=lead, changes=changes, rest=DRAW.choice(("", "", "ffd8", "ff02")))

(HERE / "jpeg_blocks.json").write_text("[\n" + ",\n".join(json.dumps(recipe) for recipe in RECIPES) + "\n]\n")
print(len(RECIPES), "files,", sum(recipe["pixels"] is not None for recipe in RECIPES), "accepted")
