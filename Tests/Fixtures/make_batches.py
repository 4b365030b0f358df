#!/usr/bin/env python3
"""Makes Tests/Fixtures/batches.json: the batches that OpenUni's own data sets, samplers and loader make of the JPEGs in Tests/Fixtures/jpegs.

    python3 -m pip install torch==2.13.0 mmengine==0.10.7 pillow==13.0.0 numpy==2.4.6 einops==0.8.2
    python3 make_batches.py OpenUni        (a checkout of github.com/wusize/OpenUni at d1703fc; CPython 3.11)

Nothing of OpenUni is written down here: its CaptionDataset, BLIP3oDataset, FixedBatchMultiSourceSampler, collate
function and CustomRunner.build_dataloader are imported and run, each rank in a process of its own under gloo. Only
xtuner's registry is replaced, and the tokenizer by bytes (UTF-8 byte + 3, then 1). What is drawn is recorded by
wrapping Image.crop and random.uniform. Two data sets: the images and annotations of reference.json, and every third of
them with a text file for a caption. Each rank has a list of batches, and a batch is: worker, indices asked for, indices
used, dropped captions, lengths, and the beginnings of SHA-256 sums of the crops, the float32 values and the padded
int64 ids.
"""
import copy, hashlib, json, os, random, subprocess, sys, tempfile, types
from pathlib import Path

from make_reference import HERE, KEY, TEMPLATE

REFERENCE = json.loads((HERE / "reference.json").read_text())
NAMES, ANNOTATIONS = REFERENCE["names"], REFERENCE["annotations"]
KINDS = [" plain {} \r\n second\rthird ", "caf\u00e9 \u732b {}", "", None, "{{input}} {}", "x" * 90]
TEXTS = [KINDS[i % 6] and KINDS[i % 6].replace("{}", str(i)) for i in range(len(NAMES[::3]))]
DATASETS = "src.datasets.text2image."
COMMON = dict(image_size=24, max_length=80, unconditional=0.3, prompt_template=TEMPLATE, tokenizer=dict(type="redcaps.ByteTokenizer"))
CAPTIONS = dict(type=DATASETS + "caption_datasets.CaptionDataset", data_path="a.json", image_folder="jpegs", cap_folder="a", cap_source=KEY, **COMMON)
PLAIN = dict(type=DATASETS + "blip3_o.BLIP3oDataset", data_path="b.json", image_folder="jpegs", cap_folder="b", **COMMON)
BOTH = dict(type="xtuner.dataset.ConcatDataset", datasets=[CAPTIONS, PLAIN])
NESTED = dict(type="xtuner.dataset.ConcatDataset", datasets=[BOTH, PLAIN])


def infinite(**options):
    return dict(type="mmengine.dataset.InfiniteSampler", **options)


def default(**options):
    return dict(type="mmengine.dataset.DefaultSampler", **options)


def fixed(repeat, batch_size, **options):
    return dict(type="src.datasets.samplers.multi_source_sampler.FixedBatchMultiSourceSampler", repeat=repeat, batch_size=batch_size, **options)


def run(world, dataset, sampler, batch_size, workers, seed, limit, seeding="mmengine", epochs=1, randomness=None, **loader) -> dict:
    loader = dict(batch_size=batch_size, num_workers=workers, sampler=sampler, collate_fn=dict(type="src.datasets.collate_functions.collate_func_gen", pad_index=2), **loader)
    return dict(world=world, seed=seed, limit=limit, seeding=seeding, epochs=epochs, configuration=dict(dataset=dataset, train_dataloader=loader, **({"randomness": randomness} if randomness else {})))


