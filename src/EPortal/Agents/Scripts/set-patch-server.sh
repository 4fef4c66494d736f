#!/bin/sh
# Points the kcarectl agent of this host at @PORTAL@.
set -eu

fail() { echo "set-patch-server: $*" >&2; exit 1; }

[ "$(id -u)" = 0 ] || fail 'run this as root'
command -v kcarectl >/dev/null || fail 'kcarectl is not installed: use /install-kernelcare'
mkdir -p /etc/sysconfig/kcare
cat > /etc/sysconfig/kcare/trusted.pub <<'KEYS'
@KEYS@
KEYS
kcarectl --set-patch-server '@PORTAL@/'
