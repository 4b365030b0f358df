#!/usr/bin/env bash
# Makes the files of this folder anew: what a build of the package left on disk before states had the
# one format of today. Builds after it must open all of it.
#
#     make.sh REDCAPS          # the executable of the build whose formats are to be kept
#
# Tars are given the time 1700000000, which indexes and states refer to; whoever copies them out of a
# checkout has to set it again.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
redcaps=$(realpath "$1")

find . -mindepth 1 -maxdepth 1 ! -name make.sh -exec rm -rf {} +
"$redcaps" demo-data data --samples 4 --shortest-edge 81 --seed 7
sed -i 's/"image_size": 512/"image_size": 16/g' data/redcaps5m.json
touch -d @1700000000 data/raw/*.tar data/redcaps5m_data.json

# The index: data/raw/.redcaps.
"$redcaps" index data/raw --data-path data/redcaps5m_data.json

# A loader's state and ledger after two of four batches; ledger-whole.jsonl is the undisturbed run's.
mkdir loader
load=("$redcaps" load --config data/redcaps5m.json --batch-size 2 --seed 5)
"${load[@]}" --batches 4 --ledger loader/ledger-whole.jsonl
"${load[@]}" --batches 2 --ledger loader/ledger.jsonl --save-state loader/state.json
"${load[@]}" --batches 2 --seed 18446744073709551615 --save-state loader/state-large-seed.json
"$redcaps" digest --config data/redcaps5m.json --batches 2 --reference --workers 2 --batch-size 2 \
    >loader/reference-digest.jsonl

# An extraction that was stopped: the first shard is in place, the second is whole and was about to be.
mkdir extraction
"$redcaps" extract data/raw --into extraction/tree
mkdir extraction/tree.extracting/00001.tar.commit
mv extraction/tree/00001 extraction/tree.extracting/00001.tar.commit/
mv extraction/tree.extracting/00001.tar.done extraction/tree.extracting/00001.tar.ready

# A downsampling that was stopped: of two shards the second isn't written. The first has an image that
# is none.
mkdir -p images
python3 - <<'PYTHON'
import io, tarfile

with tarfile.open("data/raw/00000.tar") as demo:
    image = next(m for m in demo.getmembers() if m.name.endswith(".jpg"))
    bytes_ = demo.extractfile(image).read()

for name, files in [("0.tar", {"0/a.jpg": bytes_, "0/b.jpg": b"no image"}), ("1.tar", {"1/c.jpg": bytes_})]:
    with tarfile.open(f"images/{name}", "w", format=tarfile.GNU_FORMAT) as tar:
        for path, content in files.items():
            member = tarfile.TarInfo(path)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
PYTHON
touch -d @1700000000 images/*.tar
"$redcaps" downsample images --into downsampled --shortest-edge 40 || test $? -eq 1
rm downsampled/1.tar
