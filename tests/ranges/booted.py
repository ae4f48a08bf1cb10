"""The booted machine on a wire: ranges that are changed in its console, on trial, confirmed, taken back by time though
the service was killed, stormed a hundred times, lost in a power cut, and replaced at the machine itself."""
import os
import pty
import re
import subprocess
import sys
import threading
import time

from tests.browser import Second
from tests.firewall.network import HERE as FIREWALL
from tests.machines import BOOT, disks
from tests.ranges.death import end_at_code_of
from tests.ranges.places import Desk, Program, let_in
from tests.ranges.storm import FAMILIES, told, traffic

PASSWORD = "a quiet meadow with eleven cows"
EMAIL = "ada@example.com"
MACHINE = {4: "192.0.2.10", 6: "2001:db8::10"}
DESK = {4: "192.0.2.65", 6: "2001:db8::65"}
# Outside the desk's ranges, inside the wider ones of the storm; and the first address after those.
NEXT_DOOR = {4: "192.0.2.90", 6: "2001:db8::7a"}
STRANGER = {4: "192.0.2.96", 6: "2001:db8::80"}
HOME = {4: "192.0.2.130", 6: "2001:db8:0:0:1::130"}
STREET = {4: "192.0.2.200", 6: "2001:db8::200"}
FIXED = f'addresses = ["{MACHINE[4]}/24", "{MACHINE[6]}/64"]\ngateways = ["192.0.2.1"]\ndns = ["192.0.2.1"]'
NARROW, WIDE = ("192.0.2.64/28", "2001:db8::60/124"), ("192.0.2.64/27", "2001:db8::60/123")
RANGES = f'{{ cidr = "{NARROW[0]}", name = "desk" }}, {{ cidr = "{NARROW[1]}", name = "desk 6" }}'
PAGE = "/settings/ranges"
CHANGE = f"{PAGE}/machine"
API = "/ranges/machine/changes"
CHANGES = 100
# Seconds between two knocks: what an emulated processor has to answer, and what it only has to drop.
ANSWERED, DROPPED = "0.02", "0.005"


