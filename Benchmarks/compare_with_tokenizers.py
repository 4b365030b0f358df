#!/usr/bin/env python3
"""Times Hugging Face's tokenizers, tiktoken and gigatoken against RedCaps' tokenizer, in turns in one process.

    swift build -c release --package-path Benchmarks --product RedCapsForPython
    Scripts/fetch-vocabularies
    python3 -m pip install tokenizers tiktoken gigatoken
    python3 Benchmarks/compare_with_tokenizers.py [--captions 20000] [--rounds 5]

All encode the same captions with Qwen2's vocabulary, each with a tokenizer that is freshly loaded in every round: the first
pass, nothing remembered; one thread unless it says two. RedCaps is timed inside, from an array of strings to arrays of
ids; tokenizers and tiktoken by a loop of Python over their fastest call for one text, gigatoken by one call for all. The
ids are compared first.
"""
import argparse, ctypes, json, os, statistics, sys, time
from pathlib import Path

os.environ["TOKENIZERS_PARALLELISM"] = "false"
root = Path(__file__).parent.parent
sys.path.insert(0, str(root / "Tests/Fixtures"))
import gigatoken, tiktoken, tokenizers, tokenizer_texts
from tiktoken.load import load_tiktoken_bpe

parser = argparse.ArgumentParser()
parser.add_argument("--captions", type=int, default=20000)
parser.add_argument("--rounds", type=int, default=5)
options = parser.parse_args()

suffix = "dylib" if sys.platform == "darwin" else "so"
library = ctypes.CDLL(str(Path(__file__).parent / ".build/release" / f"libRedCapsForPython.{suffix}"))
library.redcaps_tokenizer_open.restype = ctypes.c_void_p
library.redcaps_tokenizer_open.argtypes = [ctypes.c_char_p, ctypes.c_char_p, ctypes.c_void_p, ctypes.c_ssize_t, ctypes.POINTER(ctypes.c_double)]
library.redcaps_tokenizer_encode.restype = ctypes.c_double
library.redcaps_tokenizer_encode.argtypes = [ctypes.c_void_p, ctypes.c_ssize_t]
library.redcaps_tokenizer_ids.restype = ctypes.c_ssize_t
library.redcaps_tokenizer_ids.argtypes = [ctypes.c_void_p, ctypes.c_ssize_t, ctypes.c_void_p]
library.redcaps_tokenizer_close.argtypes = [ctypes.c_void_p]

vocabularies = root / ".build-vocabularies"
file = str(vocabularies / "qwen2/tokenizer.json")
pattern = json.loads(Path(file).read_text())["pre_tokenizer"]["pretokenizers"][0]["pattern"]["Regex"]
captions = tokenizer_texts.texts("captions", options.captions)
encoded = [caption.encode() for caption in captions]
blob, lengths = b"".join(encoded), (ctypes.c_ssize_t * len(encoded))(*map(len, encoded))
ranks = load_tiktoken_bpe(str(vocabularies / "qwen.tiktoken"))


def huggingface():
    tokenizer = tokenizers.Tokenizer.from_file(file)
    start = time.perf_counter()
    encodings = [tokenizer.encode(caption) for caption in captions]
    return time.perf_counter() - start, lambda: [encoding.ids for encoding in encodings]


def openai():
    encoding = tiktoken.Encoding("qwen2", pat_str=pattern, mergeable_ranks=ranks, special_tokens={})
    start = time.perf_counter()
    ids = [encoding.encode_ordinary(caption) for caption in captions]
    return time.perf_counter() - start, lambda: ids


def giga(parallel=False):
    tokenizer = gigatoken.Tokenizer(file)
    start = time.perf_counter()
    ids = tokenizer.encode_batch(captions, parallel=parallel)
    return time.perf_counter() - start, lambda: ids.to_list()


loadings = []


def redcaps(threads=0):
    loading = ctypes.c_double()
    subject = library.redcaps_tokenizer_open(file.encode(), blob, lengths, len(encoded), ctypes.byref(loading))
    loadings.append(loading.value)
    seconds = library.redcaps_tokenizer_encode(subject, threads)
    ids = []
    for text in range(len(encoded)):
        out = (ctypes.c_ssize_t * library.redcaps_tokenizer_ids(subject, text, None))()
        library.redcaps_tokenizer_ids(subject, text, out)
        ids.append(list(out))
    library.redcaps_tokenizer_close(subject)
    return seconds, lambda: ids


work = {"tokenizers": huggingface, "tiktoken": openai, "gigatoken": giga, "gigatoken, 2 threads": lambda: giga(True),
        "RedCaps": redcaps, "RedCaps, encodeBatch on 1 thread": lambda: redcaps(1),
        "RedCaps, encodeBatch on 2 threads": lambda: redcaps(2)}
expected = huggingface()[1]()
times: dict[str, list[float]] = {name: [] for name in work}
for round in range(options.rounds):
    for name, run in work.items():
        seconds, ids = run()
        times[name].append(seconds)
        if round == 0:
            assert ids() == expected, f"the ids of {name} differ"
tokens = sum(map(len, expected))
rates = {name: len(captions) / statistics.median(values) for name, values in times.items()}
print(f"{len(captions)} captions, {tokens} ids, medians of {options.rounds} first passes")
for name, rate in rates.items():
    print(f"{name:34} {rate:10.0f} captions/s {rate * tokens / len(captions) / 1e6:6.2f} M ids/s  "
          f"{rate / rates['tokenizers']:5.1f} × tokenizers {rate / rates['tiktoken']:5.1f} × tiktoken")
one, two = (rates[f"RedCaps, encodeBatch on {threads}"] for threads in ("1 thread", "2 threads"))
print(f"encodeBatch, 1 to 2 threads: {two / one:.2f}×; gigatoken {rates['gigatoken, 2 threads'] / rates['gigatoken']:.2f}×")
print(f"RedCaps loads {file.split('/')[-2]}/tokenizer.json in {statistics.median(loadings) * 1000:.0f} ms")
