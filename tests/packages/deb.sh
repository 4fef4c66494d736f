# shellcheck shell=bash disable=SC2154,SC2016 # Sourced by scripts/test-packages.sh.
# The Debian packages: installed by apt into a fresh system, upgraded, removed, purged.
. tests/packages/portal.sh

# next_deb NAME TO: the same package with the next number.
next_deb() {
    dpkg-deb -R "$dist/$1_${version}_amd64.deb" "$work/next"
    sed -i "s/^Version: .*/Version: $version.1/" "$work/next/DEBIAN/control"
    echo '# a new default' >> "$work/next/etc/eportal/config"
    dpkg-deb --root-owner-group -Zgzip -z1 -b "$work/next" "$2" > /dev/null
}

root=$work/debian
guest_root "$root"
cp "$dist"/*_"$version"_amd64.deb "$root/root/packages/"
next_deb eportal "$root/root/packages/next.deb"
guest_start "$root"

# An address of maintainers there is none.
check 'lintian finds nothing else' lintian --fail-on error,warning --suppress-tags bogus-mail-host,bogus-mail-host-in-debian-changelog \
    "$dist/eportal_${version}_amd64.deb" "$dist/kernelcare_${version}_amd64.deb"
check 'apt installs the portal' guest apt-get install -y --no-install-recommends "/root/packages/eportal_${version}_amd64.deb"
check 'apt installs the agent' guest apt-get install -y --no-install-recommends "/root/packages/kernelcare_${version}_amd64.deb"
portal_prepare
portal_serves
portal_takes_hosts
portal_restores
portal_migrates
portal_is_told
guest_calls_start
check 'a restart under load' guest systemctl restart eportal
check 'the portal answers after the restart' guest_answers
check 'the restart refused no call' guest_calls_end
guest_calls_start
check 'apt upgrades' guest apt-get install -y --no-install-recommends -o Dpkg::Options::=--force-confold /root/packages/next.deb
check 'the portal answers after the upgrade' guest_answers
check 'the upgrade refused no call' guest_calls_end
check 'settings are as they were' guest_sh 'grep -q "^PATCHES_DIR = ./srv/patches." /etc/eportal/config && ! grep -q "a new default" /etc/eportal/config'
check 'data is as it was' guest_sh 'kc.eportal --list-servers | grep -E "1 +\| mine"'
check 'the agent is removed as the manual'"'"'s playbook does' guest_sh 'touch /etc/cron.d/kcare-cron; kcarectl --unregister; apt-get remove -y kernelcare
    [ ! -e /usr/bin/kcarectl ] && [ ! -e /etc/cron.d/kcare-cron ]'
check 'the portal is removed' guest apt-get remove -y eportal
check 'removal stops it and keeps data and settings' guest_sh '! systemctl is-active eportal; [ ! -e /usr/bin/eportal ] && [ ! -e /usr/share/kcare-eportal ]
    [ -s /var/lib/eportal/eportal.sqlite ] && [ -f /etc/eportal/config ]'
check 'it is installed again over its data' guest apt-get install -y --no-install-recommends /root/packages/next.deb
check 'the data is in use again' guest_sh 'kc.eportal key | grep mine'
check 'purge' guest apt-get purge -y eportal kernelcare
check 'purge removes data and settings' guest_sh '[ ! -e /var/lib/eportal ] && [ ! -e /etc/eportal ] && [ ! -e /usr/share/kcare-eportal ] && ! systemctl cat eportal'
check 'patches elsewhere stay' guest_sh '[ -d /srv/patches ]'
guest_sh 'journalctl -u eportal --no-pager' >> "$log" 2>&1 || true
guest_stop
