#!/bin/bash
# Starts the programs in out/ on Debian 11 (glibc 2.31, OpenSSL 1.1.1), the oldest system that can be had here: the portal serves, the
# agent registers, checks in and fetches a patchset. Needs root. The system is made once, into .cache/.
set -euo pipefail
cd "$(dirname "$0")/../.."

[ "$(id -u)" = 0 ] || { echo 'test-old-systems needs root: it unpacks a system and runs in it' >&2; exit 1; }
[ -x out/eportal ] || { echo 'out/eportal not found; run make build first' >&2; exit 1; }
scripts/need.sh old-systems

system=.cache/debian11.tar
if [ ! -e "$system" ]; then
    echo "making a Debian 11 system (a minute)"
    mkdir -p .cache
    mmdebstrap --quiet --variant=minbase --include=libssl1.1,ca-certificates bullseye "$system.new.tar"
    mv "$system.new.tar" "$system"
fi

root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
# Devices cannot be made in every container; the few that are needed are bound in.
tar -xf "$system" -C "$root" --exclude='./dev/*'
install -d "$root/opt/eportal"
cp -a out/eportal out/eportal.bin out/kc.eportal out/libe_sqlite3.so "$root/opt/eportal/"
install -m 755 out/kcarectl "$root/usr/bin/kcarectl"
install -m 755 tests/old-systems/guest.sh "$root/opt/guest.sh"

# Processes, mounts and network of its own: all is gone when the script ends.
# shellcheck disable=SC2016 # expanded inside
unshare --mount --pid --net --fork --kill-child bash -euc '
    mount --make-rprivate /
    mount -t proc proc "$1/proc"
    for device in null zero random urandom tty; do
        touch "$1/dev/$device"
        mount --bind "/dev/$device" "$1/dev/$device"
    done
    ip link set lo up
    exec chroot "$1" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 /opt/guest.sh' bash "$root"
