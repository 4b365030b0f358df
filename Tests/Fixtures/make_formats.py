#!/usr/bin/env python3
"""Makes Tests/Fixtures/formats.json: PNGs, GIFs, WebPs, BMPs and AVIFs of every kind, and what Pillow makes of them.

    apt-get install libavif-bin; python3 -m pip install pillow==13.0.0 numpy==2.4.6
    python3 make_formats.py

`files` holds each file in base64 with the size and the SHA-256 of all pixels after convert("RGB"), or null if
Pillow refuses it. `cuts` and `changes` are verdicts on some of them: cut at every length ("X" is refused), and
with single bytes changed (the beginning of the pixels' hash, or null). Orientations are those that ImageOps.exif_transpose
acts upon.
"""
import base64, hashlib, io, json, random, struct, subprocess, tempfile, warnings, zlib
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


FILE = tempfile.NamedTemporaryFile()


def verdict(data: bytes) -> tuple[int, int, str] | None:
    """Opens a file by its name: Pillow then maps some BMPs into memory, and accepts more of them."""
    Path(FILE.name).write_bytes(data)
    try:
        with Image.open(FILE.name) as file:
            image = file.convert("RGB")
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


# Orientations in PNG's texts, and in numbers of every type.

def make_orientations() -> None:
    def add(name: str, data: bytes) -> None:
        FILES["png orientation in " + name] = data

    def tiff(*entries: tuple[int, int, bytes], order="<", more=b"") -> bytes:
        head = b"II*\0" if order == "<" else b"MM\0*"
        pack = lambda form, *values: struct.pack(order + form, *values)
        return head + pack("I", 8) + pack("H", len(entries)) + b"".join(pack("HHI", 0x112, kind, count) + value.ljust(4, b"\0") for kind, count, value in entries) + bytes(4) + more

    def raw(exif: bytes, before=b"\nexif\n%8d\n") -> bytes:
        return before % (len(exif) + 6) + (b"Exif\0\0" + exif).hex().encode() + b"\n"

    small = lambda **options: png(7, 3, **options)
    text = lambda key, value: chunk(b"tEXt", key + b"\0" + value)
    compressed = lambda key, value: chunk(b"zTXt", key + b"\0\0" + zlib.compress(value))
    international = lambda key, value, packed=0: chunk(b"iTXt", key + b"\0" + bytes([packed, 0]) + b"\0\0" + (zlib.compress(value) if packed else value))
    six, three = tiff((3, 1, b"\6\0")), tiff((3, 1, b"\3\0"))
    xmp = lambda number: b'<x tiff:Orientation="%d"/>' % number
    profile, packet = b"Raw profile type exif", b"XML:com.adobe.xmp"
    for place in ("before", "after"):
        for name, kind in {"tEXt": text, "zTXt": compressed, "iTXt": international, "packed iTXt": lambda key, value: international(key, value, 1)}.items():
            add(f"{name} of a raw profile {place} the data", small(**{place: kind(profile, raw(six))}))
            add(f"{name} of XMP {place} the data", small(**{place: kind(packet, xmp(6))}))
    add("lines of a raw profile", small(before=text(profile, raw(six)[:40] + b"\n" + raw(six)[40:])))
    add("words of a raw profile", small(before=text(profile, raw(six)[:41] + b" \t" + raw(six)[41:])))
    add("a raw profile without a name", small(before=text(profile, b"\nexif\n8\n" + six.hex().encode())))
    add("a raw profile, but not in an empty eXIf", small(before=text(profile, raw(six)) + chunk(b"eXIf", b"")))
    add("a second raw profile", small(before=text(profile, raw(three)) + international(profile, raw(six))))
    add("eXIf, not a raw profile", small(before=text(profile, raw(three)) + chunk(b"eXIf", six)))
    add("a raw profile, not XMP", small(before=text(profile, raw(three)) + text(packet, xmp(6))))
    add("the second XMP", small(before=international(packet, xmp(3)) + text(packet, xmp(6))))
    add("the first XMP, the second being empty", small(before=international(packet, xmp(3)) + text(packet, b"")))
    add("XMP in Latin-1", small(before=text(packet, b"\xe9" + xmp(6))))
    add("XMP that isn't UTF-8", small(before=text(packet, xmp(3)) + international(packet, b"\xe9" + xmp(6))))
    add("XMP alone that isn't UTF-8", small(before=international(packet, b"\xe9" + xmp(6))))
    for order in "<>":
        pack = lambda form, *values: struct.pack(order + form, *values)
        for name, kind, count, value in [
            ("two shorts", 3, 2, pack("HH", 6, 3)), ("a long", 4, 1, pack("I", 6)), ("a byte", 1, 1, b"\6"), ("a signed byte", 6, 1, b"\6"), ("four signed bytes", 6, 4, b"\6\1\1\1"),
            ("a signed short", 8, 1, pack("h", 6)), ("a signed long", 9, 1, pack("i", 6)), ("a negative long", 9, 1, pack("i", -6)), ("an IFD", 13, 1, pack("I", 6)), ("a float", 11, 1, pack("f", 6)), ("a float and a half", 11, 1, pack("f", 6.5)),
            ("text", 2, 2, b"6\0"), ("undefined", 7, 1, b"\6"), ("no short", 3, 0, pack("H", 6)), ("nine", 3, 1, pack("H", 9)), ("an unknown type", 99, 1, pack("H", 6)),
        ]:
            add(f"{name} {order}", small(before=chunk(b"eXIf", tiff((kind, count, value), order=order))))
        here = pack("I", 26)
        for name, kind, count, more in [
            ("a ratio", 5, 1, pack("II", 12, 2)), ("no ratio", 5, 1, pack("II", 6, 0)), ("a broken ratio", 5, 1, pack("II", 13, 2)), ("a signed ratio", 10, 1, pack("ii", -12, -2)), ("a negative ratio", 10, 1, pack("ii", -12, 2)),
            ("a double", 12, 1, pack("d", 6)), ("a long of 8 bytes", 16, 1, pack("Q", 6)), ("three shorts", 3, 3, pack("HHH", 6, 3, 3)), ("shorts that end too early", 3, 4, pack("HHH", 6, 3, 3)), ("more shorts than bytes", 3, 40, pack("HHH", 6, 3, 3)),
        ]:
            add(f"{name} {order}", small(before=chunk(b"eXIf", tiff((kind, count, here), order=order, more=more))))
        add(f"the first of two {order}", small(before=chunk(b"eXIf", tiff((3, 1, pack("H", 6)), (3, 1, pack("H", 3)), order=order))))
        add(f"the second, the first being of no type {order}", small(before=chunk(b"eXIf", tiff((99, 1, pack("H", 6)), (3, 1, pack("H", 3)), order=order))))
        add(f"the second, the first being too large {order}", small(before=chunk(b"eXIf", tiff((3, 400, here), (3, 1, pack("H", 3)), order=order))))


