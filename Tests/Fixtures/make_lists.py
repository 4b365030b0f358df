#!/usr/bin/env python3
"""Makes Tests/Fixtures/lists.json: which texts are lists of samples to Python's json.load, and what is in them.

    python3 make_lists.py        (CPython 3.11)

Each row: the bytes in hexadecimal, and the entries' images and annotations, null for what is no usable text, or null
for a document that is refused or is no list.
"""
import io, json, random
from pathlib import Path

from make_json import VALUES

SEED = ('[{"image": "00000/\\u00fcber \\ud83d\\ude00.jpg", "annotation": "00000/ü.json", "n": [1.5e3, -2, {"image": "no"}]},\n'
        ' {"annotation": "b", "image": "a", "image": "c"}, {}, null, [["x"], {}], {"image": 5, "annotation": "\\ud800"}]').encode()
CHARACTERS = b'"\\{}[],:0123eE+-.untf \n\x00\x1f\x80\xc3\xff'


def usable(value):
    try:
        value.encode("utf-8")
    except (AttributeError, UnicodeEncodeError):
        return None
    return value


def look(data: bytes):
    try:
        entries = json.load(io.TextIOWrapper(io.BytesIO(data), encoding="utf-8"))
    except Exception:
        return None
    if not isinstance(entries, list):
        return None
    return [[usable(entry.get(key)) for key in ("image", "annotation")] if isinstance(entry, dict) else [None, None] for entry in entries]


def documents():
    for value in VALUES:
        for text in ('[{"image": %s, "annotation": "a"}]', '[{"image": "x"}, %s, {"annotation": "y"}]', '[ { "o" :%s, "annotation" : "b" ,"image":"c"\t}\r\n]', "[%s]"):
            if len(value) < 100 or text.startswith('[{"image": %s'):
                yield (text % value).encode("utf-8", "surrogatepass")
    for text in ("", " ", "[", "]", "[]", " [\n] ", "[,]", "[{},]", "[,{}]", "[{}{}]", "[{} {}]", "[{}]]", "[{}] []", "[{}],", "{}", "5", '"[]"', "null", '{"image": "a"}', "\ufeff[]", "[\u00a0]", "[]\x00", "\x0c[]",
                 '[{"im\\u0061ge": "a", "annot\\u0061tion": "b"}]', '[{"Image": "a", "image ": "b", "": "c"}]', '[{"image": "a", "image": null}]', '[{"image": null, "image": "a"}]', '[{"image": "a", "im\\u0061ge": "b"}]', '[{"image": "a", "image": "b", "annotation": "c", "annotation": "d"}]',
                 '[{"image": "\\u0000"}]', '[{"image": "a\\"b\\\\"}]', '[{"image": "]},{"}, {"annotation": "[{\\"}"}]', '[{"image": "e\u0301", "annotation": "\u00e9"}]', '[{"image\u0301": "a"}]', '[{"\\ud800": 1, "image": "a"}]', "[{]}", "[{}}", "[[}]", "[{]", "[}", "[}]", "[\"]", "[\"\\\"]",
                 '[{"image": {"image": "a"}, "annotation": ["b"]}]', "[" * 300 + "]" * 300, '[{"x": ' + "[" * 300 + "]" * 300 + ', "image": "a"}]', "[" * 300 + "]" * 299):
        yield text.encode("utf-8", "surrogatepass")
    for raw in (b"\xff", b"\xc0\xaf", b"\xe2\x82", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xf0\x9f\x98\x80", b"a\x80", b"\xc3\xa9"):
        yield b'[{"image": "' + raw + b'"}]'
        yield b'[{"' + raw + b'": 1, "annotation": "b"}]'
        yield b"[{}" + raw + b"]"
    draw = random.Random("lists")
    for _ in range(500):
        data = bytearray(SEED)
        for _ in range(draw.randint(1, 2)):
            i = draw.randrange(len(data))
            kind = draw.randrange(3)
            if kind == 0:
                data[i] = draw.choice(CHARACTERS)
            elif kind == 1:
                del data[i]
            else:
                data.insert(i, draw.choice(CHARACTERS))
        yield bytes(data)


def main() -> None:
    rows = [[data.hex(), look(data)] for data in documents()]
    (Path(__file__).parent / "lists.json").write_text("[\n" + ",\n".join(json.dumps(row) for row in rows) + "\n]\n")
    print(len(rows), "documents,", sum(row[1] is None for row in rows), "refused")


if __name__ == "__main__":
    main()
