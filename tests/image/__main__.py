"""The very image that `image/run` builds and boots: a purchase over its network, read back in its console."""
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import time

from tests.browser import Browser, Second
from tests.machines import BOOT, REPO, Checks, Lab, disks, facts, root_only

PASSWORD = "a quiet meadow with eleven cows"
EMAIL = "ada@example.com"
GOODS = "stoneware-mug"
# Lit points of a screen that shows a page of text.
PAGE = 3000


def free_ports(count):
    """Free ports of loopback: held together until all are known, so that they differ."""
    held = [socket.socket() for _ in range(count)]
    for one in held:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in held]
    for one in held:
        one.close()
    return ports


def card():
    """A number that the test gateway takes: made at run time, Luhn-valid, beginning with 424242."""
    body = "424242" + f"{int.from_bytes(os.urandom(4), 'big') % 10**9:09d}"
    double = [int(digit) * (2 - place % 2) for place, digit in enumerate(body)]
    return body + str(-sum(digit // 10 + digit % 10 for digit in double) % 10)


def run(*words, seconds=3 * BOOT):
    return subprocess.run([os.path.join(REPO, "image", "run"), *words], capture_output=True, text=True, timeout=seconds, check=False)


class Story:
    """One machine, started, used, stopped and started again by image/run alone."""

    def __init__(self, checks, state):
        self.checks, self.state = checks, state
        self.storefront, self.console = free_ports(2)
        self.answer, self.witness = {}, None

    def start(self, *more):
        done = run("--state", self.state, "--storefront-port", str(self.storefront), "--console-port", str(self.console),
                   "--detach", "--json", *more, seconds=3600)
        if done.returncode:
            raise RuntimeError(done.stderr[-1500:])
        self.answer = json.loads(done.stdout.splitlines()[-1])
        return done

    def first_run(self):
        done = self.start()
        check, answer = self.checks.check, self.answer
        check("image/run prints the addresses as JSON", answer["storefront"] == f"https://127.0.0.1:{self.storefront}/"
              and answer["console"] == f"https://127.0.0.1:{self.console}/", str(answer))
        check("image/run prints the set-up code", re.fullmatch(r"[0-9A-Z]{4}(-[0-9A-Z]{4}){2}", answer["setup_code"] or ""), str(answer))
        check("image/run names the serial log", os.path.exists(answer["serial_log"]))
        check("image/run says what port forwarding hides", "10.0.2.2" in done.stderr)
        browser = Browser(answer["console"])
        browser.get("/setup")
        check("the console shows the certificate that image/run printed",
              answer["console_fingerprint"].replace(" ", "") == browser.certificate, f"{browser.certificate}")
        again = run("--state", self.state)
        check("a second machine in the same state is refused in one line", again.returncode and len(again.stderr.strip().splitlines()) == 1,
              again.stderr)
        busy = run("--state", self.state + "-2", "--storefront-port", str(self.storefront), "--console-port", "1")
        check("a busy port is named with its option", busy.returncode and "--storefront-port" in busy.stderr, busy.stderr)

    def buys(self):
        shopper = Browser(self.answer["storefront"])
        home = shopper.get("/")
        self.checks.check("the shop shows its banner of a dev image", "dev" in home.text.lower() and home.status == 200)
        for name in ("strict-transport-security", "content-security-policy", "x-content-type-options", "referrer-policy"):
            self.checks.check(f"the storefront sends {name}", home.headers[name])
        shopper.submit(shopper.get(f"/product/{GOODS}").form("/cart/add"))
        page = shopper.submit(shopper.get("/checkout/contact").form(
            "/checkout/contact", email="grace@example.com", name="Grace Hopper", street="Mill Lane 7",
            postal_code="10115", city="Berlin", country="DE"))
        page = shopper.submit(page.form("/checkout/delivery", shipping="standard"))
        self.checks.check("the payment page allows no script", "script-src 'none'" in page.headers["content-security-policy"])
        number = card()
        page = shopper.submit(page.form("/checkout/pay", **{"cc-name": "Grace Hopper", "cc-number": number,
                                                            "cc-exp": "12/39", "cc-csc": "123"}))
        self.checks.check("a card is taken over the machine's real network", "Thank you" in page.text, page.text[:400])
        self.checks.check("the page after the purchase holds no card number", number not in page.text and number[-4:] in page.text)

    def sets_up_and_reads(self):
        admin = Browser(self.answer["console"])
        page = admin.submit(admin.get("/setup").form("/setup", code=self.answer["setup_code"]))
        page = admin.submit(page.form("/setup/shop", email=EMAIL, password=PASSWORD, password_again=PASSWORD))
        self.checks.check("nothing opens before a second factor is enrolled", admin.get("/orders").at == "/enrol")
        self.second = Second(page)
        page = self.second.enrol(admin, page)
        page = admin.get("/setup/recovery-key")
        key = re.search(r'class="secret"[^>]*>([a-z\s-]{71,90})<', page.text)
        self.checks.check("set-up shows the data volume's recovery key", key, page.text[:400])
        if key:
            admin.submit(page.form("/setup/recovery-key", written="yes"))
            self.volume_opens_with("".join(key.group(1).split()))
        orders = admin.get("/orders")
        if "/sign-in" in orders.at:
            orders = admin.submit(orders.form("/sign-in", email=EMAIL, password=PASSWORD, code=self.second.code()))
            orders = admin.get("/orders")
        self.checks.check("the console shows the order", "Grace Hopper" in orders.text, orders.text[:400])
        staff = admin.get("/staff").text
        self.checks.check("both founders of the provisioning file are entered, the second as invited",
                          "Ada Osei" in staff and re.search(r'Noor Haddad<.*>Invited</span>', staff, re.S), staff[-1500:])
        self.tpm_follows(admin, "before the restart")

    def tpm_follows(self, admin, when):
        """The machine's TPM vouches for the audit log, and nothing on this machine needs a person."""
        log = admin.get("/audit").text
        found = re.search(r'class="print">([0-9a-f]{64})<', log)
        self.checks.check(f"the audit log names the TPM's key {when}", found, log[:600])
        if found:
            self.witness = self.witness or found.group(1)
            self.checks.check(f"the key is the same {when}", self.witness == found.group(1), found.group(1))
        signed = re.search(r"Signed by the TPM</dt><dd>([^<]*)<", log)
        self.checks.check(f"the TPM signed the log {when}", signed and signed.group(1).startswith("Up to record"), str(signed))
        alarms = admin.get("/alarms").text
        self.checks.check(f"no alarm stands {when}", "No alarm is open" in alarms, alarms[-800:])

    def volume_opens_with(self, key):
        """Tries the key on the volume from outside, as its owner would after a broken machine."""
        image = facts(os.path.join(REPO, "target", "image", "dev", self.version() + ".json"))
        disk = os.path.join(self.state, "disk.raw")
        start, _, _ = disks.partitions(image["tools"], disk)["cashcow-data"]
        with tempfile.TemporaryDirectory() as folder:
            head, secret = os.path.join(folder, "head"), os.path.join(folder, "key")
            with open(disk, "rb") as file, open(head, "wb") as out:
                file.seek(start)
                out.write(file.read(17 << 20))
            with open(secret, "w", encoding="ascii") as file:
                file.write(key)
            try:
                disks.run(image["tools"], "cryptsetup", "open", "--test-passphrase", "--key-file", secret, head)
                opened = ""
            except RuntimeError as error:
                opened = str(error)
        self.checks.check("the recovery key opens the data volume", not opened, opened)

    @staticmethod
    def version():
        with open(os.path.join(REPO, "Cargo.toml"), encoding="utf-8") as file:
            return re.search(r'^version = "(.*)"', file.read(), re.M).group(1)

    def stops_and_starts(self):
        done = run("--state", self.state, "--stop")
        self.checks.check("image/run --stop stops it", done.returncode == 0 and not self.processes(), done.stderr)
        fingerprint = self.answer["console_fingerprint"]
        self.start()
        self.checks.check("it starts again with the same certificate", self.answer["console_fingerprint"] == fingerprint)
        self.checks.check("the set-up code is used up", self.answer["setup_code"] is None, str(self.answer))
        admin = Browser(self.answer["console"])
        page = admin.submit(admin.get("/sign-in").form("/sign-in", email=EMAIL, password=PASSWORD, code=self.second.code()))
        self.checks.check("the order survived", "Grace Hopper" in admin.get("/orders").text, page.text[:300])
        self.tpm_follows(admin, "after the restart")
        run("--state", self.state, "--stop")

    def processes(self):
        """Process ids whose command line names this state folder."""
        found = []
        for entry in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{entry}/cmdline", "rb") as file:
                    words = file.read()
            except OSError:
                continue
            if self.state.encode() in words and (b"qemu" in words or b"swtpm" in words):
                found.append(int(entry))
        return found


def other_hardware(checks, lab, bus, network_card):
    """A first start on another disk bus and network card, without image/run."""
    image = facts(os.path.join(REPO, "target", "image", "dev", Story.version() + ".json"))
    disk = lab.path(f"{bus}.raw")
    disks.new_disk(image, disk, size=2 << 30)
    (port,) = free_ports(1)
    with lab.machine(bus, image, disk, stick=lab.stick(image, name=f"{bus}-setup.raw"), disk_bus=bus, card=network_card,
                     forwards={443: port}) as machine:
        machine.wait_for(r"^cashcow: console fingerprint", BOOT)
        home = Browser(f"https://127.0.0.1:{port}/").get("/")
        checks.check(f"it boots from {bus} and sells over {network_card}", home.status == 200)
        checks.check(f"its screen shows the machine's page ({bus})", written(machine, lab.path(f"{bus}.ppm")) > PAGE)


def written(machine, picture):
    """How many points of the machine's screen are lit: a page of text has thousands, a bare cursor a few."""
    lit = 0
    for _ in range(10):
        time.sleep(2)
        machine.command("screendump", filename=picture)
        time.sleep(1)
        with open(picture, "rb") as file:
            points = file.read().split(b"\n", 3)[-1]
        lit = (len(points) - points.count(0)) // 3
        if lit > PAGE:
            break
    return lit


def names_mistakes(checks, lab):
    """A new machine with a wrong provisioning file names every mistake with line and cure, and opens nothing."""
    image = facts(os.path.join(REPO, "target", "image", "dev", Story.version() + ".json"))
    disk = lab.path("mistakes.raw")
    disks.new_disk(image, disk, size=2 << 30)
    wrong = lab.stick(image, network='addresses = ["10.0.2.300/24"]', ranges='{ cidr = "10.0.0.0/8", name = "all" }',
                      more='[chop]\nname = "x"\n', name="mistakes-setup.raw")
    with lab.machine("mistakes", image, disk, stick=wrong) as machine:
        machine.wait_for(r"^cashcow: problem .*chop", BOOT)
        said = machine.serial()
        for mistake in ("10.0.2.300/24", "10.0.0.0/8", "chop"):
            line = re.search(rf"^cashcow: problem appliance\.toml line \d+.*{re.escape(mistake)}.*\| cure .+", said, re.M)
            checks.check(f"a mistake in appliance.toml is named with its line and cure: {mistake}", line, said[-1500:])
        checks.check("a machine that is not provisioned opens no door", "console fingerprint" not in said)


def main():
    root_only()
    checks = Checks()
    with Lab("image") as lab:
        story = Story(checks, lab.path("run"))
        for name, part in (("first run", story.first_run), ("purchase", story.buys), ("console", story.sets_up_and_reads),
                           ("second run", story.stops_and_starts)):
            checks.attempt(name, part)
        run("--state", story.state, "--stop")
        checks.side_by_side(("NVMe", other_hardware, checks, lab, "nvme", "e1000e"),
                            ("SATA", other_hardware, checks, lab, "sata", "virtio"))
        checks.attempt("mistakes", names_mistakes, checks, lab)
    checks.close()


if __name__ == "__main__":
    sys.exit(main())
