# shellcheck shell=bash disable=SC2154,SC2016 # Sourced by scripts/test-packages.sh.
# Usage reports by mail, as the service sends them: with its sandbox, by a real sendmail.

mail_port=2525

# The service with the command `report` in place of the portal: all that closes it stays.
mail_unit() {
    guest_sh "sed -e 's|^ExecStart=.*|ExecStart=/usr/bin/kc.eportal report|' -e 's/^Type=notify/Type=oneshot/' \
            -e '/^\(Watchdog\|Restart\|ExecStartP\|FileDescriptor\|SuccessExit\)/d' /usr/lib/systemd/system/eportal.service \
            > /run/systemd/system/report.service
        systemctl daemon-reload
        grep -x NoNewPrivileges=yes /run/systemd/system/report.service"
}

mail_arrived() {
    local tries
    for tries in $(seq 50); do
        ! grep -x "To: reports@example.com" "$work/letters" || return 0
        sleep 0.2
    done
    cat "$work/letters"
    return "$tries"
}

root=$work/mail
guest_root "$root" bookworm-msmtp msmtp-mta
cp "$dist/eportal_${version}_amd64.deb" "$root/root/packages/"
printf 'account default\nhost 127.0.0.1\nport %s\nfrom eportal@example.com\n' $mail_port > "$root/etc/msmtprc"
chmod 0644 "$root/etc/msmtprc"
guest_start "$root"
nsenter -t "$leader" -n python3 tests/packages/mailbox.py $mail_port > "$work/letters" 2>&1 &
mailbox=$!

check 'apt installs the portal' guest apt-get install -y --no-install-recommends "/root/packages/eportal_${version}_amd64.deb"
check 'an address for reports' guest_sh "echo \"REPORT_MAILTO = 'reports@example.com'\" >> /etc/eportal/config"
check 'the sandbox of the service' mail_unit
check 'the report is handed over in it' guest_sh 'systemctl start report; journalctl -u report -o cat | grep "^usage report 1 mailed"'
check 'the letter arrives' mail_arrived
check 'the report is in it' grep '"number": 1,' "$work/letters"
kill "$mailbox"
guest_stop
