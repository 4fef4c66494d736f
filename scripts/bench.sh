#!/bin/bash
# Measures the portal beside its floors: bench.sh [--quick] [--more|--supply|--filters|--pages|--replication] [--write]
# Without an option a million hosts, with the targets; --more deploys, commands and plain SQLite; --supply patch sources; --filters
# lists of servers by every filter; --pages every page of the console;
# --replication two nodes. --write puts the figures into docs/benchmarks.md; the results stay in artifacts/NAME.md and .json.
set -eu
cd "$(dirname "$0")/.."

quick=() write='' what=million name=million
for option in "$@"; do
    case $option in
        --quick) quick=(--quick) ;;
        --more) what=run name=bench ;;
        --supply) what=supply name=supply ;;
        --filters) what=filters name=filters ;;
        --pages) what=pages name=pages ;;
        --replication) what=replication name=replication ;;
        --write) write=1 ;;
        *) echo "usage: bench.sh [--quick] [--more|--supply|--filters|--pages|--replication] [--write]" >&2; exit 2 ;;
    esac
done
scripts/need.sh bench
dotnet build bench -c Release -v quiet --nologo
bench/bin/Release/net10.0/Bench "$what" artifacts "${quick[@]}"
[ -z "$write" ] || sed -i -e "/^<!-- $name -->\$/,/^<!-- end $name -->\$/{//!d}" -e "/^<!-- $name -->\$/r artifacts/$name.md" docs/benchmarks.md
