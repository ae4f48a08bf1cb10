"""The chain: what must be refused is refused, what must open opens.

One machine lives through it: `release` 1 makes the data volume; then, on copies of that machine, the
attempts. Firmware: one variable store that knows the certificates of both profiles, so that a dev image is
refused by the TPM and not already by the firmware.
"""
import base64
import os
import re
import shutil
import subprocess
import sys

from tests.machines import BOOT, Checks, Lab, MachineError, disks, keys, root_only

FIRST, NEXT = "0.1.0", "0.1.1"
CLOSED = r"^cashcow: problem the data volume does not open"
UP = r"^cashcow: console fingerprint"
REFUSED = r"Access Denied|Security Violation"
# An image that the firmware starts says something within 60 s under TCG; one that it refuses never does.
FIRMWARE = 90
INJECTED = "[Unit]\nDefaultDependencies=no\n[Service]\nExecStart=/usr/bin/udevadm --version\n" \
           "StandardOutput=tty\nTTYPath=/dev/ttyS0\n"


class Chain:
    """The machine, the images and the checks of this suite."""

    def __init__(self, lab, checks):
        self.lab, self.checks = lab, checks
        self.first = lab.image("release", FIRST)
        self.next = lab.image("release", NEXT)
        self.dev = lab.image("dev", FIRST)
        self.firmware = lab.path("both.fd")
        keys.enrol(lambda *command: disks.run(self.first["tools"], *command), [self.first["keys"], self.dev["keys"]], self.firmware)
        self.stick = lab.stick(self.first)
        self.machine = self.fingerprint = None

    def boot(self, name, image, disk, firmware=None, **options):
        return self.lab.machine(name, image, disk, firmware or self.firmware, stick=self.stick, **options)

    def volume(self, disk):
        """The first 16 MiB of the data volume: its LUKS header and the beginning of its data."""
        start, _, _ = disks.partitions(self.first["tools"], disk)["cashcow-data"]
        with open(disk, "rb") as file:
            file.seek(start)
            return file.read(16 << 20)

    def luks_identity(self, disk):
        """What no start changes: that it is LUKS2, and its UUID."""
        head = self.volume(disk)[:512]
        return head[:6], head[168:208]

    # The parts, in their order.

    def makes_the_volume(self):
        disk = self.lab.path("first.raw")
        disks.new_disk(self.first, disk)
        self.machine = self.boot("first", self.first, disk)
        with self.machine as machine:
            machine.wait_for(UP, BOOT, stop_on=CLOSED)
            self.fingerprint = machine.fact("console fingerprint")
            machine.power_off()
        shutil.move(disk, self.machine.path("disk.raw"))
        self.machine.disk = self.machine.path("disk.raw")
        self.checks.check("the first start makes an encrypted data volume",
                          self.volume(self.machine.disk)[:6] == b"LUKS\xba\xbe")

    def opens_again_and_believes_nobody(self):
        """A second start, with everything injected that a hypervisor or the ESP can inject."""
        disk = self.lab.copy(self.machine, "again")
        wanted = "[Unit]\nWants=evil.service w.service\n"
        smbios = [f"io.systemd.credential.binary:systemd.extra-unit.evil.service={encoded(INJECTED)}",
                  f"io.systemd.credential.binary:systemd.unit-dropin.sysinit.target={encoded(wanted)}",
                  "io.systemd.stub.kernel-cmdline-extra=systemd.unit=poweroff.target",
                  "io.systemd.boot.kernel-cmdline-extra=systemd.unit=poweroff.target"]
        config = self.lab.path("w.service")
        with open(config, "w", encoding="utf-8") as file:
            file.write(INJECTED)
        extra = [word for text in smbios for word in ("-smbios", f"type=11,value={text}")]
        # QEMU allows 55 characters for such a name.
        extra += ["-fw_cfg", f"name=opt/io.systemd.credentials/systemd.extra-unit.w.service,file={config}"]
        self.add_on(disk)
        with self.boot("again", self.first, disk, extra=extra) as machine:
            machine.wait_for(UP, BOOT, stop_on=CLOSED)
            self.checks.check("the data volume opens unaided on a second start", True)
            self.checks.check("the shop is the same", machine.fact("console fingerprint") == self.fingerprint,
                              f"{machine.fact('console fingerprint')} instead of {self.fingerprint}")
            self.checks.check("no unit came in by SMBIOS or fw_cfg", not re.search(r"^25[0-9]\s*$", machine.serial(), re.M))
            self.checks.check("no word was added to the command line (SMBIOS, unsigned add-on)", machine.running())
            machine.power_off()

    def add_on(self, disk):
        """Puts an unsigned command-line add-on beside the image on the ESP."""
        addon = self.lab.path("evil.addon.efi")
        disks.run(self.first["tools"], "ukify", "build", "--cmdline=systemd.unit=poweroff.target",
                  "--stub=/usr/lib/systemd/boot/efi/addonx64.efi.stub", f"--output={addon}")
        place = self.esp(disk)
        disks.run(self.first["tools"], "mmd", "-i", place, "::/EFI/BOOT/BOOTX64.EFI.extra.d")
        disks.run(self.first["tools"], "mcopy", "-i", place, addon, "::/EFI/BOOT/BOOTX64.EFI.extra.d/")

    def esp(self, disk):
        start, _, _ = disks.partitions(self.first["tools"], disk)["esp"]
        return f"{disk}@@{start}"

    def next_release_opens(self):
        disk = self.lab.copy(self.machine, "next")
        disks.put_image(self.next, disk)
        with self.boot("next", self.next, disk) as machine:
            machine.wait_for(UP, BOOT, stop_on=CLOSED)
            self.checks.check("the next release opens the data volume", machine.fact("console fingerprint") == self.fingerprint)
            self.checks.check("it is the next release that runs", f"version {NEXT} profile release" in machine.serial())
            machine.power_off()

    def stays_closed(self, name, why, image=None, firmware=None, forget=()):
        """Starts a copy in which one link is different; the volume must stay closed and as it is."""
        disk = self.lab.copy(self.machine, name)
        for file in forget:
            path = os.path.join(os.path.dirname(disk), file)
            if os.path.isdir(path):
                shutil.rmtree(path)
            else:
                os.unlink(path)
        if image:
            disks.put_image(image, disk)
        before = self.luks_identity(disk)
        with self.boot(name, image or self.first, disk, firmware) as machine:
            said = machine.wait_for(r"^cashcow: problem (.*)$", BOOT, stop_on=UP).group(1)
            self.checks.check(f"the volume stays closed {why}", "volume" in said, said)
            self.checks.check(f"the machine says so and waits {why}", machine.running() and "| cure" in said, said)
        self.checks.check(f"the volume is left as it is {why}", self.luks_identity(disk) == before)

    def firmware_refuses(self, name, why, make):
        """Puts another kernel image on the ESP; the firmware must not start it."""
        disk = self.lab.path(f"{name}.raw")
        disks.new_disk(self.first, disk, size=1 << 30)
        uki = self.lab.path(f"{name}.efi")
        make(uki)
        disks.run(self.first["tools"], "mcopy", "-o", "-i", self.esp(disk), uki, "::/EFI/BOOT/BOOTX64.EFI")
        with self.boot(name, self.first, disk) as machine:
            try:
                machine.wait_for(REFUSED, FIRMWARE, stop_on=r"systemd\[1\]|^cashcow:")
                self.checks.check(f"the firmware refuses {why}", True)
            except MachineError as error:
                self.checks.check(f"the firmware refuses {why}", False, str(error))

    def unsigned(self, uki):
        shutil.copy(self.first["uki"], uki)
        disks.run(self.first["tools"], "sbattach", "--remove", uki)

    def foreign(self, uki):
        self.unsigned(uki)
        key, certificate = self.lab.path("foreign.key"), self.lab.path("foreign.crt")
        disks.run(self.first["tools"], "openssl", "req", "-new", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
                  "-subj", "/CN=somebody else/", "-keyout", key, "-out", certificate)
        disks.run(self.first["tools"], "sbsign", "--key", key, "--cert", certificate, "--output", uki, uki)

    def altered(self, uki):
        with open(self.first["uki"], "rb") as file:
            content = bytearray(file.read())
        place = content.index(b"lockdown=confidentiality")
        content[place:place + 24] = b"lockdown=none           "
        with open(uki, "wb") as file:
            file.write(content)

    def flipped_byte_stops(self):
        """One bit in the service's program, on the disk: the kernel must stop instead of running it."""
        disk = self.lab.copy(self.machine, "flipped")
        with open(os.path.join(self.first["root"], "usr/bin/cashcowd"), "rb") as program:
            head = program.read(4096)
        start, size, _ = disks.partitions(self.first["tools"], disk)["cashcow-root-a"]
        with open(disk, "r+b") as file:
            file.seek(start)
            place = start + file.read(size).index(head) + 2048
            file.seek(place)
            byte = file.read(1)[0]
            file.seek(place)
            file.write(bytes([byte ^ 1]))
        with self.boot("flipped", self.first, disk) as machine:
            found = machine.wait_for(r"Kernel panic - not syncing: dm-verity.*|" + UP, BOOT).group(0)
            self.checks.check("a flipped bit in the service's program stops the machine", "panic" in found, found)


