#!/usr/bin/env bash
# Makes .venv with the pinned development requirements and the project itself. Fetches uv into build/ where there is none.
set -euo pipefail
cd "$(dirname "$0")/.."
if command -v uv >/dev/null; then
  uv=uv
else
  uv=build/uv/bin/uv
  if [ ! -x "$uv" ]; then
    python3 -c 'import ensurepip' 2>/dev/null || { apt-get update -q && apt-get install -q -y --no-install-recommends python3-venv; }
    python3 -m venv build/uv
    build/uv/bin/pip install -q uv
  fi
fi
[ -x .venv/bin/python ] || "$uv" venv -q --python 3.11 .venv
echo "Installing the development requirements into .venv (2 to 4 minutes from nothing, 6 GB, most of it PyTorch; half a minute when cached)"
"$uv" pip sync -q --python .venv/bin/python --require-hashes requirements/dev.txt
"$uv" pip install -q --python .venv/bin/python --no-deps -e .
