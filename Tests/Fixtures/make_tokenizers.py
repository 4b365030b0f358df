#!/usr/bin/env python3
"""Makes Tests/Fixtures/tokenizers: small trained tokenizers, and what Hugging Face's tokenizers makes of many texts.

    python3 -m pip install tokenizers==0.23.3 transformers==5.24.0
    Scripts/fetch-vocabularies
    python3 Tests/Fixtures/make_tokenizers.py [small] [files] [NAME …]     all by default, else only the small, those made
                                                                           of vocab.json and merges.txt, or these published ones

golden.json has the tables that texts are drawn from (see tokenizer_texts.py), a hash of the texts of each kind, and per
tokenizer and kind a hash for every thousand texts: SHA-256 of a line per text, the ids with spaces between; 16 digits of
it. For the small ones also of the ids without the post-processor's tokens, and of what the ids are decoded to. "files":
of what transformers' classes make of nothing but vocabularies and merges.
"""
import hashlib, json, sys, tempfile
from pathlib import Path

import tokenizers
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

import tokenizer_texts as texts

assert tokenizers.__version__ == "0.23.3"
HERE = Path(__file__).parent / "tokenizers"
VOCABULARIES = Path(__file__).parent.parent.parent / ".build-vocabularies"
GPT4 = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
QWEN2 = GPT4.replace(r"\p{N}{1,3}", r"\p{N}")
UPPER, LOWER = r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]", r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"
ENDING = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
O200K = (rf"[^\r\n\p{{L}}\p{{N}}]?{UPPER}*{LOWER}+{ENDING}|[^\r\n\p{{L}}\p{{N}}]?{UPPER}+{LOWER}*{ENDING}"
         r"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+")
CLIP = r"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"
CLASSES = {"qwen2": "Qwen2Tokenizer", "gpt2": "GPT2Tokenizer", "roberta": "RobertaTokenizer", "clip": "CLIPTokenizer"}
PUBLISHED = ["qwen2", "llama3", "llama4", "clip", "anthropic", "deepseek"]
BYTES = pre_tokenizers.ByteLevel.alphabet()


def bytes_only(prefix=False, regex=False):
    return pre_tokenizers.ByteLevel(add_prefix_space=prefix, use_regex=regex)


def split(pattern, behavior="isolated", invert=False):
    return pre_tokenizers.Split(Regex(pattern), behavior, invert)


def trained(pre, *, normalizer=None, post=None, size=600, special=(), added=(), alphabet=BYTES, decoder=True, suffix=None, **model) -> Tokenizer:
    tokenizer = Tokenizer(models.BPE(**model, **({"end_of_word_suffix": suffix} if suffix else {})))
    tokenizer.pre_tokenizer = pre if isinstance(pre, pre_tokenizers.PreTokenizer) else pre_tokenizers.Sequence(pre)
    if normalizer:
        tokenizer.normalizer = normalizer
    if decoder:
        tokenizer.decoder = decoders.ByteLevel()
    options = {"end_of_word_suffix": suffix} if suffix else {}
    trainer = trainers.BpeTrainer(vocab_size=size, initial_alphabet=alphabet, special_tokens=list(special), show_progress=False, limit_alphabet=len(alphabet) or 30, **options)
    tokenizer.train_from_iterator(texts.texts("captions", 400) + texts.texts("hostile", 200), trainer)
    tokenizer.add_tokens(list(added))
    if post:
        tokenizer.post_processor = post(tokenizer)
    return tokenizer


def template(single, *names):
    return lambda t: processors.TemplateProcessing(single=single, pair=single + " $B:1", special_tokens=[(n, t.token_to_id(n)) for n in names])


def roberta(cls, sep):
    return lambda t: processors.RobertaProcessing((sep, t.token_to_id(sep)), (cls, t.token_to_id(cls)), add_prefix_space=False)


