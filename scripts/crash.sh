#!/bin/bash
# Kills a busy portal again and again and checks that it kept what it had acknowledged; kills backups, restores and
# upgrades; backs up under load.
# EPORTAL_KILLS: how often (200). EPORTAL_BACKUP_KILLS: how often each of the others (50). EPORTAL_BACKUPS: how many
# backups under load (500). EPORTAL_SEED: another sequence of moments (1).
set -eu
cd "$(dirname "$0")/.."

dotnet build tests/EPortal.EndToEnd -c Release -v quiet --nologo
dotnet build tests/EPortal.Tests -c Release -v quiet --nologo
export EPORTAL_KILLS=${EPORTAL_KILLS:-200} EPORTAL_BACKUP_KILLS=${EPORTAL_BACKUP_KILLS:-50}
export EPORTAL_BACKUPS=${EPORTAL_BACKUPS:-500}
tests/EPortal.Tests/bin/Release/net10.0/EPortal.Tests -noColor -class '*.BackupTests'
exec tests/EPortal.EndToEnd/bin/Release/net10.0/EPortal.EndToEnd -noColor -showLiveOutput -class '*.CrashTests' -class '*.BackupCrashTests'
