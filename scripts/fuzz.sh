#!/bin/bash
# Tries mutated patchset archives on the reader: fuzz.sh [--count N] [--seed S]. Ends with 1 when one breaks a rule.
set -eu
cd "$(dirname "$0")/.."

dotnet build fuzz/Fuzz.csproj -c Release -v quiet --nologo
exec fuzz/bin/Release/net10.0/Fuzz "$@"
