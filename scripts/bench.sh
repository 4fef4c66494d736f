#!/bin/bash
# Measures the portal beside its floors: the bare web server, plain SQLite, nginx, squid, tar. bench.sh [--quick] [--supply|--filters|--pages] [--write]
# --filters lists servers by every filter, --pages shows every page of the console, --supply measures what concerns patch sources, --write puts the figures into docs/benchmarks.md. The results stay in
# artifacts/bench.md and bench.json, or supply.md and supply.json, or filters.md, or pages.md.
set -eu
cd "$(dirname "$0")/.."

quick=() write='' what=run name=bench
for option in "$@"; do
    case $option in
        --quick) quick=(--quick) ;;
        --supply) what=supply name=supply ;;
        --filters) what=filters name=filters ;;
        --pages) what=pages name=pages ;;
        --write) write=1 ;;
        *) echo "usage: bench.sh [--quick] [--supply|--filters|--pages] [--write]" >&2; exit 2 ;;
    esac
done
scripts/need.sh nginx:nginx squid:squid curl:curl
dotnet build bench -c Release -v quiet --nologo
bench/bin/Release/net10.0/Bench "$what" artifacts "${quick[@]}"
[ -z "$write" ] || sed -i -e "/^<!-- $name -->\$/,/^<!-- end $name -->\$/{//!d}" -e "/^<!-- $name -->\$/r artifacts/$name.md" docs/benchmarks.md
