#!/bin/bash
# Runs all tests against the programs in out/ and ends with one line: N passed, N failed. What the tests and the portals in them say goes to
# artifacts/test-PROJECT.log; here only what failed is shown.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/need.sh test
tests/kernel/prepare.sh
tests/oidc/prepare.sh
tests/openapi/prepare.sh

# `make crash` does the full number; here as many as a test run bears.
export EPORTAL_KILLS=${EPORTAL_KILLS:-12}
dotnet build eportal.slnx -c Release -v quiet --nologo
# The programs that the tests start live for seconds: instrumented code would cost them more than it saves.
export DOTNET_TieredPGO=0
mkdir -p artifacts
# Seconds after which a project's tests are ended: a test that hangs is named in its log, as it was the longest to run.
limit=${EPORTAL_TEST_LIMIT:-2400}
status=0
logs=()
for project in EPortal.Tests EPortal.EndToEnd; do
    log=artifacts/test-$project.log
    logs+=("$log")
    echo "running $project (takes some minutes, output in $log)"
    ended=0
    timeout -k 10 "$limit" "tests/$project/bin/Release/net10.0/$project" -noColor -longRunning 120 "$@" > "$log" 2>&1 || ended=$?
    [ $ended -eq 0 ] || status=1
    if [ $ended -eq 124 ] || [ $ended -eq 137 ]; then
        echo "$project stopped after $limit seconds (EPORTAL_TEST_LIMIT); longest-running tests:"
        grep -F '[Long Running Test]' "$log" | tail -n 5 || true
    fi
    # A test that failed, with the lines below it that are indented more deeply.
    awk '/^    [^ ].*\[FAIL\]/ { shown = 1; print; next } shown && /^      / { print; next } { shown = 0 }' "$log"
    grep -A 1 '^=== TEST EXECUTION SUMMARY' "$log" | tail -n 1 || { echo "$project ended without a summary:"; tail -n 20 "$log"; status=1; }
done

# The runner's own summary: Total: N, Errors: N, Failed: N, Skipped: N, …
awk '/^ *EPortal\.[A-Za-z]+ +Total: / {
        for (i = 1; i <= NF; i++) {
            if ($i == "Total:") total += $(i + 1)
            if ($i == "Errors:" || $i == "Failed:") failed += $(i + 1)
            if ($i == "Skipped:") skipped += $(i + 1)
        }
     }
     END { printf "%d passed, %d failed\n", total - failed - skipped, failed; exit failed > 0 || total == 0 }' "${logs[@]}" || status=1
exit $status
