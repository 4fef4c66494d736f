#!/bin/bash
# need.sh COMMAND:PACKAGE… installs the Debian packages whose command is missing, or says in one sentence what to install.
# A command given as a path (/usr/…) is looked for as a file.
set -eu

missing=()
for pair in "$@"; do
    what=${pair%%:*}
    case $what in
        /*) compgen -G "$what" >/dev/null || missing+=("${pair#*:}") ;;
        *) command -v "$what" >/dev/null || [ -x "/usr/sbin/$what" ] || missing+=("${pair#*:}") ;;
    esac
done
[ ${#missing[@]} -gt 0 ] || exit 0

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq
    apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
else
    echo "Please install: ${missing[*]} (Debian: sudo apt-get install ${missing[*]})." >&2
    exit 1
fi
