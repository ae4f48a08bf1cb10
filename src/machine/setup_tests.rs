//! Provisioning from an empty machine to a rendered one, in a folder.

use std::sync::LazyLock;

use super::*;
use crate::config::Profile;

static GOOD: LazyLock<String> = LazyLock::new(|| {
    let servers = "dhcp = true\ndns = [\"192.0.2.53\"]\nntp = [\"pool.ntp.org\"]\n";
    include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/appliance.toml"))
        .replace("dhcp = true\n", servers)
});

struct Bench {
    root: tempfile::TempDir,
    settings: Settings,
    places: Places,
}

impl Bench {
    fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        let mut settings = Settings::of_image(Profile::Release);
        settings.paths.machine = root.path().join("machine");
        std::fs::create_dir_all(&settings.paths.machine).unwrap();
        std::fs::create_dir_all(root.path().join("proc/sys/kernel")).unwrap();
        let places = Places::under(root.path());
        Self { root, settings, places }
    }

    fn put(&self, text: &str) {
        let folder = self.root.path().join("run/cashcow/volume");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join(FILE), text).unwrap();
    }

    fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.root.path().join(path)).unwrap()
    }

    fn said(&self) -> Vec<String> {
        self.places.problems().all().iter().map(Problem::to_string).collect()
    }
}

fn ended() -> Failure {
    Failure::new(Exit::Software, "the test ends here")
}

#[test]
fn a_good_file_is_kept_byte_for_byte_and_everything_follows_from_it() {
    let bench = Bench::new();
    bench.put(&GOOD);
    setup(&bench.settings, &bench.places, &mut |_| Err(ended())).unwrap();
    assert_eq!(std::fs::read_to_string(bench.settings.paths.appliance()).unwrap(), *GOOD);
    assert_eq!(bench.read("proc/sys/kernel/hostname"), "shop-1");
    assert!(bench.read("run/systemd/network/10-cashcow.network").contains("DHCP=yes"));
    assert!(
        bench.read("run/systemd/timesyncd.conf.d/10-cashcow.conf").ends_with("[Time]\nNTP=pool.ntp.org\n")
    );
    assert!(bench.read("run/cashcow/resolv.conf").ends_with("nameserver 192.0.2.53\n"));
    assert_eq!(
        bench.read("run/cashcow/firewall.json"),
        "{\n  \"version\": 1,\n  \"admin\": {\n    \"10.0.2.2/32\": \"hosting desk\"\n  },\n  \"dev_gateways\": []\n}"
    );
    assert_eq!(bench.said(), Vec::<String>::new());
}

#[test]
fn once_provisioned_no_volume_is_looked_at() {
    let bench = Bench::new();
    bench.put(&GOOD);
    setup(&bench.settings, &bench.places, &mut |_| Err(ended())).unwrap();
    bench.put(&GOOD.replace("shop-1", "stolen"));
    setup(&bench.settings, &bench.places, &mut |_| Err(ended())).unwrap();
    assert_eq!(bench.read("proc/sys/kernel/hostname"), "shop-1");
}

#[test]
fn mistakes_are_shown_and_a_corrected_volume_is_taken() {
    let bench = Bench::new();
    bench.put(&GOOD.replace("10.0.2.2/32", "10.0.0.0/8").replace("shop-1", "Shop 1"));
    let mut seen = Vec::new();
    setup(&bench.settings, &bench.places, &mut |_| {
        seen = bench.said();
        assert!(!bench.settings.paths.appliance().exists());
        bench.put(&GOOD);
        Ok(())
    })
    .unwrap();
    assert_eq!(
        seen,
        [
            "appliance.toml line 2, hostname: \"Shop 1\" is not a host name | use a-z, 0-9 and hyphens inside, at most 63 characters, such as shop-1",
            "appliance.toml line 8, access.admin_ranges[0].cidr: \"10.0.0.0/8\" is wider than /16 | write the ranges that your staff really use, such as 10.1.0.0/16",
        ]
    );
    assert_eq!(bench.said(), Vec::<String>::new());
}

#[test]
fn a_missing_volume_is_named_only_after_a_while() {
    let bench = Bench::new();
    let mut looks = 0;
    let failure = setup(&bench.settings, &bench.places, &mut |_| {
        looks += 1;
        assert_eq!(bench.said().is_empty(), looks <= PATIENCE, "{looks}");
        if looks > PATIENCE + 2 { Err(ended()) } else { Ok(()) }
    });
    assert_eq!(failure.err(), Some(ended()));
    assert_eq!(
        bench.said(),
        [
            "this machine is new and has no provisioning file | put appliance.toml on a small FAT volume labelled COW-SETUP and plug it in"
        ]
    );
}

#[test]
fn a_folder_at_the_mount_point_is_no_volume() {
    let bench = Bench::new();
    bench.put(&GOOD);
    let places = Places { volume: Volume::Mounted(bench.places.run.join("volume")), ..bench.places.clone() };
    assert!(setup(&bench.settings, &places, &mut |_| Err(ended())).is_err());
    assert!(!bench.settings.paths.appliance().exists());
}

#[test]
fn a_link_on_the_volume_is_no_file() {
    let bench = Bench::new();
    bench.put(&GOOD);
    let folder = bench.places.run.join("volume");
    std::fs::rename(folder.join(FILE), folder.join("other")).unwrap();
    std::os::unix::fs::symlink("other", folder.join(FILE)).unwrap();
    assert!(setup(&bench.settings, &bench.places, &mut |_| Err(ended())).is_err());
    assert_eq!(bench.said().len(), 1);
}

#[test]
fn an_accepted_file_that_this_image_refuses_stops_the_start_and_says_why() {
    let bench = Bench::new();
    let dev = format!("{}[dev]\n", *GOOD);
    std::fs::write(bench.settings.paths.appliance(), &dev).unwrap();
    let failure = setup(&bench.settings, &bench.places, &mut |_| Err(ended())).unwrap_err();
    assert_eq!(failure.exit, Exit::Config);
    assert!(bench.said()[0].ends_with("| start the image that accepted it"), "{:?}", bench.said());
    assert_eq!(std::fs::read_to_string(bench.settings.paths.appliance()).unwrap(), dev);
}

#[test]
fn fixed_addresses_wait_for_the_first_wired_card() {
    let bench = Bench::new();
    let fixed = "addresses = [\"192.0.2.10/24\"]\n";
    bench.put(&GOOD.replace("dhcp = true\n", fixed));
    let mut looks = 0;
    setup(&bench.settings, &bench.places, &mut |_| {
        looks += 1;
        let card = bench.places.cards.join("eth0");
        std::fs::create_dir_all(card.join("device")).unwrap();
        std::fs::write(card.join("type"), "1\n").unwrap();
        std::fs::write(card.join("address"), "52:54:00:12:34:56\n").unwrap();
        Ok(())
    })
    .unwrap();
    assert_eq!(looks, 1);
    assert!(bench.read("run/systemd/network/10-cashcow.network").contains("MACAddress=52:54:00:12:34:56\n"));
}
