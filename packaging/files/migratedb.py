#!/bin/sh
# A shell script under its former name: takes in what was copied to this folder and brings the database to the version of
# the installed program. The portal must be stopped.
set -eu
PATH=/usr/sbin:/usr/bin:/sbin:/bin

case "$*" in
    '' | --upgrade) ;;
    *) echo 'usage: migratedb.py --upgrade' >&2; exit 2 ;;
esac
[ "$(id -u)" = 0 ] || { echo 'migratedb.py: run this as root' >&2; exit 1; }
if [ -d /run/systemd/system ] && systemctl --quiet is-active eportal; then
    echo 'migratedb.py: the portal is running; stop it with systemctl stop eportal' >&2
    exit 1
fi

/usr/lib/eportal/prepare
exec kc.eportal database upgrade
