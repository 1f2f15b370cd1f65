#!/bin/sh
# Kills, failing system calls, damaged files and long streams against the real program, for an hour or for
# as many seconds as are given: tests/faults.sh 600. What goes wrong is printed with the command that did.
set -eu
cd "$(dirname "$0")/.."
FAULTS_SECONDS=${1:-3600} exec cargo test --release --test it faults:: -- --nocapture --test-threads 1
