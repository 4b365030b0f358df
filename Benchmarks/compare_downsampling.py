#!/usr/bin/env python3
"""Compares `redcaps downsample` with libvips, Pillow and OpenCV: how many images a second, and how near to the ideal.

    swift build -c release --product redcaps --traits PNG,WebP,GIF,ICC
    apt-get install libvips42; python3 -m pip install pillow numpy pyvips opencv-python-headless
    python3 Benchmarks/compare_downsampling.py FOLDER-OF-JPEGS [--rounds 3] [--skip speed|quality]

All make the shorter edge 1024 pixels and write JPEGs of quality 90 with a colour for each pixel, with two threads or
processes, which take turns in every round. The ideal is a full decoding, resized with three lobes of Lanczos in double
precision; the PSNR is that of what a JPEG decodes to against it, over red, green and blue. A peer whose package is
missing is left out.
"""
import argparse, json, math, multiprocessing, os, statistics, subprocess, tempfile, time
from pathlib import Path

import numpy as np
from PIL import Image

parser = argparse.ArgumentParser()
parser.add_argument("folder", type=Path)
parser.add_argument("--shortest-edge", type=int, default=1024)
parser.add_argument("--quality", type=int, default=90)
parser.add_argument("--jobs", type=int, default=2)
parser.add_argument("--rounds", type=int, default=3)
parser.add_argument("--compared", type=int, default=100, help="images whose PSNR is measured")
parser.add_argument("--skip", choices=["speed", "quality"])
parser.add_argument("--redcaps", default=str(Path(__file__).parent.parent / ".build/release/redcaps"))
options = parser.parse_args()
PROCESSES = multiprocessing.get_context("spawn")  # libvips has threads, which a fork would lose
EDGE, QUALITY = options.shortest_edge, options.quality


