"""Whether KVM works here, tried with a real short boot: /dev/kvm may open and yet crash the guest."""
import os
import subprocess

import build

SECONDS = 20


def accelerator(image, say):
    """`kvm` or `tcg`. The answer is kept for as long as the host runs."""
    with open("/proc/sys/kernel/random/boot_id", encoding="utf-8") as file:
        boot = file.read().strip()
    record = os.path.join(build.CACHE, "accelerator")
    if os.path.exists(record):
        with open(record, encoding="utf-8") as file:
            kept, _, answer = file.read().strip().partition(" ")
        if kept == boot and answer in ("kvm", "tcg"):
            return answer
    answer = "kvm" if os.path.exists("/dev/kvm") and boots(image) else "tcg"
    with open(record, "w", encoding="utf-8") as file:
        file.write(f"{boot} {answer}\n")
    say(f"accelerator: {answer}")
    return answer


def boots(image):
    """Starts the bare kernel under KVM: it works if the kernel gets as far as missing its root."""
    kernel = image["vmlinuz"]
    command = [os.path.join(build.HERE, "in-tools"), "qemu-system-x86_64", "-accel", "kvm", "-cpu", "host", "-smp", "2",
               "-m", "512", "-nodefaults", "-display", "none", "-no-reboot", "-serial", "stdio", "-kernel", kernel,
               "-append", "console=ttyS0 panic=-1"]
    try:
        done = subprocess.run(command, env=dict(os.environ, TOOLS=image["tools"]), stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return False
    return b"Unable to mount root" in done.stdout
