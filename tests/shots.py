"""What people see: pictures of the console's pages with a demo shop and several people behind them.

`python3 -m tests.shots [FOLDER] [--only WORD]` starts the built `cashcowd demo` on loopback, walks through the pages
as people of several roles, and leaves for each page `NAME.png` (1280 px beside 375 px) and `NAME.dark.png`. What a
machine can see it says: text that runs out of a narrow screen, fields without a label, headings that skip a level,
ids that are there twice or nowhere. Whether a page is clear, somebody has to look.

`--again` draws the pages of the last run with the style sheets of now, and starts no shop.
Needs chromium and chromedriver.
"""
import argparse
import base64
import http.client
import json
import os
import re
import subprocess
import sys
import tempfile
import time
import urllib.parse
import uuid

from tests.browser import Browser, Second

REPO = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PASSWORD = "a quiet meadow with eleven cows"
HOST = "console.shop.example"
STYLES = ("tokens.css", "base.css", "console.css")
with open(os.path.join(REPO, "demo", "founders.toml"), encoding="utf-8") as founders:
    FOUNDERS = founders.read()
APPLIANCE = f"""\
version = 1
hostname = "{HOST}"
[network]
dhcp = true
[access]
admin_ranges = [{{ cidr = "127.0.0.0/24", name = "hosting desk" }}, {{ cidr = "2001:db8:7::/64", name = "office" }}]
[shop]
name = "Meadow & Mill"
demo = true
{FOUNDERS}[dev]
acme_endpoint = "https://127.0.0.1:9"
"""
SHOPIFY = """\
Handle,Title,Body (HTML),Vendor,Type,Tags,Published,Option1 Name,Option1 Value,Variant SKU,Variant Inventory Qty,Variant Price
clay-jug,Clay jug,<p>Thrown by hand.</p>,Mill,Kitchen,,TRUE,Size,Small,JUG-S,4,free
clay-jug,,,,,,,Size,Large,JUG-L,many,32.00
,No handle,,,Kitchen,,TRUE,Title,Default Title,NONE-1,1,5.00
"""
WOO = """\
ID,Type,SKU,Name,Published,Regular price,Stock,Categories,Images
11,simple,TEA-9,Mint tea,1,6.50,12,Pantry > Tea,https://shop.example/tea.jpg
12,grouped,SET-1,Tea set,1,,,Pantry,
13,simple,TEA-9,Mint tea again,1,about six,12,Pantry,
"""
LOOK = """
const wrong = [], wide = document.documentElement;
if (wide.scrollWidth > wide.clientWidth) {
  const out = [...document.querySelectorAll("main *, header *")].filter((e) => e.getBoundingClientRect().right > wide.clientWidth + 1 && !e.closest(".table"));
  wrong.push(`${wide.scrollWidth} px wide, out to the right: ${out.slice(0, 3).map((e) => e.outerHTML.slice(0, 90)).join(" | ")}`);
}
for (const e of document.querySelectorAll(".table")) if (e.scrollWidth > e.clientWidth) wrong.push(`a table is ${e.scrollWidth} px wide in ${e.clientWidth}`);
for (const e of document.querySelectorAll("input:not([type=hidden]), select, textarea")) if (!e.labels?.length && !e.ariaLabel && !e.hasAttribute("aria-labelledby")) wrong.push(`no label: ${e.outerHTML.slice(0, 90)}`);
let level = 0;
for (const e of document.querySelectorAll("h1, h2, h3, h4")) { const l = Number(e.tagName[1]); if (l > level + 1 && !e.closest(".summary-of-errors, .notice")) wrong.push(`h${l} after h${level}: ${e.textContent}`); level = l; }
if (document.querySelectorAll("h1").length !== 1) wrong.push("not one h1");
const ids = [...document.querySelectorAll("[id]")].map((e) => e.id);
for (const id of new Set(ids.filter((id, at) => ids.indexOf(id) !== at))) wrong.push(`twice: #${id}`);
for (const name of ["aria-describedby", "aria-labelledby", "for"]) for (const e of document.querySelectorAll(`[${name}]`)) for (const id of e.getAttribute(name).split(/\\s+/)) if (id && !ids.includes(id)) wrong.push(`${name} of nothing: ${id}`);
for (const e of document.querySelectorAll("a[href^='#']")) if (!ids.includes(e.getAttribute("href").slice(1))) wrong.push(`a link to nothing: ${e.getAttribute("href")}`);
for (const e of document.querySelectorAll("button, .button, input[type=checkbox], input[type=radio], select")) { const r = e.getBoundingClientRect(); if (r.width && (r.height < 20 || r.width < 20)) wrong.push(`too small to hit: ${e.outerHTML.slice(0, 90)}`); }
return wrong;
"""


