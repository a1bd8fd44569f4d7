#!/usr/bin/env bash
# From nothing to a chat with a tuned model: installs what is missing, builds, fine-tunes, chats.
#
#     bash Examples/quickstart.sh [MODEL_DIR [more options of `mimo-sft sft`]]
#
# MODEL_DIR is a folder in Hugging Face's form; without it MiMo-Nano is tuned, which comes with the program.
# The model learns a new name and a new author from Datasets/self_cognition.jsonl. The empty think block in
# front of each of those answers is not trained, so that the model goes on thinking.
set -euo pipefail
model=()
if [ "$#" -gt 0 ]; then
    model=(--model "$(realpath "$1")")
    shift
fi
cd "$(dirname "$0")/.."
. Examples/setup.sh

build_products mimo-sft
mimo_sft=$BIN/mimo-sft

"$mimo_sft" sft "${model[@]}" \
    --dataset Datasets/self_cognition.jsonl:empty_think --loss_scale ignore_empty_think \
    --model_name swift-robot --model_author swift \
    --num_train_epochs 10 --learning_rate 1e-3 --lora_rank 8 --lora_alpha 32 \
    --output_dir output/quickstart "$@"

# The newest run's last checkpoint; versions and steps are numbers, hence the version sort.
checkpoint=$(printf '%s\n' output/quickstart/v*/checkpoint-* | sort -V | tail -n 1)
echo "The adapter is in $checkpoint"
if [ -t 0 ]; then
    echo "Ask it who it is; exit leaves."
    exec "$mimo_sft" infer --adapters "$checkpoint" --temperature 0 --max_new_tokens 256
fi
printf '%s\n' 'Who are you?' '你叫什么名字？' 'What is 17 + 48?' exit |
    "$mimo_sft" infer --adapters "$checkpoint" --temperature 0 --max_new_tokens 256
