#!/bin/sh
# examples/pocket/training/train.sh: The whole recipe: record, cut into tokens, train stage by stage, average, export, check.
# Usage: train.sh RECORDER DIR [MINUTES]   (python with torch, tokenizers, safetensors, transformers; DIR keeps checkpoints)
set -eu
recorder=$1 dir=$2 minutes=${3:-90}
here=$(dirname "$(readlink -f "$0")")
python=${PYTHON:-python3}
mkdir -p "$dir"

# The vocabulary comes from a first small recording; the others draw made-up words from its tokens too.
$python "$here/record.py" "$recorder" "$dir/first.jsonl" --count 8000 --seed 1 --system "$dir/system.json"
$python "$here/vocabulary.py" "$dir/first.jsonl" "$dir/system.json" "$dir/tokenizer.json"
export POCKET_TOKENIZER="$dir/tokenizer.json"
for seed in 11 12 13 14 15; do
    $python "$here/record.py" "$recorder" "$dir/$seed.jsonl" --count 10000 --seed "$seed"
    $python "$here/packing.py" "$dir/tokenizer.json" "$dir/$seed.jsonl" "$dir/train-$seed.npz"
done
$python "$here/record.py" "$recorder" "$dir/long.jsonl" --count 750 --seed 21 --long
$python "$here/packing.py" "$dir/tokenizer.json" "$dir/long.jsonl" "$dir/long-21.npz"
$python "$here/record.py" "$recorder" "$dir/valid.jsonl" --count 1500 --seed 99 --held
$python "$here/packing.py" "$dir/tokenizer.json" "$dir/valid.jsonl" "$dir/valid.npz"

# Dense behind little of the system message, then behind all of it; the indexer alone; then sparse attention on float8
# weights, a quarter of it behind long conversations, in three runs whose ends are averaged.
stage() { $python "$here/train.py" --data "$dir" --minutes "$(($1 * minutes))e-2" --stage "$2" $3; }  # $1: percent
stage 50 dense "--mix 1,0,0 --budget 3500 --longest 700 --rate 1 --rate-end 0.4"
stage 10 dense "--mix 2,3,0 --budget 3500 --longest 700 --rate 0.4 --rate-end 0.3 --float8"
stage 5 warmup "--mix 0,4,1 --budget 2500 --longest 700 --float8"
ends=
for run in 1 2 3; do
    stage 12 sparse "--mix 4,11,5 --budget 2500 --longest 700 --rate 0.3 --rate-end 0.01 --float8"
    mkdir -p "$dir/end$run"
    cp "$dir/checkpoint.pt" "$dir/tokenizer.json" "$dir/system.json" "$dir/end$run/"
    ends="$ends $dir/end$run"
done

$python "$here/average.py" "$dir/mean" $ends
$python "$here/export.py" "$dir/mean"
$python "$here/check_transformers.py" "$dir"
