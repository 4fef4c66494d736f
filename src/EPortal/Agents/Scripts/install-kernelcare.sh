#!/bin/sh
# Installs the agent kcarectl from @PORTAL@ and makes it check in every 4 hours: as the package kernelcare, where the
# portal has one for this host, else as a single program.
# KCARE_MAILTO=ADDRESS in the environment: gets mail when an update fails.
set -eu
# Where an administrator's shell does not look for daemons.
PATH=$PATH:/usr/sbin:/sbin

portal='@PORTAL@'
sha256='@AGENT_SHA256@'

fail() { echo "install-kernelcare: $*" >&2; exit 1; }

[ "$(id -u)" = 0 ] || fail 'run this as root'
umask 022
@REPOSITORY@

install_program() {
    [ -n "$sha256" ] || fail 'this portal has no agent for this host: import a package there with kc.eportal agent import'
    command -v curl > /dev/null || fail 'curl not found: install it first'
    new=$(mktemp /usr/bin/.kcarectl.XXXXXX)
    trap 'rm -f "$new"' EXIT
    curl -fsS --retry 3 -o "$new" "$portal/packages/kcarectl" || fail "cannot download the agent from $portal"
    echo "$sha256  $new" | sha256sum -c - > /dev/null || fail 'checksum mismatch of the agent, not installed'
    chmod 0755 "$new"
    mv -f "$new" /usr/bin/kcarectl
    trap - EXIT
}

manager=$(package_manager)
if has_package "$manager"; then
    set_repository "$manager"
    install_package "$manager" || fail "$manager did not install the package kernelcare, see above"
else
    install_program
fi

mkdir -p /etc/sysconfig/kcare
cat > /etc/sysconfig/kcare/trusted.pub <<'KEYS'
@KEYS@
KEYS
touch /etc/sysconfig/kcare/kcare.conf
grep -q '^AUTO_UPDATE=' /etc/sysconfig/kcare/kcare.conf || echo 'AUTO_UPDATE=True' >> /etc/sysconfig/kcare/kcare.conf
/usr/bin/kcarectl --set-patch-server "$portal/"

# The agent adds a random delay, so that a fleet does not check in at once. After a reboot it applies the patch again.
if [ -d /etc/cron.d ] && { command -v crond || command -v cron; } > /dev/null; then
    # Written beside its place under a name that no cron reads, so that MAILTO can be carried over.
    kept=$(sed -n '/^MAILTO=/p' /etc/cron.d/kcare-cron 2> /dev/null || true)
    {
        case ${KCARE_MAILTO:-} in
            '') [ -z "${kept:-}" ] || echo "$kept" ;;
            *[!A-Za-z0-9.@_+,-]*) echo 'install-kernelcare: invalid KCARE_MAILTO, ignored: use a mail address' >&2 ;;
            *) echo "MAILTO=$KCARE_MAILTO" ;;
        esac
        echo '17 */4 * * * root /usr/bin/kcarectl --auto-update'
        echo '@reboot root /usr/bin/kcarectl --update'
    } > /etc/cron.d/.kcare-cron
    mv -f /etc/cron.d/.kcare-cron /etc/cron.d/kcare-cron
    echo 'scheduled by /etc/cron.d/kcare-cron: an update every 4 hours and after a reboot'
    # From before there was cron here.
    if [ -f /etc/systemd/system/kcare-auto-update.timer ] && command -v systemctl > /dev/null; then
        systemctl disable --quiet --now kcare-auto-update.timer kcare-boot.service || true
        rm -f /etc/systemd/system/kcare-auto-update.timer /etc/systemd/system/kcare-auto-update.service /etc/systemd/system/kcare-boot.service
        systemctl daemon-reload || true
    fi
elif command -v systemctl > /dev/null && [ -d /run/systemd/system ]; then
    [ -z "${KCARE_MAILTO:-}" ] || echo 'install-kernelcare: KCARE_MAILTO ignored: it needs cron' >&2
    # 3: the portal has no patch for this kernel, which is not a failure.
    cat > /etc/systemd/system/kcare-auto-update.service <<'UNIT'
[Unit]
Description=Kernel live patches: update from the portal
Wants=network-online.target
After=network-online.target

[Service]
Type=oneshot
ExecStart=/usr/bin/kcarectl --auto-update
SuccessExitStatus=3
UNIT
    cat > /etc/systemd/system/kcare-auto-update.timer <<'UNIT'
[Unit]
Description=Kernel live patches: update every 4 hours

[Timer]
OnCalendar=*-*-* 00/4:17:00

[Install]
WantedBy=timers.target
UNIT
    cat > /etc/systemd/system/kcare-boot.service <<'UNIT'
[Unit]
Description=Kernel live patches: apply after a reboot
Wants=network-online.target
After=network-online.target

[Service]
Type=oneshot
ExecStart=/usr/bin/kcarectl --update
SuccessExitStatus=3

[Install]
WantedBy=multi-user.target
UNIT
    systemctl daemon-reload
    systemctl enable --quiet --now kcare-auto-update.timer
    systemctl enable --quiet kcare-boot.service
    echo 'scheduled by kcare-auto-update.timer every 4 hours, and by kcare-boot.service after a reboot'
else
    echo 'install-kernelcare: neither cron nor systemd found: run kcarectl --auto-update every 4 hours and kcarectl --update after a reboot' >&2
fi

echo 'kcarectl is installed; register this host with: kcarectl --register KEY'