RUNS = [run(world, BOTH, infinite(shuffle=True), 7, workers, 11 + workers, 6, seeding) for world, workers, seeding in ((1, 0, "mmengine"), (2, 2, "mmengine"), (3, 1, "mmengine"), (1, 3, "torch"), (2, 0, "torch"))]
RUNS += [run(world, NESTED, fixed([2, 1], 3, shuffle=True), 5, workers, 2**32 - 40, 6, seeding) for world, workers, seeding in ((2, 3, "mmengine"), (1, 2, "torch"))]
RUNS += [run(world, PLAIN, default(shuffle=True, round_up=round_up), 8, workers, 5, 99, seeding, epochs=3, **more) for world, workers, seeding, round_up, more in (
    (1, 2, "mmengine", True, {}), (3, 2, "mmengine", False, {}), (3, 0, "mmengine", False, {"drop_last": True}), (2, 3, "mmengine", True, {"persistent_workers": True}),
    (2, 2, "torch", True, {}), (2, 2, "torch", False, {"persistent_workers": True, "drop_last": True}), (1, 9, "torch", True, {}))]
RUNS += [run(2, CAPTIONS, infinite(shuffle=True), 6, workers, 3, 4, randomness=dict(seed=None, diff_rank_seed=True)) for workers in (0, 2)]
RUNS += [run(1, CAPTIONS, infinite(shuffle=True, seed=None), 6, 1, 9, 3), run(1, CAPTIONS, infinite(shuffle=False, seed=4), 6, 1, 9, 3), run(1, dict(CAPTIONS, debug=True), infinite(), 5, 2, 1, 3)]


def write_files(folder: Path) -> None:
    (folder / "jpegs").symlink_to(HERE / "jpegs")
    for name, ending, numbers, captions in (("a", "json", range(len(NAMES)), ANNOTATIONS), ("b", "txt", range(0, len(NAMES), 3), TEXTS)):
        (folder / name).mkdir()
        for number, caption in zip(numbers, captions):
            if caption is not None:
                (folder / name / f"{NAMES[number]}.{ending}").write_bytes(caption.encode())
        (folder / f"{name}.json").write_text(json.dumps([{"image": f"{NAMES[i]}.jpg", "annotation": f"{NAMES[i]}.{ending}"} for i in numbers]))


