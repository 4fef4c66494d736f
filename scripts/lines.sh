#!/bin/bash
# Names comments in C# that are longer than 120 columns; the formatter wraps code, not comments.
set -euo pipefail
cd "$(dirname "$0")/.."
export LC_ALL=C.UTF-8

if git ls-files '*.cs' | xargs grep -nP '^(?=.{121}) *//' | cut -c1-160; then
    echo 'wrap these comments at 120 columns' >&2
    exit 1
fi
