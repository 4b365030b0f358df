#!/usr/bin/env python3
"""Makes Tests/Fixtures/formats.json: PNGs, GIFs and WebPs of every kind, and what Pillow makes of them.

    python3 -m pip install pillow==13.0.0 numpy==2.4.6
    python3 make_formats.py

`files` holds each file in base64 with the size and the SHA-256 of all pixels after convert("RGB"), or null if
Pillow refuses it. `cuts` and `changes` are verdicts on some of them: cut at every length ("X" is refused), and
with single bytes changed (the beginning of the pixels' hash, or null).
"""
import base64, hashlib, io, json, random, struct, warnings, zlib
from pathlib import Path

import numpy as np
from PIL import Image

warnings.simplefilter("ignore")
RNG = np.random.default_rng(4)
DRAW = random.Random(4)
FILES: dict[str, bytes] = {}
W, H = 21, 17
ADAM7 = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}


def picture(w: int, h: int, channels: int = 3) -> np.ndarray:
    y, x = np.mgrid[0:h, 0:w]
    planes = [128 + 90 * np.sin(x / (5 + 3 * c)) * np.cos(y / (9 - 2 * c)) + RNG.normal(0, 9, (h, w)) for c in range(channels)]
    return np.clip(np.dstack(planes), 0, 255).astype(np.uint8)


def verdict(data: bytes) -> tuple[int, int, str] | None:
    try:
        image = Image.open(io.BytesIO(data)).convert("RGB")
    except Exception:
        return None
    return image.width, image.height, hashlib.sha256(image.tobytes()).hexdigest()


# PNG, written here: Pillow writes few kinds of it.

def chunk(name: bytes, body: bytes, sum: int | None = None) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body) if sum is None else sum)


def packed(samples: np.ndarray, depth: int) -> list[bytes]:
    if depth == 16:
        return [row.astype(">u2").tobytes() for row in samples]
    if depth == 8:
        return [row.astype(np.uint8).tobytes() for row in samples]
    bits = (samples[:, :, None] >> np.arange(depth - 1, -1, -1)) & 1
    return [np.packbits(row.astype(np.uint8).ravel()).tobytes() for row in bits]


