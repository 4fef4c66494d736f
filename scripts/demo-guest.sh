#!/bin/bash
# demo-guest.sh PORT KEY VENDOR.pub VENDOR.key
# Boots Debian's kernel in QEMU and lets its agent follow the portal on 127.0.0.1:PORT: it registers with KEY, is patched,
# patched again, refuses what was tampered with, and is brought back. EPORTAL_CONFIG names the settings of the portal, which
# lie in its data folder. The portal is left running; the guest is gone at the end.
set -euo pipefail
cd "$(dirname "$0")/.."

fail() { echo "demo-guest: $*" >&2; exit 1; }

[ $# = 4 ] || { echo 'usage: demo-guest.sh PORT KEY VENDOR.pub VENDOR.key' >&2; exit 2; }
port=$1 key=$2 vendor_pub=$3 vendor_key=$4
data=$(dirname "${EPORTAL_CONFIG:?names the settings of the portal}")
admin=$PWD/out/kc.eportal
modules=$PWD/.cache/kernel/livepatch
for file in "$admin" out/kcarectl "$vendor_pub" "$vendor_key"; do
    [ -r "$file" ] || fail "$file not found; run make build first"
done

work=$(mktemp -d)
qemu=
end() {
    trap - EXIT INT TERM
    if [ -n "$qemu" ]; then
        kill "$qemu" 2> /dev/null || true
        wait "$qemu" 2> /dev/null || true
    fi
    rm -rf "$work"
}
trap end EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

bold='' dim='' green='' blue='' plain=''
if [ -t 1 ]; then bold=$'\e[1m' dim=$'\e[2m' green=$'\e[32m' blue=$'\e[34m' plain=$'\e[0m'; fi
steps=0
step() {
    steps=$((steps + 1))
    printf '\n%s%2d  %s%s\n' "$bold" "$steps" "$*" "$plain"
}
show() { sed "s/^/      $dim|$plain /"; }

boot() {
    mkdir -p "$work/root/usr/bin"
    install -m 755 out/kcarectl "$work/root/usr/bin/"
    cp .cache/kernel/initramfs.cpio "$work/initramfs.cpio"
    (cd "$work/root" && find usr | cpio -o -H newc -R 0:0 --quiet) >> "$work/initramfs.cpio"
    coproc guest { exec tests/kernel/boot.sh "$work/initramfs.cpio" "$work/console" stdio 2> "$work/qemu"; }
    # shellcheck disable=SC2154 # coproc sets it
    qemu=$guest_PID
    exec 3<&"${guest[0]}" 4>&"${guest[1]}"
    local line=
    IFS= read -r -t 120 -u 3 line || fail "kernel did not boot: $(tail -qn 3 "$work/qemu" "$work/console" 2> /dev/null)"
    [ "$line" = ready ] || fail "unexpected output of the guest: '$line'"
}

# Runs a command in the guest, as docs/kernel-test.md describes: its output is in $work/said, its exit code in $code.
run() {
    local word out err
    printf 'run %d\n%s' "${#1}" "$1" >&4 || fail "guest died: $(tail -n 3 "$work/console")"
    IFS=' ' read -r -t 120 -u 3 word code out err || fail "guest died during '$1': $(tail -n 3 "$work/console")"
    [ "$word" = "done" ] || fail "unexpected answer of the guest: '$word'"
    head -c "$out" <&3 > "$work/said"
    head -c "$err" <&3 >> "$work/said"
}

# Shows a command in the guest and what it says; it has to end with 0, or with the code in $expected.
guest() {
    printf '    %sguest#%s %s\n' "$green" "$plain" "$1"
    run "$1"
    show < "$work/said"
    [ "$code" = "${expected:-0}" ] || fail "'$1' exited with $code in the guest"
}

# Its last line on standard error says what is wrong; those before it tell of progress.
admin() {
    (cd "$work" && "$admin" "$@" < /dev/null) > "$work/output" 2> "$work/errors" || {
        local code=$?
        tail -n 1 "$work/errors" >> "$work/output"
        return $code
    }
}

# The same for a command of the portal's administrator.
portal() {
    printf '    %sportal#%s kc.eportal %s\n' "$blue" "$plain" "$*"
    code=0
    admin "$@" || code=$?
    ${filter:-cat} < "$work/output" | show
    [ "$code" = "${expected:-0}" ] || fail "'kc.eportal $*' exited with $code"
}

# The columns of a table, cut to what fits on a terminal.
narrow() { awk -F ' *[|+] ' '{ printf "%-19s | %-6s | %-36.36s | %.36s\n", $1, $2, $3, $4 }'; }

build() { # NAME LEVEL KEY
    admin patchset build --name "$1" --target @version --level "$2" --distro debian12 --euname "6.1.$((900 + $2))-1" \
        --cve "CVE-2026-$((1000 + $2))" --summary "changes what /proc/cmdline shows" --key "$3" \
        "$1.tar.bz2" "kpatch.bin=$modules/kpatch_demo_$2.ko" || fail "$1 could not be built: $(cat "$work/output")"
}

step "Boot a kernel in QEMU (the first run takes a minute to fetch it)"
tests/kernel/prepare.sh out/kcarectl
boot
guest 'uname -sr'
run 'cat /proc/version'
cp "$work/said" "$work/version"
kernel_id=$(sha1sum < "$work/version" | cut -d ' ' -f 1)

step "Point the agent at the portal, which also sends the trusted keys, and register"
guest "wget -q -O - http://10.0.2.2:$port/set-patch-server | sh"
guest "kcarectl --register $key"
guest 'cat /proc/cmdline'

today=K$(date -u +%Y%m%d)
first=${today}_91 second=${today}_92
step "Deploy a patch for this kernel, signed by the vendor"
build "$first" 1 "$vendor_key"
portal patchset verify --key "$vendor_pub" "$first.tar.bz2"
portal kcare deploy "$first.tar.bz2"

step "The agent checks in, downloads, verifies signature and hashes, and patches the running kernel"
guest 'kcarectl --check'
guest 'kcarectl --update'
guest 'cat /proc/cmdline'
guest 'kcarectl --info'

step "The portal rejects a patch that is signed with an untrusted key"
admin patchset keygen stranger.key || fail "$(cat "$work/output")"
build "$second" 2 stranger.key
expected=1 portal kcare deploy "$second.tar.bz2"

step "Deploy the vendor's level 2, then change a byte of it on the portal's disk: the portal repairs it before serving"
rm "$work/$second.tar.bz2"
build "$second" 2 "$vendor_key"
portal kcare deploy "$second.tar.bz2"
payload=$(find "$data" -path "*/$kernel_id/2/kpatch.bin")
[ -n "$payload" ] || fail "the portal does not keep the patch of $kernel_id in $data"
printf X | dd of="$payload" bs=1 seek=4000 conv=notrunc status=none
guest 'kcarectl --update'
guest 'cat /proc/cmdline'

step "Undeploy level 2: the host goes back to level 1"
portal kcare unroll "$second"
guest 'kcarectl --update'
guest 'cat /proc/cmdline'

step "Unload the patch: the kernel is back in its original state"
guest 'kcarectl --unload'
guest 'cat /proc/cmdline'
expected=1 guest 'kcarectl --status'

step "The portal recorded it all"
run 'sed s/server_id=// /etc/sysconfig/kcare/systemid'
filter=narrow portal server history "$(tr -d '\n' < "$work/said")"

printf '\n%sThe portal and its fleet run until Ctrl-C.%s To look at them in another terminal:\n' "$bold" "$plain"
printf '  export EPORTAL_CONFIG=%s\n  out/kc.eportal server list --hostname guest\n' "$EPORTAL_CONFIG"
