"""The booted machine on a wire: ranges that are changed in its console, on trial, confirmed, taken back by time, by a
power cut, and replaced at the machine itself."""
import os
import pty
import re
import subprocess
import time

from tests.browser import Second
from tests.machines import BOOT, disks
from tests.ranges.places import Desk
from tests.ranges.storm import told, traffic

PASSWORD = "a quiet meadow with eleven cows"
EMAIL = "ada@example.com"
MACHINE4, MACHINE6 = "192.0.2.10", "2001:db8::10"
DESK4, DESK6 = "192.0.2.65", "2001:db8::65"
HOME4, HOME6 = "192.0.2.130", "2001:db8:0:0:1::130"
STREET4, STREET6 = "192.0.2.200", "2001:db8::200"
FIXED = f'addresses = ["{MACHINE4}/24", "{MACHINE6}/64"]\ngateways = ["192.0.2.1"]\ndns = ["192.0.2.1"]'
RANGES = '{ cidr = "192.0.2.64/28", name = "desk" }, { cidr = "2001:db8::60/124", name = "desk 6" }'
PAGE = "/settings/ranges"
CHANGE = f"{PAGE}/machine"
# Confirmed changes under traffic: each takes some seconds of an emulated processor.
CHANGES = 8


class Booted:
    """One machine and three places: the desk, where the console is run from, somebody's home, and the street."""

    def __init__(self, checks, lab, image, network, cowctl):
        self.checks, self.lab, self.image, self.network, self.cowctl = checks, lab, image, network, cowctl
        self.desk = network.client("desk", f"{DESK4}/24", f"{DESK6}/64")
        self.home = network.client("home", f"{HOME4}/24", f"{HOME6}/64")
        self.street = network.client("street", f"{STREET4}/24", f"{STREET6}/64")
        self.browser = Desk(f"https://{MACHINE4}:9443/", self.desk)
        self.machine, self.key = None, ""

    def run(self):
        disk = self.lab.path("ranges.raw")
        disks.new_disk(self.image, disk, size=2 << 30)
        stick = self.lab.stick(self.image, FIXED, RANGES)
        self.start(disk, stick=stick)
        self.set_up()
        for name, part in (("cut off", self.cut_off), ("time", self.taken_back_by_time), ("kept", self.confirmed),
                           ("cut", self.removed), ("storm", self.storm), ("power cut", self.on_trial_at_a_power_cut)):
            self.checks.attempt(name, part)
        self.machine.stop()
        # The same machine without the first stick; with a place to plug in others.
        self.start(disk, extra=["-device", "qemu-xhci,id=usb"])
        for name, part in (("after it", self.after_the_power_cut), ("stick", self.given_at_the_machine)):
            self.checks.attempt(name, part)
        self.machine.power_off()

    def start(self, disk, **options):
        tap = self.network.tap("tap0") if self.machine is None else "tap0"
        self.machine = self.lab.machine("ranges", self.image, disk, tap=tap, namespace=self.network.middle, **options)
        self.machine.start()
        self.machine.wait_for(r"^cashcow: ready", 2 * BOOT, stop_on=r"^cashcow: problem .*")

    def see(self, name, got, wanted):
        return self.checks.check(name, wanted in got, got[-600:])

    def reach(self, space, address):
        return self.network.probe(space, "tls", address, "9443")

    def soon(self, space, address, wanted, seconds=20):
        """What it is like there, once it is as wanted or the time is over."""
        end = time.monotonic() + seconds
        while True:
            got = self.reach(space, address)
            if wanted in got or time.monotonic() > end:
                return got

    def set_up(self):
        code = self.machine.wait_for(r"^cashcow: set-up code (\S+)", 60).group(1)
        page = self.browser.submit(self.browser.get("/setup").form("/setup", code=code))
        page = self.browser.submit(page.form("/setup/shop", email=EMAIL, password=PASSWORD, password_again=PASSWORD))
        self.browser.second = Second(page)
        self.browser.second.enrol(self.browser, page)
        page = self.browser.get("/setup/recovery-key")
        found = re.search(r'class="secret"[^>]*>([a-z\s-]{71,90})<', page.text)
        self.key = "".join(found.group(1).split()) if found else ""
        self.browser.submit(page.form("/setup/recovery-key", written="yes"))
        self.checks.check("set-up shows the recovery key", found)

    # -- the console's pages

    def check(self, **fields):
        """The page that follows the form of a change."""
        fields = {name.replace("_", "."): value for name, value in fields.items()}
        return self.browser.submit(self.browser.get(CHANGE).form(CHANGE, **fields))

    def begin(self, **fields):
        """Puts a change on trial; when the firewall has it."""
        page = self.check(**fields)
        began = time.monotonic()
        page = self.browser.submit(page.form(f"{CHANGE}/try"))
        while "seconds left" not in page.text:
            if time.monotonic() - began > 60:
                raise AssertionError(f"the change never came into force: {page.text[-1500:]}")
            time.sleep(0.5)
            page = self.browser.get(PAGE)
        return began

    def end(self, how):
        page = self.browser.get(PAGE)
        _, fields = page.form(f"{CHANGE}/confirm")
        return self.browser.submit((f"{CHANGE}/{how}", fields))

    def remove(self, net):
        """The field that removes this range."""
        found = re.search(rf'name="(remove\.\d+)" value="{re.escape(net)}"', self.browser.get(CHANGE).text)
        return {found.group(1).replace(".", "_"): net}

    # -- what is shown

    def cut_off(self):
        page = self.check(**self.remove("192.0.2.64/28"))
        self.see("a change that would cut off the caller is refused", page.text, "This would cut you off")
        page = self.check(cidr_0="192.0.0.0/8", name_0="all", owner_0="Ada", cidr_1="192.0.2.65/32", name_1="x", owner_1="Ada")
        self.see("one that is too wide is refused with its cure", page.text, "is wider than /16")
        self.see("one that overlaps is refused with its cure", page.text, "shares addresses with 192.0.2.64/28")
        self.see("what was typed is still there", page.text, 'value="192.0.0.0/8"')

    def taken_back_by_time(self):
        self.see("before a change there is no answer", self.reach(self.home, MACHINE6), "silent")
        began = self.begin(cidr_0="2001:db8:0:0:1::/80", name_0="home", owner_0="Grace Hopper")
        self.see("a range is in force while it is on trial (IPv6)", self.soon(self.home, MACHINE6, "HTTP/1.1"), "HTTP/1.1")
        page = self.check(cidr_0="198.51.100.0/24", name_0="yard", owner_0="Ada")
        self.see("a second change has to wait", page.text, "Another change is on trial")
        while time.monotonic() - began < 150 and self.reach(self.home, MACHINE6) != "silent":
            time.sleep(1)
        took = time.monotonic() - began
        self.checks.check("a change that nobody confirms is taken back within two minutes", 70 < took < 120, f"{took:.0f} s")
        print(f"-- taken back after {took:.0f} s", flush=True)
        time.sleep(3)
        self.see("and the page says so", self.browser.get(PAGE).text, "Nobody confirmed it, so it was taken back")

    def confirmed(self):
        self.begin(cidr_0="192.0.2.128/26", name_0="home", owner_0="Grace Hopper")
        self.see("a change is confirmed from a new connection", self.end("confirm").text, "The change is confirmed and stays.")
        self.confirmed_at = time.monotonic()
        self.see("what is confirmed is in force", self.soon(self.home, MACHINE4, "HTTP/1.1"), "HTTP/1.1")

    def removed(self):
        held = self.network.start(self.home, "python3", os.path.join(os.path.dirname(__file__), "..", "firewall", "probe.py"),
                                  "hold", MACHINE4, "9443", stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        held.stdout.readline()
        self.begin(**self.remove("192.0.2.128/26"))
        held.stdin.write("\n")
        held.stdin.flush()
        self.see("removing a range cuts its open connections", held.stdout.readline().strip(), "silent")
        self.see("and no new one comes up", self.reach(self.home, MACHINE4), "silent")
        self.see("a change is taken back by hand", self.end("take-back").text, "The change was taken back.")
        self.see("and what was before is in force again", self.soon(self.home, MACHINE4, "HTTP/1.1"), "HTTP/1.1")

    def storm(self):
        guests = {family: traffic(self.network, self.desk, "knocking", family) for family in (4, 6)}
        strangers = {family: traffic(self.network, self.street, "stranger", family) for family in (4, 6)}
        for number in range(CHANGES // 2):
            self.begin(cidr_0="192.0.2.201/32", name_0="next door", owner_0="Ada", cidr_1="2001:db8::201/128", name_1="next door 6",
                       owner_1="Ada")
            self.end("confirm")
            self.begin(**self.remove("192.0.2.201/32"), **self.remove("2001:db8::201/128"))
            self.end("confirm")
            print(f"-- {2 * number + 2} changes", flush=True)
        for family, child in guests.items():
            facts = told(child)
            self.checks.check(f"{CHANGES} changes in the console refuse no connection that is allowed (IPv{family})",
                              facts.get("new", 0) > 50 and not facts.get("new_refused"), str(facts))
            print(f"-- desk, IPv{family}: {facts}", flush=True)
        for family, child in strangers.items():
            facts = told(child)
            self.checks.check(f"and are open to a stranger at no moment (IPv{family})",
                              facts.get("knocks", 0) > 1000 and not facts.get("answered"), str(facts))
            print(f"-- street, IPv{family}: {facts}", flush=True)

    # -- at the machine itself

    def sign(self, key, serial, hostname="shop-1", net="192.0.2.192/27"):
        """The two files, by the tool that hosting staff use, on a terminal."""
        folder = self.lab.path(f"recover-{serial}-{hostname}-{time.monotonic()}")
        os.makedirs(folder)
        child, terminal = pty.fork()
        if child == 0:
            os.execv(self.cowctl, [self.cowctl, "provision", "recover", "--hostname", hostname, "--serial", str(serial),
                                   "--range", f"{net}=street", "--range", "192.0.2.64/28=desk", folder])
        said = b""
        while b"Recovery key" not in said:
            said += os.read(terminal, 1000)
        os.write(terminal, key.encode() + b"\n")
        try:
            while more := os.read(terminal, 1000):
                said += more
        except OSError:
            pass
        _, code = os.waitpid(child, 0)
        self.checks.check("the key is not shown at the terminal", key.encode() not in said)
        if code:
            raise AssertionError(said.decode())
        return folder

    def bring(self, folder, name):
        """A stick with these files, plugged in."""
        path = self.lab.path(f"{name}.raw")
        disks.stick(self.image["tools"], path, "")
        for file in ("recover.toml", "recover.sig"):
            disks.run(self.image["tools"], "mcopy", "-i", path, os.path.join(folder, file), f"::{file}")
        self.plug(path, name)

    def plug(self, path, name):
        self.machine.command("blockdev-add", driver="raw", **{"node-name": name, "read-only": True, "file": {
            "driver": "file", "filename": path, "read-only": True}})
        self.machine.command("device_add", driver="usb-storage", drive=name, id=f"dev-{name}", bus="usb.0")

    def unplug(self, name):
        self.machine.command("device_del", id=f"dev-{name}")
        time.sleep(5)

    def given_at_the_machine(self):
        wrong = "".join(reversed(self.key))
        for name, folder, said in (("forged", self.sign(wrong, 5), "its signature is not by this machine's recovery key"),
                                   ("elsewhere", self.sign(self.key, 5, hostname="shop-2"), "it is for shop-2, and this is shop-1")):
            self.bring(folder, name)
            self.machine.wait_for(rf"^cashcow: problem recover.toml is refused: {re.escape(said)}", 60)
            self.checks.check(f"a file at the machine is refused and its screen says why: {said}", True)
            self.see("and the ranges stay", self.reach(self.street, MACHINE4), "silent")
            self.unplug(name)
        self.bring(self.sign(self.key, 5), "good")
        self.see("ranges that are signed with the recovery key are taken at the machine",
                 self.soon(self.street, MACHINE4, "HTTP/1.1", 60), "HTTP/1.1")
        self.see("and replace all others", self.reach(self.home, MACHINE4), "silent")
        self.see("the console tells of it loudly", self.browser.get("/alarms").text, "at the machine itself")
        self.unplug("good")
        self.bring(self.sign(self.key, 5, net="192.0.2.128/26"), "again")
        self.machine.wait_for(r"^cashcow: problem recover.toml is refused: its serial 5 is not greater than 5", 60)
        self.checks.check("a serial number counts once", True)
        self.unplug("again")

    def on_trial_at_a_power_cut(self):
        self.begin(cidr_0="192.0.2.192/27", name_0="street", owner_0="Ada")
        self.see("a change is on trial when the power is cut", self.soon(self.street, MACHINE4, "HTTP/1.1"), "HTTP/1.1")

    def after_the_power_cut(self):
        self.see("a power cut takes back what was on trial", self.reach(self.street, MACHINE4), "silent")
        self.see("and keeps what was confirmed", self.soon(self.desk, MACHINE4, "HTTP/1.1"), "HTTP/1.1")
        page = self.browser.get(PAGE)
        if "/sign-in" in page.at:
            self.browser.submit(page.form("/sign-in", email=EMAIL, password=PASSWORD, code=self.browser.second.code()))
            page = self.browser.get(PAGE)
        self.see("the page says that the change was taken back", page.text, "Nobody confirmed it, so it was taken back")
