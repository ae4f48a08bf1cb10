"""The API as its document says it is: schemathesis sends what the document allows and what it forbids.

Starts `cashcowd demo`, sets the shop up, takes a session's token and lets schemathesis go for a minute. No answer may
be a fault of ours, and each must be one that the document names. Closes with `N passed, N failed`.
"""
import http.client
import json
import os
import ssl
import subprocess
import sys
import tempfile
import urllib.parse
import venv

HERE = os.path.dirname(os.path.abspath(__file__))
REPO = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.dirname(HERE))

from browser import Browser, Second  # noqa: E402

PASSWORD = "a quiet meadow with eleven cows"
EMAIL = "ada@example.com"
SECONDS = 60
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance," \
         "response_headers_conformance,unsupported_method,ignored_auth"
# What would end the session that everything else needs, or lock its person out.
LEFT_OUT = "^/api/v1/(session|account/password|account/sessions/)"


def target():
    return os.environ.get("CARGO_TARGET_DIR", os.path.join(REPO, "target"))


def tool():
    """Schemathesis in a folder of its own, at fixed versions."""
    folder, wanted = os.path.join(target(), "tmp", "schemathesis"), os.path.join(HERE, "requirements.txt")
    done = os.path.join(folder, "installed")
    text = open(wanted, encoding="utf-8").read()
    if not os.path.exists(done) or open(done, encoding="utf-8").read() != text:
        venv.create(folder, clear=True, with_pip=True)
        python = os.path.join(folder, "bin", "python")
        subprocess.run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", wanted],
                       check=True, stdin=subprocess.DEVNULL)
        with open(done, "w", encoding="utf-8") as file:
            file.write(text)
    return os.path.join(folder, "bin", "schemathesis")


def start(folder):
    """A shop, and what it says of itself."""
    ports = [word for name in ("storefront", "console", "http") for word in (f"--{name}-port", "0")]
    shop = subprocess.Popen([os.path.join(target(), "debug", "cashcowd"), "demo", "--dir", folder, *ports],
                            cwd=REPO, stdout=subprocess.PIPE, stderr=open(os.path.join(folder, "log"), "w"), text=True)
    said = {}
    for line in shop.stdout:
        word, _, value = line.removeprefix("cashcow: ").strip().partition(" ")
        if word == "ready":
            return shop, said
        said.setdefault("code" if value.startswith("code ") else word, value.removeprefix("code ").split(" ")[0])
    raise AssertionError(f"the shop did not start: {open(os.path.join(folder, 'log')).read()[-2000:]}")


def set_up(console, code):
    """The administrator's second factor."""
    browser = Browser(console)
    page = browser.submit(browser.get("/setup").form("/setup", code=code))
    page = browser.submit(page.form("/setup/shop", contact="hello@meadow.example", password=PASSWORD,
                                    password_again=PASSWORD))
    second = Second(page)
    second.enrol(browser, page)
    return second


def ask(console, method, path, body=None, token=""):
    """Status and body of an answer."""
    at = urllib.parse.urlsplit(console)
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    connection = http.client.HTTPSConnection(at.hostname, at.port, context=context)
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    connection.request(method, f"/api/v1{path}", body, headers)
    answer = connection.getresponse()
    return answer.status, answer.read().decode()


def session(console, second):
    body = json.dumps({"email": EMAIL, "password": PASSWORD, "code": second.code()})
    status, text = ask(console, "POST", "/session", body)
    assert status == 201, f"{status} {text}"
    return json.loads(text)["token"]


def main():
    subprocess.run(["cargo", "build", "--locked", "--quiet", "--bins"], cwd=REPO, check=True)
    program = tool()
    with tempfile.TemporaryDirectory() as folder:
        shop, said = start(folder)
        try:
            token = session(said["console"], set_up(said["console"], said["code"]))
            run = subprocess.run(
                [program, "run", f"{said['console']}api/v1/openapi.json", "--header", f"Authorization: Bearer {token}",
                 "--tls-verify", "false", "--checks", CHECKS, "--exclude-path-regex", LEFT_OUT, "--phases",
                 "examples,coverage,fuzzing", "--max-time", str(SECONDS), "--request-timeout", "30", "--seed", "7",
                 "--no-color"],
                cwd=folder, stdin=subprocess.DEVNULL, timeout=SECONDS * 10, check=False)
            alive = shop.poll() is None
            # A session that ended on the way would leave the rest of the walk at the door.
            status, text = ask(said["console"], "GET", "/me", token=token) if alive else (0, "the shop has ended")
            if status != 200:
                print(f"the session did not last: {status} {text}")
        finally:
            shop.terminate()
            shop.wait(30)
    failed = int(run.returncode != 0) + int(not alive) + int(status != 200)
    print(f"{3 - failed} passed, {failed} failed")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