def filtered(rows: list[bytes], step: int) -> bytes:
    out, above = b"", bytes(len(rows[0]))
    for row in rows:
        kind = DRAW.randrange(5)
        line = bytearray([kind])
        for i, value in enumerate(row):
            a, b, c = (row[i - step] if i >= step else 0), above[i], (above[i - step] if i >= step else 0)
            paeth = min((a, b, c), key=lambda v: abs(a + b - c - v))
            line.append((value - [0, a, b, (a + b) // 2, paeth][kind]) & 255)
        out, above = out + bytes(line), row
    return out


def png(w=W, h=H, color=2, depth=8, interlaced=0, palette=None, before=b"", after=b"", piece=None, change=lambda raw: raw, level=6, header=None) -> bytes:
    channels = CHANNELS[color]
    samples = picture(w, h, channels).astype(np.int64) * ((1 << depth) - 1) // 255
    step = max(1, channels * depth // 8)
    parts = [samples[y::down, x::right] for x, y, right, down in ADAM7] if interlaced else [samples]
    raw = b"".join(filtered(packed(part.reshape(part.shape[0], -1), depth), step) for part in parts if part.size)
    data = zlib.compress(change(raw), level)
    if color == 3 and palette is None:
        palette = RNG.integers(0, 256, 3 << depth).astype(np.uint8).tobytes()
    pieces = [data[i:i + piece] for i in range(0, len(data), piece)] if piece else [data]
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header or struct.pack(">IIBBBBB", w, h, depth, color, 0, 0, interlaced)) + before
        + (chunk(b"PLTE", palette) if palette else b"") + b"".join(chunk(b"IDAT", p) for p in pieces) + after + chunk(b"IEND", b"")
    )


def make_pngs() -> None:
    def add(name: str, data: bytes) -> None:
        FILES["png " + name] = data

    for color, depths in {0: [1, 2, 4, 8, 16], 2: [8, 16], 3: [1, 2, 4, 8], 4: [8, 16], 6: [8, 16]}.items():
        for depth in depths:
            for interlaced in (0, 1):
                kind = f"colour {color} depth {depth}" + " interlaced" * interlaced
                for w, h in [(W, H), (1, 1), (3, 9)]:
                    add(f"{kind} {w}x{h}", png(w, h, color, depth, interlaced))
                if depth in (1, 8, 16):
                    row = 1 + (W * CHANNELS[color] * depth + 7) // 8
                    for rows, more in [(1, 0), (1, 1), (9, 0), (16, 0)]:
                        add(f"{kind} lacks {rows} rows and {more} bytes", png(W, H, color, depth, interlaced, change=lambda raw: raw[:len(raw) - rows * row - more]))
    for size in (0, 30, 31, 200, 768, 770, 771):
        add(f"palette of {size} bytes", png(color=3, palette=bytes(i % 251 for i in range(size))))
    for color, depth in [(0, 8), (2, 8), (3, 8), (0, 16), (0, 1), (4, 8), (2, 16)]:
        for size in (1, 2, 5, 6, 20):
            add(f"colour {color} depth {depth} transparency of {size} bytes", png(color=color, depth=depth, before=chunk(b"tRNS", bytes(size))))
    for name, sizes in {b"gAMA": (3, 4), b"cHRM": (31, 32), b"sRGB": (0, 1), b"pHYs": (8, 9), b"iCCP": (0, 1, 5), b"acTL": (7, 8), b"fcTL": (25,), b"eXIf": (0,), b"bKGD": (1,), b"a1_b": (3,), b"a-bc": (3,)}.items():
        for size in sizes:
            for place in ("before", "after"):
                add(f"{name.decode()} of {size} bytes {place} the data", png(**{place: chunk(name, bytes(size))}))
    add("wrong sum before the data", png(before=chunk(b"tEXt", b"a\0b", 5)))
    add("wrong sum after the data", png(after=chunk(b"tEXt", b"a\0b", 5)))
    for name, text in {"a mebibyte": bytes(1 << 20), "more than a mebibyte": bytes((1 << 20) + 1)}.items():
        add(f"profile of {name}", png(before=chunk(b"iCCP", b"n\0\0" + zlib.compress(text))))
        add(f"text of {name}", png(before=chunk(b"zTXt", b"n\0\0" + zlib.compress(text))))
        add(f"text of {name} after the data", png(after=chunk(b"iTXt", b"n\0\1\0en\0x\0" + zlib.compress(text))))
    for fields in [(0, 5, 8, 2, 0, 0, 0), (W, H, 3, 2, 0, 0, 0), (W, H, 8, 2, 1, 0, 0), (W, H, 8, 2, 0, 1, 0), (W, H, 8, 2, 0, 0, 255), (W, H + 1, 8, 2, 0, 0, 0), (W, H - 1, 8, 2, 0, 0, 0), (W, H, 8, 6, 0, 0, 0), (W, H, 8, 0, 0, 0, 0), (W, 20000, 8, 2, 0, 0, 0), (70000, 70000, 1, 0, 0, 0, 1)]:
        add(f"header {fields}", png(header=struct.pack(">IIBBBBB", *fields)))
    add("two headers", png(before=chunk(b"IHDR", struct.pack(">IIBBBBB", W, 9, 8, 2, 0, 0, 0))))
    add("one byte a chunk", png(piece=1))
    add("unknown filter", png(change=lambda raw: raw[:64 * 5] + b"\5" + raw[64 * 5 + 1:]))
    add("more rows than the image", png(change=lambda raw: raw + bytes(1000)))

    head = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", W, H, 8, 2, 0, 0, 0))
    data, end = zlib.compress(bytes(range(64)) * H), chunk(b"IEND", b"")
    frame = lambda number, w, h, x, y: chunk(b"fcTL", struct.pack(">IIIIIHHBB", number, w, h, x, y, 1, 10, 0, 0))
    add("data in all names", head + frame(0, W, H, 0, 0) + chunk(b"IDAT", data[:9]) + chunk(b"DDAT", data[9:20]) + chunk(b"fdAT", struct.pack(">I", 1) + data[20:]) + end)
    add("a frame's data out of order", head + frame(0, W, H, 0, 0) + chunk(b"IDAT", data[:9]) + chunk(b"fdAT", struct.pack(">I", 3) + data[9:]) + end)
    add("text amid the data", head + chunk(b"IDAT", data[:9]) + chunk(b"tEXt", b"a\0b") + chunk(b"IDAT", data[9:]) + end)
    add("empty data amid the data", head + chunk(b"IDAT", b"") + chunk(b"IDAT", data[:9]) + 2 * chunk(b"IDAT", b"") + chunk(b"IDAT", data[9:]) + end)
    add("superfluous data", head + chunk(b"IDAT", data) + chunk(b"IDAT", b"abc") + end)
    add("superfluous data that are cut", head + chunk(b"IDAT", data) + struct.pack(">I", 100) + b"IDATabc")
    add("text that is cut", head + chunk(b"IDAT", data) + struct.pack(">I", 100) + b"tEXtabc")
    add("wrong sum of the data", head + chunk(b"IDAT", data[:-1] + b"x") + end)
    add("no data", head + end)
    # Data that end after a row count as such only where Pillow reads that row and the end of the stream at once.
    interlaced = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", W, H, 8, 2, 0, 0, 1))
    for name, begin, raw in [("", head, bytes(range(64)) * 9), ("interlaced ", interlaced, (b"\0" + bytes(range(9))) * 3)]:
        rows = zlib.compress(raw)
        for piece in (1, len(rows) - 6, len(rows) - 4, len(rows) - 1):
            chunks = b"".join(chunk(b"IDAT", rows[i:i + piece]) for i in range(0, len(rows), piece))
            add(f"{name}data that end after a row, in chunks of {piece} bytes", begin + chunks + end)
    for interlaced in (0, 1):
        for w, h, x, y in [(W, H, 0, 0), (9, 7, 3, 5), (W + 1, H, 0, 0), (9, 7, 15, 5)]:
            inner = png(w, h, 3, 8, interlaced)
            animation = chunk(b"acTL", struct.pack(">II", 2, 0)) + frame(0, w, h, x, y)
            add(f"animation, frame {w}x{h} at {x},{y}" + " interlaced" * interlaced, inner[:16] + b"" + struct.pack(">II", W, H) + inner[24:29] + struct.pack(">I", zlib.crc32(b"IHDR" + struct.pack(">II", W, H) + inner[24:29])) + animation + inner[33:-12] + frame(1, 5, 5, 0, 0) + end)
    for place in ("before", "after"):
        exif = Image.Exif()
        exif[0x112] = 6
        add(f"orientation {place} the data", png(**{place: chunk(b"eXIf", exif.tobytes()[6:])}))
    add("orientation in XMP", png(before=chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + b'<x tiff:Orientation="8"/>')))
    profile = b"\nexif\n  20\n" + exif.tobytes().hex().encode() + b"\n"
    add("orientation in a raw profile", png(before=chunk(b"zTXt", b"Raw profile type exif\0\0" + zlib.compress(profile))))


# GIF

def make_gifs() -> None:
    def add(name: str, data: bytes) -> None:
        FILES["gif " + name] = data

    def saved(image: Image.Image, **options) -> bytes:
        out = io.BytesIO()
        image.save(out, "GIF", **options)
        return out.getvalue()

    for w, h in [(W, H), (1, 1), (5, 40)]:
        for colors in (2, 16, 256):
            for interlaced in (0, 1):
                add(f"{w}x{h} of {colors} colours" + " interlaced" * interlaced, saved(Image.fromarray(picture(w, h)).quantize(colors), interlace=interlaced))
        add(f"gray {w}x{h}", saved(Image.fromarray(picture(w, h)[:, :, 0])))
        add(f"transparent {w}x{h}", saved(Image.fromarray(picture(w, h)).quantize(16), transparency=3))
    noise = [Image.fromarray(RNG.integers(0, 256, (90, 60), dtype=np.uint8)) for _ in range(2)]
    add("full table", saved(noise[0]))
    add("animation", saved(noise[0].crop((0, 0, W, H)), save_all=True, append_images=[noise[1].crop((0, 0, W, H))], duration=50))

    one = saved(Image.fromarray(picture(W, H)).quantize(16), interlace=0)
    colors = one[13:13 + 48]
    data = one[one.index(b",", 61) + 10:]
    ramp = b"".join(bytes([i, i, i]) for i in range(16))
    head = lambda w, h, flags: b"GIF89a" + struct.pack("<HHBBB", w, h, flags, 0, 0)
    frame = lambda x, y, w, h, flags: b"," + struct.pack("<HHHHB", x, y, w, h, flags)
    for screen, (w, h, x, y) in {"larger": (40, 30, 5, 9), "smaller": (10, 10, 3, 4), "empty": (0, 0, 0, 0)}.items():
        for index in (None, 0, 3, 200):
            control = b"" if index is None else b"!\xf9\x04" + bytes([1, 0, 0, index]) + b"\0"
            for name, shared, own in [("shared", colors, b""), ("own", b"", colors), ("both", colors, colors[::-1]), ("gray", b"", ramp), ("shared and gray", colors, ramp), ("no", b"", b"")]:
                add(f"{screen} screen, {name} palette, transparent {index}", head(w, h, 0x83 if shared else 3) + shared + control + frame(x, y, W, H, 0x83 if own else 0) + own + data)
    add("frame without width", head(W, H, 0x83) + colors + frame(0, 0, 0, H, 0) + data)
    for name, extension in {"empty comment": b"!\xfe\0", "comment": b"!\xfe\3abc\2de\0", "no control": b"!\xf9\0", "short control": b"!\xf9\2\0\0\0", "control without an index": b"!\xf9\3\1\0\0\0", "loop": b"!\xff\x0bNETSCAPE2.0\3\1\0\0\0", "plain text": b"!\x01\3abc\0", "junk": b"\0\0xx", "two controls": b"!\xf9\4\1\0\0\5\0!\xf9\4\0\0\0\7\0", "end": b";", "cut": b"!"}.items():
        add(f"extension: {name}", head(40, 30, 0x83) + colors + extension + frame(3, 2, W, H, 0) + data)
    for bits in (0, 1, 3, 5, 8, 9, 12, 13, 255):
        add(f"symbols of {bits} bits", head(W, H, 0x83) + colors + frame(0, 0, W, H, 0) + bytes([bits]) + data[1:])
    add("data cut, then another frame", head(W, H, 0x83) + colors + frame(0, 0, W, H, 0) + data[:1] + b"\x08" + data[2:10] + b"\0" + frame(0, 0, W, H, 0) + data)


# WebP

def make_webps() -> None:
    def add(name: str, data: bytes) -> None:
        FILES["webp " + name] = data

    def saved(array: np.ndarray, **options) -> bytes:
        out = io.BytesIO()
        Image.fromarray(array).save(out, "WEBP", **options)
        return out.getvalue()

    for w, h in [(W, H), (1, 1), (40, 5)]:
        for quality in (0, 60, 100):
            add(f"lossy {w}x{h} quality {quality}", saved(picture(w, h), quality=quality))
            add(f"alpha {w}x{h} quality {quality}", saved(picture(w, h, 4), quality=quality))
        add(f"lossless {w}x{h}", saved(picture(w, h), lossless=True))
        add(f"lossless alpha {w}x{h}", saved(picture(w, h, 4), lossless=True, exact=True))
        add(f"lossless palette {w}x{h}", saved(picture(w, h) // 64 * 64, lossless=True))
    frames = [Image.fromarray(picture(W, H, 4)) for _ in range(3)]
    for lossless in (False, True):
        out = io.BytesIO()
        frames[0].save(out, "WEBP", save_all=True, append_images=frames[1:], lossless=lossless, background=(9, 8, 7, 255))
        add("animation" + " lossless" * lossless, out.getvalue())
    exif = Image.Exif()
    exif[0x112] = 3
    add("metadata", saved(picture(W, H), exif=exif, icc_profile=b"x" * 99, xmp=b"<x/>"))
    add("orientation in XMP", saved(picture(W, H), xmp=b'<x tiff:Orientation="5"/>'))
    one = saved(picture(20, 16), quality=60)
    add("bytes after the end", one + b"xxx")
    u24 = lambda n: struct.pack("<I", n)[:3]
    part = lambda name, body: name + struct.pack("<I", len(body)) + body + b"\0" * (len(body) & 1)
    for x, y, w, h in [(4, 6, 40, 30), (0, 0, 20, 16), (10, 10, 20, 16)]:
        frame = part(b"ANMF", u24(x // 2) + u24(y // 2) + u24(19) + u24(15) + u24(50) + b"\0" + one[12:])
        body = part(b"VP8X", b"\x02\0\0\0" + u24(w - 1) + u24(h - 1)) + part(b"ANIM", b"\1\2\3\xff\0\0")
        add(f"frame at {x},{y} of {w}x{h}", b"RIFF" + struct.pack("<I", 4 + len(body) + 2 * len(frame)) + b"WEBP" + body + 2 * frame)
    add("no frames", b"RIFF" + struct.pack("<I", 4 + len(body)) + b"WEBP" + body)


def changed(data: bytes, count: int) -> list[str | None]:
    """Changes one byte at a time, as the tests do."""
    state, out = 1, []
    for _ in range(count):
        state = (state * 1664525 + 1013904223) & 0xFFFFFFFF
        damaged = bytearray(data)
        place = (state >> 8) % len(data)
        if state & 0x80:
            damaged[place] = state & 0xFF
        else:
            damaged[place] ^= 1 << (state & 7)
        found = verdict(bytes(damaged))
        out.append(found and found[2][:16])
    return out


def orientation(data: bytes) -> int:
    return Image.open(io.BytesIO(data)).getexif().get(0x112, 1)


make_pngs()
make_gifs()
make_webps()
DAMAGED = ["png colour 2 depth 8 21x17", "png colour 3 depth 4 interlaced 21x17", "gif 21x17 of 16 colours", "gif 21x17 of 256 colours interlaced", "webp lossy 21x17 quality 60", "webp lossless alpha 21x17", "webp metadata"]
golden = {
    "files": [
        {"name": name, "base64": base64.b64encode(data).decode(), "pixels": (v := verdict(data)) and {"width": v[0], "height": v[1], "sha256": v[2]}, "orientation": orientation(data) if v else None}
        for name, data in FILES.items()
    ],
    "cuts": {name: "".join(".X"[verdict(FILES[name][:n]) is None] for n in range(len(FILES[name]) + 1)) for name in DAMAGED},
    "changes": {name: changed(FILES[name], 300) for name in DAMAGED},
}
(Path(__file__).parent / "formats.json").write_text(json.dumps(golden, indent=0) + "\n")
print(len(FILES), "files,", sum(f["pixels"] is not None for f in golden["files"]), "accepted")
