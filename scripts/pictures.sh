#!/bin/bash
# Pictures of all pages of the console, into artifacts/console; those that docs/console keeps are replaced, with 256 colours each.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/need.sh pictures
mkdir -p artifacts/console
dotnet build eportal.slnx -c Release -v quiet --nologo
EPORTAL_WRITE_PICTURES=1 tests/EPortal.EndToEnd/bin/Release/net10.0/EPortal.EndToEnd -noColor -class '*.PageTests'
for kept in docs/console/*.png; do
    pngquant --force --skip-if-larger --quality 70-95 --output "$kept" "artifacts/console/$(basename "$kept")"
done
