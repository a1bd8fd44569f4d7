#!/usr/bin/env bash
# Installs what a build needs on Debian or Ubuntu, and makes .build/release/mimo-sft.
set -euo pipefail
cd "$(dirname "$0")/.."
. Examples/setup.sh

require_swift
install_missing_packages
swift build --configuration release --product mimo-sft
