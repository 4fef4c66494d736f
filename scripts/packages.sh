#!/bin/bash
# Builds everything that is given out into dist/, from the programs in out/: .deb, .rpm, .tar.gz, image, bills of
# materials, notices, check sums, signature. The same commit gives the same bytes.
# EPORTAL_OUT, EPORTAL_DIST: other folders. EPORTAL_SIGNING_KEY: minisign's secret key without password; unsigned without.
set -euo pipefail
cd "$(dirname "$0")/.."
umask 022
export LC_ALL=C TZ=UTC

out=$(realpath "${EPORTAL_OUT:-out}")
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}
export SOURCE_DATE_EPOCH
version=$(sed -n 's|.*<Version>\(.*\)</Version>.*|\1|p' Directory.Build.props)
for name in eportal kc.eportal kcarectl; do
    said=$("$out/$name" --version)
    [ "${said##* }" = "$version" ] || { echo "$out/$name is of another version: $said; build it first" >&2; exit 1; }
done

dist=${EPORTAL_DIST:-dist}
rm -rf "$dist"
mkdir -p "$dist"
dist=$(realpath "$dist")
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT

. packaging/stage.sh
. packaging/deb.sh
. packaging/rpm.sh
. packaging/archive.sh
. packaging/image.sh

# bill NAME PROJECT-FOLDER [NPM-FOLDER]: what the program is made of, and the notices that its licences ask for.
bill() {
    local name=$1 project=$2
    dotnet CycloneDX "$project"/*.csproj --output "$dist" --filename "$name-$version.cdx.json" --output-format Json --no-serial-number \
        --disable-package-restore --set-name "$name" --set-version "$version" --set-type Application > "$stage/bill.log" \
        || { cat "$stage/bill.log" >&2; return 1; }
    node packaging/parts.mjs "$dist/$name-$version.cdx.json" "$project" "$dist/$name-$version.notices.txt" "${@:3}"
}

echo "packing version $version"
dotnet tool restore > /dev/null
bill eportal src/EPortal src/EPortal/WebConsole/Assets
bill kernelcare src/Kcarectl
for name in kernelcare eportal; do
    # The portal's packages hold the agent's.
    "stage_$name"
    find "$stage/$name" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
    deb "$name"
    rpm_of "$name"
done
archive
image

(cd "$dist" && sha256sum -- * > SHA256SUMS.new && mv SHA256SUMS.new SHA256SUMS)
if [ -n "${EPORTAL_SIGNING_KEY:-}" ]; then
    # The comment is signed too: no time in it, so that a second build has the same bytes.
    minisign -S -W -s "$EPORTAL_SIGNING_KEY" -m "$dist/SHA256SUMS" -t "ePortal $version" -c "signature of ePortal $version" > /dev/null
else
    echo 'not signed: set EPORTAL_SIGNING_KEY to a secret key of minisign to sign SHA256SUMS' >&2
fi
echo "packed into $dist:"
ls -1 "$dist"
