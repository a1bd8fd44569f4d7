#!/usr/bin/env bash
# What MiMo-7B costs on this machine, without downloading it: writes a checkpoint of its exact shapes with random
# weights (15.7 GB), takes a step of training on it, and merges an adapter into it.
#
#     bash Examples/mimo-7b/measure.sh TOKENIZER_FOLDER ROWS.jsonl [WORK_FOLDER]
#
# TOKENIZER_FOLDER has MiMo's tokenizer.json. About 35 GB of disk and 24 GB of memory are needed.
set -euo pipefail
cd "$(dirname "$0")/../.."
tokenizer=$1 rows=$2 work=${3:-mimo-7b-random}
swift build -c release
bin=.build/release

if [ ! -e "$work/model.safetensors.index.json" ]; then
    $bin/mimo-sft-bench write-model --config Examples/mimo-7b/config.json --tokenizer "$tokenizer" --output "$work"
fi
$bin/mimo-sft-bench train --model "$work" --template qwen --dataset "$rows" --max-length 2048 \
    --packing-length 2048 --rows 1 --steps 1 --memory-limit 21 --sgemm-repeats 1
$bin/mimo-sft sft --model "$work" --template qwen --dataset "$rows#1" --max_length 2048 --max_steps 1 \
    --gradient_accumulation_steps 1 --output_dir "$work-run" --add_version false
time $bin/mimo-sft merge --adapters "$work-run/checkpoint-1" --output_dir "$work-merged"
