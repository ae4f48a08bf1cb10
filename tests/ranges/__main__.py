"""Changing from where the console may be reached: a storm at the unit that does it, and a booted machine on a wire."""
import os
import sys

from tests.firewall.network import on_a_network
from tests.machines import Checks, Lab, build, root_only
from tests.ranges.booted import Booted
from tests.ranges.storm import Storm


def main():
    root_only()
    checks = Checks()
    with Lab("ranges") as lab:
        image = lab.image("dev")
        cowctl = os.path.join(build.cargo_target(), "release", "cowctl")
        # The storm at the unit needs a minute of one processor and then waits; the machine starts meanwhile.
        checks.side_by_side(
            ("unit", on_a_network, checks, "storm", lambda network: Storm(checks, lab, image, network)),
            ("machine", on_a_network, checks, "booted", lambda network: Booted(checks, lab, image, network, cowctl)))
    checks.close()


if __name__ == "__main__":
    sys.exit(main())
