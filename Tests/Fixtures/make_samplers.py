#!/usr/bin/env python3
"""Makes Tests/Fixtures/samplers.json: what each rank gets from the samplers of mmengine and OpenUni, as SHA-256 of little-endian int64.

    python3 make_samplers.py OpenUni        (a checkout of github.com/wusize/OpenUni at d1703fc; torch 2.13.0, mmengine 0.10.7)
"""
import hashlib, importlib.util, itertools, json, sys
from pathlib import Path

import mmengine.dataset.sampler as mmengine_samplers
import numpy
import torch

LENGTH = 100_000


class Source:
    def __init__(self, size: int):
        self.size = size

    def __len__(self) -> int:
        return self.size


class Concatenation(Source):
    def __init__(self, sizes: list):
        super().__init__(sum(sizes))
        self.datasets = [Source(size) for size in sizes]
        self.cumulative_sizes = list(itertools.accumulate(sizes))


def load_openuni(checkout: str):
    path = Path(checkout) / "src/datasets/samplers/multi_source_sampler.py"
    spec = importlib.util.spec_from_file_location("multi_source_sampler", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def record(indices, **facts) -> dict:
    """`indices` are those of one rank."""
    taken = numpy.fromiter(itertools.islice(indices, LENGTH), dtype="<i8")
    return {**facts, "count": len(taken), "sha256": hashlib.sha256(taken.tobytes()).hexdigest(), "first": taken[:8].tolist(), "last": taken[-8:].tolist()}


def infinite(size: int, seed: int, rank: int, world: int, shuffle: bool = True, skip: int = 0) -> dict:
    mmengine_samplers.get_dist_info = lambda: (rank, world)
    sampler = mmengine_samplers.InfiniteSampler(Source(size), shuffle=shuffle, seed=seed)
    return record(itertools.islice(iter(sampler), skip, None), sizes=[size], seed=seed, rank=rank, world=world, shuffle=shuffle, skip=skip)


def default(size: int, seed: int, rank: int, world: int, epoch: int, epochs: int, round_up: bool, shuffle: bool = True) -> dict:
    mmengine_samplers.get_dist_info = lambda: (rank, world)
    sampler = mmengine_samplers.DefaultSampler(Source(size), shuffle=shuffle, seed=seed, round_up=round_up)

    def indices():
        for number in range(epoch, epoch + epochs):
            sampler.set_epoch(number)
            yield from sampler

    return record(indices(), sizes=[size], seed=seed, rank=rank, world=world, shuffle=shuffle, epoch=epoch, epochs=epochs, roundUp=round_up)


def multi(module, sizes: list, repeat: list, batch_size: int, seed: int, rank: int, world: int, shuffle: bool = True, skip: int = 0) -> dict:
    module.get_dist_info = lambda: (rank, world)
    sampler = module.FixedBatchMultiSourceSampler(tuple(repeat), Concatenation(sizes), batch_size, shuffle=shuffle, seed=seed)
    return record(itertools.islice(iter(sampler), skip, None), sizes=sizes, repeats=repeat, batchSize=batch_size, seed=seed, rank=rank, world=world, shuffle=shuffle, skip=skip)


def seeds(seed: int) -> dict:
    """What a DataLoader takes its workers' seeds from."""
    generator = torch.Generator()
    generator.manual_seed(seed)
    return {"seed": seed, "numbers": [torch.empty((), dtype=torch.int64).random_(generator=generator).item() for _ in range(400)][-4:]}


def main() -> None:
    openuni = load_openuni(sys.argv[1])
    result = {
        "infinite": [infinite(size, seed, 0, 1) for size in (1, 2, 7, 3000, 100_003) for seed in (0, 42, 2**32 + 5, -3)]
        + [infinite(size, 7, rank, world) for size in (5, 1000, 99_991) for rank, world in ((0, 2), (1, 2), (3, 4), (6, 7))]
        + [infinite(10, 0, 1, 3, shuffle=False), infinite(1000, 3, 1, 4, skip=250_123), infinite(5_000_000, 0, 0, 1), infinite(5_000_000, 1234, 7, 8), infinite(5_000_000, 9, 1, 2, skip=7_470_000)],
        "default": [default(size, seed, 0, 1, epoch, 3, True) for size in (1, 2, 7, 3000, 100_003) for seed, epoch in ((0, 0), (42, 5), (2**32 - 1, 1))]
        + [default(size, 7, rank, world, epoch, 4, True) for size in (3, 1000, 99_991) for rank, world in ((0, 2), (1, 2), (3, 4), (6, 7)) for epoch in (0, 9)]
        + [default(size, 7, rank, world, 2, 1, False) for size in (3, 1000, 99_991) for rank, world in ((0, 2), (1, 2), (3, 4), (6, 7))]
        + [default(1000, 7, 1, 4, 2, 3, False), default(10, 0, 2, 3, 0, 2, True, shuffle=False), default(5_000_000, 0, 0, 1, 0, 1, True), default(5_000_000, 1234, 7, 8, 3, 1, True), default(5_000_001, 5, 1, 2, 1, 1, False)],
        "multi": [multi(openuni, [10, 7], [1, 1], 4, seed, 0, 1) for seed in (0, 42)]
        + [multi(openuni, [1000, 77, 30_000], [3, 0, 2], 16, 5, rank, world) for rank, world in ((0, 1), (0, 2), (1, 2), (6, 7))]
        + [multi(openuni, [12, 5], [2, 1], 3, 0, 1, 2, shuffle=False), multi(openuni, [1000, 77, 30_000], [3, 1, 2], 5, 5, 1, 4, skip=123_457)]
        + [multi(openuni, [5_000_000, 1_000_000], [4, 1], 32, 11, 3, 8)],
        "seeds": [seeds(seed) for seed in (0, 1, 2**40 + 9)],
    }
    (Path(__file__).parent / "samplers.json").write_text(json.dumps(result).replace("}, {", "},\n{") + "\n")


if __name__ == "__main__":
    main()
