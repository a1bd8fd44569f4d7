#!/usr/bin/env bash
# Scores MiMo-Nano on problems that were kept out of its training: as it answers by itself, and made to skip its
# thinking by an empty block that is put in front of its answer.
#
#     bash Examples/mimo-nano/score.sh MODEL_FOLDER RESULTS_FOLDER [COUNT]
set -euo pipefail
model=$(realpath "$1")
mkdir -p "$2"
results=$(realpath "$2")
cd "$(dirname "$0")/../.."
BIN=${BIN:-$(swift build --configuration release --show-bin-path)}

"$BIN/mimo-nano" rows --held-out --topic problems --seed 2 --count "${3:-1200}" > "$results/problems.jsonl"
# ask RESULTS OPTION...: every problem is answered greedily.
ask() {
    rm -f "$results/$1"
    "$BIN/mimo-sft" infer --model "$model" --val_dataset "$results/problems.jsonl" --temperature 0 \
        --max_new_tokens 200 --max_batch_size 32 --result_path "$results/$1" "${@:2}" >/dev/null
}
ask thinking
ask skipping --response_prefix $'<think>\n\n</think>\n\n'
"$BIN/mimo-nano" score --rows "$results/problems.jsonl" "$results/thinking" "$results/skipping" |
    tee "$results/scores.md"
