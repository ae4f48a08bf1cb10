"""The command line of image/build."""
import argparse
import json
import os
import sys

import build


def main():
    parser = argparse.ArgumentParser(
        prog="image/build", description="Build and sign the CashCowCart disk image.",
        epilog="Write it to a disk with: dd if=target/image/release/VERSION.raw of=/dev/DISK bs=4M conv=fsync status=progress")
    parser.add_argument("--profile", choices=build.PROFILES, default="dev", help="release is what is racked; dev is for trying (default)")
    parser.add_argument("--version", help="the image's version (default: that of Cargo.toml)")
    parser.add_argument("--svn", type=int, default=1, help="security version: images below the highest one started are locked out")
    parser.add_argument("--keys", metavar="DIR", help="folder of the signing keys, DIR/PROFILE/... (default: keys/, made when missing)")
    parser.add_argument("--update-lock", action="store_true", help="record the Debian packages in use in image/packages.lock")
    parser.add_argument("--cashcowd", help=argparse.SUPPRESS)
    parser.add_argument("--cowctl", help=argparse.SUPPRESS)
    parser.add_argument("--json", action="store_true", help="describe the image in one line of JSON on standard output")
    asked = parser.parse_args()
    if asked.update_lock:
        os.environ["CASHCOW_UPDATE_LOCK"] = "1"
    made = build.build(asked.profile, asked.version, asked.svn, asked.keys, None, asked.cashcowd, asked.cowctl)
    print(json.dumps(made) if asked.json else made["raw"])


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