def rank_main(checkout: str, folder: str, rank: int, world: int) -> None:
    """Runs everything for one rank and prints a line of JSON for each run."""
    sys.path.insert(0, checkout)
    import mmengine.dataset, torch
    from mmengine.runner.utils import set_random_seed
    from PIL import Image
    from torch.utils.data import ConcatDataset, DataLoader, get_worker_info

    class ByteTokenizer:
        def encode(self, text, return_tensors=None, add_special_tokens=True):
            return torch.tensor([[byte + 3 for byte in text.encode("utf-8")] + [1] * add_special_tokens])

    def stub(name, **values):
        sys.modules[name] = types.ModuleType(name)
        sys.modules[name].__dict__.update(values, __path__=[])

    stub("xtuner")
    stub("xtuner.registry", BUILDER=types.SimpleNamespace(build=lambda configuration: ByteTokenizer()))
    stub("xtuner.utils", DEFAULT_PAD_TOKEN_INDEX=0, IGNORE_INDEX=-100, DEFAULT_IMAGE_TOKEN="<image>", IMAGE_TOKEN_INDEX=-200)
    stub("xtuner.dataset")
    stub("xtuner.dataset.utils", get_bos_eos_token_ids=None)
    from src.datasets.collate_functions import collate_func_gen
    from src.datasets.samplers.multi_source_sampler import FixedBatchMultiSourceSampler
    from src.datasets.text2image.blip3_o import BLIP3oDataset
    from src.datasets.text2image.caption_datasets import CaptionDataset
    from src.runners.custom_runner import CustomRunner

    if world > 1:
        torch.distributed.init_process_group("gloo", init_method=f"file://{folder}/ranks", rank=rank, world_size=world)
    last = {}
    crop, uniform = Image.Image.crop, random.uniform

    def recorded_crop(image, box=None):
        last["crop"] = list(box)
        return crop(image, box)

    def recorded_uniform(low, high):
        last["uniform"] = uniform(low, high)
        return last["uniform"]

    Image.Image.crop, random.uniform = recorded_crop, recorded_uniform

    def recorded(base):
        class Recorded(base):
            def __getitem__(self, index):
                last["used"] = 0 if self.debug else index
                data = super().__getitem__(index)
                data.setdefault("record", dict(used=last["used"], crop=last["crop"], dropped=last["uniform"] < self.unconditional))
                data["record"]["index"] = index
                return data
        return Recorded

    class Concatenation(ConcatDataset):
        def __getitem__(self, index):
            data = super().__getitem__(index)
            data["record"]["used"] += index - data["record"]["index"]
            data["record"]["index"] = index
            return data

    def build(configuration):
        options = dict(configuration)
        kind = options.pop("type").split(".")[-1]
        if kind == "ConcatDataset":
            return Concatenation([build(part) for part in options["datasets"]])
        for key in ("data_path", "image_folder", "cap_folder"):
            options[key] = f"{folder}/{options[key]}"
        return recorded(BLIP3oDataset if kind == "BLIP3oDataset" else CaptionDataset)(**options)

    def collate(instances, pad_index):
        records = [instance.pop("record") for instance in instances]
        data, info = collate_func_gen(instances, pad_index=pad_index)["data"], get_worker_info()
        digest = lambda data: hashlib.sha256(data).hexdigest()[:16]
        crops = [number for record in records for number in record["crop"]]
        return [info.id if info else 0, [record["index"] for record in records], [record["used"] for record in records], [int(record["dropped"]) for record in records],
                data["attention_mask"].sum(1).tolist(), digest(",".join(map(str, crops)).encode()), digest(data["pixel_values"].numpy().astype("<f4").tobytes()), digest(data["input_ids"].numpy().astype("<i8").tobytes())]

    samplers = {"InfiniteSampler": mmengine.dataset.InfiniteSampler, "DefaultSampler": mmengine.dataset.DefaultSampler, "FixedBatchMultiSourceSampler": FixedBatchMultiSourceSampler}
    for case in RUNS:
        if case["world"] != world:
            continue
        options = copy.deepcopy(case["configuration"]["train_dataloader"])
        kind = samplers[options["sampler"].pop("type").split(".")[-1]]
        padding = options.pop("collate_fn")["pad_index"]
        more = dict(options, dataset=build(case["configuration"]["dataset"]), collate_fn=lambda instances: collate(instances, padding))
        differs = case["configuration"].get("randomness", {}).get("diff_rank_seed", False)
        if case["seeding"] == "mmengine":
            seed = set_random_seed(case["seed"], diff_rank_seed=differs)
            loader = CustomRunner.build_dataloader(dict(more, sampler=dict(options["sampler"], type=kind)), seed=seed, diff_rank_seed=differs)
        else:
            torch.manual_seed(case["seed"])
            random.seed(case["seed"])
            loader = DataLoader(**dict(more, sampler=kind(dataset=more["dataset"], **{"seed": case["seed"], **options["sampler"]})))
        batches = []
        for epoch in range(case["epochs"]):
            loader.sampler.set_epoch(epoch)
            for batch in loader:
                batches.append(batch)
                if len(batches) == case["limit"]:
                    break
        Path(f"{folder}/{RUNS.index(case)}-{rank}").write_text(json.dumps(batches))


def main() -> None:
    if len(sys.argv) > 2:
        return rank_main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
    runs = []
    with tempfile.TemporaryDirectory() as folder:
        write_files(Path(folder))
        for world in (1, 2, 3):
            Path(folder, "ranks").unlink(missing_ok=True)
            ranks = [subprocess.Popen([sys.executable, __file__, sys.argv[1], folder, str(rank), str(world)], stdout=subprocess.DEVNULL) for rank in range(world)]
            assert all([rank.wait() == 0 for rank in ranks])
        for number, case in enumerate(RUNS):
            ranks = [json.loads(Path(folder, f"{number}-{rank}").read_text()) for rank in range(case["world"])]
            runs.append({**case, "configuration": json.dumps(case["configuration"]), "ranks": ranks})
    text = json.dumps({"texts": TEXTS, "runs": runs})
    (HERE / "batches.json").write_text(text.replace("], [[", "],\n[[").replace('"], [', '"],\n[').replace("}, {\"world", "},\n{\"world") + "\n")
    print(len(runs), "runs", sum(len(batches) for run in runs for batches in run["ranks"]), "batches")


if __name__ == "__main__":
    main()
