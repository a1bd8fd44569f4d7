#!/usr/bin/env bash
# Does a model that thinks go on thinking when it is tuned on rows without reasoning? MiMo-Nano learns a new name
# from Datasets/self_cognition.jsonl with an empty think block in front of each answer: once with the block in
# the loss like the rest (default), once without (ignore_empty_think), three seeds each, all else equal.
#
#     bash Examples/thinking-retention/run.sh [FOLDER [more options of `mimo-sft sft`]]
#
# FOLDER (output/thinking-retention) gets retention.md, right-answers.svg and empty-thinking.svg.
set -euo pipefail
cd "$(dirname "$0")/../.."
. Examples/setup.sh
folder=${1:-output/thinking-retention}
[ "$#" -eq 0 ] || shift
model=${MODEL:-Sources/mimo-sft/MiMo-Nano}
seeds=${SEEDS:-1 2 3}
# The maker's name is in the new name, so either tells.
name=swift-robot
maker=swift

build_products mimo-sft mimo-nano
if [ -e "$folder" ]; then
    echo "$folder is there already; name another folder" >&2
    exit 1
fi
mkdir -p "$folder"

# What is asked: problems that neither the model nor its tuning has seen, and wordings of "who are you".
"$BIN/mimo-nano" rows --held-out --topic problems --seed 3 --count 300 > "$folder/problems.jsonl"
"$BIN/mimo-nano" rows --held-out --topic identity --seed 3 --count 100 > "$folder/identity.jsonl"
head -n 48 "$folder/problems.jsonl" > "$folder/prompts.jsonl"

# answer RUN OPTION...: the answers of a model or adapter.
answer() {
    local asked
    for asked in problems identity; do
        "$BIN/mimo-sft" infer "${@:2}" --val_dataset "$folder/$asked.jsonl" --temperature 0 \
            --max_new_tokens 160 --max_batch_size 32 --result_path "$folder/$1/$asked" >/dev/null
    done
}

mkdir "$folder/before"
answer before --model "$model"
runs=(before)
for scale in default ignore_empty_think; do
    for seed in $seeds; do
        run=$scale-$seed
        "$BIN/mimo-sft" sft --model "$model" \
            --dataset Datasets/self_cognition.jsonl:empty_think --model_name "$name" --model_author "$maker" \
            --loss_scale "$scale" --seed "$seed" --data_seed "$seed" \
            --num_train_epochs 10 --learning_rate 1e-3 --lora_rank 8 --lora_alpha 32 --lora_dropout 0 \
            --retention_prompts "$folder/prompts.jsonl" --retention_max_new_tokens 160 --eval_steps 10 \
            --save_strategy no --output_dir "$folder/$run" --add_version false "$@"
        answer "$run" --adapters "$(printf '%s\n' "$folder/$run"/checkpoint-* | sort -V | tail -n 1)"
        runs+=("$run")
    done
done

"$BIN/mimo-nano" retention "$folder" --name "$maker" --model "$model" --runs "${runs[@]}"
