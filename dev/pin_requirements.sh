#!/usr/bin/env bash
# Pins requirements/*.txt from the bounds of pyproject.toml: development first, every image within it.
set -euo pipefail
cd "$(dirname "$0")/.."
compile() { # <name> <uv arguments ...>
  local name=$1
  shift
  uv pip compile -q --universal --generate-hashes --no-annotate --python-version 3.11 \
    --custom-compile-command "make requirements" "$@" -o "requirements/$name.txt"
}
compile dev pyproject.toml --extra operator --extra jobs --extra serving --extra monitoring --extra local --group dev
for extra in operator jobs serving monitoring; do
  compile "$extra" pyproject.toml --extra "$extra" -c requirements/dev.txt
done
for group in mlflow seaweedfs; do
  compile "$group" --group "$group" -c requirements/dev.txt
done
# torch and what it brings: the layer that the jobs and serving images share
grep -m1 -oE 'torch>=[^"]+' pyproject.toml | compile torch -c requirements/dev.txt -
