#!/bin/bash
# Builds this commit's packages in two fresh clones and compares them byte by byte.
set -euo pipefail
cd "$(dirname "$0")/.."

work=$(mktemp -d /var/tmp/eportal-same.XXXXXX)
trap 'rm -rf "$work"' EXIT
# Folders of different names, so that a path in a program shows.
for clone in one/eportal another/place; do
    mkdir -p "$(dirname "$work/$clone")"
    git clone -q . "$work/$clone"
    # Both get the same Debian packages for the image.
    mkdir -p .cache/image "$work/$clone/.cache"
    cp -a .cache/image "$work/$clone/.cache/"
    make --no-print-directory -C "$work/$clone" packages
    [ -n "$(ls .cache/image)" ] || cp -a "$work/$clone/.cache/image" .cache/
done
if diff -r "$work/one/eportal/dist" "$work/another/place/dist"; then
    echo "two builds are the same: $(wc -l < "$work/one/eportal/dist/SHA256SUMS") files"
else
    echo 'two builds differ' >&2
    exit 1
fi