def small() -> dict[str, Tokenizer]:
    chat = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    return {
        "gpt2": trained(bytes_only(regex=True), special=["<|endoftext|>"], post=lambda t: processors.ByteLevel()),
        "roberta": trained(bytes_only(prefix=True, regex=True), special=["<s>", "<pad>", "</s>", "<unk>", AddedToken("<mask>", lstrip=True, special=True)],
                           post=roberta("<s>", "</s>"), unk_token="<unk>"),
        "qwen2": trained([split(QWEN2), bytes_only()], normalizer=normalizers.NFC(), special=chat,
                         added=[AddedToken("<img>", special=True, normalized=False), AddedToken("</img>", normalized=False), AddedToken("e\u0301\u0323", normalized=True)]),
        "llama3": trained([split(GPT4), bytes_only()], special=["<s>", "</s>"], ignore_merges=True,
                          post=lambda t: processors.Sequence([processors.ByteLevel(), template("<s> $A </s> <s>", "<s>", "</s>")(t)])),
        "gpt4o": trained([split(O200K), bytes_only()], special=["<|endoftext|>", "<|endofprompt|>"]),
        "clip": trained([split(CLIP, "removed", True), bytes_only(regex=True)], suffix="</w>", unk_token="<|endoftext|>", special=["<|startoftext|>", "<|endoftext|>"],
                        normalizer=normalizers.Sequence([normalizers.NFC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Lowercase()]),
                        post=roberta("<|startoftext|>", "<|endoftext|>"), decoder=False),
        "words": trained([pre_tokenizers.Digits(individual_digits=True), bytes_only(prefix=True, regex=True)],
                         normalizer=normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase(), normalizers.Strip(), normalizers.Replace("iphone", "phone ")]),
                         added=[AddedToken("ab", single_word=True), AddedToken("The", lstrip=True), AddedToken("é", rstrip=True, normalized=False, special=True),
                                AddedToken("a", single_word=True, normalized=False), AddedToken("日本", lstrip=True, rstrip=True), AddedToken("  \n", normalized=False),
                                AddedToken("<pad>", single_word=True, lstrip=True, rstrip=True, special=True), AddedToken("<pad><mask>", special=True)]),
        "patterns": trained([split(r"\p{N}{1,3}"), split("[一-龥぀-ゟ゠-ヿ]+"),
                             split(r"[!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"),
                             bytes_only()]),
        "engine": trained([split(r"(?<=[a-z])(?=[A-Z])[A-Z]++|(?<!\d)\d{2,4}?(?!\d)|\w+?(?=[aeiou])|(?:ab|[b-y&&[^aeiou]]{2})+|(?>[^\W_]+)\x{1F600}?|\P{L}{,3}[\u3040-\u309F]"), bytes_only()]),
        # Oniguruma's \w in a class isn't its \w; and white space that one token takes from another.
        "classes": trained([split(r"[^\w\s]+|[\W\d]|\w"), bytes_only()],
                           added=[AddedToken("  ", lstrip=True, rstrip=True), AddedToken("\n", single_word=True, lstrip=True, rstrip=True, normalized=False)]),
        "removed": trained([split(r"\s+", "removed"), bytes_only()]),
        "previous": trained([split(r"[\s\p{P}]", "merged_with_previous"), bytes_only()]),
        "next": trained([split(r"\s", "merged_with_next"), bytes_only()]),
        "contiguous": trained([split(r"\p{Lu}|\p{Sk}", "contiguous"), pre_tokenizers.Digits(), bytes_only()]),
        "inverted": trained([split(r"\p{L}+", "merged_with_previous", True), pre_tokenizers.Split("<", "merged_with_next"), bytes_only(prefix=True)]),
        "unknown": trained(bytes_only(regex=True), alphabet=[], size=200, special=["<unk>"], unk_token="<unk>"),
        "fused": trained(bytes_only(regex=True), alphabet=[], size=200, special=["<unk>"], unk_token="<unk>", fuse_unk=True),
        "dropping": trained(bytes_only(regex=True), alphabet=[], size=200),
    }


