#!/usr/bin/env bash
# Runs two programs in turn on the same machine, and prints the ratio of their training speeds.
#
#     bash Examples/benchmark/side-by-side.sh ROUNDS 'OUR COMMAND' 'THE PEER'S COMMAND'
#
# Both print a line for each optimizer step that holds "tokens N seconds S" (and "peak G GiB", if they know it), as
# mimo-sft-bench does. The machine's speed drifts, so only rounds are compared, never runs of different times.
set -euo pipefail
if [ $# -ne 3 ]; then
    echo "usage: $0 ROUNDS 'OUR COMMAND' 'PEER COMMAND'" >&2
    exit 2
fi
rounds=$1 ours=$2 peer=$3

# All steps of a run: tokens, seconds, and the peak of memory.
measure() {
    bash -c "$1" 2>&1 | awk '
        /tokens [0-9]+ seconds [0-9.]+/ {
            for (i = 1; i < NF; i++) {
                if ($i == "tokens") tokens += $(i + 1)
                if ($i == "seconds") seconds += $(i + 1)
                if ($i == "peak" && $(i + 1) > peak) peak = $(i + 1)
            }
        }
        END {
            if (seconds == 0) exit 1
            printf "%.1f %.2f\n", tokens / seconds, peak
        }' || { echo "no step was found in the output of: $1" >&2; exit 1; }
}

printf '%-6s %14s %14s %8s %12s %12s %8s\n' round 'ours tokens/s' 'peer tokens/s' ratio 'ours GiB' 'peer GiB' ratio
for round in $(seq "$rounds"); do
    a=$(measure "$ours")
    b=$(measure "$peer")
    echo "$round $a $b" | awk '{
        printf "%-6s %14.1f %14.1f %8.2f %12.2f %12.2f %8s\n", $1, $2, $4, $2 / $4, $3, $5, ($5 > 0 ? sprintf("%.2f", $3 / $5) : "-")
    }'
done
