#!/usr/bin/env python3
"""Times Pillow's bicubic resize against RedCaps' resampling straight to floats, in turns in one process.

    swift build -c release --package-path Benchmarks --product RedCapsForPython
    python3 -m pip install pillow numpy
    python3 Benchmarks/compare_with_pillow.py [--side 1024] [--size 512] [--rounds 9]

Both get the same square of RGB pixels; Pillow makes bytes of it, RedCaps the floats 2 * (v / 255) - 1, which are
compared with Pillow's bytes first.
"""
import argparse, ctypes, statistics, sys, time
from pathlib import Path

import numpy as np
from PIL import Image

parser = argparse.ArgumentParser()
parser.add_argument("--side", type=int, default=1024)
parser.add_argument("--size", type=int, default=512)
parser.add_argument("--rounds", type=int, default=9)
options = parser.parse_args()

suffix = "dylib" if sys.platform == "darwin" else "so"
library = ctypes.CDLL(str(Path(__file__).parent / ".build/release" / f"libRedCapsForPython.{suffix}"))
library.redcaps_open.restype = ctypes.c_void_p
library.redcaps_open.argtypes = [ctypes.c_char_p, ctypes.c_ssize_t]
library.redcaps_resample.argtypes = [ctypes.c_void_p, ctypes.c_ssize_t, ctypes.c_void_p]

rng = np.random.default_rng(1)
y, x = np.mgrid[0:options.side, 0:options.side]
waves = [128 + 90 * np.sin(x / (5 + 3 * c)) * np.cos(y / (9 - 2 * c)) + rng.normal(0, 9, x.shape) for c in range(3)]
pixels = np.clip(np.dstack(waves), 0, 255).astype(np.uint8)
image = Image.fromarray(pixels)
subject = library.redcaps_open(pixels.tobytes(), options.side)
floats = np.empty((3, options.size, options.size), np.float32)


def pillow():
    return image.resize((options.size, options.size), Image.BICUBIC)


def redcaps():
    assert library.redcaps_resample(subject, options.size, floats.ctypes.data) == 1


redcaps()
expected = 2 * (np.asarray(pillow()).astype(np.float32) / np.float32(255)) - 1
assert np.array_equal(floats, expected.transpose(2, 0, 1)), "the pixels differ"

times: dict[str, list[float]] = {"Pillow": [], "RedCaps": []}
for _ in range(options.rounds):
    for name, work in [("Pillow", pillow), ("RedCaps", redcaps)]:
        start = time.perf_counter()
        work()
        times[name].append((time.perf_counter() - start) * 1000)
medians = {name: statistics.median(values) for name, values in times.items()}
print(f"{options.side} to {options.size}, medians of {options.rounds}: Pillow {medians['Pillow']:.2f} ms (bytes), "
      f"RedCaps {medians['RedCaps']:.2f} ms (floats), 1/{medians['Pillow'] / medians['RedCaps']:.1f} of it")
