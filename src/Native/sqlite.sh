#!/bin/bash
# sqlite.sh GLIBC FILE compiles SQLite into the shared library FILE, linked against the libraries that glibc.sh made in the folder GLIBC.
# CC is the compiler. The source (public domain) is that in npm's better-sqlite3, of which nothing else is used.
set -euo pipefail

source=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)/Sqlite

# Those of NuGet's library; SqliteOptionsTests compares.
options=(
    -DSQLITE_DEFAULT_FOREIGN_KEYS=1
    -DSQLITE_DQS=0
    -DSQLITE_ENABLE_COLUMN_METADATA
    -DSQLITE_ENABLE_FTS3
    -DSQLITE_ENABLE_FTS3_PARENTHESIS
    -DSQLITE_ENABLE_FTS4
    -DSQLITE_ENABLE_FTS5
    -DSQLITE_ENABLE_GEOPOLY
    -DSQLITE_ENABLE_MATH_FUNCTIONS
    -DSQLITE_ENABLE_PREUPDATE_HOOK
    -DSQLITE_ENABLE_RTREE
    -DSQLITE_ENABLE_SESSION
    -DSQLITE_ENABLE_SNAPSHOT
    -DSQLITE_LIKE_DOESNT_MATCH_BLOBS
)
exports='-DSQLITE_API=__attribute__((visibility("default")))'
hardening=(-D_FORTIFY_SOURCE=2 -fstack-protector-strong '-Wl,-z,relro,-z,now')

# A file of this name is complete.
"${CC:-gcc}" -O2 -fPIC -fvisibility=hidden "${hardening[@]}" "${options[@]}" "$exports" -shared -s -pthread \
    -Wl,-soname,libe_sqlite3.so -Wl,--as-needed -Wl,--no-undefined -o "$2.new" \
    "$source/node_modules/better-sqlite3/deps/sqlite3/sqlite3.c" "@$1/flags" -lpthread -ldl -lm
chmod 644 "$2.new"
mv "$2.new" "$2"
