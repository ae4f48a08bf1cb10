"""A browser without a screen, for shops that run inside a machine: TLS, cookies, redirects and forms.

It checks no certificate (a new machine has its own) but remembers its SHA-256, which is what people compare.
"""
import base64
import hashlib
import hmac
import html.parser
import http.client
import http.cookies
import re
import ssl
import time
import urllib.parse

FOLLOWED = 8


class Forms(html.parser.HTMLParser):
    """The forms of a page: action and fields as a browser would send them untouched."""

    def __init__(self, text):
        super().__init__()
        self.forms, self.choice = [], None
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if tag == "form":
            self.forms.append((attrs.get("action", ""), {}))
        elif self.forms and tag == "input" and "name" in attrs and "disabled" not in attrs:
            fields, kind = self.forms[-1][1], attrs.get("type", "text")
            if kind in ("radio", "checkbox") and "checked" not in attrs:
                if kind == "radio":
                    fields.setdefault(attrs["name"], attrs.get("value", "on"))
                return
            fields[attrs["name"]] = attrs.get("value") or ""
        elif self.forms and tag == "select":
            self.choice = attrs.get("name")
        elif self.forms and tag == "option" and self.choice and "disabled" not in attrs:
            if "selected" in attrs or self.choice not in self.forms[-1][1]:
                self.forms[-1][1][self.choice] = attrs.get("value", "")

    def handle_endtag(self, tag):
        if tag == "select":
            self.choice = None


class Page:
    """An answer: status, head, text, and where it came from after redirects."""

    def __init__(self, at, response):
        self.at, self.status, self.headers = at, response.status, response.headers
        self.text = response.read().decode("utf-8", "replace")

    def form(self, action, **fields):
        """The first form that is sent to `action`, filled in: (action, fields)."""
        for where, found in Forms(self.text).forms:
            if where == action:
                return where, {**found, **fields}
        raise AssertionError(f"{self.at} ({self.status}) has no form for {action}")


class Browser:
    """One person's browser at one origin; with a second factor it proves that again where the console asks for it."""

    def __init__(self, origin, source=None, host=None):
        """`host` is what it calls the server, if that is not where it connects to."""
        self.origin = urllib.parse.urlsplit(origin)
        self.source, self.host = source, host or self.origin.netloc
        self.cookies, self.certificate, self.second = {}, None, None

    def get(self, path):
        page = self.ask("GET", path)
        if self.second and page.at.startswith("/step-up"):
            page = self.submit(page.form("/step-up", code=self.second.code()))
        return page

    def submit(self, form):
        return self.ask("POST", form[0], urllib.parse.urlencode(form[1]))

    def ask(self, method, path, body=None, kind="application/x-www-form-urlencoded"):
        for _ in range(FOLLOWED):
            response, connection = self.exchange(method, path, body, kind)
            with connection:
                page = Page(path, response)
            if page.status not in (301, 302, 303, 307, 308):
                return page
            aim = urllib.parse.urlsplit(urllib.parse.urljoin(path, page.headers["location"]))
            path = aim.path + (f"?{aim.query}" if aim.query else "")
            method, body = ("GET", None) if page.status in (301, 302, 303) else (method, body)
        raise AssertionError(f"{path} redirects for ever")

    def exchange(self, method, path, body, kind):
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        connection = Closing(self.origin.hostname, self.origin.port, timeout=60, context=context)
        headers = {"Host": self.host}
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        if body is not None:
            headers |= {"Content-Type": kind, "Sec-Fetch-Site": "same-origin", "Origin": f"https://{self.host}"}
        connection.request(method, path, body, headers)
        self.certificate = hashlib.sha256(connection.sock.getpeercert(binary_form=True)).hexdigest().upper()
        response = connection.getresponse()
        for line in response.headers.get_all("set-cookie") or []:
            for name, morsel in http.cookies.SimpleCookie(line).items():
                if morsel["max-age"] == "0":
                    self.cookies.pop(name, None)
                else:
                    self.cookies[name] = morsel.value
        return response, connection


class Closing(http.client.HTTPSConnection):
    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Second:
    """An authenticator app (RFC 6238) that scanned the page, and the recovery codes that were not used yet."""

    def __init__(self, page):
        found = re.search(r'id="seed" translate="no">([A-Z2-7 ]+)<', page.text)
        assert found, f"no secret for apps is shown: {page.text[:400]}"
        self.seed, self.used, self.recovery = base64.b32decode(found.group(1).replace(" ", "")), 0, []

    def enrol(self, browser, page):
        """Takes the app into use, and notes the recovery codes that follow."""
        page = browser.submit(page.form("/enrol/app", code=self.code()))
        self.recovery = re.findall(r"<li>([0-9A-Z-]{29})</li>", page.text)
        assert len(self.recovery) == 10, f"no recovery codes are shown: {page.text[:400]}"
        return page

    def code(self):
        """A code of the app that was not used yet: waits for it, since a recovery code raises an alarm."""
        while (step := int(time.time()) // 30) <= self.used:
            time.sleep(1)
        self.used = step
        digest = hmac.digest(self.seed, step.to_bytes(8, "big"), "sha1")
        place = digest[-1] & 15
        return f"{(int.from_bytes(digest[place:place + 4], 'big') & 0x7FFFFFFF) % 1_000_000:06}"
