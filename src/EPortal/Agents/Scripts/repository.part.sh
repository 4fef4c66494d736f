#!/bin/sh
# shellcheck disable=SC2154
# Sets up the package manager of this host to take the agent's package from the portal. Part of other scripts, which set
# $portal and have fail().
deb_architectures='@DEB_ARCHITECTURES@'
rpm_architectures='@RPM_ARCHITECTURES@'

# Prints the package manager of this host: apt, zypper, dnf or yum; nothing where there is none of them.
package_manager() {
    if [ -s /var/lib/dpkg/status ] && command -v apt-get > /dev/null; then
        echo apt
        return
    fi
    for tool in zypper dnf yum; do
        if command -v "$tool" > /dev/null; then
            echo "$tool"
            return
        fi
    done
}

# Prints the architecture of this host as the package manager $1 calls it.
architecture() {
    case $1 in
        apt) dpkg --print-architecture ;;
        *) rpm --eval '%{_arch}' ;;
    esac
}

# Whether the portal has the agent's package for the package manager $1.
has_package() {
    case $1 in
        apt) held=$deb_architectures ;;
        zypper | dnf | yum) held=$rpm_architectures ;;
        *) return 1 ;;
    esac
    case " $held " in
        *" $(architecture "$1") "*) return 0 ;;
    esac
    return 1
}

# Writes standard input to $1, whole or not at all, for everybody to read.
write_file() {
    mkdir -p "$(dirname "$1")"
    cat > "$1.new"
    chmod 0644 "$1.new"
    mv -f "$1.new" "$1"
}

write_key() {
    write_file "$1" <<'KEY'
@REPOSITORY_KEY@
KEY
}

# Both the lists and each package are checked with the portal's key.
write_rpm_repository() {
    write_key /etc/pki/rpm-gpg/RPM-GPG-KEY-kernelcare
    rpm --import /etc/pki/rpm-gpg/RPM-GPG-KEY-kernelcare
    write_file "$1" <<REPO
[kernelcare]
name=KernelCare agent
baseurl=$portal/repo/rpm
enabled=1
autorefresh=1
gpgcheck=1
repo_gpgcheck=1
gpgkey=file:///etc/pki/rpm-gpg/RPM-GPG-KEY-kernelcare
REPO
    echo "repository set: $1"
}

# Makes the package manager $1 take the agent from the portal.
set_repository() {
    case $1 in
        apt)
            write_key /usr/share/keyrings/kernelcare.asc
            write_file /etc/apt/sources.list.d/kernelcare.list <<LIST
deb [arch=$(dpkg --print-architecture) signed-by=/usr/share/keyrings/kernelcare.asc] $portal/repo/deb stable main
LIST
            echo 'repository set: /etc/apt/sources.list.d/kernelcare.list'
            ;;
        zypper) write_rpm_repository /etc/zypp/repos.d/kernelcare.repo ;;
        *) write_rpm_repository /etc/yum.repos.d/kernelcare.repo ;;
    esac
}

# Installs the agent's package, or brings it up to date. Standard input may be this script: it is kept from the tools.
# Only this repository is asked first: a host without internet often has others that do not answer.
install_package() {
    case $1 in
        apt)
            apt-get update -o Dir::Etc::sourcelist=sources.list.d/kernelcare.list -o Dir::Etc::sourceparts=- \
                -o APT::Get::List-Cleanup=0 < /dev/null \
                && DEBIAN_FRONTEND=noninteractive apt-get install -y kernelcare < /dev/null
            ;;
        zypper)
            zypper --non-interactive refresh kernelcare < /dev/null \
                && zypper --non-interactive --no-refresh install kernelcare < /dev/null
            ;;
        *)
            "$1" -y --disablerepo='*' --enablerepo=kernelcare install kernelcare < /dev/null \
                || "$1" -y install kernelcare < /dev/null
            ;;
    esac
}
