#!/bin/bash
# need.sh SET… installs the Debian packages that these need and that are missing, or says in one sentence what to install.
# need.sh --install PACKAGE… installs packages, newer ones too.
# Sets are what make targets need: build, build-arm64, lint, kernel (a guest in QEMU), demo, test, agents (test-agent-repository),
# old-systems, packages, test-packages, pictures, bench, soak.
set -euf

# COMMAND:PACKAGE of a set; a command given as a path (/usr/…) is looked for as a file.
pairs_of() {
    case $1 in
        build) echo gcc:gcc /usr/include/stdlib.h:libc6-dev node:nodejs npm:npm ;;
        build-arm64) pairs_of build; echo aarch64-linux-gnu-gcc:gcc-aarch64-linux-gnu /usr/aarch64-linux-gnu/include:libc6-dev-arm64-cross ;;
        lint) echo node:nodejs npm:npm shellcheck:shellcheck ;;
        kernel) echo 'qemu-system-x86_64:qemu-system-x86 cpio:cpio busybox:busybox-static make:make g++:build-essential xz:xz-utils
            /lib/modules/*/build:linux-headers-amd64' ;;
        demo) pairs_of build; pairs_of kernel; echo curl:curl ;;
        test) pairs_of build; pairs_of kernel; echo 'chromium:chromium minisign:minisign promtool:prometheus nginx:nginx squid:squid
            microsocks:microsocks slapd:slapd zsh:zsh fish:fish strace:strace shellcheck:shellcheck dpkg-deb:dpkg ar:binutils
            rpmbuild:rpm dnf:dnf createrepo_c:createrepo-c gpg:gpg gpgv:gpgv xz:xz-utils zstd:zstd' ;;
        agents) pairs_of build; echo 'mmdebstrap:mmdebstrap rpmbuild:rpm dpkg-deb:dpkg curl:curl ansible-playbook:ansible-core' ;;
        pictures) pairs_of test; echo pngquant:pngquant ;;
        bench) pairs_of build; echo nginx:nginx squid:squid curl:curl ;;
        history) echo python3:python3 curl:curl ;;
        old-systems) echo mmdebstrap:mmdebstrap ip:iproute2 unshare:util-linux ;;
        packages) pairs_of build; echo 'dpkg-deb:dpkg rpmbuild:rpm minisign:minisign xz:xz-utils' ;;
        test-packages) echo 'mmdebstrap:mmdebstrap systemd-nspawn:systemd-container dnf:dnf createrepo_c:createrepo-c podman:podman
            runc:runc curl:curl nsenter:util-linux python3:python3 lintian:lintian' ;;
        soak) pairs_of build; echo nginx:nginx ;;
        *) echo "need.sh: unknown set $1" >&2; exit 2 ;;
    esac
}

is_here() {
    case $1 in
        /*) compgen -G "$1" > /dev/null ;;
        *) command -v "$1" > /dev/null || [ -x "/usr/sbin/$1" ] ;;
    esac
}

# Waits for another apt or dpkg to end instead of failing; that of the lists has no option for it.
install() {
    export DEBIAN_FRONTEND=noninteractive
    local said deadline=$((SECONDS + 600))
    until said=$(apt-get update -qq 2>&1); do
        [[ $said == *'Could not get lock'* && $SECONDS -lt $deadline ]] || { echo "$said" >&2; return 1; }
        sleep 1
    done
    apt-get install -y -qq --no-install-recommends -o DPkg::Lock::Timeout=600 "$@" > /dev/null
}

if [ "${1:-}" = --install ]; then
    shift
    install "$@"
    exit
fi

missing=()
for set in "$@"; do
    # Split into words on purpose; -f keeps the asterisks.
    for pair in $(pairs_of "$set"); do
        is_here "${pair%%:*}" || [[ " ${missing[*]-} " == *" ${pair#*:} "* ]] || missing+=("${pair#*:}")
    done
    if [[ $set == build* ]] || [ "$set" = demo ] || [ "$set" = test ]; then
        dotnet --version > /dev/null 2>&1 \
            || { echo '.NET 10 SDK not found; install it from https://dotnet.microsoft.com/download (Debian has no package)' >&2; exit 1; }
    fi
done
[ ${#missing[@]} -gt 0 ] || exit 0

if [ "$(id -u)" = 0 ] && command -v apt-get > /dev/null; then
    echo "installing ${missing[*]}"
    install "${missing[@]}"
else
    echo "missing packages: ${missing[*]}; install them (Debian: sudo apt-get install ${missing[*]})" >&2
    exit 1
fi
