#!/bin/bash
# Prepares the kernel laboratory under .cache/kernel: Debian's kernel image of the installed headers, live-patch
# modules compiled against them, and an initramfs with the guest runner. Does nothing when all is there.
#   prepare.sh [AGENT]   AGENT: a program whose shared libraries the guest shall have (default: the C library)
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cache=$(cd "$here/../.." && pwd)/.cache/kernel
agent=${1:-}
mkdir -p "$cache"
exec 9> "$cache/lock"
flock 9

fail() { echo "prepare.sh: $*" >&2; exit 1; }

newest_release() {
    local headers
    headers=$(printf '%s\n' /usr/src/linux-headers-*-amd64 | sort -V | tail -n 1)
    echo "${headers#/usr/src/linux-headers-}"
}

libraries() { # the C library's parts that programs commonly need, and what the agent asks for
    {
        ldd /bin/true
        ldd /bin/true | sed -n 's,/libc.so.6.*,/libm.so.6,p'
        [ -z "$agent" ] || ldd "$agent"
    } | grep -oE '/[^ ]+' | sort -u
}

fetch_kernel() { # the image package is unpacked, never installed: it would want to change this machine's boot loader
    local image=$cache/$release folder
    [ ! -e "$image/.complete" ] || return 0
    rm -rf "$image" "$cache"/download.*
    folder=$(mktemp -d "$cache/download.XXXXXX")
    # As apt's own user cannot write here, it would warn about it; the folder is of no interest to it.
    (cd "$folder" && apt-get download -qq -o APT::Sandbox::User=root "linux-image-$release") || return
    dpkg -x "$folder"/linux-image-*.deb "$image" && rm -rf "$folder" && touch "$image/.complete"
}

# Debian's archive keeps the newest kernel only, so older headers have to move on with it.
renew_headers() {
    [ "$(id -u)" = 0 ] || fail "linux-image-$release cannot be downloaded; run: sudo apt-get update && sudo apt-get install linux-headers-amd64"
    "$here/../../scripts/need.sh" --install linux-headers-amd64
    release=$(newest_release)
}

build_modules() {
    local build=$cache/build
    rm -rf "$build" "$cache/livepatch"
    cp -r "$here/livepatch" "$build"
    make -s -C "/usr/src/linux-headers-$release" M="$build" modules > "$build/log" 2>&1 \
        || fail "the live-patch modules do not compile: $(tail -n 5 "$build/log")"
    mkdir "$cache/livepatch"
    strip --strip-debug "$build"/*.ko
    cp "$build"/*.ko "$cache/livepatch/"
}

declare -A placed=()
place_module() { # NAME: the module after what it depends on, noted in the order of loading
    local name=$1 file dependency
    [ -z "${placed[$name]:-}" ] || return 0
    placed[$name]=1
    file=$(find "$cache/$release" -regex ".*/${name//_/[-_]}\.ko\(\.xz\)?" | head -n 1)
    [ -n "$file" ] || return 0 # built into this kernel
    case $file in
    *.xz) xz -dc "$file" > "$root/lib/modules/$name.ko" ;;
    *) cp "$file" "$root/lib/modules/$name.ko" ;;
    esac
    for dependency in $(tr '\0' '\n' < "$root/lib/modules/$name.ko" | sed -n 's/^depends=//p' | tr ',' ' '); do
        place_module "$dependency"
    done
    echo "$name.ko" >> "$root/lib/modules/order"
}

build_initramfs() {
    local library
    root=$cache/root
    rm -rf "$root"
    mkdir -p "$root"/{bin,sbin,usr/bin,usr/sbin,etc,proc,sys,dev,tmp,run,root,lib/modules,lib64,var/lib,var/tmp}
    cp /bin/busybox "$root/bin/"
    for applet in $(busybox --list); do [ -e "$root/bin/$applet" ] || ln -s busybox "$root/bin/$applet"; done
    place_module virtio_pci
    place_module virtio_net
    for library in $(libraries); do
        mkdir -p "$root$(dirname "$library")"
        cp -L "$library" "$root$library"
    done
    cp /etc/os-release "$root/etc/"
    echo guest > "$root/etc/hostname"
    echo '127.0.0.1 localhost guest' > "$root/etc/hosts"
    echo 'root:x:0:0:root:/root:/bin/sh' > "$root/etc/passwd"
    echo 'root:x:0:' > "$root/etc/group"
    install -m 755 "$here/init" "$root/init"
    (cd "$root" && find . | LC_ALL=C sort | cpio -o -H newc -R 0:0 --quiet) > "$cache/initramfs.cpio"
}

# /dev/kvm may be there and still run no kernel, so the proof is a boot. With working KVM it takes two seconds.
find_acceleration() {
    local line=
    echo tcg > "$cache/accel"
    [ -r /dev/kvm ] && [ -w /dev/kvm ] || return 0
    coproc guest { ACCEL=kvm exec timeout 20 "$here/boot.sh" "$cache/initramfs.cpio" /dev/null stdio 2> /dev/null; }
    # shellcheck disable=SC2154 # coproc sets it
    local pid=$guest_PID
    IFS= read -r -t 20 line <&"${guest[0]}" || true
    kill "$pid" 2> /dev/null || true
    wait "$pid" 2> /dev/null || true
    if [ "$line" = ready ]; then echo kvm > "$cache/accel"; fi
}

state() {
    cat "$here"/{prepare.sh,boot.sh,init} "$here"/livepatch/* /etc/os-release <(libraries) <(echo "$release") | sha1sum
}

[ -z "$agent" ] || [ -x "$agent" ] || fail "there is no program $agent"
"$here/../../scripts/need.sh" kernel
release=$(newest_release)
[ "$(cat "$cache/state" 2> /dev/null)" != "$(state)" ] || exit 0
rm -f "$cache/state"
echo "preparing a guest with Debian's kernel $release (a minute, once)" >&2
fetch_kernel 2> /dev/null || { renew_headers && fetch_kernel; } || fail "linux-image-$release cannot be downloaded"
build_modules
build_initramfs
ln -sfn "$release/boot/vmlinuz-$release" "$cache/vmlinuz"
echo "$release" > "$cache/release"
find_acceleration
state > "$cache/state"
