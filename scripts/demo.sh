#!/bin/bash
# Shows a portal with a fleet, and a real kernel in QEMU that registers with it and patches itself. Ctrl-C ends it.
# demo.sh --check only looks whether it could run.
# PORT: where the portal listens (8080). HOSTS: size of the fleet (300).
set -eu
cd "$(dirname "$0")/.."

port=${PORT:-8080}
scripts/need.sh demo
case $port in
    '' | *[!0-9]* | ??????*) port_is_right=no ;;
    *) port_is_right=$([ "$port" -ge 1 ] && [ "$port" -le 65535 ] && echo yes || echo no) ;;
esac
if [ "$port_is_right" = no ]; then
    echo "invalid port '$port': set PORT to a number from 1 to 65535" >&2
    exit 2
fi
if (exec 3<> "/dev/tcp/127.0.0.1/$port") 2> /dev/null; then
    echo "port $port is in use; choose another: make demo PORT=$((port + 1))" >&2
    exit 1
fi
[ "${1:-}" != --check ] || exit 0

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
echo "starting a portal on port $port"
# The password is the last line of what it tells.
until grep -q '^password' "$log"; do
    kill -0 "$portal" 2>/dev/null || exit 1
    sleep 0.2
done
cat "$log"

export EPORTAL_CONFIG=$data/eportal.config
scripts/demo-guest.sh "$port" production "$data/vendor.pub" "$data/vendor.key"
echo
grep -A 2 '^log in at' "$log"
wait "$portal"
