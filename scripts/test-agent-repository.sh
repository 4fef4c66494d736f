#!/bin/bash
# Installs, updates and removes the agent's package as a host does: with the scripts of a running portal, in a Debian root, by
# apt; in a second one, which looks like AlmaLinux, by dnf; removal by the Ansible playbook that customers have.
# EPORTAL_OUT: folder with the built programs (out). EPORTAL_AGENT_ROOT: a root made earlier, kept; made anew by default.
set -euo pipefail
cd "$(dirname "$0")/.."

[ "$(id -u)" = 0 ] || { echo 'test-agent-repository skipped: it changes into roots, which only root may do'; exit 0; }
out=$(realpath "${EPORTAL_OUT:-out}")
work=$(mktemp -d)
port=$((20000 + $$ % 10000))
portal=http://127.0.0.1:$port
export EPORTAL_CONFIG=/dev/null EPORTAL_DATA_DIR=$work/data EPORTAL_RUN_AS=root
passed=0
pid=

finish() {
    [ -z "$pid" ] || kill "$pid" || true
    [ -z "$pid" ] || wait "$pid" || true
    for root in "$work"/apt "$work"/dnf; do
        ! mountpoint -q "$root/proc" || umount "$root/proc"
    done
    rm -rf "$work"
}
trap finish EXIT

# check WHAT COMMAND…: the command must succeed. What it said is in the log then, for a grep that says nothing itself.
check() {
    local what=$1 failed=
    shift
    "$@" > "$work/said" 2>&1 || failed=1
    [ ! -s "$work/said" ] || mv "$work/said" "$work/log"
    if [ -z "$failed" ]; then
        echo "ok: $what"
        passed=$((passed + 1))
    else
        echo "FAILED: $what" >&2
        cat "$work/log" >&2
        exit 1
    fi
}

# The agent's package with the real agent, of version $1 for $2 (deb, rpm); prints where it is.
package() {
    local tree=$work/tree-$1-$2
    mkdir -p "$tree/usr/bin"
    cp "$out/kcarectl" "$tree/usr/bin/"
    if [ "$2" = deb ]; then
        mkdir -p "$tree/DEBIAN"
        printf 'Package: kernelcare\nVersion: %s-1\nArchitecture: amd64\nMaintainer: Nobody <nobody@localhost>\nDepends: libc6 (>= 2.17)\nDescription: agent\n' \
            "$1" > "$tree/DEBIAN/control"
        cat > "$tree/DEBIAN/postrm" <<'SCRIPT'
#!/bin/sh
[ "$1" != remove ] || rm -f /etc/cron.d/kcare-cron
SCRIPT
        chmod 0755 "$tree/DEBIAN/postrm"
        dpkg-deb --root-owner-group -b "$tree" "$work/kernelcare_$1.deb" > /dev/null
        echo "$work/kernelcare_$1.deb"
        return
    fi
    cat > "$work/kernelcare.spec" <<SPEC
Name: kernelcare
Version: $1
Release: 1
Summary: agent
License: Apache-2.0
AutoReqProv: no
Requires: glibc >= 2.17
%description
agent
%install
cp -a $tree/. %{buildroot}/
%postun
[ "\$1" != 0 ] || rm -f /etc/cron.d/kcare-cron
%files
/usr/bin/kcarectl
SPEC
    rpmbuild -bb --quiet --target x86_64 --define "_topdir $work/rpm" --define '__os_install_post %{nil}' \
        --define "_rpmdir $work" --define "_rpmfilename kernelcare-$1.rpm" "$work/kernelcare.spec" > "$work/log" 2>&1
    echo "$work/kernelcare-$1.rpm"
}

# What a root of another distribution has: packages that are in the database alone.
stub() {
    cat > "$work/stub.spec" <<'SPEC'
Name: glibc
Version: 2.34
Release: 1
Summary: stub
License: none
Provides: /bin/sh
%description
stub
%files
SPEC
    rpmbuild -bb --quiet --target x86_64 --define "_topdir $work/rpm" --define "_rpmdir $work" \
        --define '_rpmfilename stub.rpm' "$work/stub.spec" > "$work/log" 2>&1
    cp "$work/stub.rpm" "$1/stub.rpm"
    chroot "$1" rpm -i --justdb --nodeps /stub.rpm
}

agent() { "$out/kc.eportal" agent "$@"; }

# run ROOT SCRIPT: as `curl … | sh` on that host.
run() { curl -fsS "$portal/$2" | KCARE_MAILTO=ops@example.com chroot "$1" sh; }

