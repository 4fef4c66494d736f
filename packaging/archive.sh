# shellcheck shell=bash disable=SC2154,SC2016 # What is not assigned here comes from scripts/packages.sh.
# Builds the .tar.gz for systems without dpkg and rpm. Sourced by scripts/packages.sh.

# tar_of FOLDER [OPTION…]: a tar on standard output that is the same for the same content.
tar_of() {
    local folder=$1
    shift
    tar --create --directory "$folder" --sort=name --format=gnu --mtime "@$SOURCE_DATE_EPOCH" --owner=0 --group=0 --numeric-owner "$@" .
}

# What the package puts below /, in a folder eportal-VERSION, and the agent.
archive() {
    local name=eportal-$version root=$stage/archive
    mkdir -p "$root"
    cp -a "$stage/eportal" "$root/$name"
    cp -a "$stage/kernelcare/usr/." "$root/$name/usr/"
    cp -a "$stage/kernelcare/etc/." "$root/$name/etc/"
    put 0644 docs/operations/install.md "$root/$name/INSTALL.md"
    tar_of "$root" | gzip -6n > "$dist/$name-linux-x64.tar.gz"
}
