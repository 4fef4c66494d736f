#!/bin/bash
# glibc.sh FOLDER makes what programs are linked against here so that they start on glibc 2.17: FOLDER/*.so, libraries that have the names
# and versions of glibc.symbols and no code. Programs and libraries are linked with `gcc … @FOLDER/flags`.
# CC is the compiler, whose machine (x86_64 or aarch64) is the one that programs will run on.
set -euo pipefail

source=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
mkdir -p "$1"
folder=$(cd "$1" && pwd)
cc=${CC:-gcc}
machine=$("$cc" -dumpmachine)
case $machine in
    x86_64-*) loader=ld-linux-x86-64.so.2 ;;
    aarch64-*) loader=ld-linux-aarch64.so.1 ;;
    *) echo "glibc.sh: no list of symbols for $machine" >&2; exit 1 ;;
esac

# Prints the lines of a library as "VERSION NAME SIZE", SIZE empty for a function.
symbols_of() {
    awk -v library="$1" -v arm="$([[ $machine != aarch64-* ]] || echo 1)" '
        $1 == library && (arm || $2 != "-") {
            version = arm ? "GLIBC_2.17" : $2
            for (i = 3; i <= NF; i++) { split($i, part, ":"); print version, part[1], part[2] }
        }' "$source/glibc.symbols"
}

# LIBRARY SONAME
make_library() {
    symbols_of "$1" > "$folder/symbols"
    [ -s "$folder/symbols" ] || { echo "glibc.sh: no symbols for $1" >&2; exit 1; }
    awk '{ printf ".globl %s\n.type %s,%s\n", $2, $2, $3 ? "%object" : "%function"
           if ($3) printf ".bss\n%s: .zero %s\n.size %s,%s\n", $2, $3, $2, $3
           else printf ".text\n%s: .byte 0\n", $2 }
         END { print ".section .note.GNU-stack,\"\",%progbits" }' "$folder/symbols" > "$folder/library.s"
    awk '{ names[$1] = names[$1] " " $2 ";" } END { for (v in names) printf "%s { global:%s };\n", v, names[v] }' \
        "$folder/symbols" > "$folder/library.map"
    "$cc" -shared -nostdlib -Wl,-soname,"$2" -Wl,--version-script="$folder/library.map" -o "$folder/$2" "$folder/library.s"
}

make_library ld.so "$loader"
for library in libc.so.6 libdl.so.2 libm.so.6 libpthread.so.0 librt.so.1; do
    make_library "$library" "$library"
    ln -sf "$library" "$folder/${library%.*}"
done
rm "$folder/symbols" "$folder/library.s" "$folder/library.map"

parts=()
for part in start functions; do
    "$cc" -O2 -fPIC -fno-stack-protector -fvisibility=hidden -Wall -Wextra -Werror -c -o "$folder/$part.o" "$source/glibc-$part.c"
    parts+=("$folder/$part.o")
done
rm -f "$folder/libglibc.a"
"${cc%gcc}ar" rcsD "$folder/libglibc.a" "${parts[@]}"
rm "${parts[@]}" "$folder/libc.so"

# As glibc's own libc.so, whose libc_nonshared.a has what is in every program itself (atexit).
echo "GROUP ( \"$folder/libc.so.6\" \"$folder/libglibc.a\" \"$("$cc" -print-file-name=libc_nonshared.a)\"
    AS_NEEDED ( \"$folder/$loader\" ) )" > "$folder/libc.so"

# Last: where this file is, the others are.
echo "\"-L$folder\" -Wl,--wrap=__libc_start_main" > "$folder/flags"
