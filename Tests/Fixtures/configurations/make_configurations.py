#!/usr/bin/env python3
"""Makes the dumps beside it from the configurations in Python below, as their users would.

    python3 make_configurations.py        (CPython 3.11, mmengine 0.10.7)

The types are only named, never imported, so that nothing else is needed.
"""
import tempfile
from pathlib import Path
from mmengine.config import Config

COMMON = '''
from mmengine.dataset import InfiniteSampler
from transformers import AutoTokenizer
from xtuner.dataset import ConcatDataset
from src.datasets.collate_functions import collate_func_gen
from src.datasets.samplers.multi_source_sampler import FixedBatchMultiSourceSampler
from src.datasets.text2image.blip3_o import BLIP3oDataset
from src.datasets.text2image.caption_datasets import CaptionDataset

prompt_template = dict(
    IMG_START_TOKEN='<img>', INSTRUCTION='<|im_start|>user\\n{input}<|im_end|>\\n<|im_start|>assistant\\n',
    STOP_WORDS=['<|im_end|>'], SEP='\\n', GENERATION='Generate an image: {input}', CFG='Generate an image.')
tokenizer = dict(
    type=AutoTokenizer.from_pretrained, pretrained_model_name_or_path='models/internvl3',
    trust_remote_code=True, padding_side='right')
image_size = 512
pad_index = 0
max_length = 128


'''

ONE = COMMON + '''
dataset = dict(
    type=CaptionDataset, image_size=image_size, cap_source='re_caption', cap_folder='raw', data_path='data.json',
    image_folder='raw', unconditional=0.1, prompt_template=prompt_template, ceph_folder=None, ceph_config=None,
    tokenizer=tokenizer, max_length=max_length)
train_dataloader = dict(
    batch_size=8, num_workers=4, pin_memory=True, dataset=dataset, sampler=dict(type=InfiniteSampler, shuffle=True),
    collate_fn=dict(type=collate_func_gen, pad_index=pad_index))
betas = (0.9, 0.95)
lr = 1e-4
'''

NESTED = COMMON + '''
shared = dict(image_size=image_size, prompt_template=prompt_template, tokenizer=tokenizer, max_length=max_length)
small = dict(type=CaptionDataset, cap_source='prompt', data_path='a.json', cap_folder='a', image_folder='a', **shared)
large = dict(type=CaptionDataset, cap_source='prompt', data_path='b.json', cap_folder='b', image_folder='b', **shared)
both = dict(type=ConcatDataset, datasets=[small, large])
plain = dict(type=BLIP3oDataset, data_path='c.json', cap_folder='c', image_folder='c', unconditional=0.0, **shared)
dataset = dict(type=ConcatDataset, datasets=[both, plain])
train_dataloader = dict(
    batch_size=4, num_workers=2, persistent_workers=True, prefetch_factor=2, dataset=dataset,
    sampler=dict(type=FixedBatchMultiSourceSampler, repeat=[3, 1], batch_size=4, shuffle=True, seed=7),
    collate_fn=dict(type=collate_func_gen, pad_index=151643))
'''


def main() -> None:
    here = Path(__file__).parent
    with tempfile.TemporaryDirectory() as folder:
        for name, text in (("one", ONE), ("nested", NESTED)):
            source = Path(folder) / f"{name}.py"
            source.write_text(text)
            config = Config.fromfile(source)
            for ending in ("json", "yaml"):
                config.dump(here / f"{name}.{ending}")


if __name__ == "__main__":
    main()
