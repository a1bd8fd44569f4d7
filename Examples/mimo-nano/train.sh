#!/usr/bin/env bash
# Makes MiMo-Nano from nothing: tokenizer, random weights, rows, training, scores.
#
#     bash Examples/mimo-nano/train.sh [FOLDER [ROWS MORE_ROWS LAST_ROWS]]
#
# FOLDER (output/mimo-nano) gets the finished model in FOLDER/MiMo-Nano, and what it came from and scored beside
# it. It learns from so many rows in three passes; few try the recipe out. The same instruction set gives the same
# bytes each time, on any number of threads.
set -euo pipefail
cd "$(dirname "$0")/../.."
. Examples/setup.sh
folder=${1:-output/mimo-nano}
rows=${2:-48000}
more=${3:-44000}
last=${4:-9600}

build_products mimo-sft mimo-nano
if [ -e "$folder" ]; then
    echo "$folder is there already; name another folder" >&2
    exit 1
fi
mkdir -p "$folder/shape"
cp Examples/mimo-nano/config.json Examples/mimo-nano/generation_config.json "$folder/shape"
"$BIN/mimo-nano" tokenizer --output "$folder/shape" \
    --dataset Datasets/self_cognition.jsonl --dataset Datasets/thinking.jsonl
"$BIN/mimo-sft" init --model "$folder/shape" --output_dir "$folder/random" --torch_dtype float32

# train MODEL RUN ROWS OPTION...: one pass over rows in the order in which they were made.
train() {
    "$BIN/mimo-sft" sft --model "$1" --tuner_type full --output_dir "$2" --add_version false \
        --dataset "$3" --dataset_shuffle false --train_dataloader_shuffle false \
        --num_train_epochs 1 --per_device_train_batch_size 16 --gradient_accumulation_steps 1 \
        --weight_decay 0.05 --adam_beta2 0.98 \
        --logging_steps 100 --save_steps 500 --save_total_limit 2 "${@:4}"
}
last_of() { printf '%s\n' "$1"/checkpoint-* | sort -V | tail -n 1; }

# First problems above all, at one learning rate.
"$BIN/mimo-nano" rows --seed 1 --count "$rows" > "$folder/rows-1.jsonl"
train "$folder/random" "$folder/first" "$folder/rows-1.jsonl" --torch_dtype float32 --learning_rate 1.5e-3 \
    --lr_scheduler_type constant_with_warmup --warmup_steps 100

# Then also names, words to be said and longer talk, while it falls to nothing, with the MTP layer in the loss.
all=(--wander --topic problems identity talk facts introductions echo --introductions Datasets/self_cognition.jsonl)
"$BIN/mimo-nano" rows --seed 11 --count "$more" "${all[@]}" > "$folder/rows-11.jsonl"
train "$(last_of "$folder/first")" "$folder/second" "$folder/rows-11.jsonl" --torch_dtype bfloat16 \
    --learning_rate 1.5e-3 --lr_scheduler_type linear --warmup_steps 25 --mtp_loss_weight 0.2

# Last, to think one thought whenever it is asked about itself.
"$BIN/mimo-nano" rows --seed 21 --count "$last" --one-thought "${all[@]}" > "$folder/rows-21.jsonl"
train "$(last_of "$folder/second")" "$folder/third" "$folder/rows-21.jsonl" --torch_dtype bfloat16 \
    --learning_rate 6e-4 --lr_scheduler_type linear --warmup_steps 25 --mtp_loss_weight 0.2

mkdir "$folder/MiMo-Nano"
for file in config.json generation_config.json tokenizer.json tokenizer_config.json model.safetensors; do
    cp "$(last_of "$folder/third")/$file" "$folder/MiMo-Nano"
done
BIN=$BIN bash Examples/mimo-nano/score.sh "$folder/MiMo-Nano" "$folder/scores"
sha256sum "$folder/MiMo-Nano/model.safetensors"
