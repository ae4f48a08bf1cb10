"""Coverage-guided fuzzing of every parser on the payment path, for a bounded time, on the stable toolchain.

    python3 -m tests.fuzz                      every parser, CASHCOW_FUZZ_SECONDS (12) each, two at once
    python3 -m tests.fuzz TARGET...            only these
    python3 -m tests.fuzz --again TARGET FILE  one input once more; FILE may be - for standard input

First come parsers with planted faults: a fuzzing that does not find them would find nothing. What libFuzzer has
learnt stays in target/fuzz; the inputs to begin with are in tests/fuzz/seeds/TARGET.
"""
import base64
import concurrent.futures
import os
import re
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
REPO = os.path.dirname(os.path.dirname(HERE))
TARGET = os.environ.get("CARGO_TARGET_DIR") or os.path.join(REPO, "target")
PROGRAM = os.path.join(TARGET, "debug", "cashcow-fuzz")
KEPT = os.path.join(TARGET, "fuzz")
SECONDS = int(os.environ.get("CASHCOW_FUZZ_SECONDS", "12"))
# Reading one answer takes microseconds; this much is a parser that does not end, even on a busy machine.
LONGEST = 10
# Each planted fault is found in about a second; this is for a busy machine.
PATIENCE = 120
PLANTED = {
    "planted-panic": "panicked at",
    "planted-card": "lets a card number out",
    "planted-memory": "are allowed",
    "planted-time": "libFuzzer: timeout",
}
# Fewer tries than this in a whole run is a fuzzing that hardly ran; it makes that many in well under a second.
FEWEST = 1000


def build():
    """Builds the program; the shop's own crate with coverage counters, the rest as every other test has it."""
    began = time.monotonic()
    # `--examples`, of which there are none, lets cargo choose the dependencies' features as for tests: without it
    # 200 of them are built once more.
    command = ["cargo", "build", "--locked", "--quiet", "-p", "cashcow", "-p", "cashcow-fuzz",
               "--bin", "cashcow-fuzz", "--examples"]
    wrapper = os.path.join(HERE, "covered-rustc")
    subprocess.run(command, cwd=REPO, check=True, env={**os.environ, "RUSTC_WORKSPACE_WRAPPER": wrapper})
    print(f"built in {time.monotonic() - began:.0f} s", flush=True)


def run(target, seconds, *more):
    """Runs libFuzzer on one target: its exit code and what it said."""
    corpus = os.path.join(KEPT, "corpus", target)
    os.makedirs(corpus, exist_ok=True)
    crash = os.path.join(KEPT, f"finding-{target}")
    if os.path.exists(crash):
        os.remove(crash)
    seeds = os.path.join(HERE, "seeds", target)
    command = [PROGRAM, corpus, *([seeds] if os.path.isdir(seeds) else []), f"-max_total_time={seconds}",
               f"-timeout={LONGEST}", "-rss_limit_mb=2048", "-max_len=65536", "-use_value_profile=1",
               f"-dict={os.path.join(HERE, 'words.dict')}", f"-exact_artifact_path={crash}", "-print_final_stats=1", *more]
    done = subprocess.run(command, env={**os.environ, "CASHCOW_FUZZ_TARGET": target}, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=seconds + 300, check=False)
    return done.returncode, done.stdout.decode("utf-8", "replace"), crash


def fuzz(target):
    """Fuzzes one parser: whether all is well, and what to say about it."""
    code, said, crash = run(target, SECONDS)
    tries = int((re.findall(r"stat::number_of_executed_units: (\d+)", said) or ["0"])[-1])
    if code == 0 and tries >= FEWEST:
        covered = re.findall(r"cov: (\d+) ft: (\d+) corp: (\d+)", said)
        counts = "{} branches, {} features, {} inputs kept".format(*covered[-1]) if covered else "no coverage"
        return bool(covered), f"{target}: {tries} tries, {counts}"
    if not os.path.exists(crash):
        return False, f"{target}: exit {code} after {tries} tries\n{said[-4000:]}"
    with open(crash, "rb") as file:
        found = file.read()
    lines = said.splitlines()
    told = [line for place, line in enumerate(lines) if "libFuzzer:" in line or "panicked at" in "".join(lines[max(place - 1, 0):place + 1])]
    text = base64.b64encode(found).decode()
    return False, "\n".join([f"{target}: FINDING after {tries} tries", *told, f"the input, {len(found)} bytes, in hex:", found[:2000].hex(),
                             "to see it again:", f"echo {text} | base64 -d | python3 -m tests.fuzz --again {target} -"])


def plant(target):
    """Fuzzes one planted fault, from nothing: it must be found."""
    for name in os.listdir(os.path.join(KEPT, "corpus", target)) if os.path.isdir(os.path.join(KEPT, "corpus", target)) else []:
        os.remove(os.path.join(KEPT, "corpus", target, name))
    code, said, crash = run(target, PATIENCE, "-timeout=2")
    found = code != 0 and PLANTED[target] in said and os.path.exists(crash)
    return found, f"{target}: {'found' if found else f'NOT found (exit {code})' + chr(10) + said[-2000:]}"


def again(target, path):
    """Runs one input once more."""
    data = sys.stdin.buffer.read() if path == "-" else open(path, "rb").read()
    os.makedirs(KEPT, exist_ok=True)
    kept = os.path.join(KEPT, f"again-{target}")
    with open(kept, "wb") as file:
        file.write(data)
    return subprocess.run([PROGRAM, kept, f"-timeout={LONGEST}"], env={**os.environ, "CASHCOW_FUZZ_TARGET": target}, check=False).returncode


def main(words):
    build()
    if words[:1] == ["--again"] and len(words) == 3:
        return again(*words[1:])
    listed = subprocess.run([PROGRAM], capture_output=True, text=True, check=True).stdout.split()
    strangers = [word for word in words if word not in listed]
    if strangers:
        print(f"no parser is called {strangers[0]}; there are: {' '.join(listed)}", file=sys.stderr)
        return 64
    jobs = [(plant, name) for name in PLANTED if not words] + [(fuzz, name) for name in words or listed]
    results = []
    with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
        for one in concurrent.futures.as_completed([pool.submit(work, name) for work, name in jobs]):
            well, told = one.result()
            results.append(well)
            print(told, flush=True)
    print(f"{sum(results)} passed, {len(results) - sum(results)} failed")
    return 0 if all(results) else 1


sys.exit(main(sys.argv[1:]))
