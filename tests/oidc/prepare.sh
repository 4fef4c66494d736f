#!/bin/bash
# Fetches what the sign-on provider of the tests consists of.
set -eu
cd "$(dirname "$0")"
[ -d node_modules ] && [ node_modules/.package-lock.json -nt package-lock.json ] || npm ci --no-audit --no-fund --silent
