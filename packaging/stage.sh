# shellcheck shell=bash disable=SC2154,SC2016 # What is not assigned here comes from scripts/packages.sh.
# Lays out what packages hold. Sourced by scripts/packages.sh; $out has the programs, $stage gets a tree a package.

# put MODE SOURCE TARGET: copies a file, makes the folders above it.
put() { install -D -m "$1" "$2" "$3"; }

# write MODE TARGET: a file from standard input.
write() { install -D -m "$1" /dev/stdin "$2"; }

# link TO TARGET
link() { mkdir -p "$(dirname "$2")" && ln -sfn "$1" "$2"; }

# Completion of a program in the three shells' folders: completion_of COMMAND… TREE; each prints `completion SHELL`.
completion_of() {
    local program=$1 tree=$2 name
    name=$(basename "$program")
    "$program" completion bash | write 0644 "$tree/usr/share/bash-completion/completions/$name"
    "$program" completion zsh | write 0644 "$tree/usr/share/zsh/site-functions/_$name"
    "$program" completion fish | write 0644 "$tree/usr/share/fish/vendor_completions.d/$name.fish"
}

stage_eportal() {
    local tree=$stage/eportal files=packaging/files name
    for name in eportal eportal.bin kcarectl; do put 0755 "$out/$name" "$tree/usr/lib/eportal/$name"; done
    put 0644 "$out/libe_sqlite3.so" "$tree/usr/lib/eportal/libe_sqlite3.so"
    put 0755 $files/prepare "$tree/usr/lib/eportal/prepare"
    link eportal "$tree/usr/lib/eportal/kc.eportal"
    for name in eportal kc.eportal; do link "../lib/eportal/$name" "$tree/usr/bin/$name"; done
    "$out/kc.eportal" config example | write 0640 "$tree/etc/eportal/config"
    install -d -m 0750 "$tree/etc/eportal/environment"
    put 0644 $files/eportal.service "$tree/usr/lib/systemd/system/eportal.service"
    put 0644 packaging/systemd/eportal.socket "$tree/usr/lib/systemd/system/eportal.socket"
    put 0644 $files/eportal.sysusers "$tree/usr/lib/sysusers.d/eportal.conf"
    put 0644 $files/eportal.tmpfiles "$tree/usr/lib/tmpfiles.d/eportal.conf"
    put 0644 $files/eportal.logrotate "$tree/etc/logrotate.d/eportal"
    put 0644 src/EPortal/Hosting/Nginx/eportal.ssl.conf.example "$tree/etc/nginx/eportal.ssl.conf.example"
    # The portal's own repository of the agent offers them (AgentPackages).
    for name in "$dist/kernelcare_${version}_amd64.deb" "$dist/kernelcare-$version-1.x86_64.rpm"; do
        put 0644 "$name" "$tree/usr/lib/eportal/agent-packages/${name##*/}"
    done
    stage_old_paths "$tree"
    for name in eportal kc.eportal; do
        completion_of "$out/$name" "$tree"
        "$out/$name" man | gzip -9n | write 0644 "$tree/usr/share/man/man8/$name.8.gz"
    done
    stage_papers eportal "$tree"
}

# The folder of former portals; links to databases are made by prepare, since they must not lead nowhere.
stage_old_paths() {
    local old=$1/usr/share/kcare-eportal name
    put 0755 packaging/files/migratedb.py "$old/migratedb.py"
    link ../../../bin/kc.eportal "$old/kcare/kc.eportal"
    link /etc/eportal/environment "$old/environment"
    for name in arch resources user-resources cache config reports; do link "/var/lib/eportal/$name" "$old/$name"; done
}

stage_kernelcare() {
    local tree=$stage/kernelcare
    put 0755 "$out/kcarectl" "$tree/usr/bin/kcarectl"
    install -d -m 0755 "$tree/etc/sysconfig/kcare"
    "$out/kcarectl" --help > "$stage/kcarectl.help"
    packaging/agent-help.sh man "$version" < "$stage/kcarectl.help" | gzip -9n | write 0644 "$tree/usr/share/man/man8/kcarectl.8.gz"
    packaging/agent-help.sh bash < "$stage/kcarectl.help" | write 0644 "$tree/usr/share/bash-completion/completions/kcarectl"
    packaging/agent-help.sh zsh < "$stage/kcarectl.help" | write 0644 "$tree/usr/share/zsh/site-functions/_kcarectl"
    packaging/agent-help.sh fish < "$stage/kcarectl.help" | write 0644 "$tree/usr/share/fish/vendor_completions.d/kcarectl.fish"
    stage_papers kernelcare "$tree"
}

# Licence, notices of what is inside, changes.
stage_papers() {
    local doc=$2/usr/share/doc/$1
    put 0644 LICENSE "$doc/copyright"
    put 0644 "$dist/$1-$version.notices.txt" "$doc/THIRD-PARTY-NOTICES"
    gzip -9nc CHANGELOG.md | write 0644 "$doc/changelog.gz"
}
