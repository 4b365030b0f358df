#!/usr/bin/env python3
"""Checks that the ledgers of all ranks together hold each sample exactly once an epoch.

    python3 check_ledgers.py SAMPLES EPOCHS RANKS FOLDER [RANKS FOLDER …]

Several folders are those of one run that went on with another number of ranks.
"""
import collections, json, sys
from pathlib import Path


def read(folder: Path, ranks: int) -> tuple:
    """Positions and indices of all ranks, and how many batches each had."""
    files = sorted(path.name for path in folder.iterdir())
    assert files == sorted(f"{rank}.jsonl" for rank in range(ranks)), f"ledgers of {ranks} ranks: {files}"
    positions, indices, batches = [], [], []
    for rank in range(ranks):
        lines = [json.loads(line) for line in (folder / f"{rank}.jsonl").read_text().splitlines()]
        assert lines, f"rank {rank} had no batch"
        numbers = [line["batch"] for line in lines]
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers))), f"rank {rank}: batches {numbers}"
        batches.append(len(lines))
        for line in lines:
            span = line["positions"]
            assert span["stride"] == ranks and span["start"] % ranks == rank, f"rank {rank}: {span}"
            assert len(line["indices"]) == span["count"], f"rank {rank}: {line}"
            assert not line.get("replaced") and not line.get("failures"), f"rank {rank}: {line}"
            positions += [span["start"] + k * span["stride"] for k in range(span["count"])]
            indices += line["indices"]
    assert max(batches) == min(batches), f"batches of the ranks: {batches}"
    return positions, indices, sum(batches)


def main() -> None:
    samples, epochs = map(int, sys.argv[1:3])
    positions, indices, batches = [], [], 0
    for ranks, folder in zip(sys.argv[3::2], sys.argv[4::2]):
        part = read(Path(folder), int(ranks))
        positions, indices, batches = positions + part[0], indices + part[1], batches + part[2]
    assert sorted(positions) == list(range(samples * epochs)), "the positions aren't those of the epochs, once each"
    for epoch in range(epochs):
        part = [index for position, index in zip(positions, indices) if position // samples == epoch]
        assert sorted(part) == list(range(samples)), f"epoch {epoch}: not every sample once: {collections.Counter(part).most_common(3)}"
    print(f"{' then '.join(sys.argv[3::2])} ranks, {batches} batches, {len(indices)} samples")


if __name__ == "__main__":
    try:
        main()
    except AssertionError as error:
        sys.exit(f"FAILED: {error}")
