#!/usr/bin/env python3
"""Makes Tests/Fixtures/draws.json: draws of CPython's random, and of Docs/Order.md written down a second time.

    python3 make_draws.py        (CPython 3.11)
"""
import json, random
from pathlib import Path

MASK = 2**64 - 1
COUNTS = [1, 2, 3, 7, 342, 1000, 2**20, 2**31 - 1, 2**32 - 1]


def python(seed: int, rounds: int) -> dict:
    """Crop, uniform and choice in turn, as the reference draws, past the generator's 624 words."""
    random.seed(seed)
    integers, uniforms = [], []
    for i in range(rounds):
        n = COUNTS[i % len(COUNTS)]
        integers.append(random.randint(0, n - 1) if i % 2 else random.choice(range(n)))
        uniforms.append(random.uniform(0, 1).hex())
    return {"seed": seed, "integers": integers, "uniforms": uniforms}


def mix(z: int) -> int:
    z = ((z ^ z >> 30) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ z >> 27) * 0x94D049BB133111EB) & MASK
    return z ^ z >> 31


class Stream:
    def __init__(self, seed: int, stream: int):
        self.state = mix((mix((seed + 0x9E3779B97F4A7C15) & MASK) + stream) & MASK)

    def next(self) -> int:
        self.state = (self.state + 0x9E3779B97F4A7C15) & MASK
        return mix(self.state)

    def below(self, n: int) -> int:
        while True:
            m = self.next() * n
            if m & MASK >= (2**64 - n) % n:
                return m >> 64

    def unit(self) -> float:
        return (self.next() >> 11) / 2**53


def positional(seed: int, position: int) -> dict:
    stream = Stream(seed, position)
    counts = [1, 2, 342, 5_000_000, 2**62 + 2**61]
    return {"seed": seed, "position": position, "integers": [stream.below(n) for n in counts for _ in range(4)], "uniforms": [stream.unit().hex() for _ in range(4)]}


def permuted(place: int, count: int, seed: int, epoch: int) -> int:
    half = max(1, ((count - 1).bit_length() + 1) // 2)
    stream = Stream(seed, ~epoch & MASK)
    keys = [stream.next() for _ in range(8)]
    value = place
    while True:
        left, right = value >> half, value & (2**half - 1)
        for key in keys:
            left, right = right, left ^ mix((right + key) & MASK) & (2**half - 1)
        value = left << half | right
        if value < count:
            return value


def shuffled(seed: int, count: int, first: int, length: int) -> dict:
    return {"seed": seed, "count": count, "first": first, "indices": [permuted(p % count, count, seed, p // count) for p in range(first, first + length)]}


def main() -> None:
    for count in range(1, 70):
        assert sorted(permuted(i, count, 5, 1) for i in range(count)) == list(range(count))
    result = {
        "python": [python(seed, 40) for seed in (0, 1, -5, 7, 2**31, 2**32, 2**40 + 3, 2**62, -(2**62))] + [python(3, 900)],
        "positional": [positional(s, p) for s, p in ((0, 0), (0, 1), (7, 0), (2**64 - 1, 123456789), (42, 2**40))],
        "shuffled": [shuffled(0, 1, 0, 3), shuffled(0, 2, 0, 8), shuffled(7, 10, 0, 30), shuffled(7, 17, 100, 20), shuffled(1, 5_000_000, 4_999_990, 20), shuffled(2**64 - 1, 3000, 0, 20)],
    }
    (Path(__file__).parent / "draws.json").write_text(json.dumps(result).replace("}, {", "},\n{") + "\n")


if __name__ == "__main__":
    main()
