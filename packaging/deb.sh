# shellcheck shell=bash disable=SC2154,SC2016 # What is not assigned here comes from scripts/packages.sh.
# Builds .deb files with dpkg-deb alone. Sourced by scripts/packages.sh.

# deb NAME: control file and maintainer scripts come from packaging/deb/NAME.*.
deb() {
    local name=$1 root=$stage/deb-$1 file
    rm -rf "$root"
    cp -a "$stage/$name" "$root"
    mkdir -p "$root/DEBIAN"
    sed -e "s/@VERSION@/$version/" -e "s/@SIZE@/$(du -k -s --apparent-size "$stage/$name" | cut -f1)/" \
        "packaging/deb/$name.control" > "$root/DEBIAN/control"
    for file in postinst prerm postrm; do
        [ ! -f "packaging/deb/$name.$file" ] || put 0755 "packaging/deb/$name.$file" "$root/DEBIAN/$file"
    done
    (cd "$root" && find etc -type f -printf '/%p\n' 2> /dev/null | sort) > "$root/DEBIAN/conffiles"
    [ -s "$root/DEBIAN/conffiles" ] || rm "$root/DEBIAN/conffiles"
    (cd "$root" && find usr -type f -print0 | sort -z | xargs -0 md5sum) > "$root/DEBIAN/md5sums"
    chmod 0644 "$root"/DEBIAN/{control,md5sums}
    [ ! -f "$root/DEBIAN/conffiles" ] || chmod 0644 "$root/DEBIAN/conffiles"
    find "$root" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
    dpkg-deb --root-owner-group -Zxz -z2 --build "$root" "$dist/${name}_${version}_amd64.deb" > /dev/null
}
