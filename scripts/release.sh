#!/bin/bash
# Makes a release of what is committed: checks that it is one, runs everything, builds the packages twice and signs them.
set -euo pipefail
cd "$(dirname "$0")/.."

fail() { echo "release: $*" >&2; exit 1; }

version=$(sed -n 's|.*<Version>\(.*\)</Version>.*|\1|p' Directory.Build.props)
[ -z "$(git status --porcelain)" ] || fail 'files are changed or new; commit them first'
grep -qE "^## ${version//./\\.} \([0-9]{4}-[0-9]{2}-[0-9]{2}\)\$" CHANGELOG.md \
    || fail "CHANGELOG.md has no section '## $version (YYYY-MM-DD)'; give the section of this version its date"
! git rev-parse -q --verify "refs/tags/v$version" > /dev/null || fail "version $version is released; raise <Version> in Directory.Build.props"
[ -n "${EPORTAL_SIGNING_KEY:-}" ] || fail 'set EPORTAL_SIGNING_KEY to a secret key of minisign (minisign -G -W); a release is signed'
[ -r "$EPORTAL_SIGNING_KEY" ] || fail "cannot read $EPORTAL_SIGNING_KEY"

make lint
make test
make same
make packages
make test-packages
git tag -a "v$version" -m "Version $version"
echo "version $version is in dist/ and tagged v$version; publish both: git push origin v$version"
