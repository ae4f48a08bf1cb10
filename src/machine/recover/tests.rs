//! Ranges from a volume: taken once, and refused for each reason that there is.

use super::*;
use crate::base::Line;
use crate::config::{AdminRange, Hostname, Profile, Recovery, Settings, recovery_text};
use crate::machine::{Places, RangeFiles};

const KEY: &str = "cbdefghi-jklnrtuv-cbdefghi-jklnrtuv-cbdefghi-jklnrtuv-cbdefghi-jklnrtuv";
const OTHER: &str = "bcdefghi-jklnrtuv-cbdefghi-jklnrtuv-cbdefghi-jklnrtuv-cbdefghi-jklnrtuv";
const APPLIANCE: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/appliance.toml"));

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
        settings.paths.recovery_key = root.path().join("recovery-key");
        std::fs::create_dir_all(&settings.paths.machine).unwrap();
        std::fs::write(settings.paths.appliance(), APPLIANCE).unwrap();
        std::fs::write(&settings.paths.recovery_key, format!("{KEY}\n")).unwrap();
        keep_public_key(&settings.paths.recovery_key, &settings.paths.recovery_public()).unwrap();
        let places = Places::under(root.path());
        Self { root, settings, places }
    }

    fn put(&self, text: &str, signature: &str) {
        let folder = self.root.path().join("run/cashcow/volume");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join(RECOVER_FILE), text).unwrap();
        std::fs::write(folder.join(RECOVER_SIGNATURE), signature).unwrap();
    }

    fn take(&self) -> Result<bool, String> {
        take_recovery(&self.settings, &self.places, "start-1").map_err(|failure| failure.text)
    }

    fn recovered(&self) -> Option<Recovered> {
        Recovered::load(&RangeFiles::new(&self.settings, &self.places.firewall()).recovered)
    }
}

fn text(hostname: &str, serial: u64) -> String {
    let range = AdminRange {
        net: "203.0.113.0/24".parse().unwrap(),
        name: Line::new("desk").unwrap(),
        owner: Line::new("Ada Osei").unwrap(),
    };
    let hostname = Hostname::new(hostname).unwrap();
    recovery_text(&Recovery { hostname, serial, admin_ranges: vec![range] }).unwrap()
}

fn key(typed: &str) -> RecoveryKey {
    RecoveryKey::new(typed).unwrap()
}

#[test]
fn a_signed_file_is_taken_once_and_the_unit_is_told() {
    let bench = Bench::new();
    assert_eq!(bench.take(), Ok(false), "no volume is no fault");
    let good = text("shop-1", 5);
    // The key as somebody types it from paper.
    let typed = KEY.to_uppercase().replace('-', " ");
    bench.put(&good, &key(&typed).sign(&good).unwrap());
    assert_eq!(bench.take(), Ok(true));
    let recovered = bench.recovered().unwrap();
    assert_eq!((recovered.serial, recovered.ranges[0].net.to_string()), (5, "203.0.113.0/24".to_owned()));
    assert!(bench.root.path().join("run/cashcow/asked/ranges").exists());
    assert_eq!(bench.take(), Ok(false), "a volume that stays plugged in is no second attempt");
    let attempts = Attempts::load(&RangeFiles::new(&bench.settings, &bench.places.firewall()).attempts);
    let taken = RecoverOutcome::Taken { serial: 5 };
    assert_eq!(attempts.attempts, [Attempt { number: 1, outcome: taken }]);
}

#[test]
fn whatever_is_not_as_it_must_be_is_refused_named_and_noted() {
    let bench = Bench::new();
    let first = text("shop-1", 5);
    bench.put(&first, &key(KEY).sign(&first).unwrap());
    bench.take().unwrap();
    let before = bench.recovered();
    let (next, same, else_where) = (text("shop-1", 6), text("shop-1", 5), text("shop-2", 6));
    let edited = next.replace("203.0.113.0/24", "198.51.100.0/24");
    let older = same.replace("name = \"desk\"", "name = \"yard\"");
    let wide = next.replace("203.0.113.0/24", "0.0.0.0/0");
    let sign = |text: &str| key(KEY).sign(text).unwrap();
    let cases = [
        (&next, key(OTHER).sign(&next).unwrap(), "not by this machine's recovery key"),
        (&edited, sign(&next), "not by this machine's recovery key"),
        (&next, String::new(), "not by this machine's recovery key"),
        (&next, "zz".repeat(64), "not by this machine's recovery key"),
        (&older, sign(&older), "serial 5 is not greater than 5"),
        (&else_where, sign(&else_where), "it is for shop-2, and this is shop-1"),
        (&wide, sign(&wide), "is wider than /16"),
    ];
    let count = cases.len();
    for (text, signature, why) in cases {
        bench.put(text, &signature);
        let said = bench.take().unwrap_err();
        assert!(said.contains(why), "{said}");
        assert!(bench.places.problems().all().iter().any(|problem| problem.wrong.contains(why)), "{why}");
        assert_eq!(bench.recovered(), before, "{why}");
    }
    let attempts = Attempts::load(&RangeFiles::new(&bench.settings, &bench.places.firewall()).attempts);
    assert_eq!(attempts.attempts.len(), count + 1);
    assert!(matches!(attempts.attempts.last().unwrap().outcome, RecoverOutcome::Refused { .. }));
    bench.put(&next, &sign(&next));
    assert_eq!(bench.take(), Ok(true), "a good one is taken after all of them");
    assert!(bench.places.problems().all().is_empty());
}

#[test]
fn a_key_is_taken_as_people_type_it_and_a_wrong_one_is_named_without_repeating_it() {
    let public = key(KEY).public().unwrap();
    assert_eq!(public.len(), 64);
    assert_ne!(public, key(OTHER).public().unwrap());
    for (typed, wrong) in [
        ("cbdefghi", "has 8 of 64 letters"),
        (&KEY.replace('c', "a")[..], "has a letter that no recovery key has"),
        (&format!("{KEY}c")[..], "has more than 64 letters"),
    ] {
        assert_eq!(RecoveryKey::new(typed).err().unwrap().wrong, wrong);
    }
}
