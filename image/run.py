"""image/run: from a fresh machine to a shop that answers, and down again.

Owns the order of things and the words on the screen. Building is build.py's, the machine machine.py's.
Every stop has one line that says what is wrong and what to do.
"""
import argparse
import contextlib
import http.client
import ipaddress
import json
import os
import shutil
import signal
import socket
import ssl
import sys
import time

import build
import disks
from accelerator import accelerator
from machine import Machine, MachineError

# A cold boot took 45 s under TCG on two idle cores, and 139 s on busy ones.
BOOT_SECONDS = {"kvm": 120, "tcg": 600}
COLD_BYTES = 7 << 30
WARM_BYTES = 2 << 30
APPLIANCE = """\
version = 1
hostname = "cashcow-demo"

[network]
dhcp = true

[access]
admin_ranges = [
{ranges}]

[shop]
name = "Meadow & Mill"
demo = true

{founders}"""


class Stop(Exception):
    """What went wrong and what to do about it, in one line."""


def say(text):
    print(text, file=sys.stderr, flush=True)


def arguments():
    parser = argparse.ArgumentParser(
        prog="image/run", description="Build the appliance if needed, boot it here in QEMU and print its addresses.",
        epilog="The first run takes some minutes, later ones only the boot. Ctrl-C stops everything.")
    parser.add_argument("--state", metavar="DIR", default=os.path.join(build.REPO, "target", "machine"),
                        help="folder of the machine's disk, TPM and log (default: target/machine)")
    parser.add_argument("--storefront-port", type=port, default=8443, metavar="N", help="the storefront's port on 127.0.0.1 (default: 8443)")
    parser.add_argument("--console-port", type=port, default=9443, metavar="N", help="the console's port on 127.0.0.1 (default: 9443)")
    parser.add_argument("--admin-range", type=cidr, action="append", default=[], metavar="CIDR",
                        help="one more range that may reach the console; counts for a new machine only")
    parser.add_argument("--fresh", action="store_true", help="forget the machine in --state, with its shop, and begin anew")
    parser.add_argument("--profile", choices=build.PROFILES, default="dev", help="which image to boot (default: dev)")
    parser.add_argument("--keys", metavar="DIR", help="folder of the signing keys (default: keys/, made when missing)")
    parser.add_argument("--detach", action="store_true", help="return once the shop answers; --stop ends the machine")
    parser.add_argument("--json", action="store_true", help="end with one line of JSON on standard output")
    parser.add_argument("--stop", action="store_true", help="stop the machine in --state and return")
    return parser.parse_args()


def port(text):
    number = int(text)
    if not 1 <= number <= 65535:
        raise argparse.ArgumentTypeError("a port is a number from 1 to 65535")
    return number


def cidr(text):
    try:
        return str(ipaddress.ip_network(text))
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{error}; write one such as 192.0.2.0/24") from None


class Running:
    """The record of the machine in a state folder: process ids and ports, kept in machine.json."""

    def __init__(self, state):
        self.path = os.path.join(state, "machine.json")
        self.facts = {}
        with contextlib.suppress(FileNotFoundError, ValueError):
            with open(self.path, encoding="utf-8") as file:
                self.facts = json.load(file)

    def write(self, **facts):
        self.facts.update(facts)
        with open(self.path, "w", encoding="utf-8") as file:
            json.dump(self.facts, file, indent=1)

    def alive(self):
        """The process ids that are still those of this machine."""
        return [pid for pid in self.facts.get("pids", []) if self.ours(pid)]

    def ours(self, pid):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                return os.path.dirname(self.path).encode() in file.read()
        except OSError:
            return False

    def stop(self, machine):
        """Ends the machine in good order, or else hard."""
        if self.alive():
            with contextlib.suppress(MachineError, OSError, ValueError):
                machine.press_restart()
                wait_until(lambda: not self.alive(), 90)
        for hard in (signal.SIGTERM, signal.SIGKILL):
            for pid in self.alive():
                os.kill(pid, hard)
            wait_until(lambda: not self.alive(), 10)
        self.write(pids=[])


def wait_until(true, seconds):
    end = time.monotonic() + seconds
    while not true() and time.monotonic() < end:
        time.sleep(0.2)


def check_ports(asked):
    if asked.storefront_port == asked.console_port:
        raise Stop("storefront and console need different ports: change --storefront-port or --console-port")
    for option, number in (("--storefront-port", asked.storefront_port), ("--console-port", asked.console_port)):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", number))
            except OSError as error:
                raise Stop(f"port {number} cannot be used ({error.strerror}): free it, or choose another with {option}") from None


def check_space(folder):
    cold = not os.path.isdir(build.CACHE) or not os.listdir(build.CACHE)
    for path, needed in ((folder, WARM_BYTES), (build.CACHE, COLD_BYTES if cold else WARM_BYTES)):
        while not os.path.isdir(path):
            path = os.path.dirname(path)
        free = shutil.disk_usage(path).free
        if free < needed:
            raise Stop(f"{path} has {free / 2**30:.1f} GB free, {needed / 2**30:.0f} GB are needed: "
                       "make room, or put --state and XDG_CACHE_HOME on another disk")