# The removal of docs/agent.md and of the customers' playbooks.
remove() {
    cat > "$1/remove.yml" <<'PLAY'
- hosts: kernelcare
  tasks:
    - name: unregister KernelCare agents
      command: /usr/bin/kcarectl --unregister
      ignore_errors: yes
      args:
        removes: /usr/bin/kcarectl

    - name: remove kernelcare package
      package:
        name: kernelcare
        state: absent
PLAY
    printf '[kernelcare]\nlocalhost ansible_connection=local\n' > "$1/hosts"
    chroot "$1" env LC_ALL=C.UTF-8 HOME=/root ansible-playbook -i /hosts /remove.yml
}

is_gone() { [ ! -e "$1/usr/bin/kcarectl" ] && [ ! -e "$1/etc/cron.d/kcare-cron" ]; }

# story NAME ROOT FORMAT OWNER UPDATE…: OWNER prints the package that a file is of, UPDATE brings it up to date.
story() {
    local name=$1 root=$2 format=$3 owner=$4
    shift 4
    mv "$root/usr/sbin/cron" "$root/cron"
    check "$name: without a package the single program is installed" run "$root" install-kernelcare
    check "$name: that nothing is scheduled is said" grep -q 'neither cron nor systemd found' "$work/log"
    mv "$root/cron" "$root/usr/sbin/cron"
    check "$name: there is a package" agent import "$(package 0.2.0 "$format")"
    check "$name: it takes the place of the program" run "$root" install-kernelcare
    check "$name: what is scheduled is said" grep -q 'scheduled by /etc/cron.d/kcare-cron' "$work/log"
    check "$name: the program is of the package" chroot "$root" sh -c "$owner /usr/bin/kcarectl | grep kernelcare"
    check "$name: failures are mailed" grep -qx 'MAILTO=ops@example.com' "$root/etc/cron.d/kcare-cron"
    check "$name: it runs after a reboot" grep -q '^@reboot root /usr/bin/kcarectl --update$' "$root/etc/cron.d/kcare-cron"
    check "$name: the agent knows its portal" grep -qx "PATCH_SERVER=$portal/" "$root/etc/sysconfig/kcare/kcare.conf"
    check "$name: once more changes nothing" run "$root" install-kernelcare
    check "$name: there is a newer package" agent import "$(package 0.3.0 "$format")"
    check "$name: the host updates by itself" chroot "$root" sh -c "$*"
    check "$name: to the newer one" grep -q 0.3.0 "$work/log"
    check "$name: the portal moves" sh -c "curl -fsS http://localhost:$port/set-kernelcare-repo | chroot $root sh"
    check "$name: the repository is at the new address" grep -rq "http://localhost:$port/repo/" "$root/etc/apt/sources.list.d" "$root/etc/yum.repos.d"
    check "$name: the playbook removes the package" remove "$root"
    check "$name: nothing of it is left" is_gone "$root"
    local install=${*// --only-upgrade/}
    check "$name: by hand it comes back from there" chroot "$root" sh -c "${install//upgrade/install}"
}

root=${EPORTAL_AGENT_ROOT:-$work/root}
if [ ! -d "$root/etc" ]; then
    echo 'making a Debian root (a minute or two)'
    mmdebstrap --quiet --variant=minbase --include=cron,curl,dnf,rpm,gpg,ansible-core,python3-apt,python3-dnf bookworm "$root" > "$work/log" 2>&1 \
        || { cat "$work/log" >&2; exit 1; }
fi
for name in apt dnf; do
    cp -a "$root" "$work/$name"
    mkdir -p "$work/$name/etc/yum.repos.d"
    rm -f "$work/$name"/etc/apt/sources.list "$work/$name"/etc/apt/sources.list.d/*
    mount -t proc proc "$work/$name/proc"
done

EPORTAL_LISTEN="http://localhost:$port" "$out/eportal" serve > "$work/portal.log" 2>&1 &
pid=$!
check 'the portal serves' curl -fsS --retry 60 --retry-delay 1 --retry-connrefused "$portal/healthz"

story apt "$work/apt" deb 'dpkg -S' 'apt-get update -q && apt-get install -y --only-upgrade kernelcare && dpkg -s kernelcare'

: > "$work/dnf/var/lib/dpkg/status"
rm "$work/dnf/usr/bin/apt-get"
printf 'ID=almalinux\nNAME=AlmaLinux\nVERSION_ID=9.4\nID_LIKE="rhel fedora"\n' > "$work/dnf/etc/os-release"
stub "$work/dnf"
story dnf "$work/dnf" rpm 'rpm -qf' 'dnf -y --refresh upgrade kernelcare && rpm -q kernelcare'

echo "$passed passed, 0 failed"