# BMP, written here, too.

def make_bmps() -> None:
    def add(name: str, data: bytes) -> None:
        FILES["bmp " + name] = data

    def bmp(w=W, h=H, bits=24, compression=0, palette=b"", data=None, colors=0, header=40, masks=b"", offset=None, extra=b"", seed=0) -> bytes:
        stride = (w * bits + 31) // 32 * 4
        if data is None:
            data = random.Random(f"{w} {h} {bits} {seed}").randbytes(stride * abs(h))
        if header == 12:
            head = struct.pack("<IHHHH", 12, w, h, 1, bits)
        else:
            head = (struct.pack("<IiiHHIIiiII", header, w, h, 1, bits, compression, len(data), 0, 0, colors, 0) + masks).ljust(header, b"\0")
        start = 14 + len(head) + len(palette) + len(extra)
        return b"BM" + struct.pack("<IHHI", start + len(data), 0, 0, start if offset is None else offset) + head + extra + palette + data

    gray = lambda count, size=4: b"".join(bytes([i % 256] * 3 + [0] * (size - 3)) for i in range(count))
    colour = lambda count, size=4: b"".join(bytes([i * 7 % 256, 255 - i % 256, i * 3 % 256] + [9] * (size - 3)) for i in range(count))
    mono = b"\0\0\0\0\xff\xff\xff\0"
    for w, h in [(W, H), (W, -H), (1, 1), (8, 3), (33, 5)]:
        for bits in (1, 4, 8, 16, 24, 32):
            add(f"{w}x{h} of {bits} bits", bmp(w, h, bits, palette=colour(1 << bits) if bits <= 8 else b""))
            if h > 0:
                add(f"{w}x{h} of {bits} bits, old header", bmp(w, h, bits, palette=colour(1 << bits, 3) if bits <= 8 else b"", header=12))
    for header in (12, 16, 40, 52, 56, 64, 108, 124, 128, 0, 3):
        add(f"header of {header} bytes", bmp(header=header) if header > 3 else bmp()[:14] + struct.pack("<I", header) + bmp()[18:])
        if header >= 40:
            add(f"header of {header} bytes, palette", bmp(bits=4, palette=colour(16), header=header))
    for bits in (1, 4, 8):
        for count in (1, 2, 3, 5, 16, 255, 256, 257, 300):
            for name, palette in {"gray": gray(count), "colour": colour(count), "black and white": mono[:4 * count], "white and black": mono[::-1]}.items():
                if name[0] in "gc" or count <= 2:
                    add(f"{bits} bits, {count} colours of {name}", bmp(bits=bits, colors=count, palette=palette, seed=1))
    for w in range(1, 12):
        add(f"4 bits, 16 grays, {w} pixels wide", bmp(w, 5, 4, palette=gray(16)))
        add(f"4 bits, 16 grays, {w} pixels wide, with more data", bmp(w, -5, 4, palette=gray(16), data=bytes(range(8 * w + 8))))
        add(f"1 bit, 3 grays, {w} pixels wide, with more data", bmp(w, 5, 1, colors=3, palette=gray(3), data=bytes(range(8 * w + 8))))
    add("palette that ends in the file", bmp(bits=8, palette=colour(256), offset=54, data=b"")[:54 + 400])
    add("palette within the pixels", bmp(bits=8, palette=colour(40), colors=256, offset=60))
    for colors in (0, 65536, 65537, 2**32 - 1):
        add(f"palette of {colors} colours", bmp(bits=8, palette=gray(256), colors=colors, offset=54 + 1024))
    for offset in (0, 14, 53, 54, 55, 2**31, 2**32 - 1):
        add(f"pixels at {offset}", bmp(offset=offset))
        add(f"pixels at {offset}, palette", bmp(bits=8, palette=colour(256), offset=offset))
    M = lambda *masks: struct.pack(f"<{len(masks)}I", *masks)
    layouts = [
        (0xFF0000, 0xFF00, 0xFF, 0), (0xFF000000, 0xFF0000, 0xFF00, 0), (0xFF000000, 0xFF00, 0xFF, 0), (0xFF000000, 0xFF0000, 0xFF00, 0xFF),
        (0xFF, 0xFF00, 0xFF0000, 0xFF000000), (0xFF0000, 0xFF00, 0xFF, 0xFF000000), (0xFF000000, 0xFF00, 0xFF, 0xFF0000), (0, 0, 0, 0),
        (0xFF, 0xFF00, 0xFF0000, 0), (0xF800, 0x7E0, 0x1F, 0), (0x7C00, 0x3E0, 0x1F, 0), (0xF00, 0xF0, 0xF, 0), (0x7C00, 0x3E0, 0x1F, 0x8000),
    ]
    for bits in (4, 8, 16, 24, 32):
        for number, masks in enumerate(layouts):
            for header in (40, 52, 56, 64, 124) if bits > 8 else (40,):
                inside = header > 40
                add(f"{bits} bits, masks {number}, header of {header} bytes", bmp(9, 5, bits, 3, header=header, masks=M(*masks) if inside else b"", extra=b"" if inside else M(*masks[:3]), palette=colour(1 << bits) if bits <= 8 else b""))
    for compression in (4, 5, 6, 11, 99):
        add(f"compression {compression}", bmp(compression=compression))
    for bits in (0, 2, 15, 48, 65535):
        add(f"{bits} bits", bmp(bits=bits, data=bytes(4000)))
        add(f"{bits} bits, old header", bmp(bits=bits, data=bytes(4000), header=12))
    for w, h in [(0, 5), (5, 0), (-5, 5), (5, -2**31), (70000, 70000), (2**31 - 1, 1)]:
        add(f"{w}x{h} without pixels", bmp(w, h, data=b"abc"))

    def runs(w: int, h: int, halves: bool, seed: int) -> bytes:
        draw, out = random.Random(seed), b""
        for y in range(h):
            x = 0
            while x < w:
                count = draw.randrange(1, 9)
                kind = draw.randrange(8)
                if kind < 4:
                    out += bytes([count, draw.randrange(256)])
                elif kind < 7:
                    count += 2
                    pixels = draw.randbytes((count + 1) // 2 if halves else count)
                    out += bytes([0, count]) + pixels + bytes(len(pixels) % 2)
                else:
                    out += bytes([0, 2, count, draw.randrange(2)])
                x += count
            out += b"\0\0" if draw.random() < 0.8 else b""
        return out + b"\0\1"

    for bits, halves in [(8, False), (4, True), (1, True), (8, True), (4, False)]:
        for name, palette, colors in [("colours", colour(1 << bits), 0), ("grays", gray(1 << bits), 0), ("black and white", mono, 2)]:
            for seed in range(2):
                for h in (H, -H):
                    add(f"runs of {bits} bits, halves {halves}, {name} {seed} {h}", bmp(W, h, bits, 1 + halves, palette=palette, colors=colors, data=runs(W, H, halves, seed) + bytes(H * 40)))
    whole = b"".join(bytes([W, y]) + b"\0\0" for y in range(H))
    for name, data in {"whole": whole, "and the end": whole + b"\0\1", "too short": whole[:-4], "the end too early": whole[:20] + b"\0\1" + whole[20:], "a row too long": b"\xff\x07" + whole[2:], "no ends of rows": b"".join(bytes([W, y]) for y in range(H)), "cut": whole[:-3], "a leap to the end": b"\0\2\xff\xff" * 2, "a leap that is cut": b"\0\2\1", "bytes that are cut": whole[:-4] + bytes([0, W]) + b"abc", "odd bytes": whole[:-4] + bytes([0, W]) + bytes(W)}.items():
        add(f"runs, {name}", bmp(W, H, 8, 1, palette=colour(256), data=data))
        add(f"runs from an odd place, {name}", bmp(W, H, 8, 1, palette=colour(256), data=b"x" + data, offset=14 + 40 + 1024 + 1))
    for bits in (16, 24, 32):
        add(f"runs of {bits} bits", bmp(W, H, bits, 1, data=whole))


# AVIF

def make_avifs() -> None:
    def add(name: str, data: bytes) -> None:
        FILES["avif " + name] = data

    def saved(array: np.ndarray, **options) -> bytes:
        out = io.BytesIO()
        Image.fromarray(array).save(out, "AVIF", speed=8, max_threads=1, **options)
        return out.getvalue()

    for w, h in [(W, H), (1, 1), (40, 23)]:
        for sampling in ("4:4:4", "4:2:2", "4:2:0", "4:0:0"):
            for reach in ("full", "limited"):
                add(f"{w}x{h} {sampling} {reach}", saved(picture(w, h), subsampling=sampling, range=reach, quality=60))
    add("gray", saved(picture(W, H)[:, :, 0]))
    add("quality 100", saved(picture(W, H), quality=100, subsampling="4:4:4"))
    for premultiplied in (False, True):
        add(f"alpha, premultiplied {premultiplied}", saved(picture(W, H, 4), alpha_premultiplied=premultiplied))
    add("animation", saved(picture(W, H), save_all=True, append_images=[Image.fromarray(picture(W, H))]))
    for number in range(1, 9):
        exif = Image.Exif()
        exif[0x112] = number
        add(f"orientation {number}", saved(picture(W, H), exif=exif))
    add("orientation in XMP", saved(picture(W, H), xmp=b'<x tiff:Orientation="6"/>'))
    exif = Image.Exif()
    exif[0x131] = "x"
    add("orientation in XMP besides EXIF", saved(picture(W, H), exif=exif, xmp=b'<x tiff:Orientation="6"/>'))
    # Of more bits than eight, which Pillow doesn't write.
    with tempfile.TemporaryDirectory() as folder:
        for depth in (8, 10, 12):
            for sampling in ("444", "422", "420", "400"):
                for matrix in (1, 2, 5, 6, 7, 9):
                    Image.fromarray(picture(W, H, 4 if matrix == 6 else 3)).save(f"{folder}/x.png")
                    command = ["avifenc", "-d", depth, "-y", sampling, "-r", "limited" if matrix % 2 else "full", "--cicp", f"1/13/{matrix}", "-s", 9, "--min", 10, "--max", 20, f"{folder}/x.png", f"{folder}/x.avif"]
                    subprocess.run([str(part) for part in command], check=True, capture_output=True)
                    add(f"{depth} bits {sampling} matrix {matrix}", Path(f"{folder}/x.avif").read_bytes())
    whole = FILES[f"avif {W}x{H} 4:2:0 full"]
    add("image or sequence of another brand", whole.replace(b"ftypavif", b"ftypmif1"))
    add("no brand", whole[:8] + whole[8:40].replace(b"avif", b"xxxx").replace(b"avis", b"xxxx") + whole[40:])
    add("empty", whole[:32])


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
    """By what exif_transpose looks for: what it doesn't know turns nothing."""
    value = Image.open(io.BytesIO(data)).getexif().get(0x112, 1)
    return {number: number for number in range(1, 9)}.get(value, 1)


make_pngs()
make_gifs()
make_webps()
make_orientations()
make_bmps()
make_avifs()
DAMAGED = ["png colour 2 depth 8 21x17", "png colour 3 depth 4 interlaced 21x17", "gif 21x17 of 16 colours", "gif 21x17 of 256 colours interlaced", "webp lossy 21x17 quality 60", "webp lossless alpha 21x17", "webp metadata", "bmp 21x17 of 4 bits", "bmp 21x-17 of 24 bits", "bmp 16 bits, masks 9, header of 124 bytes", "bmp runs, whole"]
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
