# shellcheck shell=bash disable=SC2154,SC2016,SC2119,SC2120 # Sourced by scripts/test-packages.sh.
# The commands of docs/operations, run as printed in a Debian with nginx, page by page in the order that a reader follows.
# Each code block of a page is either run here, in the page's order, or listed in docs_not_run: a new one is noticed.

# Code blocks that are not run: page|first line|why.
docs_not_run="
install.md|dnf install -y ./eportal-$version-1.x86_64.rpm|another kind of system; rpm.sh installs it there
install.md|dnf remove -y eportal           # keeps data; delete with: rm -r /var/lib/eportal|another kind of system; rpm.sh removes it there
install.md|podman load -i eportal-$version-image.tar|no podman inside of a container; image.sh loads and runs it
install.md|mkdir -p /var/lib/eportal/data|no docker here; image.sh runs the image
https.md|server {|the configuration of another machine
replication.md|NODE_URL = 'http://eportal1.corp'|settings of two machines; PortalPairTests starts portals with them
replication.md|NODE_URL = 'http://eportal2.corp'|settings of two machines; PortalPairTests starts portals with them
replication.md|http://eportal2.corp in-sync, lag 0 s|what a command prints, no command
replication.md|upstream eportal {|the configuration of another machine; RoundRobinTests has nginx in front of two nodes
replication.md|frontend eportal|the configuration of another machine; RoundRobinTests has HAProxy in front of two nodes
old-systems.md|system: ldd (Debian GLIBC 2.31-13+deb11u14) 2.31, OpenSSL 1.1.1w  11 Sep 2023|what a test prints, no command
"

docs_pages=docs/operations
declare -A docs_at
docs_unseen=

# docs_split: each block in a file, $work/docs/PAGE/NUMBER, its language beside it in NUMBER.language.
docs_split() {
    local page
    for page in "$docs_pages"/*.md; do
        mkdir -p "$work/docs/${page##*/}"
        awk -v folder="$work/docs/${page##*/}" '
            /^ *```/ && !inside { inside = 1; file = sprintf("%s/%03d", folder, ++count); printf "" > file
                sub(/^ *```/, ""); print > (file ".language"); next }
            /^ *```/ { inside = 0; close(file); next }
            inside { print > file }
            END { exit inside }' "$page" || return 1
    done
}

# docs_reason PAGE FIRST: why a block is not run; fails where there is no reason.
docs_reason() {
    awk -F '|' -v page="$1" -v first="$2" '$1 == page && $2 == first && $3 != "" { print $3; found = 1 } END { exit !found }' \
        <<< "$docs_not_run"
}

# docs_next PAGE: sets block to the page's next one that is to be run, or to nothing at its end.
docs_next() {
    local number
    block=
    for ((number = ${docs_at[$1]:-0} + 1; ; number++)); do
        block=$work/docs/$1/$(printf %03d "$number")
        [ -f "$block" ] || { block=; return; }
        docs_at[$1]=$number
        docs_reason "$1" "$(head -n 1 "$block")" > /dev/null || return 0
    done
}

# docs_find PAGE LANGUAGE FIRST: sets block to the one that begins with this line. It should be the page's next one; those before
# it are kept in docs_unseen.
docs_find() {
    local first before=${docs_at[$1]:-0} unseen=''
    while docs_next "$1" && [ -n "$block" ]; do
        first=$(head -n 1 "$block")
        if [ "$first" = "$3" ]; then
            docs_unseen+=$unseen
            [ "$(cat "$block.language")" = "$2" ] || { echo "this block of $1 must be marked as $2"; return 1; }
            return 0
        fi
        unseen+="$1: $first"$'\n'
    done
    docs_at[$1]=$before
    echo "no such block from here on in $1"
    return 1
}

# docs_shell FILE: types the commands of a file into a shell that lies where the packages do, and stops at the first that fails.
docs_shell() { guest bash -c "$(declare -f docs_type docs_typed); cd /root/packages; docs_type" docs < "$1"; }
docs_type() {
    local line pending='' lines
    set -o pipefail
    mapfile -t lines
    for line in "${lines[@]}"; do
        pending+=${pending:+$'\n'}$line
        [ -n "$pending" ] || continue
        # A command may go on in the next line.
        if [[ $pending == *\\ ]] || ! bash -n <<< "$pending" 2> /dev/null; then continue; fi
        echo "# $pending"
        if [[ $pending == 'kc.eportal user add '* ]]; then
            docs_typed "$pending"
        else
            eval "$pending" < /dev/null
        fi || { echo "this failed with $?: $pending"; return 1; }
        pending=
    done
    [ -z "$pending" ] || { echo "no whole command: $pending"; return 1; }
}

# docs_typed COMMAND: with a terminal, where a password is typed twice when it is asked for.
docs_typed() {
    local prompt said char pid in out
    coproc terminal { script -qec "$1" /dev/null 2>&1; }
    pid=$terminal_PID
    exec {out}<&"${terminal[0]}" {in}>&"${terminal[1]}"
    for prompt in 'Password: ' 'Password again: '; do
        said=
        until [[ $said == *"$prompt" ]]; do
            IFS= read -r -t 30 -N 1 char <&"$out" || { echo "no prompt, but: $said"; return 1; }
            said+=$char
        done
        printf 'a long phrase of words\r' >&"$in"
    done
    cat <&"$out"
    wait "$pid"
}

docs_run_next() { docs_find "$1" sh "$2" && docs_shell "$block"; }
docs_set_next() { docs_find "$1" python "$2" && guest sh -c 'cat >> /etc/eportal/config' < "$block"; }

# docs_run PAGE FIRST: runs the page's next block, which begins with this line. docs_set PAGE FIRST: puts it into the settings.
docs_run() { check "$1: $2" docs_run_next "$1" "$2"; }
docs_set() { check "$1: $2" docs_set_next "$1" "$2"; }

# What is left of the pages, and reasons for what is not there any more.
docs_all_seen() {
    local page block code=0 first
    for page in "$docs_pages"/*.md; do
        page=${page##*/}
        while docs_next "$page" && [ -n "$block" ]; do
            docs_unseen+="$page: $(head -n 1 "$block")"$'\n'
        done
    done
    [ -z "$docs_unseen" ] || { printf 'neither run nor listed in docs_not_run:\n%s' "$docs_unseen"; code=1; }
    while IFS='|' read -r page first _; do
        if [ -n "$page" ] && ! grep -qxF -- "$first" <<< "$(head -qn 1 "$work/docs/$page"/[0-9][0-9][0-9])"; then
            echo "listed in docs_not_run, but not there: $page: $first"
            code=1
        fi
    done <<< "$docs_not_run"
    return $code
}

# docs_state: what must be the same after each procedure.
docs_state() {
    guest_sh 'for what in "key --json" "user --json" "kcare list --json" --list-servers; do echo "kc.eportal $what"; kc.eportal $what; done
        cat /var/lib/eportal/instance-id'
}
docs_remember() { docs_state > "$work/state"; }

# docs_intact [FOLDER]: the data is what it was, and all files of patches are in their folder.
docs_intact() {
    guest_answers || { echo 'the portal does not answer'; return 1; }
    docs_state > "$work/state.now" || return 1
    diff -u "$work/state" "$work/state.now" || return 1
    guest_sh "kc.eportal check -v | tee said; grep -qx 'OK: patch-files: all patchsets have their files' said
        cmp kpatch.bin \"\$(find ${1:-/var/lib/eportal}/resources -path '*/1/kpatch.bin')\""
}

# docs_other_change NAME: something that the procedure must undo.
docs_other_change() { guest_sh "kc.eportal key add $1" && ! docs_state | diff -q "$work/state" - > /dev/null; }

# The machine as it was before the portal had any data; what it had is given to /mnt/old.
docs_new_host() {
    guest_sh 'systemctl stop eportal; rm -rf /mnt/old; mkdir -p /mnt/old/var/lib; cp -a /var/lib/eportal /mnt/old/var/lib/
        find /var/lib/eportal -mindepth 1 -delete; systemctl start eportal' && guest_answers && guest_sh '! kc.eportal key | grep mine'
}

# No grep -q behind a pipe here: it ends at the first match, and what writes to it may fail then.
docs_prepare() {
    # Stands for another machine: what it is told to do is done here, in a folder of its own.
    write_guest /usr/bin/ssh '#!/bin/sh
[ "$1" = backup-host ] && cd /srv/backup-host && shift && exec sh -c "$*"'
    # Stands for an editor, and a reader who finds that the paths are right.
    write_guest /usr/bin/vi '#!/bin/sh
grep -q "^ssl_certificate_key /etc/nginx/ssl/eportal.key;" "$1"'
    cp "$dist"/* "$root/root/packages/"
    # Signed by whoever built the packages.
    guest_sh 'mkdir -p /srv/backup-host /mnt/backups /etc/nginx/ssl
        minisign -G -W -f -p packages/eportal.pub -s vendor.key; minisign -S -s vendor.key -m packages/SHA256SUMS
        cd /etc/nginx/ssl; openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=portal -days 30 -keyout eportal.key -out eportal.crt'
}
write_guest() { install -D -m 755 /dev/stdin "$root$1" <<< "$2"; }

# A host with a key, and a patchset for its kernel.
docs_data() {
    guest_sh "apt-get install -y --no-install-recommends ./packages/kernelcare_${version}_amd64.deb
        kc.eportal key add mine
        kcarectl --set-patch-server http://127.0.0.1:8080/; kcarectl --register mine
        head -c 4096 /dev/urandom > kpatch.bin
        kc.eportal patchset build --name K20260101_01 --target @/proc/version --level 1 K20260101_01.tar.bz2 kpatch.bin=kpatch.bin
        kc.eportal kcare deploy K20260101_01.tar.bz2
        kcarectl --check" && docs_remember && docs_intact
}

# docs_settings_undo: the settings as they were installed, patches in the data folder.
docs_settings_undo() {
    guest_sh "systemctl stop eportal
        for name in arch resources user-resources; do [ ! -d '${1:-}/'\$name ] || cp -a '${1:-}/'\$name /var/lib/eportal/; done
        cp -p /root/config /etc/eportal/config; systemctl start eportal" && docs_intact
}

docs_install() {
    docs_run install.md 'sha256sum --check --ignore-missing SHA256SUMS'
    docs_run install.md "apt-get install -y --no-install-recommends ./eportal_${version}_amd64.deb"
    check 'the portal answers' guest_answers
    docs_run install.md 'kc.eportal user add admin'
    check 'the user is there' guest_sh 'kc.eportal user | grep -E "^admin +\| admin"'
    check 'the service starts with the machine' guest systemctl is-enabled eportal
    check 'a host and a patchset' docs_data
    check 'settings are kept' guest_sh 'cp -p /etc/eportal/config config'
    docs_run install.md 'install -d -o eportal -g eportal /srv/patches'
    check 'patches are on the other disk' docs_intact /srv/patches
    # "Delete the old folders".
    check 'the old ones are deleted' guest_sh 'cd /var/lib/eportal; rm -r arch resources user-resources; systemctl restart eportal'
    check 'no patch is missing' docs_intact /srv/patches
    check 'the host is offered the patch' guest kcarectl --check
    check 'back to one disk' docs_settings_undo /srv/patches
}

docs_https() {
    docs_run https.md 'kc.eportal sync-nginx-conf'
    check 'nginx leads to the portal' guest_sh 'curl -fs http://127.0.0.1/readyz | grep "\"status\":\"ready\""'
    docs_run https.md 'mv /etc/nginx/eportal.ssl.conf.example /etc/nginx/eportal.ssl.conf'
    check 'HTTPS leads to the portal' guest_sh 'curl -fsk https://127.0.0.1/readyz | grep "\"status\":\"ready\""'
    check 'hosts can be told the new address' guest_sh 'curl -fsk https://127.0.0.1/set-patch-server | grep https://127.0.0.1'
    check 'metrics are closed' guest_sh '[ "$(curl -sk -o /dev/null -w "%{http_code}" https://127.0.0.1/metrics)" = 403 ]
        curl -fs http://127.0.0.1:8080/metrics | grep "^eportal"'
    docs_run https.md 'mkdir -p /path/to/patches/storage'
    check 'patches are in the storage' docs_intact /path/to/patches/storage
    check 'the old ones are deleted' guest_sh 'cd /var/lib/eportal; rm -r arch resources user-resources; systemctl restart eportal'
    check 'no patch is missing' docs_intact /path/to/patches/storage
    check 'HTTPS still leads to the portal' guest_sh 'curl -fsk https://127.0.0.1/readyz | grep "\"status\":\"ready\""'
    check 'back to one disk' docs_settings_undo /path/to/patches/storage
    docs_set https.md "TRUSTED_PROXIES = ['127.0.0.1', '::1', '10.0.0.5']     # nginx here, and the balancer"
    check 'the setting is taken' guest_sh 'kc.eportal config check; systemctl restart eportal'
    check 'a certificate for the portal itself' guest_sh 'for end in crt key; do cp /etc/nginx/ssl/eportal.$end /etc/eportal/tls.$end; done'
    docs_set https.md "LISTEN = 'https://0.0.0.0:8443'"
    docs_run https.md 'chown root:eportal /etc/eportal/tls.key && chmod 640 /etc/eportal/tls.key'
    check 'the portal answers by HTTPS' guest_sh 'curl -fsk --retry 20 --retry-connrefused --retry-delay 1 https://127.0.0.1:8443/readyz |
        grep "\"status\":\"ready\""'
    check 'back to HTTP' docs_settings_undo
}

docs_backup() {
    docs_run backup.md 'kc.eportal backup /mnt/backups/eportal-$(date +%F).tar'
    check 'the files are there for root alone' guest_sh 'stat -c "%U %a" /mnt/backups/*.tar /srv/backup-host/eportal.tar > said
        [ "$(grep -cx "root 600" said) of $(wc -l < said)" = "3 of 3" ]'
    # The page names the file of another day.
    check 'the backup of the page' guest_sh 'cp -pn /mnt/backups/eportal-$(date +%F).tar /mnt/backups/eportal-2026-11-27.tar'
    check 'a change after it' docs_other_change late
    docs_run backup.md 'systemctl stop eportal'
    check 'the data is that of the backup' docs_intact
    check 'the other machine has the backup too' guest_sh 'tar -xOf /srv/backup-host/eportal.tar backup.json | grep eportal.sqlite'

    docs_run backup.md 'kc.eportal backup-db /usr/share/kcare-eportal/db-backup_$(date '"'+%Y-%m-%d'"')'
    check 'the folder of the page' guest_sh 'mkdir -p /path/to; cp -r /usr/share/kcare-eportal/db-backup_* /path/to/backup_dir'
    check 'a change after it' docs_other_change later
    docs_run backup.md 'systemctl stop eportal'
    docs_run backup.md 'kc.eportal kcare download-missing'
    check 'the data is that of the backup' docs_intact

    docs_run backup.md 'systemctl stop eportal'
    check 'a new host' docs_new_host
    docs_run backup.md 'systemctl stop eportal'
    check 'download-missing, as above' docs_missing
    check 'the data is that of the old host' docs_intact
    check 'a new host' docs_new_host
    docs_run backup.md 'systemctl stop eportal'
    check 'download-missing, as above' docs_missing
    check 'the data is that of the old host' docs_intact

    check 'a new host' docs_new_host
    check 'the data folder is copied' guest_sh 'systemctl stop eportal; rm -r /var/lib/eportal; cp -a /mnt/old/var/lib/eportal /var/lib/'
    docs_run backup.md 'kc.eportal database upgrade'
    check 'the data is that of the old host' docs_intact
    check 'a new host' docs_new_host
    docs_run backup.md 'BASE_DIR=/var/lib/eportal'
    check 'the data is that of the old host' docs_intact

    # As an upgrade leaves it: the database of before.
    check 'the copy of the page' guest_sh 'kc.eportal backup-db /usr/share/kcare-eportal/before
        cp /usr/share/kcare-eportal/before/eportal.sqlite /var/lib/eportal/eportal-before-0.2.0-schema0021-20261127T140921Z.copy
        chown eportal:eportal /var/lib/eportal/*.copy'
    check 'a change after it' docs_other_change latest
    docs_run backup.md 'systemctl stop eportal'
    check 'the data is that of the copy' docs_intact
}
docs_missing() { guest_sh 'for product in kcare libcare qemu db; do kc.eportal $product download-missing; done'; }

docs_remove() {
    check 'the agent goes' guest apt-get purge -y kernelcare
    docs_run install.md 'apt-get remove -y eportal       # keeps settings and data'
    check 'nothing is left' guest_sh '[ ! -e /usr/bin/eportal ] && [ ! -e /etc/eportal ] && [ ! -e /var/lib/eportal ] && id eportal'
    docs_run install.md "tar -xzf eportal-$version-linux-x64.tar.gz"
    check 'the portal answers' guest_answers
    check 'it starts with the machine' guest systemctl is-enabled eportal
    check 'its files are its own' guest_sh '[ "$(stat -c "%U:%G %a" /etc/eportal/config)" = "root:eportal 640" ]
        [ "$(stat -c "%U %a" /var/lib/eportal)" = "eportal 700" ]; kc.eportal key add mine; kcarectl --version | grep -x '"$version"
}

root=$work/docs-root
guest_root "$root" bookworm-nginx nginx-light,openssl,minisign
check 'the pages have whole blocks' docs_split
guest_start "$root"
check 'what the pages expect' docs_prepare
docs_install
docs_https
docs_backup
docs_run troubleshooting.md 'systemctl status eportal'
docs_remove
check 'every block is run or listed with a reason' docs_all_seen
guest_sh 'journalctl -u eportal --no-pager' >> "$log" 2>&1 || true
guest_stop
