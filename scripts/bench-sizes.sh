#!/bin/bash
# The portal on machines of the manual's sizes: 10,000 hosts on 1 CPU and 1 GB, 75,000 on 1 CPU and 4 GB. Needs root, for
# the bound on memory (cgroups, version 1 or 2); the load comes from outside of it. Swap does not count.
# bench-sizes.sh [SECONDS a measurement, 10]
set -euo pipefail
cd "$(dirname "$0")/.."

[ "$(id -u)" = 0 ] || { echo 'run this as root: it bounds memory' >&2; exit 1; }
scripts/need.sh bench
[ -x out/eportal ] || make build
dotnet build bench -c Release -v quiet --nologo
work=$(mktemp -d /var/tmp/eportal-sizes.XXXXXX)
group=eportal-sizes
if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
    echo +memory > /sys/fs/cgroup/cgroup.subtree_control
    bound=/sys/fs/cgroup/$group limit=memory.max peak=memory.peak
else
    bound=/sys/fs/cgroup/memory/$group limit=memory.limit_in_bytes peak=memory.max_usage_in_bytes
fi
trap 'rmdir "$bound" 2> /dev/null || true; rm -rf "$work"' EXIT

# Put in the place of the portal: the same on one processor and with so much memory.
mkdir -p "$work/out"
ln -s "$PWD"/out/* "$work/out/"
rm "$work/out/eportal"
cat > "$work/out/eportal" << END
#!/bin/sh
unset EPORTAL_OUT
case \$1 in serve) echo \$\$ > $bound/cgroup.procs; exec taskset -c 0 $PWD/out/eportal "\$@" ;; esac
exec $PWD/out/eportal "\$@"
END
chmod +x "$work/out/eportal"

for size in 10000:1 75000:4; do
    hosts=${size%:*} gib=${size#*:}
    mkdir -p "$bound"
    echo $((gib << 30)) > "$bound/$limit"
    echo "$hosts hosts, 1 CPU, $gib GiB"
    EPORTAL_OUT="$work/out" ROUNDS=1 SECONDS="${1:-10}" CONNECTIONS=32 \
        bench/bin/Release/net10.0/Bench probe "$work/$hosts" "$hosts" same,changed,latest,register,file16,file256 | grep -v '^serving'
    # Page cache counts there too; the portal's own memory is in the lines above.
    echo "most memory with the page cache: $(($(cat "$bound/$peak") >> 20)) MiB"
    rmdir "$bound"
    rm -rf "${work:?}/$hosts"
done
