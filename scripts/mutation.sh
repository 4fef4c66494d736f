#!/bin/bash
# Changes the program in many small ways, one at a time, and says what no test noticed: mutation.sh [--all] [ROOM…], by default all rooms
# below. Of a room it changes the files in which a fault is grave; --all: every file. Reports go to artifacts/mutation.
set -euf -o pipefail
cd "$(dirname "$0")/.."

# Files that are changed, and classes of the tests that are to notice. A changed line is tried with each test that comes past it, so tests
# that take ten seconds and more are left out: what is listed as survived may be noticed by them.
files_of() {
    case $1 in
        Data) echo NameShadows OperationApplier HighWater ;;
        Feeds) echo Placement PlacementProjection PatchsetState RolloutRules ;;
        Blobs) echo FileIntegrity PatchFolders StagingFolder ;;
        Patchsets) echo PatchsetLibrary PortalSigner ;;
        Accounts) echo ApiKeyStore RememberedPasswords Sessions/SessionLifetime Sessions/SessionStore ;;
        *) echo "mutation.sh: unknown room $1" >&2; exit 2 ;;
    esac
}

tests_of() {
    case $1 in
        Data) echo Sqlite.SqliteReplicationRules Sqlite.SqliteSamePatchset HighWater NodeIdentity ;;
        Feeds) echo RolloutRules ;;
        Blobs) echo FileIntegrity PatchFolders Publish StagingFolder ;;
        Patchsets) echo Deploy NameReuse PinnedLater PortalSigner SharedPatch ;;
        Accounts) echo Login SessionFixation SessionLifetime SessionPage StolenApiKey ;;
    esac
}

all=
if [ "${1:-}" = --all ]; then
    all=1
    shift
fi
rooms=("$@")
[ $# -gt 0 ] || rooms=(Data Feeds Blobs Patchsets Accounts)

mutate=()
filter=
for room in "${rooms[@]}"; do
    files=$(files_of "$room")
    [ -z "$all" ] || files='**/*'
    for name in $files; do mutate+=(--mutate "**/$room/$name.cs"); done
    for name in $(tests_of "$room"); do filter+="${filter:+|}ClassName~EPortal.Tests.$room.${name}Tests"; done
done

out=$PWD/artifacts/mutation/$(IFS=-; echo "${rooms[*]}")
rm -rf "$out"
dotnet tool restore > /dev/null
# All in one run, for what Stryker compiles takes minutes; analyzers would find fault with what is changed.
(cd tests/EPortal.Tests \
    && RunAnalyzers=false DOTNET_TieredPGO=0 dotnet stryker "${mutate[@]}" --test-case-filter "$filter" -O "$out" --skip-version-check)
node scripts/mutation.mjs "$out/reports/mutation-report.json" | tee "$out/report.txt"
