#!/usr/bin/env python3
"""Makes Tests/Fixtures/yaml.json: what PyYAML's loader, which mmengine uses, makes of documents in YAML.

    python3 make_yaml.py        (CPython 3.11, PyYAML 6.0.4)

Each row: the text, and what it stands for as JSON: tuples and sets (sorted) are arrays, keys and dates text.
null for a document that is refused, else an array with the value.
"""
import datetime, json
from pathlib import Path
import yaml

PLAIN = """
~ null Null NULL nULL none None true True TRUE tRUE false False FALSE yes Yes YES yEs no No NO on On ON off Off OFF oFF y Y n N
0 -0 +0 1 -1 +1 12 1_000 _1 1_ 1__0 00 010 -010 08 09 0o17 0x1f 0X1f -0x1F 0x 0xg 0b101 0b2 0b 0b_1 1:30 1:30:45 -1:30 0:30 1:60 1:5 1:05 1:005 1_0:30
9223372036854775807 9223372036854775808 -9223372036854775808 -9223372036854775809 0xffffffffffffffffff
1. 1.5 -1.5 +1.5 .5 -.5 +.5 ._5 .5_5 1_0.5 1._5 1e5 1E5 1e+5 1.5e5 1.5e+5 1.5E-5 1.e+5 .5e+3 .5e3 1.5e+ 1.5e+_1 1.0e+22 1.0e-05 1.7e+308 5.0e-324 0.1 1:30.5 -1:30.25 0:30.5 1:30. 1:6.1
.inf .Inf .INF -.inf +.inf .iNF .nan .NaN .NAN -.nan +.nan inf nan Infinity . .. - + -. ... 1.2.3 1-2 a1 1a
2020-01-01 2020-1-1 2020-01-01T10:00:00Z a:b a:b: *bad <|im_end|> <img> data/redcaps5m/raw xtuner.dataset.ConcatDataset it's \u00fc \u6771 \U0001f600
""".split()
DOCUMENTS = [
    "", " ", "# only a comment\n", "--- 5\n", "---\na: 1\n...\n", "a: 1\n---\nb: 2\n", "a: 1\nb: 2\n", "a:\nb: ~\n", "{}", "[]", "[1, [2, {a: [3]}], 'x']", "{a: {b: {}}, c: [d]}",
    "a: 'it''s'\n", 'a: "x\\n\\t\\x41\\u00fc\\U0001F600\\\\"\n', "a: 'yes'\nb: \"1\"\nc: '~'\nd: ''\n", "a: |\n  line\n  line\n\n  end\nb: >\n  fold\n  fold\n\n  end\nc: |-\n  x\nd: >+\n  x\n\n",
    "a: 'Generate an image: {input}'\nINSTRUCTION: '<|im_start|>user\n\n  {input}<|im_end|>\n\n  <|im_start|>assistant\n\n  '\nSEP: '\n\n  '\n", "a: word\n  word\n  word\n",
    "t: !!python/tuple\n- 0.9\n- 0.95\n", "t: !!python/tuple []\n", "s: !!set\n  x: null\n  y: null\n", "a: !!str 5\nb: !!int '7'\nc: !!float '1.5'\nd: !!bool 'yes'\ne: !!null ''\n", "a: ! 5\n",
    "a: &id001\n  x: 1\n  y: [1, 2]\nb: *id001\nc:\n- *id001\n- *id001\n", "- &a x\n- *a\n- [*a, *a]\n- {k: *a}\n", "a: &n 5\nb: *n\n", "a: &empty\nb: *empty\n",
    "a: &a1 [1]\nb: &b-2 [*a1, *a1]\nc: &c_3 [*b-2, *b-2]\n", "? &k key\n: 1\nother: *k\n", "&k key: 1\n*k : 2\n", "base: &base {x: 1, y: 2}\nd:\n  <<: *base\n  y: 3\n", "a: &a {x: 1}\nb: &b {x: 2, z: 3}\nd:\n  <<: [*a, *b]\n", "d:\n  '<<': {x: 1}\n",
    "text: 2 * 3 ** 4\nquoted: '*a'\nglob: \"*.tar\"\npath: a/*.tar\n", "x: '\ue000 * \ue001'\n", 'x: "\\uE000 *"\n', "a: b # *c\n",
    # U+FEFF, which begins a file or a text
    "\ufeffa: 1\n", "\ufeff", "\ufeff\ufeffa: 1\n", "a: \ufeffx\n", "a: '\ufeffx'\n", "a: \"\ufeffx\ufeff\"\n", 'a: "\\ufeffx"\n', 'a: "\\U0000FEFFx"\n', 'a: "\\\\ufeff"\n', 'a: "\\\\\\uFEFF"\n', "a: '\\ufeffx'\n", "a: \\ufeff\n",
    "a: |\n  \ufeffx\n  \ufeff\n", "a: >-\n  \ufeffx\n", "- \ufeff*x\n- \ufeff\n", "\"\ufeffk\": 1\nk: 2\n", "a: &x '\ufeffv'\nb: *x\n", "a: '\ufeff1'\nb: \ufeff1\n", "# \ufeff\na: 1\n", "a: [\ufeffx, 'y\ufeff']\n",
    # spellings that Unicode calls equivalent
    "\u00e9: \u00e9\na: e\u0301\n", "s: !!set\n  \u00e9: null\n  z: null\n",
    # refused
    "a: *none\n", "a: [1, 2\n", "a: {b: 1\n", "a: 'x\n", "a: \"\\q\"\n", "a: b: c\n", "\ta: 1\n", "a:\n\t- 1\n", "- a\nb: 1\n", "a: &x [*x]\n", "@a", "`a", "a: %b\n", "%a", "[a]]", "a: !!python/name:math.sin\n", "!unknown x", "a: !!int x\n", "a: !!float x\n",
    "a: *\n", "a: *b c\n", "d: {<<: 5}\n", "d: {<<: [5]}\n", "*a", "a: |x\n b\n", "a: 1\n b: 2\n",
]


def plain(value):
    if isinstance(value, dict):
        return {key if isinstance(key, str) else yaml_key(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    if isinstance(value, (list, tuple)):
        return [plain(inner) for inner in value]
    if isinstance(value, (datetime.date, datetime.datetime)):
        raise NotImplementedError
    return value


def yaml_key(key):
    raise NotImplementedError(key)


def load(text: str):
    try:
        value = plain(yaml.load(text, Loader=yaml.CLoader))
        json.dumps(value)
        return [value]
    except NotImplementedError:
        return [text]
    except Exception:
        return None


def main() -> None:
    rows = []
    for text in PLAIN:
        rows.append([text, load(text)])
        if "*" not in text and text not in ("-", "..."):
            rows.append([f"a: [{text}]\n", load(f"a: [{text}]\n")])
    rows += [[text, load(text)] for text in DOCUMENTS]
    # Dates, which here stay text, only stand alone.
    rows = [row for row in rows if row[1] != [row[0]] or not row[0].startswith("a: [2020")]
    (Path(__file__).parent / "yaml.json").write_text("[\n" + ",\n".join(json.dumps(row) for row in rows) + "\n]\n")
    print(len(rows), "documents,", sum(row[1] is None for row in rows), "refused")


if __name__ == "__main__":
    main()
