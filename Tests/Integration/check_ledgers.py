#!/usr/bin/env python3
"""Checks that the ledgers of all ranks together hold each sample exactly once an epoch.

    python3 check_ledgers.py SAMPLES RANKS EPOCHS FOLDER
"""
import collections, json, sys
from pathlib import Path


def main() -> None:
    samples, ranks, epochs = map(int, sys.argv[1:4])
    folder = Path(sys.argv[4])
    files = sorted(path.name for path in folder.iterdir())
    assert files == sorted(f"{rank}.jsonl" for rank in range(ranks)), f"ledgers of {ranks} ranks: {files}"
    positions, indices, batches = [], [], []
    for rank in range(ranks):
        lines = [json.loads(line) for line in (folder / f"{rank}.jsonl").read_text().splitlines()]
        assert [line["batch"] for line in lines] == list(range(len(lines))), f"rank {rank}: batches out of order"
        batches.append(len(lines))
        for line in lines:
            span = line["positions"]
            assert span["stride"] == ranks and span["start"] % ranks == rank, f"rank {rank}: {span}"
            assert len(line["indices"]) == span["count"] > 0, f"rank {rank}: {line}"
            positions += [span["start"] + k * span["stride"] for k in range(span["count"])]
            indices += line["indices"]
    assert sorted(positions) == list(range(samples * epochs)), "the positions aren't those of the epochs, once each"
    for epoch in range(epochs):
        part = [index for position, index in zip(positions, indices) if position // samples == epoch]
        assert sorted(part) == list(range(samples)), f"epoch {epoch}: not every sample once: {collections.Counter(part).most_common(3)}"
    assert max(batches) - min(batches) <= 1, f"batches: {batches}"
    print(f"{ranks} ranks, {sum(batches)} batches, {len(indices)} samples")


if __name__ == "__main__":
    try:
        main()
    except AssertionError as error:
        sys.exit(f"FAILED: {error}")
