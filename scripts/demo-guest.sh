#!/bin/bash
# demo-guest.sh PORT KEY VENDOR.pub VENDOR.key
# Boots Debian's kernel in QEMU and lets its agent follow the portal on 127.0.0.1:PORT: it registers with KEY, is patched,
# patched again, and brought back. EPORTAL_CONFIG names the settings of the portal.
set -euo pipefail
cd "$(dirname "$0")/.."
port=$1 key=$2 vendor_pub=$3 vendor_key=$4
admin=out/kc.eportal
work=$(mktemp -d)
qemu=
end() {
    [ -z "$qemu" ] || kill "$qemu" 2> /dev/null || true
    rm -rf "$work"
}
trap end EXIT

bold='' dim='' green='' plain=''
if [ -t 1 ]; then bold=$'\e[1m' dim=$'\e[2m' green=$'\e[32m' plain=$'\e[0m'; fi
step() { printf '\n%s%s%s\n' "$bold" "$*" "$plain"; }
show() { sed "s/^/  $dim|$plain /"; }
fail() { echo "demo-guest: $*" >&2; exit 1; }

boot() {
    mkdir -p "$work/root/usr/bin" "$work/root/etc/sysconfig/kcare"
    install -m 755 out/kcarectl "$work/root/usr/bin/"
    cp "$vendor_pub" "$work/root/etc/sysconfig/kcare/trusted.pub"
    cp .cache/kernel/initramfs.cpio "$work/initramfs.cpio"
    (cd "$work/root" && find usr etc | cpio -o -H newc -R 0:0 --quiet) >> "$work/initramfs.cpio"
    coproc guest { exec tests/kernel/boot.sh "$work/initramfs.cpio" "$work/console" stdio 2> "$work/qemu"; }
    # shellcheck disable=SC2154 # coproc sets it
    qemu=$guest_PID
    exec 3<&"${guest[0]}" 4>&"${guest[1]}"
    local line=
    IFS= read -r -t 120 -u 3 line || fail "the kernel did not come up: $(cat "$work/qemu")"
    [ "$line" = ready ] || fail "the guest greeted with '$line'"
}

# Runs a command in the guest; its output is in $work/said, its exit code in $code.
run() {
    local word out err
    printf 'run %d\n%s' "${#1}" "$1" >&4
    IFS=' ' read -r -t 120 -u 3 word code out err || fail "the guest died during: $1"
    [ "$word" = "done" ] || fail "the guest answered '$word'"
    head -c "$out" <&3 > "$work/said"
    head -c "$err" <&3 >> "$work/said"
}

guest() {
    printf '  %sguest#%s %s\n' "$green" "$plain" "$1"
    run "$1"
    show < "$work/said"
    [ "$code" = 0 ] || fail "'$1' ended with $code"
}

portal() {
    printf '  %sportal#%s kc.eportal %s\n' "$green" "$plain" "$*"
    "$admin" "$@" 2> "$work/errors" | show || fail "$(cat "$work/errors")"
}

build() { # NAME LEVEL
    "$admin" patchset build --name "$1" --target "@$work/version" --level "$2" --distro debian12 --euname "6.1.$((900 + $2))-1" \
        --cve "CVE-2026-$((1000 + $2))" --summary "changes what /proc/cmdline shows" --key "$vendor_key" \
        "$work/$1.tar.bz2" "kpatch.bin=.cache/kernel/livepatch/kpatch_demo_$2.ko" > /dev/null
}

step "A kernel boots in QEMU (the first time a minute goes into getting it)"
tests/kernel/prepare.sh out/kcarectl
boot
guest 'uname -sr'
run 'cat /proc/version'
cp "$work/said" "$work/version"

step "It registers with the portal"
guest "kcarectl --set-patch-server http://10.0.2.2:$port/ && kcarectl --register $key"
run 'cat /proc/cmdline'
show < <(echo "/proc/cmdline: $(cat "$work/said")")

day=$(date -u +%Y%m%d)
step "A signed patchset is deployed; the host fetches it, checks it, and applies it to the running kernel"
build "K${day}_91" 1
portal kcare deploy "$work/K${day}_91.tar.bz2"
guest 'kcarectl --update'
guest 'cat /proc/cmdline'
guest 'kcarectl --info'

step "The next level replaces it"
build "K${day}_92" 2
portal kcare deploy "$work/K${day}_92.tar.bz2"
guest 'kcarectl --update'
guest 'cat /proc/cmdline'

step "Taken off the feed again: the host goes back"
portal kcare unroll "K${day}_92"
guest 'kcarectl --update'
guest 'cat /proc/cmdline'

step "The portal knows all that"
run 'sed s/server_id=// /etc/sysconfig/kcare/systemid'
portal server history "$(tr -d '\n' < "$work/said")"

guest 'kcarectl --unload'

printf '\n%sThe kernel was patched and is as it was; the fleet goes on.%s Ctrl-C ends the demonstration.\n' "$bold" "$plain"
