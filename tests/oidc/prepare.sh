#!/bin/bash
# Fetches what the sign-on provider of the tests consists of.
set -eu
cd "$(dirname "$0")"
if [ ! node_modules/.package-lock.json -nt package-lock.json ]; then
    npm ci --no-audit --no-fund --silent
fi
