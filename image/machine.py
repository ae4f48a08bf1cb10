"""A virtual machine for the image: QEMU with Secure Boot, a software TPM, a serial log and QMP.

Owns the processes of one machine and its state folder (disk, firmware variables, TPM state, serial
log). `image/run` and the tests drive machines through it. It knows nothing of how an image is built.

    machine = Machine(state, tools, disk=..., firmware=keys/dev/vars.fd, forwards={443: 8443})
    machine.start(); machine.wait_for("cashcow: ready", 180); machine.stop()
"""
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import time
import uuid

HERE = os.path.dirname(os.path.abspath(__file__))
OVMF = "/usr/share/OVMF/OVMF_CODE_4M.secboot.fd"
DISKS = {
    "virtio": ["-device", "virtio-blk-pci,drive=disk,bootindex=1"],
    "nvme": ["-device", "nvme,drive=disk,serial=cashcow,bootindex=1"],
    "sata": ["-device", "ide-hd,drive=disk,bus=ide.0,bootindex=1"],
}
CARDS = {"virtio": "virtio-net-pci", "e1000e": "e1000e"}
ESCAPES = re.compile(r"\x1b\[[0-9;?=]*[A-Za-z]|\x1b[()][A-Z0-9]|\r")


class MachineError(Exception):
    """A machine that does not do what was asked; the text is for people."""


