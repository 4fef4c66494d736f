#!/bin/bash
# Boots the prepared kernel in QEMU.
#   boot.sh [INITRAMFS]                 a shell in the guest, on this terminal (leave with: poweroff -f)
#   boot.sh INITRAMFS CONSOLE CONTROL   the guest runner; CONSOLE is the file for the kernel's log, CONTROL the
#                                       QEMU device of the control port, such as stdio or unix:PATH
# ACCEL (kvm or tcg) overrules what prepare.sh found out.
set -eu
cache=$(cd "$(dirname "$0")/../.." && pwd)/.cache/kernel
initramfs=${1:-$cache/initramfs.cpio}
if [ $# -lt 3 ]; then
    serial=(-serial mon:stdio)
    mode=lab=shell
else
    serial=(-serial "file:$2" -serial "$3")
    mode=
fi
accel=${ACCEL:-$(cat "$cache/accel" 2> /dev/null || echo tcg)}
[ -w /dev/kvm ] || accel=tcg

# A guest in panic ends QEMU (panic=-1 with -no-reboot) instead of hanging until somebody's deadline.
# The timer is not tried at boot: an emulator that gets no processor just then fails that, and the kernel gives up.
# Mitigations protect nobody here and cost time, most of all without hardware help.
exec qemu-system-x86_64 \
    -nodefaults -no-user-config -machine pc -cpu max -accel "$accel" -m 512 \
    -display none -no-reboot \
    -kernel "$cache/vmlinuz" -initrd "$initramfs" \
    -append "console=ttyS0 no_timer_check panic=-1 oops=panic mitigations=off $mode" \
    -netdev user,id=net,ipv6=off -device virtio-net-pci,netdev=net,romfile= \
    "${serial[@]}"
