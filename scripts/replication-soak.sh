#!/bin/bash
# Random schedules of rings of portals with kills, cuts, wrong clocks and lost messages, one for each number, until all agree.
# EPORTAL_SEEDS=FROM-TO: which numbers; without it the next 1000 after those that went well (artifacts/replication-soak.done).
# --kills: in place of that kill -9 of one of two real nodes under load (EPORTAL_REPLICA_KILLS, 500; EPORTAL_SEED) and 10,000 hosts that
# register at one node and check in at the other (EPORTAL_ROUND_ROBIN).
set -eu
cd "$(dirname "$0")/.."

if [ "${1:-}" = --kills ]; then
    scripts/need.sh test
    dotnet build tests/EPortal.EndToEnd -c Release -v quiet --nologo
    export EPORTAL_REPLICA_KILLS=${EPORTAL_REPLICA_KILLS:-500} EPORTAL_ROUND_ROBIN=${EPORTAL_ROUND_ROBIN:-10000}
    exec tests/EPortal.EndToEnd/bin/Release/net10.0/EPortal.EndToEnd -noColor -showLiveOutput -class '*.RoundRobinTests' -class '*.ReplicaKillTests'
fi
[ $# -eq 0 ] || { echo "usage: replication-soak.sh [--kills]" >&2; exit 2; }

# A part at a time, so that a run that is stopped goes on where it was.
part=24
done=artifacts/replication-soak.done
mkdir -p artifacts
seeds=${EPORTAL_SEEDS:-}
if [ -n "$seeds" ]; then
    from=${seeds%-*} to=${seeds#*-}
else
    from=$(($(cat "$done" 2> /dev/null || echo 0) + 1))
    to=$((from + 999))
fi
dotnet build tests/EPortal.Tests -c Release -v quiet --nologo
export DOTNET_TieredPGO=0
for ((first = from; first <= to; first += part)); do
    last=$((first + part - 1 < to ? first + part - 1 : to))
    log=artifacts/replication-soak-$first-$last.log
    if ! EPORTAL_SEEDS=$first-$last tests/EPortal.Tests/bin/Release/net10.0/EPortal.Tests -noColor -class '*.ReplicationScheduleTests' > "$log" 2>&1; then
        grep -a -A 40 '\[FAIL\]' "$log" || tail -n 20 "$log"
        echo "one of $first to $last failed; its output is in $log, and EPORTAL_SEEDS=$first-$last runs them again" >&2
        exit 1
    fi
    rm "$log"
    [ -n "$seeds" ] || echo "$last" > "$done"
    echo "$first to $last went well"
done