def target(width: int, height: int) -> tuple[int, int]:
    shortest = min(width, height)
    return tuple((edge * EDGE * 2 + shortest) // (2 * shortest) for edge in (width, height))


def pyvips_thumbnail(source: str, out: str) -> None:
    import pyvips
    width, height = target(*Image.open(source).size)
    pyvips.Image.thumbnail(source, width, height=height, size="force").jpegsave(out, Q=QUALITY, subsample_mode="off")


def pillow(source: str, out: str, draft: bool = False) -> None:
    image = Image.open(source)
    size = target(*image.size)
    if draft:
        image.draft("RGB", size)
    image.convert("RGB").resize(size, Image.LANCZOS).save(out, "JPEG", quality=QUALITY, subsampling=0)


def pillow_draft(source: str, out: str) -> None:
    pillow(source, out, draft=True)


def opencv(source: str, out: str, flag: str = "IMREAD_COLOR") -> None:
    import cv2
    cv2.setNumThreads(1)
    size = target(*Image.open(source).size)
    image = cv2.resize(cv2.imread(source, getattr(cv2, flag)), size, interpolation=cv2.INTER_AREA)
    sampling = [cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444]
    cv2.imwrite(out, image, [cv2.IMWRITE_JPEG_QUALITY, QUALITY, *sampling])


def opencv_half(source: str, out: str) -> None:
    opencv(source, out, "IMREAD_REDUCED_COLOR_2")


PEERS = {
    "pyvips thumbnail": (pyvips_thumbnail, True), "Pillow draft, Lanczos": (pillow_draft, True),
    "OpenCV at half size": (opencv_half, True), "OpenCV, full size": (opencv, False), "Pillow, Lanczos": (pillow, False),
}
REDCAPS = "redcaps downsample"
files = sorted(path for path in options.folder.iterdir() if path.suffix == ".jpg")
if options.skip == "speed":
    files = files[:options.compared]


def work(arguments: tuple[str, str, str]) -> None:
    PEERS[arguments[0]][0](*arguments[1:])


def run(name: str, into: str) -> float:
    """Makes all images smaller. Returns images a second, without the time that a pool needs to start."""
    if name == REDCAPS:
        command = [options.redcaps, "downsample", str(options.folder), "--into", into, "--shortest-edge", str(EDGE)]
        command += ["--quality", str(QUALITY), "--jobs", str(options.jobs), "--json"]
        start = time.perf_counter()
        report = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
        assert report["broken"] == 0, report
        return report["images"] / (time.perf_counter() - start)
    jobs = [(name, str(file), f"{into}/{file.name}") for file in files]
    with PROCESSES.Pool(options.jobs) as pool:
        pool.map(work, jobs[:options.jobs], chunksize=1)
        start = time.perf_counter()
        pool.map(work, jobs, chunksize=1)
        return len(files) / (time.perf_counter() - start)


def resized(pixels: np.ndarray, axis: int, size: int) -> np.ndarray:
    """Lanczos with three lobes along one axis."""
    scale = pixels.shape[axis] / size
    centers = (np.arange(size) + 0.5) * scale
    first = np.floor(centers - 3 * scale).astype(int)
    taps = first[:, None] + np.arange(math.ceil(6 * scale) + 2)
    x = (taps + 0.5 - centers[:, None]) / scale
    weights = np.where(np.abs(x) < 3, np.sinc(x) * np.sinc(x / 3), 0) * ((taps >= 0) & (taps < pixels.shape[axis]))
    weights /= weights.sum(axis=1, keepdims=True)
    taps = taps.clip(0, pixels.shape[axis] - 1)
    shape = [size if other == axis else 1 for other in range(3)]
    return sum(np.take(pixels, taps[:, k], axis=axis) * weights[:, k].reshape(shape) for k in range(taps.shape[1]))


def distances(arguments: tuple[str, dict[str, str]]) -> dict[str, float]:
    source, outputs = arguments
    image = Image.open(source).convert("RGB")
    width, height = target(*image.size)
    ideal = resized(resized(np.asarray(image, dtype=np.float64), 0, height), 1, width).clip(0, 255)
    found = {}
    for name, output in outputs.items():
        error = np.asarray(Image.open(output).convert("RGB")) - ideal
        found[name] = 10 * math.log10(255 * 255 / np.mean(error * error))
    return found


def main() -> None:
    os.environ["VIPS_CONCURRENCY"] = "1"
    with tempfile.TemporaryDirectory() as folder:
        names = []
        for name in [REDCAPS, *PEERS]:
            os.mkdir(f"{folder}/{name}")
            try:
                if name != REDCAPS:
                    work((name, str(files[0]), f"{folder}/{name}/{files[0].name}"))
                names.append(name)
            except ImportError as error:
                print(f"{name}: {error}")
        speeds: dict[str, list[float]] = {name: [] for name in names}
        for number in range(options.rounds if options.skip != "speed" else 1):
            for name in names:
                into = f"{folder}/{name}" if number == 0 else tempfile.mkdtemp(dir=folder)
                speeds[name].append(run(name, into))
        psnrs: dict[str, list[float]] = {name: [] for name in names}
        if options.skip != "quality":
            jobs = [(str(file), {name: f"{folder}/{name}/{file.name}" for name in names}) for file in files[:options.compared]]
            with PROCESSES.Pool(options.jobs) as pool:
                for found in pool.imap(distances, jobs):
                    for name, value in found.items():
                        psnrs[name].append(value)
        ours = statistics.median(speeds[REDCAPS])
        print(f"{len(files)} images; medians of {len(speeds[REDCAPS])} rounds; PSNR of {len(psnrs[REDCAPS])} images")
        for name in names:
            line = f"{name:26s}"
            if options.skip != "speed":
                median = statistics.median(speeds[name])
                line += f" {median:6.1f}/s [{min(speeds[name]):.1f} … {max(speeds[name]):.1f}], redcaps is {ours / median:4.2f}×"
            if psnrs[name]:
                ahead = sum(a > b for a, b in zip(psnrs[REDCAPS], psnrs[name]))
                line += f"  {statistics.mean(psnrs[name]):6.2f} dB on average, least {min(psnrs[name]):.2f}"
                line += "" if name == REDCAPS else f"; redcaps is nearer for {ahead} images"
                line += ", shrinks on load" if name != REDCAPS and PEERS[name][1] else ""
            print(line)


if __name__ == "__main__":
    main()
