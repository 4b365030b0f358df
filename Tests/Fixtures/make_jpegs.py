#!/usr/bin/env python3
"""Makes Tests/Fixtures/jpegs and their golden values: what Pillow makes of each file.

    apt-get install libjpeg-turbo-progs; python3 -m pip install pillow==13.0.0 numpy==2.4.6
    python3 make_jpegs.py

The pictures are drawn here. cjpeg and jpegtran (libjpeg-turbo) write what Pillow can't: odd samplings,
scan scripts, restarts, RGB, arithmetic coding. Damage is done byte by byte with a fixed seed.
jpegs.json holds for each file: null if Pillow refuses it, else its size, the SHA-256 of all pixels after
convert("RGB"), and of squares cropped and resized with BICUBIC. jpegs_damaged.json holds verdicts on two small files
cut at every length ("X" is refused) and with single bytes changed, and the pixels of files with missing scans.
"""
import hashlib, io, json, random, shutil, subprocess, sys, tempfile
from pathlib import Path

import numpy as np
from PIL import Image

HERE = Path(__file__).parent
OUT = HERE / "jpegs"
FILES: dict[str, bytes] = {}


def picture(w: int, h: int, seed: int = 1) -> Image.Image:
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:h, 0:w]
    channels = [128 + 90 * np.sin(x / (5 + 3 * c) + seed) * np.cos(y / (9 - 2 * c)) + rng.normal(0, 9, (h, w)) for c in range(3)]
    channels[0] += 60 * (((x // 11) + (y // 7)) % 2)
    return Image.fromarray(np.clip(np.dstack(channels), 0, 255).astype(np.uint8))


def pillow(im: Image.Image, **options) -> bytes:
    out = io.BytesIO()
    im.save(out, "JPEG", **options)
    return out.getvalue()


def cjpeg(im: Image.Image, *options: str) -> bytes:
    with tempfile.NamedTemporaryFile(suffix=".ppm") as f:
        im.save(f.name)
        return subprocess.run(["cjpeg", *options, f.name], check=True, capture_output=True).stdout


def scans(im: Image.Image, script: str, *options: str) -> bytes:
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as f:
        f.write(script)
        f.flush()
        return cjpeg(im, "-scans", f.name, *options)


def segment(marker: int, body: bytes) -> bytes:
    return bytes([0xFF, marker]) + (len(body) + 2).to_bytes(2, "big") + body


def with_segment(data: bytes, marker: int, body: bytes) -> bytes:
    return data[:2] + segment(marker, body) + data[2:]


def exif(*entries: tuple[int, int, bytes]) -> bytes:
    body = b"".join(tag.to_bytes(2, "little") + kind.to_bytes(2, "little") + b"\1\0\0\0" + value for tag, kind, value in entries)
    return segment(0xE1, b"Exif\0\0II*\0\x08\0\0\0" + len(entries).to_bytes(2, "little") + body + bytes(4))


def without_jfif(data: bytes, extra: bytes) -> bytes:
    return data[:2] + extra + data[20:]


def without(data: bytes, marker: int) -> bytes:
    """Drops all segments of a kind before the first scan, and those between later ones."""
    out, i = data[:2], 2
    while data[i + 1] != 0xDA:
        end = i + 2 + int.from_bytes(data[i + 2:i + 4], "big")
        out += b"" if data[i + 1] == marker else data[i:end]
        i = end
    return out + data[i:]


def same_ids(data: bytes) -> bytes:
    """Gives the third component the second one's id, in the frame and in every scan."""
    out, i = bytearray(data), 0
    at = sof(data)
    out[at + 10 + 6] = 2
    while (i := data.find(b"\xff\xda", i)) >= 0:
        for k in range(data[i + 4]):
            if data[i + 5 + 2 * k] == 3:
                out[i + 5 + 2 * k] = 2
        i += 2
    return bytes(out)


def scan_start(data: bytes) -> int:
    i = data.index(b"\xff\xda")
    return i + 2 + int.from_bytes(data[i + 2:i + 4], "big")


def sof(data: bytes) -> int:
    return next(i for i in range(2, len(data) - 1) if data[i] == 0xFF and data[i + 1] in (0xC0, 0xC1, 0xC2))


def make() -> None:
    wide, tall, odd = picture(131, 97), picture(96, 143, 2), picture(101, 83, 3)
    for name, (w, h) in {"tiny_81": (81, 81), "square": (112, 112)}.items():
        FILES[name] = pillow(picture(w, h), quality=80)
    FILES["tiny_81_progressive"] = pillow(picture(81, 81), quality=30, progressive=True)
    for name in ("4:4:4", "4:2:2", "4:2:0"):
        label = name.replace(":", "")
        FILES[f"wide_{label}"] = pillow(wide, quality=82, subsampling=name)
        FILES[f"tall_{label}"] = pillow(tall, quality=75, subsampling=name)
        FILES[f"odd_{label}_progressive"] = pillow(odd, quality=70, subsampling=name, progressive=True)
    for sampling in ("1x2", "4x1", "4x2", "1x4", "3x1", "2x2,1x2,2x1", "2x2,2x1,1x1", "2x1,1x2,1x1", "1x1,2x2,1x1"):
        label = sampling.replace(",", "_")
        for way, im in (("wide", wide), ("tall", tall)):
            FILES[f"{way}_sampling_{label}"] = cjpeg(im, "-quality", "80", "-sample", sampling)
    FILES["sampling_4x1_progressive"] = cjpeg(wide, "-sample", "4x1", "-progressive")
    FILES["gray"] = pillow(wide.convert("L"), quality=80)
    FILES["gray_progressive"] = pillow(tall.convert("L"), quality=80, progressive=True)
    FILES["gray_2x2"] = cjpeg(odd.convert("L"), "-sample", "2x2")
    FILES["rgb"] = cjpeg(wide, "-rgb", "-quality", "85")
    FILES["cmyk"] = pillow(wide.convert("CMYK"), quality=85)
    FILES["cmyk_tall"] = pillow(tall.convert("CMYK"), quality=60)
    adobe = FILES["cmyk"].index(b"Adobe")
    FILES["ycck"] = FILES["cmyk"][:adobe + 11] + b"\x02" + FILES["cmyk"][adobe + 12:]
    FILES["cmyk_unmarked"] = FILES["cmyk"][:adobe - 4] + FILES["cmyk"][adobe + 12:]
    FILES["restart_1"] = cjpeg(wide, "-restart", "1")
    FILES["restart_1b"] = cjpeg(tall, "-restart", "1B", "-sample", "2x2")
    FILES["restart_progressive"] = cjpeg(odd, "-restart", "2B", "-progressive")
    FILES["sequential_scans"] = scans(wide, "0;\n1;\n2;\n")
    FILES["sequential_two_scans"] = scans(tall, "0;\n1 2;\n", "-sample", "2x1")
    FILES["quality_1"] = pillow(odd, quality=1)
    FILES["quality_100"] = pillow(picture(90, 88, 5), quality=100, subsampling=0)
    FILES["arithmetic"] = cjpeg(wide, "-arithmetic")
    FILES["arithmetic_progressive"] = cjpeg(tall, "-arithmetic", "-progressive", "-quality", "60")
    FILES["arithmetic_restart"] = cjpeg(odd.convert("L"), "-arithmetic", "-restart", "2B", "-quality", "50")
    FILES["arithmetic_cut"] = FILES["arithmetic"][:-40]
    for name, (w, h) in {"80x200": (80, 200), "81x809": (81, 809), "81x810": (81, 810), "810x81": (810, 81), "809x81": (809, 81), "81x80": (81, 80)}.items():
        FILES[f"size_{name}"] = pillow(picture(w, h), quality=30)

    base, progressive, restarts = FILES["wide_420"], FILES["odd_420_progressive"], FILES["restart_1b"]
    for label, data in (("base", base), ("progressive", progressive), ("restarts", restarts)):
        start = scan_start(data)
        for cut in (1, 2, 3, 40):
            FILES[f"cut_{label}_{cut}"] = data[:-cut]
        FILES[f"cut_{label}_half"] = data[:(start + len(data)) // 2]
        FILES[f"cut_{label}_header"] = data[:start - 30]
        FILES[f"trailing_{label}"] = data + b"rubbish after the end \xff\xc4\x00\x03"
        for n in range(6):
            rng = random.Random(f"{label}{n}")
            damaged = bytearray(data)
            for _ in range(1 + n):
                damaged[rng.randrange(start, len(data) - 2)] = rng.randrange(256)
            FILES[f"damaged_{label}_{n}"] = bytes(damaged)
        middle = (start + len(data)) // 2
        for marker in (0xD9, 0xD3, 0xC4, 0xDA, 0xE5, 0x01, 0xC0):
            if marker == 0xD9 and label == "progressive":
                continue  # scans would be missing
            FILES[f"marker_{marker:02x}_in_{label}"] = data[:middle] + bytes([0xFF, marker]) + data[middle:]
    FILES["zeros_in_base"] = base[:-600] + bytes(500) + base[-100:]
    i = sof(base)
    FILES["twelve_bits"] = base[:i + 4] + b"\x0c" + base[i + 5:]
    FILES["no_height"] = base[:i + 5] + b"\x00\x00" + base[i + 7:]
    FILES["two_components"] = base[:i + 9] + b"\x02" + base[i + 10:]
    FILES["junk_before_marker"] = base[:2] + b"\xff\xff\xff" + base[3:20] + base[20:]
    FILES["junk_between"] = base[:20] + b"junk" + base[20:]
    FILES["not_ff_third"] = base[:2] + b"\x00" + base[2:]
    FILES["tem_marker"] = base[:2] + b"\xff\x01" + base[2:]
    FILES["short_jfif"] = base[:2] + segment(0xE0, b"JFIF\0") + base[20:]
    FILES["short_adobe"] = with_segment(base, 0xEE, b"Adobe\0")
    FILES["short_icc"] = with_segment(base, 0xE2, b"ICC_PROFILE\0")
    FILES["short_photoshop"] = with_segment(base, 0xED, b"Photoshop 3.0\0" + b"8BIM\x04\x04")
    FILES["icc"] = with_segment(base, 0xE2, b"ICC_PROFILE\0\x01\x01" + bytes(200))
    FILES["exif_rotated"] = with_segment(base, 0xE1, b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0")
    FILES["exif_bad"] = with_segment(base, 0xE1, b"Exif\0\0II*\0\xff\xff\xff\x7f")
    FILES["exif_resolution_byte"] = without_jfif(base, exif((0x11A, 1, b"a\0\0\0"), (0x128, 3, b"\2\0\0\0")))
    FILES["exif_resolution_undefined"] = without_jfif(base, exif((0x11A, 7, b"a\0\0\0"), (0x128, 3, b"\2\0\0\0")))
    FILES["exif_resolution_short"] = without_jfif(base, exif((0x11A, 3, b"a\0\0\0"), (0x128, 3, b"\2\0\0\0")))
    FILES["exif_resolution_byte_alone"] = without_jfif(base, exif((0x11A, 1, b"a\0\0\0")))
    FILES["exif_resolution_byte_jfif"] = base[:2] + segment(0xE0, b"JFIF\0\1\1\1\0\x48\0\x48\0\0") + exif((0x11A, 1, b"a\0\0\0"), (0x128, 3, b"\2\0\0\0")) + base[20:]
    for label, unit in (("ratio", b"\0"), ("centimetres", b"\2")):
        FILES[f"exif_resolution_byte_jfif_{label}"] = base[:2] + segment(0xE0, b"JFIF\0\1\1" + unit + b"\0\x48\0\x48\0\0") + exif((0x11A, 1, b"a\0\0\0"), (0x128, 3, b"\2\0\0\0")) + base[20:]
    FILES["exif_resolution_byte_big_endian"] = without_jfif(base, segment(0xE1, b"Exif\0\0MM\0*\0\0\0\x08\0\2" + b"\1\x1a\0\1\0\0\0\1a\0\0\0" + b"\1\x28\0\3\0\0\0\1\0\2\0\0" + bytes(4)))
    for label, count, text in (("digit", 2, b"7\0"), ("digit_alone", 1, b"7"), ("empty", 1, b"\0"), ("two_digits", 3, b"72\0"), ("letter", 2, b"x\0"), ("digit_and_nuls", 3, b"7\0\0")):
        entry = (0x11A).to_bytes(2, "little") + b"\2\0" + count.to_bytes(4, "little") + text.ljust(4, b"\0")
        FILES[f"exif_resolution_text_{label}"] = without_jfif(base, segment(0xE1, b"Exif\0\0II*\0\x08\0\0\0\2\0" + entry + exif((0x128, 3, b"\2\0\0\0"))[20:]))
    # Of two values the first counts.
    first, second = (0x11A, 3, b"\1\0\0\0"), (0x11A, 1, b"a\0\0\0")
    FILES["exif_resolution_byte_second"] = without_jfif(base, exif(first, second, (0x128, 3, b"\2\0\0\0")))
    FILES["exif_resolution_byte_first"] = without_jfif(base, exif(second, first, (0x128, 3, b"\2\0\0\0")))
    tables = b"".join(base[at:at + 2 + int.from_bytes(base[at + 2:at + 4], "big")] for at in [base.index(b"\xff\xdb")])
    FILES["tables_first"] = b"\xff\xd8" + tables + b"\xff\xd9" + base
    FILES["tables_alone"] = b"\xff\xd8" + tables + b"\xff\xd9"
    FILES["short_icc_after_frame"] = base[:i] + base[i:i + 2 + int.from_bytes(base[i + 2:i + 4], "big")] + segment(0xE2, b"ICC_PROFILE\0\x01") + base[i + 2 + int.from_bytes(base[i + 2:i + 4], "big"):]
    FILES["no_quantization"] = without(base, 0xDB)
    FILES["no_huffman"] = without(base, 0xC4)
    FILES["no_huffman_progressive"] = without(progressive, 0xC4)
    FILES["same_ids_progressive"] = same_ids(progressive)
    small = picture(50, 42, 7)
    FILES["missing_scans_dc"] = scans(small, "0,1,2: 0-0, 0, 0;\n")
    FILES["missing_scans_first"] = scans(small, "0,1,2: 0-0, 0, 1;\n0: 1-5, 0, 2;\n")
    FILES["missing_scans_luma"] = scans(small, "0,1,2: 0-0, 0, 1;\n0: 1-63, 0, 0;\n")
    eoi = pillow(small, quality=70, progressive=True)
    FILES["missing_scans_eoi"] = eoi[:len(eoi) // 2] + b"\xff\xd9" + eoi[len(eoi) // 2:]
    FILES["empty"] = b""
    FILES["text"] = b"this is no picture\n"


def digest(array: np.ndarray) -> str:
    return hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()


def golden(data: bytes):
    try:
        im = Image.open(io.BytesIO(data)).convert("RGB")
    except Exception:
        return None
    w, h = im.size
    side, slack = min(w, h), abs(w - h)
    squares = []
    for offset, size in ((0, 64), (slack // 2, 96), (slack, 120)):
        x, y = (offset, 0) if w > h else (0, offset)
        squares.append({"offset": offset, "size": size, "sha256": digest(np.array(im.crop((x, y, x + side, y + side)).resize((size, size))))})
    return {"width": w, "height": h, "sha256": digest(np.array(im)), "squares": squares}


def damage(data: bytes) -> list:
    """What becomes of a file with one byte changed: a piece of the pixels' hash, or null. The tests draw the same."""
    state, result = 1, []
    for _ in range(300):
        state = (state * 1664525 + 1013904223) & 0xFFFFFFFF
        damaged = bytearray(data)
        damaged[(state >> 8) % len(data)] = state & 0xFF if state & 0x80 else damaged[(state >> 8) % len(data)] ^ 1 << (state & 7)
        seen = golden(bytes(damaged))
        result.append(seen and seen["sha256"][:16])
    return result


def main() -> None:
    make()
    shutil.rmtree(OUT, ignore_errors=True)
    OUT.mkdir()
    for name, data in FILES.items():
        (OUT / f"{name}.jpg").write_bytes(data)
    result = {name: golden(data) for name, data in sorted(FILES.items())}
    (HERE / "jpegs.json").write_text(json.dumps(result, indent=0) + "\n")
    # libjpeg-turbo 2 and 3 smooth blocks differently where scans are missing: pixels, to be compared with tolerance.
    missing = {name: np.array(Image.open(io.BytesIO(FILES[name])).convert("RGB")).tobytes().hex() for name in FILES if name.startswith("missing_scans")}
    names = ["tiny_81", "tiny_81_progressive"]
    cuts = {name: "".join(".X"[golden(FILES[name][:n]) is None] for n in range(len(FILES[name]) + 1)) for name in names}
    damaged = {name: damage(FILES[name]) for name in names}
    (HERE / "jpegs_damaged.json").write_text(json.dumps({"missing": missing, "cuts": cuts, "damaged": damaged}, indent=0) + "\n")
    refused = sum(v is None for v in result.values())
    print(f"{len(result)} files, {sum(map(len, FILES.values()))} bytes, {refused} refused")


if __name__ == "__main__":
    main()