class Chrome:
    """A browser that is told over WebDriver what to do."""

    def __init__(self):
        self.driver = subprocess.Popen(["chromedriver", "--port=0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        for line in self.driver.stdout:
            found = re.search(r"successfully on port (\d+)", line)
            if found:
                self.port = int(found.group(1))
                break
        words = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--ignore-certificate-errors"]
        able = {"alwaysMatch": {"goog:chromeOptions": {"args": words}}}
        self.session = ""
        self.session = "/session/" + self.tell("/session", {"capabilities": able})["sessionId"]

    def tell(self, path, body, method="POST"):
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        line.request(method, self.session + path, json.dumps(body) if method == "POST" else None)
        said = json.loads(line.getresponse().read())["value"]
        if isinstance(said, dict) and "error" in said:
            raise RuntimeError(said["message"].splitlines()[0])
        return said

    def devtools(self, command, **parameters):
        return self.tell("/goog/cdp/execute", {"cmd": command, "params": parameters})

    def size(self, width, dark=False):
        self.devtools("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=False)
        scheme = "dark" if dark else "light"
        self.devtools("Emulation.setEmulatedMedia", features=[
            {"name": "prefers-color-scheme", "value": scheme}, {"name": "prefers-reduced-motion", "value": "reduce"}])

    def draw(self, path):
        picture = self.devtools("Page.captureScreenshot", captureBeyondViewport=True)["data"]
        with open(path, "wb") as file:
            file.write(base64.b64decode(picture))

    def open(self, path):
        self.tell("/url", {"url": "file://" + os.path.abspath(path)})

    def ask(self, script):
        return self.tell("/execute/sync", {"script": script, "args": []})

    def stop(self):
        self.tell("", None, "DELETE")
        self.driver.terminate()
        self.driver.wait()


class Gallery:
    """Where the pictures hang, and what the browser found wrong."""

    def __init__(self, folder, only, check):
        self.folder, self.only, self.check, self.chrome = folder, only, check, Chrome()
        os.makedirs(folder, exist_ok=True)

    def keep(self, name, page):
        """The page as it came, for this run's picture and for later ones."""
        with open(os.path.join(self.folder, name + ".page"), "w") as file:
            file.write(page.text)
        print(f"{name}: {page.status} {page.at}", flush=True)
        self.hang(name)

    def hang(self, name):
        if self.only and not any(word in name for word in self.only):
            return
        place = os.path.join(self.folder, name)
        with open(place + ".page") as file:
            text = file.read()
        styles = "".join(open(os.path.join(REPO, "assets", style)).read() for style in STYLES)
        text = re.sub(r"<link[^>]*>|<meta http-equiv[^>]*>|<script.*?</script>", "", text, flags=re.DOTALL)
        text = text.replace("</head>", f"<style>{styles}</style></head>")
        # What the script shows to browsers that know passkeys.
        text = re.sub(r"(<form class=\"passkey\"[^>]*) hidden>", r"\1>", text)
        with open(place + ".html", "w") as file:
            file.write(text)
        self.chrome.size(1280)
        self.chrome.open(place + ".html")
        wrong = {f"1280: {line}" for line in self.chrome.ask(LOOK)}
        if self.check:
            wrong |= self.axe()
        self.chrome.draw(place + ".wide.png")
        self.chrome.size(1280, dark=True)
        if self.check:
            wrong |= {f"dark {line}" for line in self.axe()}
        self.chrome.draw(place + ".dark.png")
        self.chrome.size(375)
        wrong |= {f" 375: {line}" for line in self.chrome.ask(LOOK)}
        self.chrome.draw(place + ".narrow.png")
        for line in sorted(wrong):
            print("   ", line, flush=True)
        with open(place + ".html", "w") as file:
            file.write(f"<body style='margin:0;background:#888;display:flex;gap:12px;align-items:start'>"
                       f"<img src='{os.path.basename(place)}.wide.png'><img src='{os.path.basename(place)}.narrow.png'>")
        self.chrome.size(1280 + 12 + 375)
        self.chrome.open(place + ".html")
        self.chrome.draw(place + ".png")
        for rest in (".wide.png", ".narrow.png", ".html"):
            os.remove(place + rest)

    def axe(self):
        """What axe-core finds, if its script was given."""
        self.chrome.devtools("Runtime.evaluate", expression=open(self.check).read())
        found = self.chrome.devtools("Runtime.evaluate", awaitPromise=True, returnByValue=True, expression=(
            "axe.run({rules: {region: {enabled: false}}, runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa', 'best-practice']}).then((r) => r.violations"
            ".map((v) => v.id + ': ' + v.nodes.slice(0, 2).map((n) => n.html.slice(0, 140)).join(' | ')))"))
        return {f"axe: {line}" for line in found["result"].get("value", [str(found)])}


class Shop:
    """A new demo shop on loopback, in a folder of its own."""

    def __init__(self, folder, built):
        file = os.path.join(folder, "appliance.toml")
        with open(file, "w") as provisioning:
            provisioning.write(APPLIANCE)
        ports = [word for name in ("storefront", "console", "http") for word in (f"--{name}-port", "0")]
        self.child = subprocess.Popen(
            [os.path.join(built, "cashcowd"), "demo", "--dir", folder, "--appliance", file, *ports], cwd=REPO,
            env={**os.environ, "TSS2_LOG": "all+none"}, stdout=subprocess.PIPE, text=True,
            stderr=open(os.path.join(folder, "cashcowd.log"), "w"))
        self.said = {}
        for line in self.child.stdout:
            fact = line.removeprefix("cashcow: ").strip()
            if fact == "ready":
                return
            for name in ("console fingerprint", "console", "set-up code"):
                if fact.startswith(name):
                    self.said[name] = fact.removeprefix(name).split()[0]
                    break
        raise RuntimeError(open(os.path.join(folder, "cashcowd.log")).read())

    def stop(self):
        self.child.terminate()
        self.child.wait()


class Person(Browser):
    """Somebody at the console, who remembers the last page."""

    page = None

    def send(self, action, **fields):
        return self.submit(self.page.form(action, **fields))

    def ask(self, *request, **more):
        self.page = super().ask(*request, **more)
        return self.page


def person(shop, named=False):
    """A new browser; it calls the console by its name, as passkeys need it, or by its address."""
    port = urllib.parse.urlsplit(shop.said["console"]).port
    return Person(f"https://127.0.0.1:{port}", host=f"{HOST}:{port}" if named else None)


def enrol(who, gallery=None, name=""):
    page = who.get("/enrol")
    who.second = None
    second = Second(page)
    if gallery:
        gallery.keep(name, page)
        gallery.keep(name + "-wrong", who.submit(page.form("/enrol/app", code="000000")))
        page = who.page
        second = Second(page)
    codes = second.enrol(who, page)
    if gallery:
        gallery.keep(name + "-codes", codes)
    who.second = second


def founder(shop, gallery):
    who = person(shop, named=True)
    gallery.keep("setup-code", who.get("/setup"))
    gallery.keep("setup-code-wrong", who.send("/setup", code="ABCD-EFGH-IJKL"))
    page = who.submit(who.get("/setup").form("/setup", code=shop.said["set-up code"]))
    gallery.keep("setup-shop", page)
    page = who.send("/setup/shop", password="short", password_again="shorter")
    gallery.keep("setup-shop-wrong", page)
    who.send("/setup/shop", password=PASSWORD, password_again=PASSWORD)
    enrol(who, gallery, "enrol")
    return who


def href(page, name):
    return re.search(rf'href="([^"]*)">{re.escape(name)}<', page.text).group(1)


def half(who, path, which):
    page = who.get(path)
    page = who.submit(page.form(f"{path}/{which}"))
    return page, re.search(r'class="secret" translate="no">([^<]*)', page.text).group(1)


def join(shop, link, code, gallery=None):
    who = person(shop)
    path = urllib.parse.urlsplit(link).path
    page = who.get(path)
    if gallery:
        gallery.keep("join", page)
        gallery.keep("join-wrong", who.send(path, code="AAAA-BBBB-CCCC", password="cow", password_again="calf"))
        page = who.page
    who.submit(page.form(path, **({"code": code} if code else {}), password=PASSWORD, password_again=PASSWORD))
    enrol(who)
    return who


def grant(who, name, role, **more):
    fields = dict(name=name, email=name.split()[0].lower() + "@example.com", role=role, employer="Meadow & Mill",
                  kind="employee", since="2020-01-01", ended="", screening_method="references", screening_on="2025-01-15",
                  screening_until="2030-01-14", screening_reference="HR 7")
    who.get("/staff/new")
    return who.send("/staff/new", **{**fields, **more})


def hire(shop, ada, noor, name, role, gallery=None):
    grant(ada, name, role)
    number = re.search(r"made=(\d+)", ada.page.at).group(1)
    noor.get("/proposals")
    noor.send(f"/proposals/{number}/confirm")
    if gallery:
        gallery.keep("proposals-confirmed", noor.page)
    at = href(ada.get("/staff"), name)
    if gallery:
        gallery.keep("person-invited", ada.get(at))
    page, link = half(ada, at, "link")
    if gallery:
        gallery.keep("person-link-made", page)
    return join(shop, link, half(noor, at, "code")[1], gallery)


def upload(who, name, text):
    page = who.get("/products/import")
    mark = uuid.uuid4().hex
    token = page.form("/products/import")[1]["csrf"]
    parts = [f'--{mark}\r\nContent-Disposition: form-data; name="csrf"\r\n\r\n{token}\r\n',
             f'--{mark}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\nContent-Type: text/csv\r\n\r\n{text}\r\n',
             f"--{mark}--\r\n"]
    return who.ask("POST", "/products/import", "".join(parts).encode(), f"multipart/form-data; boundary={mark}")


def staff(shop, gallery, ada):
    gallery.keep("staff-founders", ada.get("/staff"))
    at = href(ada.page, "Noor Haddad")
    gallery.keep("person-founder", ada.get(at))
    page, link = half(ada, at, "link")
    gallery.keep("person-founder-link", page)
    noor = join(shop, link, "")
    gallery.keep("staff-new", ada.get("/staff/new"))
    gallery.keep("staff-new-wrong", ada.send("/staff/new", name="", email="ola at example", employer="", since="soon",
                                             screening_on="2026-02-01", screening_until="2025-01-01"))
    gallery.keep("staff-new-contractor", grant(ada, "Bo Lind", "platform-administrator", kind="contractor"))
    gallery.keep("proposals-none", ada.get("/proposals"))
    ola = hire(shop, ada, noor, "Ola Berg", "operator-owner", gallery)
    mira = hire(shop, ada, noor, "Mira Sol", "shop-manager")
    kim = hire(shop, ada, noor, "Kim Park", "auditor")
    gallery.keep("proposals-own", grant(ada, "Sam Field-Whittington of the Upper Meadows", "support"))
    gallery.keep("proposals", noor.get("/proposals"))
    noor.send("/proposals/4/reject")
    ada.get(href(ada.get("/staff"), "Mira Sol") + "/change")
    path = ada.page.at
    gallery.keep("person-change", ada.page)
    gallery.keep("person-change-nothing", ada.send(path))
    ada.submit(ada.page.form(path, role="fulfilment", employer="Meadow & Mill Logistics"))
    gallery.keep("proposals-change", noor.get("/proposals"))
    gallery.keep("proposals-about", mira.get("/proposals"))
    gallery.keep("staff", ada.get("/staff"))
    gallery.keep("staff-none", ada.get("/staff?role=support"))
    gallery.keep("person", ada.get(href(ada.get("/staff"), "Ola Berg")))
    gallery.keep("person-waiting", ada.get(href(ada.get("/staff"), "Mira Sol")))
    gallery.keep("person-own", ada.get(href(ada.get("/staff"), "Ada Osei")))
    gallery.keep("person-seen-by-auditor", kim.get(href(ada.get("/staff"), "Ola Berg")))
    gallery.keep("roles", kim.get("/roles"))
    kims = href(ada.get("/staff"), "Kim Park")
    ada.get(kims)
    gallery.keep("person-dismissed", ada.send(kims + "/dismiss"))
    gallery.keep("staff-dismissed", ada.get("/staff"))
    gallery.keep("join-none", person(shop).get("/join/" + "0" * 26))
    return noor, ola, mira


def account(shop, gallery, ada, ola):
    gallery.keep("security", ada.get("/security"))
    second, ada.second = ada.second, None
    gallery.keep("step-up", ada.get("/step-up"))
    gallery.keep("step-up-wrong", ada.send("/step-up", code="123456"))
    ada.second = second
    ada.get("/security")
    gallery.keep("security-wrong", ada.send("/security/password", current="x", password="short", password_again="other"))
    gallery.keep("sessions", ada.get("/security/sessions"))
    gallery.keep("codes-again", ada.submit(ada.get("/security").form("/security/recovery-codes")))
    gallery.keep("tokens-none", ola.get("/tokens"))
    gallery.keep("tokens-wrong", ola.send("/tokens", name="", range="10.0.0.0/33", days="0"))
    gallery.keep("tokens-made", ola.send("/tokens", name="Stock sync of the warehouse", range="127.0.0.1/32", days="30",
                                         **{"right.see-products": "yes", "right.change-products": "yes"}))
    gallery.keep("tokens", ola.get("/tokens"))
    gallery.keep("app-add", ola.get("/security/app"))
    door = person(shop, named=True)
    gallery.keep("sign-in", door.get("/sign-in"))
    gallery.keep("sign-in-empty", door.send("/sign-in"))
    gallery.keep("sign-in-wrong", door.send("/sign-in", email="mira@example.com", password="not this one", code="123456"))
    for _ in range(12):
        page = door.get("/sign-in")
        page = door.submit(page.form("/sign-in", email="mira@example.com", password="not this one", code="123456"))
        if page.status != 422:
            break
    gallery.keep("sign-in-locked", page)


def ranges(gallery, ada, noor, ola):
    gallery.keep("ranges", noor.get("/settings/ranges"))
    gallery.keep("ranges-change", noor.get("/settings/ranges/machine"))
    page = noor.page
    inputs = re.findall(r'<input id="([^"]*)" name="[^"]*" type="text"', page.text)
    gallery.keep("ranges-change-wrong", noor.submit(page.form("/settings/ranges/machine", **{inputs[0]: "0.0.0.0/0", inputs[1]: "", inputs[2]: ""})))
    page = noor.submit(noor.page.form("/settings/ranges/machine", **dict(zip(inputs, ("192.0.2.0/28", "Workshop", "Ola Berg")))))
    gallery.keep("ranges-check", page)
    gallery.keep("ranges-trial", noor.submit(page.form("/settings/ranges/machine/try")))
    gallery.keep("ranges-trial-other", ada.get("/settings/ranges"))
    time.sleep(2)
    gallery.keep("ranges-trial-ready", noor.get("/settings/ranges"))
    try:
        gallery.keep("ranges-kept", noor.submit(noor.page.form("/settings/ranges/machine/confirm")))
    except AssertionError as error:
        print("   ", error)
    gallery.keep("ranges-operator", ola.get("/settings/ranges"))
    gallery.keep("ranges-operator-change", ola.get("/settings/ranges/operator"))


def machine(gallery, ada, noor, ola):
    gallery.keep("audit", noor.get("/audit"))
    gallery.keep("audit-narrow", noor.get("/audit?who=ada@example.com&outcome=refused"))
    gallery.keep("audit-wrong", noor.get("/audit?source=10.0.0.0/99&from=2026-11-23&until=2026-11-01"))
    gallery.keep("audit-none", noor.get("/audit?q=nobody-of-that-name"))
    gallery.keep("audit-record", noor.get(re.search(r'href="(/audit/\d+)"', noor.get("/audit").text).group(1)))
    gallery.keep("collector", noor.get("/settings/collector"))
    gallery.keep("collector-wrong", noor.submit(noor.page.form("/settings/collector", protocol="syslog", address="nowhere at all", root="abc")))
    for place, who in (("certificate", ola), ("console-certificate", ada)):
        at = f"/settings/{place}"
        gallery.keep(place, who.get(at))
        gallery.keep(place + "-ask-wrong", who.submit(who.page.form(at + "/ask", ask_names="not a name")))
        gallery.keep(place + "-put-wrong", who.submit(who.get(at).form(at, chain="-----BEGIN CERTIFICATE-----\nxx")))
        gallery.keep(place + "-asked", who.submit(who.get(at).form(at + "/ask", ask_names="shop.example", agreed="yes")))
        gallery.keep(place + "-request", who.submit(who.get(at).form(at + "/request", names="shop.example")))
        time.sleep(3)
        gallery.keep(place + "-trouble", who.get(at))
    gallery.keep("alarms", ada.get("/alarms"))
    gallery.keep("overview", ada.get("/"))
    gallery.keep("go-live", ada.get("/go-live"))
    gallery.keep("gateway", ada.get("/settings/gateway"))
    gallery.keep("product", ada.get("/products/stoneware-mug"))
    gallery.keep("orders", ada.get("/orders"))
    gallery.keep("overview-owner", ola.get("/"))
    gallery.keep("not-found", ada.get("/nowhere"))


def goods(gallery, mira):
    gallery.keep("products", mira.get("/products"))
    gallery.keep("import", mira.get("/products/import"))
    gallery.keep("import-shopify-wrong", upload(mira, "products_export.csv", SHOPIFY))
    gallery.keep("import-woo-wrong", upload(mira, "wc-product-export.csv", WOO))
    gallery.keep("import-woo", upload(mira, "wc-product-export.csv", WOO.rsplit("12,grouped", 1)[0]))
    gallery.keep("import-unknown", upload(mira, "stock.csv", "a,b,c\n1,2,3\n"))
    gallery.keep("import-nothing", upload(mira, "", ""))


def walk(gallery, built):
    with tempfile.TemporaryDirectory() as folder:
        shop = Shop(folder, built)
        try:
            ada = founder(shop, gallery)
            gallery.keep("recovery-key", ada.get("/setup/recovery-key"))
            noor, ola, mira = staff(shop, gallery, ada)
            goods(gallery, mira)
            ranges(gallery, ada, noor, ola)
            machine(gallery, ada, noor, ola)
            account(shop, gallery, ada, ola)
        finally:
            shop.stop()


def main():
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("folder", nargs="?", default=os.path.join(REPO, "target", "shots"))
    words.add_argument("--built", default=os.path.join(REPO, "target", "debug"), help="the folder of cashcowd")
    words.add_argument("--only", action="append", default=[], help="draw only pages with this in their name")
    words.add_argument("--again", action="store_true", help="draw the pages of the last run anew")
    words.add_argument("--axe", help="the script of axe-core, to be asked as well")
    given = words.parse_args()
    gallery = Gallery(given.folder, given.only, given.axe)
    try:
        if given.again:
            for name in sorted(os.listdir(given.folder)):
                if name.endswith(".page"):
                    gallery.hang(name.removesuffix(".page"))
        else:
            walk(gallery, given.built)
    finally:
        gallery.chrome.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