def of_files(name: str):
    """transformers' tokenizer for a small model of which there is only vocab.json and merges.txt."""
    from transformers import AutoTokenizer
    model = json.loads((HERE / f"{name}.json").read_text())["model"]
    merges = [pair if isinstance(pair, str) else " ".join(pair) for pair in model["merges"]]
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "vocab.json").write_text(json.dumps(model["vocab"]))
        (Path(folder) / "merges.txt").write_text("\n".join(["#version: 0.2", *merges, ""]))
        (Path(folder) / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": CLASSES[name]}))
        return AutoTokenizer.from_pretrained(folder)


def digest(lines) -> str:
    return hashlib.sha256("".join(line + "\n" for line in lines).encode()).hexdigest()[:16]


def blocks(values: list) -> list[list]:
    return [values[i:i + 1000] for i in range(0, len(values), 1000)]


def line(ids) -> str:
    return " ".join(map(str, ids))


def main():
    chosen = sys.argv[1:]
    path = HERE / "golden.json"
    before = json.loads(path.read_text()) if chosen and path.exists() else {"small": {}, "files": {}, "published": {}}
    scalars = [chr(c) for c in range(0x110000) if not 0xD800 <= c < 0xE000]
    # In threes, so that neighbours matter, too.
    joined = ["".join(scalars[i:i + 3]) for i in range(0, len(scalars), 3)]
    kinds = {"captions": texts.texts("captions", 20000), "hostile": texts.texts("hostile", 5000), "noise": texts.texts("noise", 50000)}
    golden = {
        "tables": {"words": texts.WORDS, "foreign": texts.FOREIGN, "syllables": texts.SYLLABLES, "ranges": texts.RANGES, "spaces": texts.SPACES, "pieces": texts.PIECES},
        "texts": {kind: digest(values) for kind, values in kinds.items()}, "small": before["small"],
        "files": before.get("files", {}), "published": before["published"],
    }
    for name, tokenizer in small().items() if not chosen or "small" in chosen else []:
        path = HERE / f"{name}.json"
        data = json.loads(tokenizer.to_str())
        if name in ("gpt4o", "roberta"):  # as older files write merges
            data["model"]["merges"] = [" ".join(pair) for pair in data["model"]["merges"]]
        path.write_text(json.dumps(data, ensure_ascii=False, separators=(",", ":")))
        tokenizer = Tokenizer.from_file(str(path))
        row = {}
        for kind, count in [("captions", 2000), ("hostile", 5000), ("noise", 5000)]:
            ids = [tokenizer.encode(text).ids for text in kinds[kind][:count]]
            row[kind] = [digest(map(line, block)) for block in blocks(ids)]
            if kind == "hostile":
                row["bare"] = [digest(line(tokenizer.encode(text, add_special_tokens=False).ids) for text in block) for block in blocks(kinds[kind])]
                tokenizer.encode_special_tokens = True
                row["plain"] = [digest(line(tokenizer.encode(text).ids) for text in block) for block in blocks(kinds[kind])]
                tokenizer.encode_special_tokens = False
                row["decoded"] = [digest(tokenizer.decode(i) for i in block) for block in blocks(ids)]
                row["decodedWhole"] = [digest(tokenizer.decode(i, skip_special_tokens=False) for i in block) for block in blocks(ids)]
        row["scalars"] = [digest(line(tokenizer.encode(text).ids) for text in block) for block in blocks(joined[:40000])]
        golden["small"][name] = row
    for name in CLASSES if not chosen or "files" in chosen else []:
        tokenizer = of_files(name)
        ids = [tokenizer.encode(text) for text in kinds["hostile"]]
        golden["files"][name] = [digest(map(line, block)) for block in blocks(ids)]
    for name in PUBLISHED:
        if chosen and name not in chosen:
            continue
        tokenizer = Tokenizer.from_file(str(VOCABULARIES / name / "tokenizer.json"))
        tokenizer.no_truncation()
        row = {kind: [digest(line(e.ids) for e in tokenizer.encode_batch(block)) for block in blocks(values)] for kind, values in kinds.items()}
        row["scalars"] = [digest(line(e.ids) for e in tokenizer.encode_batch(scalars[i:i + 20000])) for i in range(0, len(scalars), 20000)]
        golden["published"][name] = row
    (HERE / "golden.json").write_text(json.dumps(golden, ensure_ascii=True, separators=(",", ":")))
    print({path.name: path.stat().st_size for path in HERE.iterdir()})


if __name__ == "__main__":
    main()
