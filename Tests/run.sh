#!/usr/bin/env bash
# Passes the tests on a Debian or Ubuntu with Swift: installs what is missing, builds, runs.
#
#     bash Tests/run.sh [arguments of `swift test`, such as --filter MimoTextTests]
#
# A release build, since the numerics are about a hundred times slower without optimisation. All tests are
# Swift Testing's, so XCTest's runner stays off: its closing "Executed 0 tests" would say nothing.
set -euo pipefail
cd "$(dirname "$0")/.."
. Examples/setup.sh

require_swift
install_missing_packages
swift test --configuration release --disable-xctest -Xswiftc -enable-testing "$@" </dev/null
