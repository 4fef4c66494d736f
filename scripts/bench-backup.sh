#!/bin/bash
# What backups cost hosts: 10,000 check-ins a second of 100,000 hosts, first alone, then while one backup after another is made.
# bench-backup.sh [SECONDS a round, 8]
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/need.sh bench
[ -x out/eportal ] || make build
dotnet build bench -c Release -v quiet --nologo > /dev/null
work=$(mktemp -d /var/tmp/eportal-backups.XXXXXX)
trap 'rm -rf "$work"' EXIT
: > "$work/rates"

backups() {
    local number=0 begun user
    user=$(id -un)
    export EPORTAL_CONFIG=/dev/null EPORTAL_DATA_DIR=$work/site/data EPORTAL_RUN_AS=$user
    until [ "$(grep -c '^half' "$work/rates")" -ge 3 ] || [ -e "$work/end" ]; do sleep 0.2; done
    echo 'with backups:' >> "$work/rates"
    until [ -e "$work/end" ]; do
        begun=$(date +%s%N)
        out/kc.eportal backup "$work/$((++number)).tar" > /dev/null 2>> "$work/errors" || echo failed
        echo "$((($(date +%s%N) - begun) / 1000000)) ms, $(($(stat -c %s "$work/$number.tar") >> 20)) MiB"
        rm -f "$work/$number.tar"
    done > "$work/backups"
}

backups &
RATE=10000 ROUNDS=6 SECONDS="${1:-8}" bench/bin/Release/net10.0/Bench probe "$work/site" 100000 half >> "$work/rates" || cat "$work/rates"
touch "$work/end"
wait
grep -v '^serving' "$work/rates"
echo 'each backup:'
cat "$work/backups"