class Machine:
    """One machine in one state folder. Not safe for use by two processes at once."""

    def __init__(self, state, tools, disk, firmware, *, stick=None, forwards=None, tap=None, disk_bus="virtio",
                 card="virtio", mac="52:54:00:c0:a5:00", namespace=None, memory=1024, accelerator=None, extra=()):
        self.state = os.path.abspath(state)
        os.makedirs(self.state, mode=0o700, exist_ok=True)
        self.tools, self.disk, self.stick = tools, disk, stick
        self.forwards, self.tap = forwards or {}, tap
        self.disk_bus, self.card, self.memory, self.extra = disk_bus, card, memory, list(extra)
        self.accelerator = accelerator
        self.mac, self.namespace = mac, namespace
        self.variables = self.path("firmware.fd")
        if not os.path.exists(self.variables):
            shutil.copy(firmware, self.variables)
        self.serial_log = self.path("serial.log")
        self.qemu = self.swtpm = None

    def path(self, name):
        return os.path.join(self.state, name)

    def inside(self, command, **options):
        """Starts a program of the tools tree; its pid is the program's own."""
        within = ["ip", "netns", "exec", self.namespace] if self.namespace else []
        return subprocess.Popen([*within, os.path.join(HERE, "in-tools"), *command], stdin=subprocess.DEVNULL,
                                env=dict(os.environ, TOOLS=self.tools), **options)

    def identity(self):
        """The machine's SMBIOS UUID: the machine id of the system inside comes from it."""
        path = self.path("uuid")
        if not os.path.exists(path):
            with open(path, "w", encoding="utf-8") as file:
                file.write(str(uuid.uuid4()))
        with open(path, encoding="utf-8") as file:
            return file.read()

    def arguments(self):
        accelerator = self.accelerator or "tcg"
        # One processor under TCG: with two, a busy host can leave the second one without its timer, and
        # the kernel waits for it for ever (seen once in ten starts at a load of eight).
        speed = ["-accel", "kvm", "-cpu", "host", "-smp", "2"] if accelerator == "kvm" else \
            ["-accel", "tcg,thread=multi", "-cpu", "max,la57=off", "-smp", "1"]
        forwards = "".join(f",hostfwd=tcp:127.0.0.1:{host}-:{guest}" for guest, host in self.forwards.items())
        network = ["-netdev", f"user,id=net0,ipv6=off{forwards}",
                   "-device", f"{CARDS[self.card]},netdev=net0,mac={self.mac},romfile="]
        if self.tap:
            network[1] = f"tap,id=net0,ifname={self.tap},script=no,downscript=no"
        stick = ["-drive", f"if=none,id=stick,format=raw,readonly=on,file={self.stick}",
                 "-device", "virtio-blk-pci,drive=stick"] if self.stick else []
        return [
            "qemu-system-x86_64", "-name", "cashcow", "-machine", "q35,smm=on", *speed,
            "-m", str(self.memory), "-uuid", self.identity(), "-nodefaults", "-display", "none", "-no-reboot",
            "-vga", "std", "-rtc", "base=utc",
            "-global", "driver=cfi.pflash01,property=secure,value=on", "-global", "ICH9-LPC.disable_s3=1",
            "-drive", f"if=pflash,format=raw,unit=0,readonly=on,file={OVMF}",
            "-drive", f"if=pflash,format=raw,unit=1,file={self.variables}",
            "-drive", f"if=none,id=disk,format=raw,cache=writeback,discard=unmap,file={self.disk}",
            *DISKS[self.disk_bus], *stick, *network,
            "-chardev", f"socket,id=tpm,path={self.path('tpm.sock')}", "-tpmdev", "emulator,id=tpm0,chardev=tpm",
            "-device", "tpm-crb,tpmdev=tpm0", "-device", "virtio-rng-pci",
            "-chardev", f"file,id=serial,path={self.serial_log}", "-serial", "chardev:serial",
            "-qmp", f"unix:{self.path('qmp.sock')},server=on,wait=off", *self.extra,
        ]

    def start(self, log=None):
        """Starts TPM and machine. `log`: where QEMU's own messages go (default: state/qemu.log)."""
        os.makedirs(self.path("tpm"), mode=0o700, exist_ok=True)
        for name in ("tpm.sock", "qmp.sock", "serial.log"):
            if os.path.exists(self.path(name)):
                os.unlink(self.path(name))
        with open(log or self.path("qemu.log"), "wb") as out:
            self.swtpm = self.inside(["swtpm", "socket", "--tpm2", "--tpmstate", f"dir={self.path('tpm')}",
                                      "--ctrl", f"type=unixio,path={self.path('tpm.sock')}", "--terminate"],
                                     stdout=out, stderr=out, start_new_session=True)
            self.await_file("tpm.sock", self.swtpm)
            self.qemu = self.inside(self.arguments(), stdout=out, stderr=out, start_new_session=True)
            self.await_file("qmp.sock", self.qemu)
        return self

    def await_file(self, name, process):
        for _ in range(300):
            if os.path.exists(self.path(name)):
                return
            if process.poll() is not None:
                break
            time.sleep(0.05)
        said = self.complaint() or f"{name} did not show up"
        self.stop()
        raise MachineError(f"the machine does not start: {said}")

    def complaint(self):
        """What QEMU and swtpm have said themselves."""
        with open(self.path("qemu.log"), encoding="utf-8", errors="replace") as log:
            return log.read().strip()

    def serial(self):
        """Everything that the serial port has said, without terminal escapes."""
        try:
            with open(self.serial_log, encoding="utf-8", errors="replace") as log:
                return ESCAPES.sub("", log.read())
        except FileNotFoundError:
            return ""

    def fact(self, name):
        """The last value of a line `cashcow: NAME VALUE`, or None."""
        found = re.findall(rf"^cashcow: {re.escape(name)}(?: (.*))?$", self.serial(), re.MULTILINE)
        return found[-1] if found else None

    def wait_for(self, pattern, seconds, stop_on=None):
        """Waits until the serial port has said `pattern`; returns the match."""
        end = time.monotonic() + seconds
        while True:
            text = self.serial()
            if found := re.search(pattern, text, re.MULTILINE):
                return found
            if stop_on and (found := re.search(stop_on, text, re.MULTILINE)):
                raise MachineError(f"the machine said: {found.group(0)}")
            if not self.running():
                raise MachineError(f"the machine ended; its last words: {text.strip()[-300:] or self.complaint()!r}")
            if time.monotonic() > end:
                raise MachineError(f"nothing like {pattern!r} within {seconds:.0f} s; last words: {text.strip()[-300:]!r}")
            time.sleep(0.3)

    def running(self):
        return self.qemu is not None and self.qemu.poll() is None

    def command(self, name, **arguments):
        """One QMP command on a connection of its own."""
        with socket.socket(socket.AF_UNIX) as control:
            control.settimeout(10)
            control.connect(self.path("qmp.sock"))
            lines = control.makefile("rw", encoding="utf-8")
            lines.readline()
            for request in ({"execute": "qmp_capabilities"}, {"execute": name, "arguments": arguments}):
                lines.write(json.dumps(request) + "\n")
                lines.flush()
                while "event" in (answer := json.loads(lines.readline())):
                    pass
            if "error" in answer:
                raise MachineError(f"QMP {name}: {answer['error']['desc']}")
            return answer["return"]

    def press_restart(self):
        """Presses Ctrl-Alt-Del: the system ends in good order, and QEMU leaves instead of restarting."""
        self.command("send-key", keys=[{"type": "qcode", "data": key} for key in ("ctrl", "alt", "delete")])

    def power_off(self, seconds=60):
        """Ends the system in good order; pulls the plug when it does not follow."""
        self.press_restart()
        try:
            self.qemu.wait(seconds)
        except subprocess.TimeoutExpired:
            pass
        self.stop()

    def stop(self):
        """Pulls the plug: ends QEMU, then the TPM."""
        for process in (self.qemu, self.swtpm):
            if process is None or process.poll() is not None:
                continue
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
                process.wait()
        self.qemu = self.swtpm = None

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()
