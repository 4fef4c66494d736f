#!/bin/sh
# Makes apt, dnf, yum or zypper take the package kernelcare, the agent, from @PORTAL@.
set -eu
# Where an administrator's shell does not look for daemons.
PATH=$PATH:/usr/sbin:/sbin

# shellcheck disable=SC2034
portal='@PORTAL@'

fail() { echo "set-kernelcare-repo: $*" >&2; exit 1; }

[ "$(id -u)" = 0 ] || fail 'run this as root'
umask 022
@REPOSITORY@

manager=$(package_manager)
[ -n "$manager" ] || fail 'no apt, dnf, yum or zypper found: update the agent with /install-kernelcare'
has_package "$manager" || fail "this portal has no package for $manager on $(architecture "$manager"): import one with kc.eportal agent import"
set_repository "$manager"
