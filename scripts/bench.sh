#!/bin/bash
# Measures the portal beside its floors: the bare web server, plain SQLite, nginx, tar. bench.sh [--quick] [--write]
# --write puts the figures into docs/benchmarks.md. The results stay in artifacts/bench.md and artifacts/bench.json.
set -eu
cd "$(dirname "$0")/.."

scripts/need.sh nginx:nginx
quick=() write=
for option in "$@"; do
    case $option in
        --quick) quick=(--quick) ;;
        --write) write=1 ;;
        *) echo "usage: bench.sh [--quick] [--write]" >&2; exit 2 ;;
    esac
done
dotnet build bench -c Release -v quiet --nologo
bench/bin/Release/net10.0/Bench run artifacts "${quick[@]}"
[ -z "$write" ] || sed -i -e '/^<!-- figures -->$/,/^<!-- end -->$/{//!d}' -e '/^<!-- figures -->$/r artifacts/bench.md' docs/benchmarks.md
