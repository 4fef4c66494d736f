# shellcheck shell=bash disable=SC2154,SC2016 # Sourced by scripts/test-packages.sh.
# The RPM packages: installed by dnf from a repository into a system with systemd, upgraded, removed. There is no system of
# that kind to be had here: it is a Debian, and small packages say that it has what ours require.
. tests/packages/portal.sh

# stub NAME VERSION [PROVIDES…]: an empty package.
stub() {
    local name=$1 number=$2
    shift 2
    {
        printf 'Name: %s\nVersion: %s\nRelease: 1\nSummary: stands for %s\nLicense: none\nBuildArch: noarch\n' "$name" "$number" "$name"
        printf 'Provides: %s\n' "$@" "$name = $number"
        printf '%%description\nStands for %s.\n%%files\n' "$name"
    } > "$work/$name.spec"
    rpmbuild -bb --quiet --define "_topdir $work/rpm" --define "_rpmdir $work/repository" "$work/$name.spec"
}

# next_rpm: the portal's package with the next number and another default.
next_rpm() {
    mkdir -p "$work/next-tree"
    (cd "$work/next-tree" && rpm2cpio "$dist/eportal-$version-1.x86_64.rpm" | cpio -idm --quiet)
    echo '# a new default' >> "$work/next-tree/etc/eportal/config"
    rpmbuild -bb --quiet --target x86_64 --define "_topdir $work/rpm" --define "_rpmdir $work/repository" --define "version_of_all $version.1" \
        --define "tree $work/next-tree" --define '__os_install_post %{nil}' --define 'debug_package %{nil}' --define '_build_id_links none' \
        --define '_binary_payload w1.gzdio' packaging/rpm/eportal.spec
}

root=$work/rpm-root
guest_root "$root"
mkdir -p "$work/repository"
for name in libstdc++ libgcc openssl-libs ca-certificates coreutils findutils util-linux shadow-utils systemd; do stub "$name" 9; done
stub glibc 2.28
stub bash 5 /bin/sh
cp "$dist"/*.rpm "$work/repository/"
createrepo_c --quiet "$work/repository"
guest_start "$root"

# dnf COMMAND…: from outside into the running system, whose scripts run inside its folder.
dnf_in() {
    dnf -y --quiet --installroot="$root" --releasever=9 --nogpgcheck --setopt=reposdir=/nonexistent --setopt=cachedir="$work/dnf" \
        --setopt=plugins=0 --repofrompath="test,file://$work/repository" --repo=test "$@"
}

check 'dnf installs the portal and the agent' dnf_in install eportal kernelcare
# Scripts of a package that is installed from outside see no running systemd.
check 'the service is known' guest_sh 'systemctl daemon-reload; systemctl enable --now eportal'
portal_prepare
portal_serves
portal_takes_hosts
portal_restores
portal_migrates
portal_is_told
next_rpm
createrepo_c --quiet "$work/repository"
check 'dnf upgrades' dnf_in --refresh upgrade eportal
check 'the new version starts' guest_sh 'systemctl daemon-reload; systemctl restart eportal'
check 'the portal answers after the upgrade' guest_answers
check 'settings are as they were, new ones lie beside' guest_sh 'grep -q "^PATCHES_DIR = ./srv/patches." /etc/eportal/config
    ! grep -q "a new default" /etc/eportal/config; grep -q "a new default" /etc/eportal/config.rpmnew'
check 'data is as it was' guest_sh 'kc.eportal --list-servers | grep -E "1 +\| mine"'
check 'the agent is removed' dnf_in remove kernelcare
check 'nothing is left scheduled' guest_sh '[ ! -e /usr/bin/kcarectl ] && [ ! -e /etc/cron.d/kcare-cron ]'
check 'the portal is removed' dnf_in remove eportal
check 'removal keeps data' guest_sh '[ ! -e /usr/lib/eportal ] && [ ! -e /usr/share/kcare-eportal ] && [ -s /var/lib/eportal/eportal.sqlite ]'
guest_stop
