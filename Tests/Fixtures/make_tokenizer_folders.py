#!/usr/bin/env python3
"""Makes Tests/Fixtures/tokenizers/folders.json: what transformers makes of settings beside a tokenizer.

    python3 -m pip install tokenizers==0.23.3 transformers==5.24.0
    python3 Tests/Fixtures/make_tokenizer_folders.py

Each row is a folder: one of the small tokenizers beside this, either as tokenizer.json or as vocab.json and merges.txt,
these without some tokens (ids then close up), and files of settings; then for every text the ids, the ids without what
goes around texts, and what the ids are decoded to without special tokens (not for CLIP's class, which decodes
otherwise), and how many tokens there are. Rows of LlamaTokenizer are as transformers 4.57.6 has them: version 5 forgets
add_bos_token beside a tokenizer.json. They are made by that, with "llama" as an argument:

    python3 -m pip install transformers==4.57.6
    python3 Tests/Fixtures/make_tokenizer_folders.py llama
"""
import json, sys, tempfile
from pathlib import Path

import transformers
from transformers import AutoTokenizer

HERE = Path(__file__).parent / "tokenizers"
TEXTS = [
    "a cat sat", "", "  two  spaces ", "A<s>b</s> <unk> c<pad>d", "x<|endoftext|>y <|startoftext|> z<|im_end|>.",
    "the <new> cat <NEW> <x> <y>", "q  <s>  w <b>  e<e><c><q>", "<|startoftext|><|endoftext|>", "e\u0301 <img></img> \u0130", "a <mask>b <mask>",
    "m\u1ed9t mo\u0323\u0302t <\u00e9> <e\u0301>.", "a  <|endoftext|>  b  <x>  c  <|im_end|>  d  </s>  e",
]
END, IM, START = "<|endoftext|>", "<|im_end|>", "<|startoftext|>"


def added(content, special=True, **flags):
    return {"content": content, "single_word": False, "lstrip": False, "rstrip": False, "normalized": not special, "special": special, **flags}


def token(content, **flags):
    return {"__type": "AddedToken", **added(content, **flags)}


