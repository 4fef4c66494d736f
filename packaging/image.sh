# shellcheck shell=bash disable=SC2154,SC2016,SC2094 # What is not assigned here comes from scripts/packages.sh.
# Builds an image archive that podman and docker load, without either and without a daemon. Sourced by scripts/packages.sh.
# It is a "docker archive" (manifest.json, configuration, layers), which both take and which carries the health check.

# User of the portal inside; nobody else's number on usual systems.
image_user=10001

# Debian packages that the program needs at run time; files of them alone, nothing is installed.
image_base='libc6 libgcc-s1 libstdc++6 libssl3 zlib1g ca-certificates tzdata base-files'

image() {
    local root=$stage/image layers=$stage/layers name
    mkdir -p "$root/base" "$root/program" "$layers"
    image_lay_base "$root/base"
    image_lay_program "$root/program"
    tar_of "$root/base" > "$root/base.tar"
    image_tar_program "$root/program" > "$root/program.tar"
    # A layer is named by its content; compressed each, for podman takes no archive that is compressed as a whole.
    for name in base program; do
        gzip -6n < "$root/$name.tar" > "$layers/$(sha256sum "$root/$name.tar" | cut -d' ' -f1)-$name.tar.gz"
    done
    image_describe "$layers"
    chmod 0644 "$layers"/*
    (cd "$layers" && tar --create --sort=name --format=gnu --mtime "@$SOURCE_DATE_EPOCH" --owner=0 --group=0 --numeric-owner -- *) \
        > "$dist/eportal-$version-image.tar"
}

image_lay_base() {
    local cache=.cache/image package
    mkdir -p "$cache"
    # shellcheck disable=SC2086 # A list of names.
    (cd "$cache" && apt-get download -qq $image_base)
    for package in $image_base; do
        dpkg-deb -x "$(find "$cache" -name "${package}_*.deb" -printf '%T@ %p\n' | sort -n | tail -n 1 | cut -d' ' -f2)" "$1"
    done
    rm -rf "${1:?}"/usr/share/{doc,man,lintian,locale,zoneinfo/right} "${1:?}"/{dev,proc,sys,run,tmp,home,root,boot,media,mnt,srv,opt,etc}
    mkdir -p "$1"/etc/ssl/certs "$1"/{dev,proc,sys,run,root}
    install -d -m 1777 "$1/tmp"
    cat "$1"/usr/share/ca-certificates/mozilla/*.crt > "$1/etc/ssl/certs/ca-certificates.crt"
    printf 'root:x:0:0::/root:/sbin/nologin\neportal:x:%s:%s::/var/lib/eportal:/sbin/nologin\n' $image_user $image_user > "$1/etc/passwd"
    printf 'root:x:0:\neportal:x:%s:\n' $image_user > "$1/etc/group"
    printf 'hosts: files dns\n' > "$1/etc/nsswitch.conf"
}

image_lay_program() {
    mkdir -p "$1"/usr/{bin,lib} "$1/usr/share/doc" "$1/var/lib/eportal/data"
    cp -a "$stage/eportal/usr/lib/eportal" "$1/usr/lib/"
    cp -a "$stage/eportal/usr/bin/." "$1/usr/bin/"
    cp -a "$stage/eportal/usr/share/doc/eportal" "$1/usr/share/doc/"
    rm "$1/usr/lib/eportal/prepare"
    chmod 0700 "$1/var/lib/eportal/data"
}

# The data folder belongs to the portal's user, so that a new volume does.
image_tar_program() {
    tar_of "$1" --exclude=./var > "$stage/program.tar"
    tar --append --file "$stage/program.tar" --directory "$1" --sort=name --format=gnu --mtime "@$SOURCE_DATE_EPOCH" \
        --owner=$image_user --group=$image_user --numeric-owner ./var/lib/eportal
    cat "$stage/program.tar"
}

image_describe() {
    local base program config created
    base=$(cd "$1" && ls ./*-base.tar.gz) program=$(cd "$1" && ls ./*-program.tar.gz)
    base=${base#./} program=${program#./}
    created=$(date -u -d "@$SOURCE_DATE_EPOCH" +%Y-%m-%dT%H:%M:%SZ)
    cat > "$1/config.json" << CONFIG
{
  "architecture": "amd64",
  "os": "linux",
  "created": "$created",
  "config": {
    "User": "$image_user:$image_user",
    "ExposedPorts": { "8080/tcp": {} },
    "Env": [
      "PATH=/usr/bin",
      "EPORTAL_LISTEN=http://0.0.0.0:8080",
      "EPORTAL_DATA_DIR=/var/lib/eportal/data",
      "SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt"
    ],
    "Entrypoint": ["/usr/bin/eportal"],
    "Cmd": ["serve"],
    "Healthcheck": {
      "Test": ["CMD", "/usr/bin/kc.eportal", "check", "--url", "http://127.0.0.1:8080"],
      "Interval": 30000000000,
      "Timeout": 10000000000,
      "StartPeriod": 30000000000,
      "Retries": 3
    },
    "StopSignal": "SIGTERM",
    "Volumes": { "/var/lib/eportal/data": {} },
    "WorkingDir": "/var/lib/eportal",
    "Labels": {
      "org.opencontainers.image.title": "eportal",
      "org.opencontainers.image.version": "$version",
      "org.opencontainers.image.licenses": "Apache-2.0"
    }
  },
  "rootfs": { "type": "layers", "diff_ids": ["sha256:${base%-base.tar.gz}", "sha256:${program%-program.tar.gz}"] },
  "history": [
    { "created": "$created", "created_by": "files of Debian packages" },
    { "created": "$created", "created_by": "ePortal $version" }
  ]
}
CONFIG
    config=$(sha256sum "$1/config.json" | cut -d' ' -f1).json
    mv "$1/config.json" "$1/$config"
    printf '[{"Config":"%s","RepoTags":["kernelcare/eportal:%s","kernelcare/eportal:latest"],"Layers":["%s","%s"]}]\n' \
        "$config" "$version" "$base" "$program" > "$1/manifest.json"
}
