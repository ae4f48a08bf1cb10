"""Changing from where the console may be reached: a storm at the unit that does it, and a booted machine on a wire."""
import os
import sys

from tests.firewall.network import Network
from tests.machines import Checks, Lab, build, root_only
from tests.ranges.booted import Booted
from tests.ranges.storm import Storm


def main():
    root_only()
    checks = Checks()
    with Lab("ranges") as lab:
        image = lab.image("dev")
        cowctl = os.path.join(build.cargo_target(), "release", "cowctl")
        for name, made in (("storm", lambda network: Storm(checks, lab, image, network)),
                           ("booted", lambda network: Booted(checks, lab, image, network, cowctl))):
            network = Network()
            try:
                checks.attempt(name, made(network).run)
            finally:
                for machine in lab.machines:
                    machine.stop()
                network.close()
    checks.close()


if __name__ == "__main__":
    sys.exit(main())
