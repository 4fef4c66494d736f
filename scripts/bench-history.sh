#!/bin/bash
# What a year of history costs on disk: some hosts make the check-ins with news of a year in a row, and the tables are weighed.
# A year here: a patch every two weeks (level and effective kernel), and once a restart into another kernel, patched then.
# bench-history.sh [HOSTS, 2000]
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/need.sh history
[ -x out/eportal ] || make build
work=$(mktemp -d /var/tmp/eportal-history.XXXXXX)
portal=
trap '[ -z "$portal" ] || kill "$portal"; rm -rf "$work"' EXIT
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
EPORTAL_RUN_AS=$(id -un)
export EPORTAL_RUN_AS EPORTAL_CONFIG=/dev/null EPORTAL_DATA_DIR=$work/data EPORTAL_LISTEN=http://127.0.0.1:$port
# One host says in a minute what is a year of news.
export EPORTAL_REGISTER_RATE_LIMIT=0 EPORTAL_SERVER_CHANGES_PER_HOUR=0
out/kc.eportal key add year > /dev/null
out/eportal serve > "$work/log" 2>&1 &
portal=$!
tries=0
until curl -fs -o /dev/null "http://127.0.0.1:$port/healthz"; do
    tries=$((tries + 1))
    [ $tries -lt 150 ] || { cat "$work/log"; exit 1; }
    sleep 0.2
done

python3 - "$port" "${1:-2000}" << 'END'
import hashlib, http.client, json, sys, threading

port, hosts = int(sys.argv[1]), int(sys.argv[2])
THREADS = 16


def year(host):
    """The check-ins with news of one host: release, effective kernel, level, uptime in seconds."""
    level, up = 1, 1000
    for week in range(0, 52, 2):
        release = f"5.14.0-{362 + week // 26 * 65}.{host % 9}.1.el9_{week // 26 + 3}.x86_64"
        if week % 26 == 0 and week:
            level, up = 1, 60
            yield release, release, 0, up
        yield release, f"5.14.0-{400 + week}.{host % 9}.1.el9_4.x86_64", level, up
        level, up = level + 1, up + 14 * 86400


def work(first):
    calls = http.client.HTTPConnection("127.0.0.1", port)

    def post(path, body):
        calls.request("POST", path, json.dumps(body), {"Content-Type": "application/json"})
        answer = calls.getresponse()
        text = answer.read()
        if answer.status != 200:
            raise SystemExit(f"{path}: {answer.status} {text!r}")
        return json.loads(text)

    fleet = []
    for host in range(first, hosts, THREADS):
        name = f"web-{host:06d}.dc{host % 7}.example.com"
        fleet.append((name, post("/admin/api/register", {"key": "year", "hostname": name})["server_id"]))
    # All hosts take turns, as in a real year: where a line comes to lie decides how full pages get.
    for turn in zip(*(year(host) for host in range(first, hosts, THREADS))):
        for (name, server_id), (release, euname, level, up) in zip(fleet, turn):
            post("/admin/api/kcare/checkin", {
                "server_id": server_id, "hostname": name, "kernel_id": hashlib.sha1(release.encode()).hexdigest(),
                "release": release, "euname": euname, "patch_level": level, "patch_type": "default", "uptime": up,
                "version": "#1 SMP PREEMPT_DYNAMIC", "virt": "kvm", "kcare_version": "0.2.0", "distro": "almalinux",
                "distro_version": "9.4", "machine": "x86_64", "processor": "x86_64"})

threads = [threading.Thread(target=work, args=(first,)) for first in range(THREADS)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
END

# Stopped, so that all is in the rows and in one file.
kill "$portal"
wait "$portal" || true
portal=
python3 - "$work/data/eportal.sqlite" "${1:-2000}" << 'END'
import sqlite3, sys

database, hosts = sqlite3.connect(sys.argv[1]), int(sys.argv[2])
ask = lambda sql: database.execute(sql).fetchone()[0]


def weigh(table):
    """Rows of a table, and bytes of its pages and of its indexes'."""
    pages = "SELECT sum(pgsize) FROM dbstat WHERE name IN (SELECT name FROM sqlite_master WHERE tbl_name = ?)"
    return ask(f"SELECT count(*) FROM {table}"), database.execute(pages, (table,)).fetchone()[0]


print(f"{hosts} hosts, database {ask('SELECT page_count * page_size FROM pragma_page_count, pragma_page_size') / 2**20:.1f} MiB")
for table in ("server_history", "operation"):
    rows, size = weigh(table)
    print(f"{table}: {rows} rows, {rows / hosts:.1f} a host, {size / rows:.0f} bytes each, {size / hosts / 1024:.2f} KiB a host")
print(f"whether every host has its year: {ask('SELECT count(DISTINCT server) FROM server_history') == hosts}")
END
