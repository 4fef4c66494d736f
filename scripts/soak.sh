#!/bin/bash
# Everything at once for 20 minutes (--quick: 4), the server killed every minute, and an audit at the end. The result stays in
# artifacts/soak.md; --write puts it into docs/benchmarks.md.
# --growth: in place of that a thousand changes a second for an hour (--minutes N), at the end of which the store must not grow any
# more; the result stays in artifacts/growth.md.
set -eu
cd "$(dirname "$0")/.."

usage() {
    echo "usage: soak.sh [--quick | --growth [--minutes N]] [--write]" >&2
    exit 2
}

quick=() write='' name=soak minutes=60
while [ $# -gt 0 ]; do
    case $1 in
        --quick) quick=(--quick) ;;
        --growth) name=growth ;;
        --minutes) [ $# -gt 1 ] || usage; minutes=$2; shift ;;
        --write) write=1 ;;
        *) usage ;;
    esac
    shift
done
scripts/need.sh soak
dotnet build bench -c Release -v quiet --nologo
if [ "$name" = growth ]; then
    bench/bin/Release/net10.0/Bench growth artifacts "$minutes"
else
    bench/bin/Release/net10.0/Bench soak artifacts "${quick[@]}"
fi
[ -z "$write" ] || sed -i -e "/^<!-- $name -->\$/,/^<!-- end $name -->\$/{//!d}" -e "/^<!-- $name -->\$/r artifacts/$name.md" docs/benchmarks.md
