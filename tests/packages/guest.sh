# shellcheck shell=bash disable=SC2154,SC2016 # Sourced by scripts/test-packages.sh.
# A Debian of its own, booted with its own systemd and without a network but its loopback.

leader=

# guest_root FOLDER [NAME PACKAGE,…]: unpacks a fresh one; one with more packages is kept under a name.
guest_root() {
    local made=.cache/test-root/${2:-bookworm}.tar
    if [ ! -f "$made" ]; then
        mkdir -p "$(dirname "$made")"
        mmdebstrap --quiet --variant=minbase \
            --include=systemd,systemd-sysv,dbus,ca-certificates,curl,procps,libssl3,libstdc++6,man-db,cron${3:+,$3} \
            bookworm "${made%.tar}.new.tar"
        mv "${made%.tar}.new.tar" "$made"
    fi
    mkdir -p "$1"
    tar -C "$1" -xf "$made"
    # A machine of its own, and a folder for packages that boot does not cover.
    rm -f "$1/etc/machine-id"
    mkdir -p "$1/root/packages"
}

# guest_start FOLDER: boots it; ready when systemd has started everything.
guest_start() {
    SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1 systemd-nspawn -b -D "$1" --quiet --register=no --keep-unit --private-network --console=pipe \
        --machine=eportal-test < /dev/null > "$work/console.log" 2>&1 &
    nspawn=$!
    local waited=0
    until leader=$(pgrep -P "$nspawn" | head -n 1) && [ -n "$leader" ] && guest systemctl is-system-running --wait > /dev/null 2>&1; do
        kill -0 "$nspawn" 2> /dev/null || { cat "$work/console.log"; return 1; }
        # degraded: a unit of the guest that has no place in a container failed.
        if [ -n "$leader" ] && [ "$(guest systemctl is-system-running 2> /dev/null)" = degraded ]; then break; fi
        waited=$((waited + 1))
        [ $waited -lt 600 ] || { cat "$work/console.log"; return 1; }
        sleep 0.2
    done
}

guest_stop() {
    [ -n "$leader" ] || return 0
    guest systemctl poweroff > /dev/null 2>&1 || true
    wait "$nspawn" 2> /dev/null || true
    leader=
}

# guest COMMAND…: runs it inside.
guest() {
    nsenter -t "$leader" -a -- env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive "$@"
}

# guest_sh SCRIPT: the same for a line of shell that stops at the first failure.
guest_sh() { guest bash -euo pipefail -c "cd /root; $1"; }

# guest_calls_start, guest_calls_end: hosts that call 200 times a second; the second fails when one was not answered.
guest_calls_start() {
    nsenter -t "$leader" -n python3 tests/packages/caller.py > "$work/calls" 2>&1 &
    caller=$!
    until grep -q calling "$work/calls"; do kill -0 "$caller" || { cat "$work/calls"; return 1; }; sleep 0.05; done
}
guest_calls_end() {
    local code=0
    kill "$caller"
    wait "$caller" || code=$?
    cat "$work/calls"
    return $code
}

# guest_answers: the portal answers within half a minute.
guest_answers() { guest_sh 'for i in $(seq 150); do curl -fs -o /dev/null http://127.0.0.1:8080/readyz && exit 0; sleep 0.2; done; exit 1'; }
