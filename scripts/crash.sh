#!/bin/bash
# Kills a busy portal again and again and checks that it kept what it had acknowledged.
# EPORTAL_KILLS: how often (200). EPORTAL_SEED: another sequence of moments (1).
set -eu
cd "$(dirname "$0")/.."

dotnet build tests/EPortal.EndToEnd -c Release -v quiet --nologo
export EPORTAL_KILLS=${EPORTAL_KILLS:-200}
exec tests/EPortal.EndToEnd/bin/Release/net10.0/EPortal.EndToEnd -noColor -showLiveOutput -class '*.CrashTests'
