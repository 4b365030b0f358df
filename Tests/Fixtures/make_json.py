#!/usr/bin/env python3
"""Makes Tests/Fixtures/json.json: which texts Python's json.load accepts, and what it reads.

    python3 make_json.py        (CPython 3.11)

Each row: the bytes in hexadecimal, and what the reference sees when it looks up "caption": the string, null for a
document that is refused, false for an object without a caption that is usable text, true for other documents.
"""
import io, json, random
from pathlib import Path

VALUES = ["null", "true", "false", "0", "-0", "1", "-1", "0.5", "-0.5e-7", "1E+2", "1e999", "-1e999", "NaN", "Infinity", "-Infinity", "9" * 4300, "-" + "9" * 4300, "9" * 4301, "-" + "9" * 4301, "9" * 5000 + ".5",
          "12345678901234567890", "[]", "[1, [2, {\"a\": [3]}]]", "{}", '{"a": {"b": {}}}', '""', '"x"', '"\\u0041"', '"\\ud83d\\ude00"', '"\\ud83d"', '"\\ude00\\ud83d"', '"\\ud83d\\u0041"', '"\\ud83dx"', '"\\\\\\"\\/\\b\\f\\n\\r\\t"', '"ü東😀"', '"\x7f\u2028\u2029"',
          # refused
          "nul", "True", "None", "nan", "inf", "+1", "01", "-01", "1.", ".5", "1e", "1e+", "- 1", "0x10", "1_000", "--1", "-", "-Inf", "Infinit", "[1,]", "[,1]", "[1 2]", "[", "]", "{", '{"a"}', '{"a":}', '{"a":1,}', '{,}', "{1: 2}", "{'a': 1}", '{"a" 1}', "'x'", '"', '"x', '"\\', '"\\"',
          '"\\x41"', '"\\u004"', '"\\u004g"', '"\\u+041"', '"\\u 041"', '"\\u-041"', '"\\u0x41"', '"\\uff10\\uff11"', '"\\u００４１"', '"\\U0041"', '"\n"', '"\t"', '"\x00"', '"\x1f"', "/* a */ 1", "1 // a", "#", "1 2", "{} []", "\x001", "1\x00", "\u00a01", "1\u2003", "\x0c1", "\x0b1"]
SPACES = [" ", "\t\r\n ", ""]
RAW = [b"", b" ", b"\xef\xbb\xbf{}", b'\xef\xbb\xbf{"caption": "x"}', b'{"caption": "\xff"}', b'{"caption": "\xc0\xaf"}', b'{"caption": "\xe2\x82"}', b'{"caption": "\xed\xa0\x80"}', b'{"caption": "\xf4\x90\x80\x80"}', b'{"caption": "\xf0\x8f\xbf\xbf"}', b'{"caption": "\xf0\x9f\x98\x80"}',
       b'{"caption": "x"}\xff', b'{"caption\xff": 1, "caption": "x"}', b'\xfe\xff\x00{', '{"caption": "x"}'.encode("utf-16"), b'{"caption": "a\x80"}', b"{\xc2\xa0}"]


def look(data: bytes):
    try:
        value = json.load(io.TextIOWrapper(io.BytesIO(data), encoding="utf-8"))
    except Exception:
        return None
    if not isinstance(value, dict):
        return True
    caption = value.get("caption")
    try:
        caption.encode("utf-8")
    except (AttributeError, UnicodeEncodeError):
        return False
    return caption


def documents():
    for value in VALUES:
        for space in SPACES if len(value) < 100 else [""]:
            yield (space + value + space).encode("utf-8", "surrogatepass")
        if len(value) > 100:
            continue
        yield f'{{"caption": {value}}}'.encode("utf-8", "surrogatepass")
        yield f'{{"other": {value}, "caption": "x"}}'.encode("utf-8", "surrogatepass")
    yield from RAW
    for text in ('{"caption": "a", "caption": "b"}', '{"caption": "a", "caption": 1}', '{"caption": 1, "caption": "b"}', '{"caption": "\\ud800", "caption": "b"}', '{"cap\\u0074ion": "b"}', '{"Caption": "b"}', '{"caption ": "b"}', '{"\\ud800": 1, "caption": "b"}',
                 '{"caption": "b", "x": ' + "[" * 500 + "]" * 500 + "}", "[" * 850 + "]" * 850):
        yield text.encode()
    draw = random.Random("json")
    seed = b'{"caption": "A \\u00fcber caf\xc3\xa9 \\ud83d\\ude00", "n": [1.5e3, -2, true, null], "o": {"k": "v"}}'
    for _ in range(250):
        data = bytearray(seed)
        for _ in range(draw.randint(1, 2)):
            i = draw.randrange(len(data))
            kind = draw.randrange(3)
            if kind == 0:
                data[i] = draw.choice(b'"\\{}[],:0123eE+-.untf \x00\x1f\xc3\xff')
            elif kind == 1:
                del data[i]
            else:
                data.insert(i, draw.choice(b'"\\{}[],:0123eE+-.untf \n\x80'))
        yield bytes(data)


def main() -> None:
    rows = [[data.hex(), look(data)] for data in documents()]
    assert len(rows) > 500
    (Path(__file__).parent / "json.json").write_text("[\n" + ",\n".join(json.dumps(row) for row in rows) + "\n]\n")
    print(len(rows), "documents,", sum(row[1] is None for row in rows), "refused")


if __name__ == "__main__":
    main()
