#!/bin/bash
# Runs all tests against the programs in out/ and ends with one line: N passed, N failed.
set -eu
cd "$(dirname "$0")/.."

scripts/need.sh test
tests/kernel/prepare.sh
tests/oidc/prepare.sh
tests/openapi/prepare.sh

# `make crash` does the full number; here as many as a test run bears.
export EPORTAL_KILLS=${EPORTAL_KILLS:-60}
dotnet build eportal.slnx -c Release -v quiet --nologo
log=$(mktemp)
trap 'rm -f "$log"' EXIT
status=0
for project in EPortal.Tests EPortal.EndToEnd; do
    "tests/$project/bin/Release/net10.0/$project" -noColor "$@" 2>&1 | tee -a "$log" || status=1
done

# The runner's own summary: Total: N, Errors: N, Failed: N, Skipped: N, …
awk '/^ *EPortal\.[A-Za-z]+ +Total: / {
        for (i = 1; i <= NF; i++) {
            if ($i == "Total:") total += $(i + 1)
            if ($i == "Errors:" || $i == "Failed:") failed += $(i + 1)
            if ($i == "Skipped:") skipped += $(i + 1)
        }
     }
     END { printf "%d passed, %d failed\n", total - failed - skipped, failed; exit failed > 0 || total == 0 }' "$log" || status=1
exit $status