# Name, model, class, tokens that the vocabulary hasn't, settings, other files.
FILES = [
    ("a family's own", "qwen2", "Qwen2Tokenizer", [], {}, {}),
    ("missing ones are added", "qwen2", "Qwen2TokenizerFast", [END, IM], {}, {}),
    ("in the order of their keys", "qwen2", "Qwen2Tokenizer", [END, IM], {"eos_token": IM}, {}),
    ("the class's come after listed ones", "qwen2", "Qwen2Tokenizer", [END, IM],
     {"added_tokens_decoder": {"599": added(IM), "598": added("<x>", False)}}, {}),
    ("an empty list", "qwen2", "Qwen2Tokenizer", [END], {"added_tokens_decoder": {}}, {}),
    ("null is none", "qwen2", "Qwen2Tokenizer", [END], {"eos_token": None, "unk_token": None, "pad_token": None, "bos_token": "<s>"}, {}),
    ("Qwen2's are plain", "qwen2", "Qwen2Tokenizer", [], {"eos_token": token("<x>", lstrip=True, normalized=True)}, {}),
    ("at the beginning and the end", "qwen2", "Qwen2Tokenizer", [], {"add_bos_token": True, "bos_token": "<s>", "add_eos_token": True}, {}),
    ("a beginning that isn't named", "qwen2", "Qwen2Tokenizer", [], {"add_bos_token": True}, {}),
    ("GPT-2's", "gpt2", "GPT2Tokenizer", [], {}, {}),
    ("GPT-2's beginning", "gpt2", "GPT2TokenizerFast", [], {"add_bos_token": True}, {}),
    ("OPT's", "gpt2", "GPT2Tokenizer", [END], {"bos_token": "</s>", "eos_token": "</s>", "unk_token": "</s>", "pad_token": "<pad>", "add_bos_token": True}, {}),
    ("with a space in front", "gpt2", "GPT2Tokenizer", [], {"add_prefix_space": True}, {}),
    ("properties count", "gpt2", "GPT2Tokenizer", [], {"pad_token": token("<x>", lstrip=True, rstrip=True), "mask_token": token("cat", single_word=True)}, {}),
    ("a listed token that is named is special", "gpt2", "GPT2Tokenizer", [],
     {"pad_token": "<x>", "added_tokens_decoder": {"600": added("<x>", False), "601": added("<y>", False)}}, {}),
    ("others by their keys", "gpt2", "GPT2Tokenizer", [], {"y_token": "<y>", "image_token": "<x>", "extra_special_tokens": {"z": "<new>", "a": "<b>"}}, {}),
    ("extra ones", "gpt2", "GPT2Tokenizer", [], {"pad_token": "<pad>", "extra_special_tokens": ["<y>", token("<x>", rstrip=True), "<y>"]}, {}),
    ("additional ones", "gpt2", "GPT2Tokenizer", [], {"additional_special_tokens": ["<y>", "<x>"], "extra_special_tokens": []}, {}),
    ("extra ones before additional ones", "gpt2", "GPT2Tokenizer", [], {"additional_special_tokens": ["<y>"], "extra_special_tokens": ["<x>"]}, {}),
    ("others by their keys in every form", "gpt2", "GPT2Tokenizer", [],
     {"a_token": "<x>", "image_token": token("<y>"), "extra_special_tokens": {"b_token": "<b>", "a_token": "<e>"}, "additional_special_tokens": ["<q>"]},
     {"special_tokens_map.json": {"c_token": "<c>", "image_token": "<new>"}}),
    ("a listed token that is extra isn't special", "gpt2", "GPT2Tokenizer", [],
     {"additional_special_tokens": ["<x>"], "added_tokens_decoder": {"600": added("<x>", False)}}, {}),
    ("RoBERTa's mask", "roberta", "RobertaTokenizer", [], {"mask_token": token("<mask>", lstrip=True)}, {}),
    ("RoBERTa's by another name", "roberta", "BartTokenizer", [], {}, {}),
    ("RoBERTa's", "roberta", "RobertaTokenizer", [], {}, {}),
    ("RoBERTa's around texts", "roberta", "RobertaTokenizer", [], {"cls_token": "<c>", "sep_token": "<q>", "add_bos_token": False}, {}),
    ("RoBERTa's that are missing", "roberta", "RobertaTokenizerFast", ["<s>", "</s>", "<unk>", "<pad>", "<mask>"], {}, {}),
    ("CLIP's", "clip", "CLIPTokenizer", [], {}, {}),
    ("CLIP's around texts", "clip", "CLIPTokenizer", [], {"bos_token": "<b>", "eos_token": "<e>", "add_eos_token": False}, {}),
    ("CLIP's that are missing", "clip", "CLIPTokenizerFast", [START, END], {}, {}),
    ("CLIP's normalized ones", "clip", "CLIPTokenizer", [], {"pad_token": token("<New>", normalized=True)}, {}),
    ("GPT-2's files as CLIP's", "gpt2", "CLIPTokenizer", [], {}, {}),
    ("the older file's", "qwen2", "Qwen2Tokenizer", [END, IM], {"eos_token": END, "pad_token": "<pad>"},
     {"special_tokens_map.json": {"eos_token": added(IM), "pad_token": None, "additional_special_tokens": ["<x>", "<y>"]}}),
    ("the older file's beside a list", "qwen2", "Qwen2Tokenizer", [IM], {"added_tokens_decoder": {}},
     {"special_tokens_map.json": {"eos_token": IM}, "added_tokens.json": {"<x>": 700}}),
    ("old additional ones beside new extra ones", "gpt2", "GPT2Tokenizer", [], {"extra_special_tokens": ["<x>"]},
     {"special_tokens_map.json": {"additional_special_tokens": ["<y>"], "extra_special_tokens": ["<b>"]}}),
    ("old added tokens", "gpt2", "GPT2Tokenizer", [], {"pad_token": "<x>"}, {"added_tokens.json": {"<y>": 601, "<x>": 600, END: 0}}),
    ("equivalent spellings are two tokens", "gpt2", "GPT2Tokenizer", [], {"pad_token": "<e\u0301>"}, {"added_tokens.json": {"<\u00e9>": 600, "<e\u0301>": 601, "<x>": 602}}),
    ("old added tokens are normalized", "clip", "CLIPTokenizer", [], {"pad_token": "<X>"}, {"added_tokens.json": {"<New>": 600, "<X>": 601}}),
]
JSON = [
    ("named ones are added", "gpt2", "PreTrainedTokenizerFast", {"bos_token": "<s>", "eos_token": "</s>", "pad_token": "<x>"}, {}),
    ("listed ones are added", "qwen2", "PreTrainedTokenizerFast",
     {"eos_token": IM, "pad_token": "<x>", "added_tokens_decoder": {"604": added("<y>", False, lstrip=True), "603": added("<x>", False)}}, {}),
    ("properties change", "qwen2", "PreTrainedTokenizerFast", {"added_tokens_decoder": {"2": added(IM, rstrip=True), "600": added("<img>", False)}}, {}),
    ("a known token that is extra isn't special", "qwen2", "PreTrainedTokenizerFast", {"extra_special_tokens": ["</img>", "<x>"]}, {}),
    ("a known token that is named is special", "qwen2", "PreTrainedTokenizerFast", {"pad_token": "</img>"}, {}),
    ("the flags say nothing", "qwen2", "PreTrainedTokenizerFast", {"add_bos_token": True, "bos_token": "<s>", "add_eos_token": True, "eos_token": IM}, {}),
    ("the flags take nothing away", "llama3", "PreTrainedTokenizerFast", {"add_bos_token": False, "bos_token": "<s>"}, {}),
    ("nor in a class", "qwen2", "Qwen2Tokenizer", {"add_bos_token": True, "bos_token": "<s>", "eos_token": IM}, {}),
    ("a class's own are added", "gpt4o", "GPT2Tokenizer", {"unk_token": "<unk>", "eos_token": "<x>"}, {}),
    ("a space in front by the class", "gpt2", "GPT2Tokenizer", {"add_prefix_space": True}, {}),
    ("no space in front by the class", "roberta", "RobertaTokenizer", {}, {}),
    ("a space in front by the file", "roberta", "PreTrainedTokenizerFast", {"add_prefix_space": False}, {}),
    ("equivalent spellings are two tokens", "gpt2", "PreTrainedTokenizerFast",
     {"added_tokens_decoder": {"600": added("m\u1ed9t", False), "601": added("mo\u0323\u0302t", False), "602": added("<\u00e9>"), "603": added("<e\u0301>"), "604": added("<x>")}}, {}),
    ("equivalent names are two", "gpt2", "PreTrainedTokenizerFast",
     {"extra_special_tokens": {"\u00e9_token": "<\u00e9>", "e\u0301_token": "<e\u0301>"}, "m\u1ed9t_token": "m\u1ed9t", "mo\u0323\u0302t_token": "mo\u0323\u0302t"}, {}),
    ("Qwen2's are plain, whatever their objects say", "qwen2", "Qwen2Tokenizer", {"pad_token": token("<x>", lstrip=True, rstrip=True), "eos_token": token(END, lstrip=True)}, {}),
    ("Qwen2's are plain, whatever the list says", "qwen2", "Qwen2TokenizerFast",
     {"pad_token": "<x>", "eos_token": IM, "added_tokens_decoder": {"2": added(IM, rstrip=True), "600": added("<img>"), "603": added("<x>", lstrip=True, rstrip=True), "604": added("</s>", lstrip=True)}}, {}),
    ("Qwen2's are plain, the others too", "qwen2", "Qwen2Tokenizer",
     {"image_token": token("<x>", lstrip=True), "extra_special_tokens": [token(IM, rstrip=True), token("</s>", lstrip=True)], "mask_token": token("<mask>", single_word=True, normalized=True)}, {}),
    ("Qwen2's are plain, of older files as well", "qwen2", "Qwen2Tokenizer", {}, {"special_tokens_map.json": {"pad_token": added("<x>", lstrip=True, rstrip=True), "eos_token": added(IM, rstrip=True)}}),
    ("GPT-2's keep what their objects say", "gpt2", "GPT2Tokenizer", {"pad_token": token("<x>", lstrip=True, rstrip=True), "eos_token": token(END, lstrip=True)}, {}),
    ("GPT-2's own is plain where the object of another key says the same", "gpt2", "GPT2Tokenizer", {"eos_token": token(END, lstrip=True), "unk_token": END}, {}),
    ("RoBERTa's keep what their objects say", "roberta", "RobertaTokenizer", {"eos_token": token("</s>", lstrip=True), "pad_token": token("<x>", rstrip=True), "mask_token": "<mask>"}, {}),
    ("the end alone says nothing of the beginning", "llama3", "PreTrainedTokenizerFast", {"add_eos_token": False, "bos_token": "<s>", "eos_token": "</s>"}, {}),
    ("older files", "qwen2", "PreTrainedTokenizerFast", {},
     {"special_tokens_map.json": {"pad_token": "<pad>", "additional_special_tokens": ["<x>"]}, "added_tokens.json": {IM: 2, "<y>": 603}}),
]
LLAMA = [
    ("DeepSeek's", "qwen2", "LlamaTokenizerFast", {"bos_token": token("<s>", normalized=True), "eos_token": "</s>", "unk_token": None, "add_bos_token": True, "add_eos_token": False}, {}),
    ("both", "llama3", "LlamaTokenizer", {"add_eos_token": True, "bos_token": "</s>", "eos_token": "<s>", "unk_token": None}, {}),
    ("none", "llama3", "LlamaTokenizerFast", {"add_bos_token": False}, {}),
]


