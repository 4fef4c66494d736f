# shellcheck shell=bash disable=SC2154,SC2016 # What is not assigned here comes from scripts/packages.sh.
# Builds .deb files with dpkg-deb alone. Sourced by scripts/packages.sh.

# deb NAME: control file and maintainer scripts come from packaging/deb/NAME.*.
deb() {
    local name=$1 root=$stage/deb-$1 file
    rm -rf "$root"
    cp -a "$stage/$name" "$root"
    mkdir -p "$root/DEBIAN"
    deb_papers "$name" "$root/usr/share/doc/$name"
    [ ! -f "packaging/deb/$name.lintian-overrides" ] || put 0644 "packaging/deb/$name.lintian-overrides" "$root/usr/share/lintian/overrides/$name"
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

# deb_papers NAME FOLDER: licence and changes in Debian's forms; the licence's text is on every Debian.
deb_papers() {
    mv "$2/changelog.gz" "$2/NEWS.md.gz"
    printf '%s (%s) unstable; urgency=medium\n\n  * What changed is in NEWS.md.gz.\n\n -- The ePortal authors <eportal@localhost>  %s\n' \
        "$1" "$version" "$(date -R -u -d "@$SOURCE_DATE_EPOCH")" | gzip -9n | write 0644 "$2/changelog.gz"
    write 0644 "$2/copyright" << END
Copyright $(date -u -d "@$SOURCE_DATE_EPOCH" +%Y) The ePortal authors

License: Apache-2.0
 On Debian systems, the full text of the Apache License, Version 2.0, is in
 /usr/share/common-licenses/Apache-2.0. Licences of other people's work that
 is in this package are in THIRD-PARTY-NOTICES beside this file.
END
}