def prepare(asked, image, record):
    """The machine's disk: a new one, the old one, or the old one with the new system."""
    disk = os.path.join(asked.state, "disk.raw")
    if os.path.exists(disk) and record.facts.get("profile") != image["profile"]:
        raise Stop(f"{asked.state} holds a {record.facts.get('profile')} machine: use --fresh, or another --state")
    if not os.path.exists(disk):
        say("disk: new, 4 GB, sparse")
        disks.new_disk(image, disk + ".new")
        os.rename(disk + ".new", disk)
    elif record.facts.get("image") != image["id"]:
        say("disk: new system, same shop")
        disks.put_image(image, disk)
    record.write(profile=image["profile"], image=image["id"])
    ranges = ["10.0.2.2/32", *asked.admin_range]
    lines = "".join(f'    {{ cidr = "{net}", name = "{"this computer" if net == ranges[0] else "added at start"}" }},\n'
                    for net in dict.fromkeys(ranges))
    with open(os.path.join(build.REPO, "demo", "founders.toml"), encoding="utf-8") as file:
        founders = file.read()
    stick = os.path.join(asked.state, "setup.raw")
    disks.stick(image["tools"], stick, APPLIANCE.format(ranges=lines, founders=founders))
    return disk, stick


def answers(number):
    """Whether a web server answers over TLS; its certificate is its own, so it is not checked here."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    connection = http.client.HTTPSConnection("127.0.0.1", number, timeout=5, context=context)
    try:
        connection.request("GET", "/")
        return connection.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def wait_for_shop(machine, asked, seconds):
    began, said, shown = time.monotonic(), set(), 0.0
    while True:
        for line in machine.serial().splitlines():
            if line.startswith("cashcow: problem ") and line not in said:
                said.add(line)
                say("machine: " + line[len("cashcow: problem "):])
        if machine.fact("console fingerprint") and answers(asked.storefront_port):
            return
        waited = time.monotonic() - began
        if not machine.running():
            raise Stop(f"the machine ended while starting: read {machine.serial_log}")
        if waited > seconds:
            raise Stop(f"the shop does not answer after {waited:.0f} s: read {machine.serial_log}")
        if waited - shown >= 15:
            shown = waited
            say(f"starting: {waited:.0f} s")
        time.sleep(0.5)


def facts_of(machine, asked):
    code = machine.fact("set-up code")
    return {"storefront": f"https://127.0.0.1:{asked.storefront_port}/",
            "console": f"https://127.0.0.1:{asked.console_port}/",
            "setup_code": code.split(" until ")[0] if code else None,
            "console_fingerprint": (machine.fact("console fingerprint") or "").removeprefix("SHA-256 ") or None,
            "serial_log": machine.serial_log}


def show(machine, asked):
    facts = facts_of(machine, asked)
    stop = "image/run --stop" + ("" if asked.state == os.path.join(build.REPO, "target", "machine") else f" --state {asked.state}")
    lines = [
        "", f"storefront     {facts['storefront']}", f"console        {facts['console']}",
        f"set-up code    {machine.fact('set-up code') or 'none: set-up is done'}",
        f"certificate    SHA-256 {facts['console_fingerprint']}",
        f"serial log     {facts['serial_log']}",
        f"stop           {stop}" if asked.detach else "stop           Ctrl-C", "",
        "The certificates are the machine's own: compare the fingerprint before you trust the console.",
        "Forwarded ports make every caller look like 10.0.2.2: the allowed ranges and the limits per address",
        "cannot tell people apart here. On a real network they do.", ""]
    print("\n".join(lines), file=sys.stderr if asked.json else sys.stdout, flush=True)
    if asked.json:
        print(json.dumps(facts), flush=True)


def main():
    asked = arguments()
    asked.state = os.path.abspath(asked.state)
    if len(asked.state) > 90:
        raise Stop(f"the path {asked.state} is too long for sockets in it: choose a shorter --state")
    record = Running(asked.state)
    idle = Machine.__new__(Machine)
    idle.state = asked.state
    if asked.stop:
        say("stopping" if record.alive() else "nothing runs in " + asked.state)
        return record.stop(idle) if record.alive() else None
    if record.alive():
        raise Stop(f"a machine already runs in {asked.state}: image/run --stop ends it, or choose another --state")
    check_ports(asked)
    check_space(os.path.dirname(asked.state))
    if asked.fresh and os.path.isdir(asked.state):
        if os.listdir(asked.state) and not os.path.exists(record.path):
            raise Stop(f"{asked.state} is not a folder of image/run: it stays as it is; choose another --state")
        shutil.rmtree(asked.state)
        record = Running(asked.state)
    image = build.build(asked.profile, key_folder=asked.keys, say=say)
    os.makedirs(asked.state, mode=0o700, exist_ok=True)
    record.write()
    disk, stick = prepare(asked, image, record)
    speed = accelerator(image, say)
    machine = Machine(asked.state, image["tools"], disk, os.path.join(image["keys"], "vars.fd"), stick=stick,
                      forwards={443: asked.storefront_port, 9443: asked.console_port}, accelerator=speed)
    say(f"starting under {'KVM' if speed == 'kvm' else 'TCG (no usable KVM: expect a minute)'}")
    kept = False
    try:
        machine.start()
        record.write(pids=[machine.qemu.pid, machine.swtpm.pid])
        wait_for_shop(machine, asked, BOOT_SECONDS[speed])
        show(machine, asked)
        if asked.detach:
            kept = True
            return None
        while machine.running():
            time.sleep(0.5)
        raise Stop(f"the machine ended by itself: read {machine.serial_log}")
    finally:
        if not kept:
            say("stopping")
            record.stop(machine)
            machine.stop()
    return None


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: (_ for _ in ()).throw(KeyboardInterrupt()))
    try:
        main()
    except Stop as wrong:
        sys.exit(f"image/run: {wrong}")
    except (MachineError, RuntimeError) as wrong:
        sys.exit(f"image/run: {wrong}")
    except KeyboardInterrupt:
        sys.exit(130)
