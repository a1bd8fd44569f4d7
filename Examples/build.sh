#!/usr/bin/env bash
# Installs what a build needs on Debian or Ubuntu, and makes .build/release/mimo-sft.
set -euo pipefail
cd "$(dirname "$0")/.."
. Examples/setup.sh

build_products mimo-sft