def encoded(text):
    return base64.b64encode(text.encode()).decode()


def main():
    root_only()
    checks = Checks()
    with Lab("chain") as lab:
        chain = Chain(lab, checks)
        without_secure_boot = lab.path("plain.fd")
        subprocess.run(["cp", os.path.join(chain.first["tools"], "usr/share/OVMF/OVMF_VARS_4M.fd"), without_secure_boot], check=True)
        checks.side_by_side(
            ("first start", chain.makes_the_volume),
            ("unsigned", chain.firmware_refuses, "unsigned", "an unsigned image", chain.unsigned))
        if chain.fingerprint is None:
            checks.close()
        checks.side_by_side(
            ("second start", chain.opens_again_and_believes_nobody),
            ("next release", chain.next_release_opens))
        checks.side_by_side(
            ("other TPM", chain.stays_closed, "other-tpm", "with another TPM", None, None, ["tpm"]),
            ("dev image", chain.stays_closed, "dev", "under a dev image", chain.dev))
        checks.side_by_side(
            ("no Secure Boot", chain.stays_closed, "insecure", "with Secure Boot off", None, without_secure_boot, ["firmware.fd"]),
            ("flipped bit", chain.flipped_byte_stops))
        checks.side_by_side(
            ("foreign", chain.firmware_refuses, "foreign", "an image that somebody else signed", chain.foreign),
            ("altered", chain.firmware_refuses, "altered", "an altered image", chain.altered))
    checks.close()


if __name__ == "__main__":
    sys.exit(main())
