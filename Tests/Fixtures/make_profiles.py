#!/usr/bin/env python3
"""Makes Tests/Fixtures/profiles.json: images with ICC profiles, and what Little CMS, through Pillow, makes of them in sRGB.

    python3 -m pip install pillow==13.0.0 numpy==2.4.6
    python3 make_profiles.py

The profiles are written here: wide primaries or gray, with a gamma of 1.8. The images are PNGs of flat fields.
"""
import base64, io, json, struct
from pathlib import Path

import numpy as np
from PIL import Image, ImageCms


def profile(space: bytes, tags: dict[bytes, bytes]) -> bytes:
    table, body, start = b"", b"", 128 + 4 + 12 * len(tags)
    for name, data in tags.items():
        table += name + struct.pack(">II", start + len(body), len(data))
        body += data + bytes(-len(data) % 4)
    head = struct.pack(">I4sI4s4s4s", start + len(body), b"\0\0\0\0", 0x02100000, b"mntr", space, b"XYZ ")
    head += struct.pack(">6H", 2026, 1, 1, 0, 0, 0) + b"acsp" + bytes(28) + xyz(0.9642, 1, 0.8249)[8:] + bytes(48)
    assert len(head) == 128
    return head + struct.pack(">I", len(tags)) + table + body


def xyz(*values: float) -> bytes:
    return b"XYZ \0\0\0\0" + b"".join(struct.pack(">i", round(v * 65536)) for v in values)


def text(words: bytes) -> bytes:
    return b"desc\0\0\0\0" + struct.pack(">I", len(words) + 1) + words + bytes(1 + 12 + 67)


GAMMA = b"curv\0\0\0\0" + struct.pack(">IH", 1, round(1.8 * 256))
COMMON = {b"desc": text(b"test"), b"cprt": b"text\0\0\0\0none\0", b"wtpt": xyz(0.9642, 1, 0.8249)}
WIDE = profile(b"RGB ", COMMON | {
    b"rXYZ": xyz(0.7977, 0.2880, 0.0), b"gXYZ": xyz(0.1352, 0.7119, 0.0), b"bXYZ": xyz(0.0313, 0.0001, 0.8249),
    b"rTRC": GAMMA, b"gTRC": GAMMA, b"bTRC": GAMMA})
GRAY = profile(b"GRAY", COMMON | {b"kTRC": GAMMA})

out = {}
for name, data, mode in [("wide", WIDE, "RGB"), ("gray", GRAY, "L")]:
    rng = np.random.default_rng(3)
    fields = rng.integers(40, 216, (4, 4, 3)).astype(np.uint8)
    if mode == "L":
        fields[:] = fields[:, :, :1]
    image = Image.fromarray(np.kron(fields, np.ones((16, 16, 1), np.uint8))).convert(mode)
    file = io.BytesIO()
    image.save(file, "PNG", icc_profile=data)
    srgb = ImageCms.profileToProfile(image, ImageCms.ImageCmsProfile(io.BytesIO(data)), ImageCms.createProfile("sRGB"), outputMode="RGB")
    out[name] = {
        "base64": base64.b64encode(file.getvalue()).decode(),
        "profile": base64.b64encode(data).decode(),
        "fields": np.asarray(srgb)[8::16, 8::16].reshape(-1).tolist(),
    }
(Path(__file__).parent / "profiles.json").write_text(json.dumps(out, indent=0) + "\n")
