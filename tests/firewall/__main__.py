"""Who reaches what: the image's ruleset in a namespace, account by account, and the booted machine on a wire."""
import os
import subprocess
import sys

from tests.firewall.network import HERE, on_a_network
from tests.machines import BOOT, REPO, Checks, Lab, disks, root_only

RULES = os.path.join(REPO, "nftables", "cashcow.nft")
# Documentation addresses (RFC 5737, RFC 3849).
MACHINE4, MACHINE6 = "192.0.2.10", "2001:db8::10"
INSIDE4, INSIDE6 = "192.0.2.65", "2001:db8::65"
OUTSIDE4, OUTSIDE6 = "192.0.2.200", "2001:db8::200"
RANGES = '{ cidr = "192.0.2.64/28", name = "desk" }, { cidr = "2001:db8::60/124", name = "desk 6" }'
FIXED = f'addresses = ["{MACHINE4}/24", "{MACHINE6}/64"]\ngateways = ["192.0.2.1"]\ndns = ["192.0.2.1"]'
CARD = "52:54:00:c0:a5:01"
FORGED = [f"X-Forwarded-For: {INSIDE4}", f"Forwarded: for={INSIDE4}", f"X-Real-IP: {INSIDE4}"]


class Rules:
    """The ruleset of the image on a namespace of this host, with the image's accounts."""

    def __init__(self, checks, image, network):
        self.checks, self.image, self.network = checks, image, network
        self.machine = network.client("rules", f"{MACHINE4}/24", f"{MACHINE6}/64")
        self.inside = network.client("inside", f"{INSIDE4}/24", f"{INSIDE6}/64")
        self.outside = network.client("outside", f"{OUTSIDE4}/24", f"{OUTSIDE6}/64")

    def tools(self, *words):
        """A program of the tools tree in the machine's namespace, with the image's accounts."""
        child = self.network.tools(self.image, self.machine, *words)
        said, wrong = child.communicate(timeout=120)
        return (said.strip() or wrong.strip()) if child.returncode == 0 else f"error {wrong.strip()}"

    def nft(self, *words):
        said = self.tools("nft", *words)
        if said.startswith("error"):
            raise RuntimeError(said)

    def as_account(self, account, *words):
        return self.tools("setpriv", f"--reuid={account}", "--regid=65534", "--clear-groups", "python3", "-I",
                          os.path.join(HERE, "probe.py"), *words)

    def expect(self, name, got, wanted):
        self.checks.check(name, got in wanted, f"{got} instead of {' or '.join(wanted)}")

    def run(self):
        self.nft("-f", RULES)
        for space, ports in ((self.machine, ["80", "443", "9443", "22"]), (self.outside, ["22", "53", "80", "123", "443", "6514", "12111"])):
            server = self.network.start(space, sys.executable, os.path.join(HERE, "echo.py"), *ports, stdout=subprocess.PIPE)
            server.stdout.readline()
        self.before_the_sets()
        self.nft("add element inet cashcow admin4 { 192.0.2.64/28 . 9443 }")
        self.nft("add element inet cashcow admin6 { 2001:db8::60/124 . 9443 }")
        self.console_range_by_packet()
        self.output_by_account()
        self.rate()

    def before_the_sets(self):
        for space, address in ((self.inside, MACHINE4), (self.inside, MACHINE6)):
            self.expect(f"before the sets are filled nobody reaches the console ({address})",
                        self.network.probe(space, "tcp", address, "9443"), ["silent"])

    def console_range_by_packet(self):
        """An open connection to the console ends when its source leaves the range."""
        held = self.network.start(self.inside, sys.executable, os.path.join(HERE, "probe.py"), "hold", MACHINE4, "9443",
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.expect("inside the range the console answers", held.stdout.readline().strip(), ["open"])
        self.nft("delete element inet cashcow admin4 { 192.0.2.64/28 . 9443 }")
        held.stdin.write("\n")
        held.stdin.flush()
        self.expect("an open connection ends when its source leaves the range", held.stdout.readline().strip(), ["silent"])
        self.nft("add element inet cashcow admin4 { 192.0.2.64/28 . 9443 }")

    def output_by_account(self):
        no, yes = ["silent", "forbidden"], ["open"]
        for four, six in ((OUTSIDE4, OUTSIDE6),):
            for address in (four, six):
                for account, kind, port, wanted in (
                        ("cashcow", "tcp", "443", yes), ("cashcow", "tcp", "53", yes), ("cashcow", "udp", "53", yes),
                        ("cashcow", "tcp", "80", no), ("cashcow", "tcp", "22", no), ("cashcow", "tcp", "12111", no),
                        ("cashcow", "udp", "123", no), ("cashcow", "udp", "443", no),
                        ("systemd-timesync", "udp", "123", yes), ("systemd-timesync", "tcp", "443", no),
                        ("systemd-network", "tcp", "443", no), ("cashcow-screen", "tcp", "443", no), ("root", "tcp", "443", no),
                        ("root", "udp", "53", no)):
                    word = "may" if wanted is yes else "may not"
                    self.expect(f"{account} {word} go out to {kind} {port} ({address})", self.as_account(account, kind, address, port), wanted)
        self.nft(f"add element inet cashcow dev_gateway4 {{ {OUTSIDE4} . 12111 }}")
        self.expect("a dev gateway's port opens for the service", self.as_account("cashcow", "tcp", OUTSIDE4, "12111"), yes)
        self.expect("and for nobody else", self.as_account("root", "tcp", OUTSIDE4, "12111"), no)
        for family, address in (("4", OUTSIDE4), ("6", OUTSIDE6)):
            self.expect(f"the service may not go out to a collector that nobody named ({address})",
                        self.as_account("cashcow", "tcp", address, "6514"), no)
            self.nft(f"add element inet cashcow collector{family} {{ {address} . 6514 }}")
            self.expect(f"a collector's port opens for the service ({address})", self.as_account("cashcow", "tcp", address, "6514"), yes)
            self.expect(f"and for nobody else ({address})", self.as_account("root", "tcp", address, "6514"), no)

    def rate(self):
        let_in = int(self.network.probe(self.outside, "flood", MACHINE4, "443"))
        self.checks.check("a flood from one address is cut", 100 <= let_in <= 400, f"{let_in} of 600 let in")
        self.expect("while others get through", self.network.probe(self.inside, "tcp", MACHINE4, "443"), ["open"])
        six = int(self.network.probe(self.outside, "flood", MACHINE6, "443"))
        self.checks.check("a flood from one /64 is cut", 100 <= six <= 400, f"{six} of 600 let in")


class Wire:
    """The booted machine on a bridge, asked from inside and outside its ranges."""

    def __init__(self, checks, lab, image, network):
        self.checks, self.lab, self.image, self.network = checks, lab, image, network
        self.inside = network.client("desk", f"{INSIDE4}/24", f"{INSIDE6}/64")
        self.outside = network.client("street", f"{OUTSIDE4}/24", f"{OUTSIDE6}/64")

    def run(self):
        disk = self.lab.path("wire.raw")
        disks.new_disk(self.image, disk, size=2 << 30)
        stick = self.lab.stick(self.image, FIXED, RANGES)
        watch = self.network.start(self.network.middle, sys.executable, os.path.join(HERE, "watch.py"), "bridge", CARD,
                                   stdout=subprocess.PIPE)
        watch.stdout.readline()
        machine = self.lab.machine("wire", self.image, disk, stick=stick, tap=self.network.tap("tap0"),
                                   namespace=self.network.middle, mac=CARD)
        with machine:
            machine.wait_for(r"^cashcow: console fingerprint", BOOT, stop_on=r"^cashcow: problem .*")
            self.ask()
            machine.power_off()
        watch.terminate()
        surprises = watch.stdout.read().splitlines()
        self.checks.check("the machine sends nothing but answers, name and time questions", not surprises, "; ".join(surprises[:3]))

    def ask(self):
        for machine in (MACHINE4, MACHINE6):
            for who, space in (("inside", self.inside), ("outside", self.outside)):
                self.see(f"{who} the range the storefront answers ({machine})", self.network.probe(space, "tls", machine, "443"), "200")
                self.see(f"{who} the range port 80 answers ({machine})", self.network.probe(space, "tcp", machine, "80"), "open")
                self.see(f"{who} the range nothing else answers ({machine})", self.network.probe(space, "tcp", machine, "22"), "silent")
            self.see(f"inside the range the console answers ({machine})", self.network.probe(self.inside, "tls", machine, "9443"), "HTTP/1.1")
            self.see(f"outside the range the console drops ({machine})", self.network.probe(self.outside, "tcp", machine, "9443"), "silent")
            self.see(f"forged headers open nothing ({machine})",
                     self.network.probe(self.outside, "tls", machine, "9443", *FORGED), "silent")

    def see(self, name, got, wanted):
        self.checks.check(name, wanted in got, got)


def main():
    root_only()
    checks = Checks()
    with Lab("firewall") as lab:
        image = lab.image("dev")
        on_a_network(checks, "rules", lambda network: Rules(checks, image, network))
        on_a_network(checks, "wire", lambda network: Wire(checks, lab, image, network))
    checks.close()


if __name__ == "__main__":
    sys.exit(main())
