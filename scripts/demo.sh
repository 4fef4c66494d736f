#!/bin/bash
# Shows a portal with a fleet, and a real kernel in QEMU that registers with it and patches itself. Ctrl-C ends it.
# PORT: where the portal listens (8080). HOSTS: size of the fleet (300).
set -eu
cd "$(dirname "$0")/.."

scripts/need.sh curl:curl qemu-system-x86_64:qemu-system-x86 cpio:cpio busybox:busybox-static make:make gcc:gcc \
    '/lib/modules/*/build:linux-headers-amd64'
port=${PORT:-8080}
data=$(mktemp -d -u "${TMPDIR:-/tmp}/eportal-demo-XXXXXX")
log=$(mktemp)
portal=
end() {
    trap - EXIT INT TERM
    [ -z "$portal" ] || kill "$portal" 2>/dev/null || true
    wait
    rm -rf "$data" "$log"
}
trap end EXIT
trap 'exit 130' INT TERM

out/eportal demo --data "$data" --listen "http://127.0.0.1:$port" --hosts "${HOSTS:-300}" > "$log" &
portal=$!
until grep -q 'Ctrl-C' "$log"; do
    kill -0 "$portal" 2>/dev/null || exit 1
    sleep 0.2
done
cat "$log"

export EPORTAL_CONFIG=$data/eportal.config
scripts/demo-guest.sh "$port" production "$data/vendor.pub" "$data/vendor.key"
wait "$portal"
