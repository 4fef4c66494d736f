#!/bin/bash
# Switches off one rule of replication after the other and counts the random schedules until a test notices:
# replication-rules.sh [SEEDS]. Each rule is one change of the sources, in a copy of them. Results go to artifacts/replication-rules.md, a line a
# rule; rules that have a line there are left out, so that it goes on where it was stopped.
set -euo pipefail
cd "$(dirname "$0")/.."

most=${1:-200}
batch=10
table=$PWD/artifacts/replication-rules.md
copy=$PWD/artifacts/replication-rules
mkdir -p artifacts
[ -f "$table" ] || printf '| rule switched off | schedules until noticed |\n| --- | ---: |\n' > "$table"

# name | file below src/EPortal | sed expression
rules='
a gap is not noticed|Data/MissingOperations.cs|s/if (origin.Has < origin.KeptFrom - 1)/if (origin.Has < long.MinValue)/
a merge takes every row of the other (union)|Data/StateMerge.cs|s/return birth.Sequence <= last;/return last < 0;/
a merge deletes nothing|Data/StateMerge.cs|s/foreach (var id in absent.Where(id => IsIn(theirs, id)))/foreach (var id in absent.Where(_ => false))/
a merge releases no holds|Data/StateMerge.cs|s/foreach (var hold in absent.Where(hold => IsIn(theirs, hold.Id)))/foreach (var hold in absent.Where(_ => false))/
a merge does not say that its log has a hole|Data/StateMerge.cs|s/VersionVector.KeepFrom(_session, origin.Origin, origin.Sequence + 1);//
what waited at the other is left out|Replication/StateFeed.cs|s/Pending = snapshot.Pending,//
a node that was set back keeps its origin|Replication/PeerLink.cs|s/if (answer.Vector.GetValueOrDefault(own.Origin) <= own.Sequence)/if (own.Sequence >= 0)/
the wall clock instead of the hybrid clock|Data/HybridClock.cs|s/Math.Max(last + 1, At(now))/At(now)/
the field that arrives last wins|Data/EntityRows.cs|s/stampOf(field.Key).IsAfter(written.Of(Known(type, field.Key)))/Known(type, field.Key).Length > 0/
an enabling removes holds that it did not see|Data/OperationApplier.cs|s/foreach (var hold in operation.Releases)/foreach (var hold in operation.Releases.Count == 0 ? [] : StateReader.Holds(change.Session, "", 9999).Select(one => one.Id))/
a deletion names only the visible one|Data/Change.cs|s/var all = type.NamedBy.Count == 0 ? ids : .*/var all = ids;/
an operation is taken though one before it is missing|Data/Change.cs|s/if (operation.Id.Sequence != last + 1)/if (operation.Id.Sequence < 0)/
an operation does not wait for what it builds on|Data/OperationApplier.cs|s/if (FirstMissing(type, operation) is { } missing)/if (FirstMissing(type, operation) is { Sequence: < 0 } missing)/
trimming deletes what waits|Data/OperationRetention.cs|s/AND NOT EXISTS (SELECT 1 FROM pending_operation p.*//
check-ins of peers do not go on to others|Servers/CheckIns/CheckInMerge.cs|s/("@changed", change.NextStamp())/("@changed", null)/
an older check-in replaces a later one|Servers/CheckIns/CheckInMerge.cs|s/var isLater = .*/var isLater = checkIn.Stamp > 0 \&\& time != new Stamp(checkIn.Stamp, checkIn.Origin);/
'

while IFS='|' read -r name file change; do
    [ -n "$name" ] || continue
    ! grep -qF "| $name |" "$table" || continue
    rm -rf "$copy"
    mkdir -p "$copy"
    git ls-files -z | tar --null -cf - -T - | tar -xf - -C "$copy"
    sed -i "$change" "$copy/src/EPortal/$file"
    if cmp -s "src/EPortal/$file" "$copy/src/EPortal/$file"; then
        echo "rule '$name' changes nothing: its line in $file is another by now" >&2
        exit 1
    fi
    (cd "$copy" && RunAnalyzers=false dotnet build tests/EPortal.Tests/EPortal.Tests.csproj -c Release -v quiet --nologo > build.log 2>&1) || {
        tail -n 5 "$copy/build.log" >&2
        exit 1
    }
    noticed="not within $most"
    for ((from = 1; from <= most; from += batch)); do
        if ! EPORTAL_SEEDS=$from-$((from + batch - 1)) "$copy/tests/EPortal.Tests/bin/Release/net10.0/EPortal.Tests" \
            -noColor -class '*.ReplicationScheduleTests' > "$copy/run.log" 2>&1; then
            noticed="at most $((from + batch - 1))"
            break
        fi
    done
    echo "| $name | $noticed |" | tee -a "$table"
done <<< "$rules"
rm -rf "$copy"
