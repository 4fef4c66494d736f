#!/bin/bash
# shellcheck disable=SC2034 # What parts of tests use.
# Installs what is in dist/ where it is meant for: the .deb by apt under a real systemd, the .rpm by dnf under another, the
# image by podman; runs the commands of docs/operations as printed; mails a report. Ends with one line: N passed, N failed. What
# was said is in artifacts/test-packages.log.
# test-packages.sh [deb] [rpm] [image] [docs] [mail]
set -euo pipefail
cd "$(dirname "$0")/.."
export LC_ALL=C.UTF-8

[ "$(id -u)" = 0 ] || { echo 'run this as root: it boots systems in containers' >&2; exit 1; }
dist=$(realpath "${EPORTAL_DIST:-dist}")
version=$(sed -n 's|.*<Version>\(.*\)</Version>.*|\1|p' Directory.Build.props)
work=$(mktemp -d /var/tmp/eportal-packages.XXXXXX)
mkdir -p artifacts
log=$(realpath artifacts)/test-packages.log
: > "$log"
passed=0 failed=0

. tests/packages/guest.sh
trap 'guest_stop; rm -rf "$work"' EXIT

# check WHAT COMMAND…: runs it, counts and names what failed.
check() {
    local what=$1
    shift
    echo "--- $what" >> "$log"
    if "$@" >> "$log" 2>&1; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "failed: $what (see $log)"
    fi
}

for part in "${@:-deb rpm image docs mail}"; do
    for name in $part; do
        echo "testing the $name packages"
        # shellcheck source=/dev/null
        . "tests/packages/$name.sh"
    done
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
