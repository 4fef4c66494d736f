#!/bin/bash
# Everything at once for 20 minutes (--quick: 4), the server killed every minute, and an audit at the end. The result stays in
# artifacts/soak.md; --write puts it into docs/benchmarks.md.
set -eu
cd "$(dirname "$0")/.."

quick=() write=''
for option in "$@"; do
    case $option in
        --quick) quick=(--quick) ;;
        --write) write=1 ;;
        *) echo "usage: soak.sh [--quick] [--write]" >&2; exit 2 ;;
    esac
done
scripts/need.sh soak
dotnet build bench -c Release -v quiet --nologo
bench/bin/Release/net10.0/Bench soak artifacts "${quick[@]}"
[ -z "$write" ] || sed -i -e "/^<!-- soak -->\$/,/^<!-- end soak -->\$/{//!d}" -e "/^<!-- soak -->\$/r artifacts/soak.md" docs/benchmarks.md
