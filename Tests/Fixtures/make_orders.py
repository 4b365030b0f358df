#!/usr/bin/env python3
"""Makes Tests/Fixtures/orders.json: the orders of Docs/Order.md that make_draws.py doesn't have, written down a second time.

    python3 make_orders.py        (CPython 3.11)
"""
import hashlib, json, struct
from pathlib import Path

from make_draws import MASK, Stream, permuted


def part(seed: int, number: int) -> int:
    return Stream(seed ^ 0x6A09E667F3BCC909, number & MASK).next()


def rounded(count: int, kind: str, multiple: int) -> int:
    return {"none": count, "up": -(-count // multiple) * multiple, "down": count // multiple * multiple}[kind]


def epochs(position: int, count: int, seed, kind: str, multiple: int) -> int:
    epoch, place = divmod(position, rounded(count, kind, multiple))
    return place % count if seed is None else permuted(place % count, count, seed, epoch)


def block_shuffled(position: int, shards: list, opened: int, seed: int) -> int:
    """In the long way round: the whole epoch's window is listed, then one of it is taken."""
    epoch, place = divmod(position, sum(shards))
    order = [permuted(i, len(shards), seed, epoch) for i in range(len(shards))]
    starts = [sum(shards[:i]) for i in range(len(shards))]
    for window in range(0, len(order), opened):
        members = [(s, i) for s in order[window : window + opened] for i in range(shards[s])]
        if place < len(members):
            shard, offset = members[permuted(place, len(members), part(seed, epoch), window // opened)]
            return starts[shard] + offset
        place -= len(members)
    raise AssertionError


def counts(weights: list, size: int) -> list:
    total = 0.0
    for weight in weights:
        total += weight
    quotas = [weight * size / total for weight in weights]
    result = [int(quota) for quota in quotas]
    by_remainder = sorted((s for s in range(len(weights)) if weights[s] > 0), key=lambda s: (-(quotas[s] - int(quotas[s])), s))
    for source in by_remainder[: size - sum(result)]:
        result[source] += 1
    return result


def chosen(weights: list) -> list:
    for bits in range(8, 16):
        result = counts(weights, 2**bits)
        quotas = [weight * 2**bits / sum(weights) for weight in weights]
        if all(abs(c - q) <= q * 0.01 for c, q in zip(result, quotas)):
            return result
    return counts(weights, 2**16)


def mixture(position: int, sizes: list, shares: list, seed: int) -> int:
    block, place = divmod(position, sum(shares))
    number = permuted(place, sum(shares), seed, block)
    begins = [sum(shares[:s]) for s in range(len(shares))]
    source = max(s for s in range(len(shares)) if shares[s] > 0 and begins[s] <= number)
    epoch, within = divmod(block * shares[source] + number - begins[source], sizes[source])
    return sum(sizes[:source]) + permuted(within, sizes[source], part(seed, source), epoch)


def record(first: int, length: int, index, **facts) -> dict:
    indices = [index(p) for p in range(first, first + length)]
    digest = hashlib.sha256(b"".join(struct.pack("<q", i) for i in indices)).hexdigest()
    return {**facts, "at": first, "count": length, "sha256": digest, "first": indices[:8], "last": indices[-8:]}


def main() -> None:
    result = {"epochs": [], "blockShuffled": [], "mixture": []}
    for count, seed, kind, multiple, first, length in (
        (10, 3, "none", 1, 0, 200), (10, 3, "up", 8, 0, 200), (10, 3, "down", 8, 0, 200), (3, 5, "up", 8, 0, 100), (7, None, "up", 4, 5, 50), (1, 0, "up", 3, 0, 9),
        (3000, 2**64 - 1, "down", 64, 5900, 9000), (5_000_000, 11, "up", 4096, 4_999_000, 6000), (5_000_000, 12, "down", 4096, 9_990_000, 6000),
    ):
        result["epochs"].append(record(first, length, lambda p: epochs(p, count, seed, kind, multiple), size=count, seed=seed, rounding=kind, multiple=multiple))
    for shards, opened, seed, first, length in (
        ([4], 1, 0, 0, 40), ([3, 1, 5], 2, 7, 0, 90), ([3, 1, 5, 2, 2], 1, 7, 0, 90), ([3, 1, 5], 10, 8, 4, 60), ([100, 3, 57, 1, 200, 99, 100], 3, 2**64 - 1, 0, 1700), ([40, 7, 90] * 20, 16, 5, 2700, 3000),
    ):
        result["blockShuffled"].append(record(first, length, lambda p: block_shuffled(p, shards, opened, seed), shards=shards, shardsOpen=opened, seed=seed))
    for sizes, weights, size, seed, first, length in (
        ([10, 3], [1.0, 1.0], 4, 0, 0, 100), ([10, 3, 7], [0.7, 0.2, 0.1], 10, 5, 0, 300), ([10, 0, 7], [1.0, 0.0, 2.0], 7, 6, 0, 100), ([5, 5, 5], [1.0, 1.0, 1.0], 256, 2, 0, 1000),
        ([1000, 20, 300], [0.9, 0.003, 0.4], None, 9, 0, 5000), ([2_000_000, 3_000_000], [3.0, 1.5], 1000, 2**64 - 1, 4_100_000, 4000), ([50], [2.5], None, 1, 0, 600),
    ):
        shares = chosen(weights) if size is None else counts(weights, size)
        result["mixture"].append(record(first, length, lambda p: mixture(p, sizes, shares, seed), sizes=sizes, weights=weights, blockSize=size, shares=shares, seed=seed))
    for epoch in range(3):
        shards = [3, 1, 5, 2, 2]
        assert sorted(block_shuffled(p, shards, 2, 4) for p in range(13 * epoch, 13 * epoch + 13)) == list(range(13))
    (Path(__file__).parent / "orders.json").write_text(json.dumps(result).replace("}, {", "},\n{") + "\n")


if __name__ == "__main__":
    main()
