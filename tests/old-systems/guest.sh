#!/bin/bash
# Runs inside the old system (run.sh): portal and agent for real, each step said, the first that fails ends it.
set -euo pipefail
cd /root
PATH=/opt/eportal:$PATH
trap 'echo "FAILED in line $LINENO: $BASH_COMMAND"; tail -n 5 portal.log 2> /dev/null' ERR

fail() { echo "FAILED: $*"; tail -n 5 portal.log 2> /dev/null; exit 1; }

# Prints the body of a GET request; there is no curl on a small system. A shell of its own, since a failed exec ends one.
get() (
    exec 3<> /dev/tcp/127.0.0.1/8080
    printf 'GET %s HTTP/1.0\r\nHost: localhost\r\n\r\n' "$1" >&3
    IFS=' ' read -r _ status _ <&3
    while IFS= read -r line <&3 && [ -n "${line%$'\r'}" ]; do :; done
    cat <&3
    [ "$status" = 200 ]
)

echo "system: $(ldd --version | head -n 1), $(openssl version)"
useradd --system eportal

eportal serve --new > portal.log 2>&1 &
portal=$!
deadline=$((SECONDS + 60))
until get /readyz > ready 2> /dev/null; do
    [ -d /proc/$portal ] || fail "portal ended"
    [ $SECONDS -lt $deadline ] || fail "portal not ready after 60 s"
    sleep 0.2
done
echo "portal: $(eportal --version) serves, /readyz says $(head -c 60 ready)"

kc.eportal key add old > /dev/null
kcarectl --set-patch-server http://127.0.0.1:8080/ > /dev/null
kcarectl --register old > /dev/null
id=$(sed -n s/^server_id=//p /etc/sysconfig/kcare/systemid)
[ -n "$id" ] || fail "no id after the registration"
echo "agent: $(kcarectl --version) registered"

# A patchset for this kernel: after its check-in the agent sees it as available, and the portal sees what the host lacks.
kernel_id=$(sha1sum < /proc/version | cut -d ' ' -f 1)
head -c 4096 /dev/urandom > kpatch.bin
kc.eportal patchset keygen vendor.key > /dev/null
kc.eportal patchset build --name K20260101_01 --target "$kernel_id" --level 1 --distro debian11 --euname 5.10.0-999 \
    --cve CVE-2026-0001 --summary test --key vendor.key K20260101_01.tar.bz2 kpatch.bin=kpatch.bin > /dev/null
kc.eportal kcare deploy K20260101_01.tar.bz2 > deploy.log 2>&1
kcarectl --check > /dev/null || fail "agent sees no update"
kc.eportal server list --json > servers.json
for fact in "\"id\": \"$id\"" '"distro_version": "11"' '"status": "outofdate"'; do
    grep -qF "$fact" servers.json || fail "the portal does not list $fact: $(cat servers.json)"
done
echo "agent: checked in; the portal offers it a patchset"

kill -TERM $portal
wait $portal
echo "portal: stopped with exit code 0"