def merges(model):
    return [pair if isinstance(pair, str) else " ".join(pair) for pair in model["merges"]]


def row(name, model, kind, without, settings, files, version):
    json_file = json.loads((HERE / f"{model}.json").read_text())
    settings = {"tokenizer_class": kind, **settings}
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        if without is None:
            (folder / "tokenizer.json").write_text(json.dumps(json_file))
        else:
            vocabulary = json_file["model"]["vocab"]
            kept = sorted((t for t in vocabulary if t not in without), key=vocabulary.get)
            (folder / "vocab.json").write_text(json.dumps({t: i for i, t in enumerate(kept)}))
            (folder / "merges.txt").write_text("\n".join(["#version: 0.2", *merges(json_file["model"]), ""]))
        files = {"tokenizer_config.json": settings, **files}
        for file, value in files.items():
            (folder / file).write_text(json.dumps(value))
        tokenizer = AutoTokenizer.from_pretrained(folder)
    ids = [tokenizer.encode(text) for text in TEXTS]
    assert transformers.__version__ == version
    return {
        "name": f"{kind}: {name}", "model": model, "without": without,
        "files": {file: json.dumps(value) for file, value in files.items()}, "ids": ids,
        "bare": [tokenizer.encode(text, add_special_tokens=False) for text in TEXTS],
        "decoded": None if "CLIP" in kind else [tokenizer.decode(i, skip_special_tokens=True) for i in ids],
        "count": len(tokenizer),
    }


def main():
    path = HERE / "folders.json"
    if sys.argv[1:] == ["llama"]:
        rows = [r for r in json.loads(path.read_text())["rows"] if "Llama" not in r["name"]]
        rows += [row(name, model, kind, None, settings, files, "4.57.6") for name, model, kind, settings, files in LLAMA]
    else:
        rows = [r for r in json.loads(path.read_text())["rows"] if "Llama" in r["name"]] if path.exists() else []
        rows = [row(*case, "5.24.0") for case in FILES] + [row(name, model, kind, None, settings, files, "5.24.0") for name, model, kind, settings, files in JSON] + rows
    path.write_text(json.dumps({"texts": TEXTS, "rows": rows}, separators=(",", ":")))
    print(len(rows), "rows,", path.stat().st_size, "bytes")


if __name__ == "__main__":
    main()
