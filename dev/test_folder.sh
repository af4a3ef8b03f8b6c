#!/usr/bin/env bash
# Runs the tests of one folder in a process of their own, and shows what they said when they are through.
set -uo pipefail
cd "$(dirname "$0")/.."
said=$(OMP_NUM_THREADS=1 .venv/bin/python -m pytest -q "$1" 2>&1)
code=$?
printf '%s\n%s\n' "$1" "$said"
exit $code
