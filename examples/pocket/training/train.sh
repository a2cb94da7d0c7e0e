#!/bin/sh
# examples/pocket/training/train.sh: The whole recipe: record, cut into tokens, train stage by stage, average, export, check.
# Usage: train.sh RECORDER DIR [MINUTES]   (python with torch, tokenizers, safetensors, transformers; DIR keeps checkpoints)
set -eu
recorder=$1 dir=$2 minutes=${3:-90}
here=$(dirname "$(readlink -f "$0")")
python=${PYTHON:-python3}
mkdir -p "$dir"
# The C library gives large tensors back to the system and takes them anew in each step: half of the time, if it may.
export MALLOC_MMAP_MAX_=0 MALLOC_TRIM_THRESHOLD_=1000000000000 MALLOC_TOP_PAD_=268435456 GLIBC_TUNABLES=glibc.malloc.hugetlb=1
record() { $python "$here/record.py" "$recorder" "$@"; }
pack() { $python "$here/packing.py" "$@"; }
stage() { $python "$here/train.py" --data "$1" --minutes "$(($2 * minutes))e-2" --stage "$3" $4; }  # $2: percent

# The vocabulary comes from a first small recording; the others draw made-up words from its tokens too.
record "$dir/first.jsonl" --count 8000 --seed 1 --system "$dir/system.json"
$python "$here/vocabulary.py" "$dir/first.jsonl" "$dir/system.json" "$dir/tokenizer.json"
export POCKET_TOKENIZER="$dir/tokenizer.json"
for seed in 11 12 13 14 15; do
    record "$dir/$seed.jsonl" --count 10000 --seed "$seed"
    pack "$dir/tokenizer.json" "$dir/$seed.jsonl" "$dir/train-$seed.npz"
done
record "$dir/long.jsonl" --count 750 --seed 21 --long
pack "$dir/tokenizer.json" "$dir/long.jsonl" "$dir/long-21.npz"
record "$dir/valid.jsonl" --count 1500 --seed 99 --held
pack "$dir/tokenizer.json" "$dir/valid.jsonl" "$dir/valid.npz"

# Dense behind little of the system message, then behind all of it; the indexer alone; then sparse attention on float8
# weights, a quarter of it behind long conversations, in three runs whose ends are averaged.
stage "$dir" 50 dense "--mix 1,0,0 --budget 3500 --longest 700 --rate 1 --rate-end 0.4"
stage "$dir" 10 dense "--mix 2,3,0 --budget 3500 --longest 700 --rate 0.4 --rate-end 0.3 --float8"
stage "$dir" 5 warmup "--mix 0,4,1 --budget 2500 --longest 700 --float8"
ends=
for run in 1 2 3; do
    stage "$dir" 12 sparse "--mix 4,11,5 --budget 2500 --longest 700 --rate 0.3 --rate-end 0.01 --float8"
    mkdir -p "$dir/end$run"
    cp "$dir/checkpoint.pt" "$dir/tokenizer.json" "$dir/system.json" "$dir/end$run/"
    ends="$ends $dir/end$run"
done
$python "$here/average.py" "$dir/mean" $ends
$python "$here/export.py" "$dir/mean"

# Documents come afterwards, onto what was exported: tokens for their pages, dense attention, then sparse, each beside
# conversations about a folder, which the tools of the day have answered anew.
more=$dir/more
mkdir -p "$more"
record "$more/documents-first.jsonl" --count 1500 --seed 41 --documents --system "$more/documents.json"
$python "$here/extend.py" "$here/../model" "$more" 160 "$more/documents-first.jsonl" "$more/documents.json"
cp "$dir/system.json" "$more"
for seed in 41 42 43; do
    record "$more/$seed.jsonl" --count 2500 --seed "$seed" --documents
    pack "$more/tokenizer.json" "$more/$seed.jsonl" "$more/documents-$seed.npz"
done
for seed in 31 32; do
    record "$more/$seed.jsonl" --count 6000 --seed "$seed"
    pack "$more/tokenizer.json" "$more/$seed.jsonl" "$more/train-$seed.npz"
done
record "$more/long.jsonl" --count 250 --seed 21 --long
pack "$more/tokenizer.json" "$more/long.jsonl" "$more/long-21.npz"
pack "$more/tokenizer.json" "$dir/valid.jsonl" "$more/valid.npz"
record "$more/valid.jsonl" --count 200 --seed 98 --held --documents
pack "$more/tokenizer.json" "$more/valid.jsonl" "$more/documents-valid.npz"
stage "$more" 28 dense "--documents 0.6 --mix 3,2,0 --budget 3500 --longest 900 --rate 0.5 --rate-end 0.4 --float8"
stage "$more" 89 sparse "--documents 0.4 --mix 4,11,4 --budget 2500 --longest 900 --rate 0.4 --rate-end 0.004 --float8"
$python "$here/export.py" "$more"
$python "$here/check_transformers.py" "$more"
