# shellcheck shell=bash disable=SC2154,SC2016 # Sourced by deb.sh and rpm.sh.
# What holds for a portal that was installed from a package, and the procedures that its manual prints.

# A user as web servers on RHEL-like systems have it: the manual gives files to it.
portal_prepare() { check 'a web server has its user' guest_sh 'useradd --system --user-group nginx'; }

portal_serves() {
    check 'the service runs' guest systemctl is-active eportal
    check 'the service starts with the machine' guest systemctl is-enabled eportal
    check 'the portal answers' guest_answers
    check 'the program runs as its own user' guest_sh 'ps -o user= -C eportal.bin,eportal | sort -u | grep -x eportal'
    check 'the data folder is the portal'"'"'s alone' guest_sh '[ "$(stat -c "%U %a" /var/lib/eportal)" = "eportal 700" ]'
    check 'settings are read by the portal alone' guest_sh '[ "$(stat -c "%U:%G %a" /etc/eportal/config)" = "root:eportal 640" ]'
    check 'every setting stands in the file' guest_sh 'grep -q "^#PATCHES_DIR = None" /etc/eportal/config'
    check 'both programs have the version' guest_sh "kc.eportal --version | grep -x 'kc.eportal $version' && eportal --version | grep -x 'eportal $version'"
    check 'manual pages can be read' guest_sh 'man -P cat kc.eportal | grep "kc.eportal key" && man -P cat eportal | grep serve'
    check 'the log is in the journal' guest_sh 'journalctl -u eportal | grep "serving on http://127.0.0.1:8080"'
    check 'the sandbox is tight' guest_sh '[ "$(systemd-analyze security eportal --no-pager | sed -n "s/.*exposure level[^:]*: \([0-9]*\)\.\([0-9]*\).*/\1\2/p")" -le 14 ]'
    check 'no socket of a debugger is left' guest_sh '[ -z "$(find /tmp -name "dotnet-diagnostic*")" ]'
}

portal_takes_hosts() {
    check 'a key can be added' guest kc.eportal key add mine
    check 'the agent has the version' guest_sh "[ \"\$(kcarectl --version)\" = '$version' ]"
    check 'the packages of the agent came along' guest_sh "kc.eportal agent list | grep kernelcare_${version}_amd64.deb && kc.eportal agent list | grep kernelcare-$version-1.x86_64.rpm
        curl -fs http://127.0.0.1:8080/repo/deb/dists/stable/InRelease | grep 'PGP SIGNATURE'"
    check 'a host registers' guest_sh 'kcarectl --set-patch-server http://127.0.0.1:8080/ && kcarectl --register mine'
    check 'the host is listed' guest_sh 'kc.eportal --list-servers | grep -E "1 +\| mine"'
}

# The manual: Recover from backup.
portal_restores() {
    check 'a backup of the database' guest_sh 'systemctl stop eportal; mkdir backup_dir; cp /usr/share/kcare-eportal/*.sqlite* backup_dir/; systemctl start eportal'
    check 'a change after it' guest kc.eportal key add late
    check 'the backup is put back as printed' guest_sh 'systemctl stop eportal
        cp -f backup_dir/* /usr/share/kcare-eportal/
        chown nginx:nginx /usr/share/kcare-eportal/*.sqlite*
        systemctl start eportal'
    check 'the portal answers after it' guest_answers
    check 'the backup is what it has' guest_sh 'kc.eportal key | grep mine && ! kc.eportal key | grep late'
    check 'the database is the portal'"'"'s' guest_sh '[ "$(stat -c %U /var/lib/eportal/eportal.sqlite)" = eportal ]'
}

# The manual: Migrate ePortal, on the new host.
portal_migrates() {
    check 'another change' guest kc.eportal key add later
    check 'files of another portal are put here as printed' guest_sh 'export BASE_DIR=/usr/share/kcare-eportal
        systemctl stop eportal
        rm $BASE_DIR/*.sqlite*
        cp backup_dir/*.sqlite* $BASE_DIR/
        mkdir -p moved/user-resources/here; touch moved/user-resources/here/file
        rm $BASE_DIR/user-resources; cp -r moved/user-resources $BASE_DIR/
        chown -R nginx:nginx $BASE_DIR
        /usr/share/kcare-eportal/migratedb.py --upgrade
        systemctl start eportal'
    check 'the portal answers after it' guest_answers
    check 'the other database is what it has' guest_sh 'kc.eportal key | grep mine && ! kc.eportal key | grep later'
    check 'what was there before is kept' guest_sh 'ls /var/lib/eportal/eportal.sqlite.*.kept'
    check 'folders were taken in' guest_sh '[ -f /var/lib/eportal/user-resources/here/file ] && [ -L /usr/share/kcare-eportal/user-resources ]
        [ "$(stat -c %U /var/lib/eportal/user-resources/here/file)" = eportal ]; rm -r /var/lib/eportal/user-resources/here'
    check 'root owns what root starts' guest_sh '[ "$(stat -c %U /usr/share/kcare-eportal /usr/share/kcare-eportal/migratedb.py | sort -u)" = root ]'
    check 'migratedb.py refuses while the portal runs' guest_sh '! /usr/share/kcare-eportal/migratedb.py --upgrade'
    check 'the command by its old path' guest_sh 'cd /usr/share/kcare-eportal && kcare/kc.eportal key | grep mine'
}

portal_is_told() {
    check 'the environment folder is read' guest_sh 'echo 0 > /usr/share/kcare-eportal/environment/PYTHONHTTPSVERIFY
        kc.eportal config check | grep "certificate of the patch source is not checked"'
    check 'the service reads it and warns' guest_sh 'systemctl restart eportal
        timeout 20 bash -c "until journalctl -u eportal | grep \"certificate of the patch source\"; do sleep 0.2; done"
        rm /etc/eportal/environment/PYTHONHTTPSVERIFY'
    check 'settings of an older portal are read' guest_sh 'echo "CACHE_MODE = True" > /usr/share/kcare-eportal/local.py
        kc.eportal config check > said 2>&1; rm /usr/share/kcare-eportal/local.py; grep "local.py: read because /etc/eportal/config sets nothing" said'
    check 'patches on another disk' guest_sh 'install -d -o eportal -g eportal /srv/patches; echo "PATCHES_DIR = '"'/srv/patches'"'" >> /etc/eportal/config
        systemctl restart eportal' && check 'the portal answers from there' guest_answers
    check 'a stop ends within ten seconds' guest_sh 'before=$SECONDS; systemctl stop eportal; [ $((SECONDS - before)) -le 10 ]; systemctl start eportal'
    check 'it answers again' guest_answers
}