class Booted:
    """One machine and its places: the desk, where the console is run from, its neighbour, a stranger at whom no change
    ever aims, somebody's home, and the street."""

    def __init__(self, checks, lab, image, network, cowctl):
        self.checks, self.lab, self.image, self.network, self.cowctl = checks, lab, image, network, cowctl
        self.machine, self.key, self.traffic = None, "", {}
        self.desk, self.next_door, self.stranger, self.home, self.street = (
            network.client(name, f"{at[4]}/24", f"{at[6]}/64") for name, at in (
                ("desk", DESK), ("next-door", NEXT_DOOR), ("stranger", STRANGER), ("home", HOME), ("street", STREET)))
        self.browser = Desk(f"https://{MACHINE[4]}:9443/", self.desk)

    def run(self):
        disk = self.lab.path("ranges.raw")
        disks.new_disk(self.image, disk, size=2 << 30)
        stick = self.lab.stick(self.image, FIXED, RANGES)
        debugger = self.lab.path("debugger")
        try:
            self.start(disk, ["-drive", f"if=none,id=setup,format=raw,readonly=on,file={stick}", "-device",
                              "usb-storage,drive=setup,id=dev-setup,bus=usb.0", "-gdb", f"unix:{debugger},server=on,wait=off"])
            self.unplug("setup")
            self.set_up()
            self.begin_traffic()
            for name, part in (("cut off", self.cut_off), ("time", self.taken_back_by_time), ("kept", self.confirmed),
                               ("cut", self.removed), ("storm", self.storm), ("traffic", self.see_traffic),
                               ("power cut", self.on_trial_at_a_power_cut)):
                self.checks.attempt(name, part)
            self.machine.stop()
            self.start(disk)
            for name, part in (("after it", self.after_the_power_cut), ("stick", self.given_at_the_machine)):
                self.checks.attempt(name, part)
            self.machine.power_off()
        finally:
            if self.machine:
                self.machine.stop()

    def start(self, disk, more=()):
        first = self.machine is None
        tap = self.network.tap("tap0") if first else "tap0"
        self.machine = self.lab.machine("ranges", self.image, disk, tap=tap, namespace=self.network.middle,
                                        extra=["-device", "qemu-xhci,id=usb", *more])
        for space in (self.desk, self.next_door, self.stranger, self.home, self.street) if first else ():
            # A machine that is slow to say where it is shall lose nobody a packet.
            for at in MACHINE.values():
                self.network.ip(space, "neigh", "replace", at, "lladdr", self.machine.mac, "dev", "eth0", "nud", "permanent")
        began = time.monotonic()
        self.machine.start()
        self.machine.wait_for(r"^cashcow: ready", 2 * BOOT, stop_on=r"^cashcow: problem .*")
        print(f"-- ready after {time.monotonic() - began:.0f} s", flush=True)

    def see(self, name, got, wanted):
        return self.checks.check(name, wanted in got, got[-600:])

    def reach(self, space, address):
        return self.network.probe(space, "tls", address, "9443")

    def soon(self, space, address, wanted, seconds=60):
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
        self.programs = [Program(self.desk, at).sign_in(EMAIL, PASSWORD, self.browser.second.code()) for at in MACHINE.values()]

    # -- traffic

    def knocks(self, space, places, pause):
        return [traffic(self.network, space, "knock", places[family], MACHINE[family], "9443", pause) for family in FAMILIES]

    def begin_traffic(self):
        """From here to the end of the storm."""
        self.traffic["desk"] = self.knocks(self.desk, DESK, ANSWERED)
        self.traffic["stranger"] = self.knocks(self.stranger, STRANGER, DROPPED)

    def see_traffic(self):
        facts = {place: [told(child) for child in children] for place, children in self.traffic.items()}
        for place, told_there in facts.items():
            print(f"-- {place}: {told_there}", flush=True)
        for number, family in enumerate(FAMILIES):
            desk, stranger, between = (facts[place][number] for place in ("desk", "stranger", "next door"))
            # Which would be sent again by TCP: the next check has it that no connection is lost.
            self.checks.check(f"not one in a thousand packets of an allowed source is lost in the storm or before (IPv{family})",
                              desk["knocks"] > 1000 * max(1, desk["unanswered"]), str(desk))
            asked = facts["asking"][number]
            self.checks.check(f"every page that is asked for from there in the storm is answered (IPv{family})",
                              asked["answered"] == asked["asked"] > 20, str(asked))
            self.checks.check(f"and the console is open to a stranger at no moment (IPv{family})",
                              stranger["knocks"] > 1000 and not stranger["answered"], str(stranger))
            self.checks.check(f"while the same knocks find out who is let in and shut out again (IPv{family})",
                              between["answered"] and between["unanswered"], str(between))

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
        page = self.check(**self.remove(NARROW[0]))
        self.see("a change that would cut off the caller is refused", page.text, "This would cut you off")
        status, said = self.programs[1].call("POST", API, {"remove": [NARROW[1]]})
        self.checks.check("and so is one that would cut off a caller by IPv6", status == 409 and "cut you off" in str(said), f"{status} {said}")
        page = self.check(cidr_0="192.0.0.0/8", name_0="all", owner_0="Ada", cidr_1="192.0.2.65/32", name_1="x", owner_1="Ada")
        self.see("one that is too wide is refused with its cure", page.text, "is wider than /16")
        self.see("one that overlaps is refused with its cure", page.text, "shares addresses with 192.0.2.64/28")
        self.see("what was typed is still there", page.text, 'value="192.0.0.0/8"')

    def taken_back_by_time(self):
        self.see("before a change there is no answer", self.reach(self.home, MACHINE[6]), "silent")
        began = self.begin(cidr_0="2001:db8:0:0:1::/80", name_0="home", owner_0="Grace Hopper")
        self.see("a range is in force while it is on trial (IPv6)", self.soon(self.home, MACHINE[6], "HTTP/1.1"), "HTTP/1.1")
        page = self.check(cidr_0="198.51.100.0/24", name_0="yard", owner_0="Ada")
        self.see("a second change has to wait", page.text, "Another change is on trial")
        ended = []
        watch = threading.Thread(target=lambda: ended.append(self.shut_after(began)))
        watch.start()
        self.checks.attempt("kill", self.service_is_killed)
        self.checks.attempt("wrong sticks", self.wrong_sticks)
        watch.join()
        self.checks.check("a change that nobody confirms is taken back within two minutes, though the service was killed",
                          ended and 70 < ended[0] < 120, f"{ended} s")
        print(f"-- taken back after {ended} s", flush=True)
        self.see("and the page says so", self.page_with("Nobody confirmed it, so it was taken back"), "Nobody confirmed it, so it was taken back")

    def shut_after(self, began):
        while self.open_to(self.home, {6: MACHINE[6]}) and time.monotonic() - began < 300:
            time.sleep(0.5)
        return round(time.monotonic() - began)

    def open_to(self, space, addresses):
        """At which of the machine's addresses a place is let in."""
        return let_in([(space, at) for at in addresses.values()], self.desk, addresses.values())

    def page_with(self, words, path=PAGE, seconds=60):
        """The page, once it says so or the time is over."""
        end = time.monotonic() + seconds
        while words not in (text := self.signed_in(path).text) and time.monotonic() < end:
            time.sleep(1)
        return text

    def signed_in(self, path):
        page = self.browser.get(path)
        if "/sign-in" in page.at:
            self.browser.submit(page.form("/sign-in", email=EMAIL, password=PASSWORD, code=self.browser.second.code()))
            page = self.browser.get(path)
        return page

    def service_is_killed(self):
        started = "The service started"
        starts = self.signed_in("/audit").text.count(started)
        over = threading.Event()

        def busy():
            # It has something to do, so that the processor is seen at its code.
            while not over.is_set():
                self.reach(self.desk, MACHINE[4])
        crowd = threading.Thread(target=busy)
        crowd.start()
        try:
            died = end_at_code_of(self.lab.path("debugger"), os.path.join(self.image["root"], "usr", "bin", "cashcowd"))
        finally:
            over.set()
            crowd.join()
        end = time.monotonic() + 60
        while (now := self.signed_in("/audit").text.count(started)) == starts and time.monotonic() < end:
            time.sleep(0.5)
        self.checks.check("the service is killed while a change is on trial, and comes up again", died and now > starts, f"{died} {now} {starts}")
        self.checks.check("the screen does not call for a person then", "stopped for good" not in self.machine.serial())

    def confirmed(self):
        self.begin(cidr_0="192.0.2.128/26", name_0="home", owner_0="Grace Hopper")
        self.see("a change is confirmed from a new connection", self.end("confirm").text, "The change is confirmed and stays.")
        self.see("what is confirmed is in force", self.soon(self.home, MACHINE[4], "HTTP/1.1"), "HTTP/1.1")

    def removed(self):
        held = self.network.start(self.home, sys.executable, os.path.join(FIREWALL, "probe.py"), "keep", MACHINE[4], "9443",
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.see("a connection is open", held.stdout.readline(), "HTTP/1.1 200")
        self.begin(**self.remove("192.0.2.128/26"))
        held.stdin.write("\n")
        held.stdin.flush()
        self.see("removing a range cuts its open connections", held.stdout.readline().strip(), "silent")
        self.see("and no new one comes up", self.reach(self.home, MACHINE[4]), "silent")
        self.see("a change is taken back by hand", self.end("take-back").text, "The change was taken back.")
        self.see("and what was before is in force again", self.soon(self.home, MACHINE[4], "HTTP/1.1"), "HTTP/1.1")

    def storm(self):
        """Every change is seen at the firewall, by who is let in or not, before the next one begins."""
        self.traffic["next door"] = self.knocks(self.next_door, NEXT_DOOR, ANSWERED)
        self.traffic["asking"] = [traffic(self.network, self.desk, "ask", at, "9443") for at in MACHINE.values()]
        neighbour = tuple(f"{NEXT_DOOR[family]}/{bits}" for family, bits in ((4, 32), (6, 128)))
        began, seen = time.monotonic(), 0
        for cycle in range(CHANGES // 2):
            program = self.programs[cycle % 2]
            if cycle % 5 == 0:
                # A neighbour comes, for good, and goes, for good.
                seen += self.change(program, True, "confirm", add=neighbour)
                seen += self.change(program, False, "confirm", remove=neighbour)
            else:
                # The desk's own ranges give way to wider ones, or the neighbour comes, and it is taken back.
                seen += self.change(program, True, None, **({"add": WIDE, "remove": NARROW} if cycle % 2 else {"add": neighbour}))
                seen += self.end_change(program, False, "take-back")
            if cycle % 10 == 9:
                print(f"-- {2 * cycle + 2} changes in {time.monotonic() - began:.0f} s", flush=True)
        self.checks.check(f"{CHANGES} changes of the booted machine's ranges each come into force", seen == CHANGES, str(seen))

    def change(self, program, open_then, end, add=(), remove=()):
        status, said = program.call("POST", API, {"add": [{"cidr": net, "name": net, "owner": "Ada"} for net in add], "remove": list(remove)})
        assert status == 201, f"{status} {said}"
        self.number = said["trial"]["number"]
        return self.neighbour_is(open_then) if end is None else self.end_change(program, open_then, end, first=True)

    def end_change(self, program, open_then, how, first=False):
        """Ends the trial. To confirm needs it to be in force, over a connection made after that."""
        seen = self.neighbour_is(open_then) if first else None
        for _ in range(60):
            status, said = program.call("POST", f"{API}/{self.number}/{how}", {})
            if status != 409:
                break
            time.sleep(0.2)
        assert status == 200, f"{status} {said}"
        return self.neighbour_is(open_then) if seen is None else seen

    def neighbour_is(self, let, seconds=60):
        """Waits until the neighbour is let in, by both families, or by neither."""
        wanted, end = 2 if let else 0, time.monotonic() + seconds
        while len(self.open_to(self.next_door, MACHINE)) != wanted:
            if time.monotonic() > end:
                return 0
            time.sleep(0.1)
        return 1

    # -- at the machine itself

    def sign(self, key, serial, hostname="shop-1", net="192.0.2.192/27"):
        """The two files, by the tool that hosting staff use, on a terminal."""
        folder = self.lab.path(f"recover-{serial}-{hostname}-{time.monotonic()}")
        os.makedirs(folder)
        terminal, end = pty.openpty()
        child = subprocess.Popen(["setsid", "--ctty", "--wait", self.cowctl, "provision", "recover", "--hostname", hostname, "--serial",
                                  str(serial), "--range", f"{net}=street", "--range", f"{NARROW[0]}=desk", folder], stdin=end, stdout=end, stderr=end)
        os.close(end)
        said = b""
        while b"Recovery key" not in said:
            said += os.read(terminal, 1000)
        os.write(terminal, key.encode() + b"\n")
        try:
            while more := os.read(terminal, 1000):
                said += more
        except OSError:
            pass
        os.close(terminal)
        self.checks.check("the key is not shown at the terminal", key.encode() not in said)
        if child.wait():
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
        # Nobody says that it is gone.
        time.sleep(5)

    def wrong_sticks(self):
        wrong = "".join(reversed(self.key))
        for name, folder, said in (("forged", self.sign(wrong, 5), "its signature is not by this machine's recovery key"),
                                   ("elsewhere", self.sign(self.key, 5, hostname="shop-2"), "it is for shop-2, and this is shop-1")):
            self.bring(folder, name)
            self.machine.wait_for(rf"^cashcow: problem recover.toml is refused: {re.escape(said)}", 60)
            self.checks.check(f"a file at the machine is refused and its screen says why: {said}", True)
            self.see("and the ranges stay", self.reach(self.street, MACHINE[4]), "silent")
            self.unplug(name)

    def given_at_the_machine(self):
        self.bring(self.sign(self.key, 5), "good")
        self.see("ranges that are signed with the recovery key are taken at the machine",
                 self.soon(self.street, MACHINE[4], "HTTP/1.1", 60), "HTTP/1.1")
        self.see("and replace all others", self.reach(self.home, MACHINE[4]), "silent")
        self.see("the console tells of it loudly", self.page_with("at the machine itself", "/alarms"), "at the machine itself")
        self.unplug("good")
        self.bring(self.sign(self.key, 5, net="192.0.2.128/26"), "again")
        self.machine.wait_for(r"^cashcow: problem recover.toml is refused: its serial 5 is not greater than 5", 60)
        self.checks.check("a serial number counts once", True)

    def on_trial_at_a_power_cut(self):
        self.begin(cidr_0="192.0.2.192/27", name_0="street", owner_0="Ada")
        self.see("a change is on trial when the power is cut", self.soon(self.street, MACHINE[4], "HTTP/1.1"), "HTTP/1.1")

    def after_the_power_cut(self):
        self.see("a power cut takes back what was on trial", self.reach(self.street, MACHINE[4]), "silent")
        self.see("and keeps what was confirmed", self.soon(self.desk, MACHINE[4], "HTTP/1.1"), "HTTP/1.1")
        self.see("the page says that the change was taken back", self.signed_in(PAGE).text, "Nobody confirmed it, so it was taken back")
