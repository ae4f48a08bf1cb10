//! Whole files: a good one, and files whose every mistake is named at once.

use std::sync::LazyLock;

use super::*;
use proptest::prelude::*;

static GOOD: LazyLock<String> = LazyLock::new(|| {
    include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/appliance.toml"))
        .replace("dhcp = true\n", "dhcp = true\nntp = [\"pool.ntp.org\"]\n")
        .replace("& Mill\"\n", "& Mill\"\ndemo = true\n")
});

fn mistakes(text: &str, profile: Profile) -> String {
    Appliance::parse("appliance.toml", text, profile).expect_err("has mistakes").to_string()
}

fn fixed(network: &str) -> String {
    GOOD.replace("dhcp = true\n", network)
}

#[test]
fn a_good_file_says_what_the_machine_is() {
    let appliance = Appliance::parse("appliance.toml", &GOOD, Profile::Release).unwrap();
    assert_eq!(appliance.hostname.as_str(), "shop-1");
    assert_eq!(appliance.network.addressing, Addressing::Dhcp);
    assert_eq!(appliance.network.ntp[0].as_str(), "pool.ntp.org");
    assert_eq!(appliance.admin_ranges[0].net.to_string(), "10.0.2.2/32");
    assert_eq!(appliance.administrator.email.as_str(), "ada@example.com");
    assert!(appliance.shop.demo && appliance.dev.is_none());
}

#[test]
fn the_line_ends_and_the_byte_order_mark_of_other_systems_are_taken() {
    let text = format!("\u{feff}{}", GOOD.replace('\n', "\r\n"));
    assert!(Appliance::parse("appliance.toml", &text, Profile::Release).is_ok());
}

#[test]
fn fixed_addresses_are_taken() {
    let text = fixed(
        "addresses = [\"192.0.2.10/24\", \"2001:db8::10/64\"]\ngateways = [\"192.0.2.1\", \"fe80::1\"]\ndns = [\"192.0.2.53\"]\n",
    );
    let appliance = Appliance::parse("appliance.toml", &text, Profile::Release).unwrap();
    let Addressing::Static { addresses, gateways } = appliance.network.addressing else { panic!("static") };
    assert_eq!(addresses.len() + gateways.len() + appliance.network.dns.len(), 5);
}

#[test]
fn every_mistake_is_named_at_once_with_line_field_and_cure() {
    let text = r#"version = 2
hostnam = "shop-1"
[network]
addresses = ["192.0.2.0/24"]
gateways = ["10.0.0.1"]
dhpc = true
[access]
admin_ranges = [
  { cidr = "10.0.0.0/8", name = "office" },
  { cidr = "192.0.2.0/24", name = "desk" },
  { cidr = "192.0.2.7/32", name = "" },
  { cidr = 7 },
]
[shop]
name = "a\u001b[2Jb"
demo = "yes"
[administrator]
name = "Ada Osei"
email = "ada@example"
employer = "Meadow Hosting"
employed_since = "2019-04-01"
screening = { method = "criminal record certificate", on = "2025-01-15", valid_until = "2030-01-14", reference = "HR 2025-17" }
approved_by = "Noor Haddad"
"#;
    let wanted = r#"appliance.toml line 1, version: "2" is out of bounds; write a number from 1 to 1
appliance.toml line 2, hostnam: is not known here; write hostname, or remove it
appliance.toml line 3, network.dns: is missing; write dns = ["192.0.2.53"], the name servers of your network
appliance.toml line 4, network.addresses[0]: "192.0.2.0/24" is the network itself, not an address in it; write the machine's own address in 192.0.2.0/24
appliance.toml line 6, network.dhpc: is not known here; write dhcp, or remove it
appliance.toml line 9, access.admin_ranges[0].cidr: "10.0.0.0/8" is wider than /16; write the ranges that your staff really use, such as 10.1.0.0/16
appliance.toml line 11, access.admin_ranges[2].name: "" is empty; write a name
appliance.toml line 11, access.admin_ranges[2].cidr: "192.0.2.7/32" overlaps access.admin_ranges[1]; keep one of the two
appliance.toml line 12, access.admin_ranges[3].name: is missing; write name = "hosting desk"
appliance.toml line 12, access.admin_ranges[3].cidr: is a number; write a text in quotation marks, such as "192.0.2.0/24"
appliance.toml line 15, shop.name: "a\u{1b}[2Jb" has a character that cannot be shown; write plain text on one line
appliance.toml line 16, shop.demo: is a text; write true or false, without quotation marks, such as false
appliance.toml line 19, administrator.email: "ada@example" is not an e-mail address; write one such as "ada@example.com"
appliance.toml, hostname: is missing; write hostname = "shop-1""#;
    assert_eq!(mistakes(text, Profile::Release), wanted);
}

#[test]
fn a_line_that_is_not_toml_does_not_hide_the_other_mistakes() {
    let text = GOOD.replace("hostname = \"shop-1\"", "hostname = ").replace("10.0.2.2/32", "10.0.0.0/8");
    let said = mistakes(&text, Profile::Release);
    let lines: Vec<_> = said.lines().collect();
    assert_eq!(lines.len(), 2, "{said}");
    assert!(lines[0].starts_with("appliance.toml line 2: is not TOML here: "), "{said}");
    assert!(lines[1].starts_with("appliance.toml line 7, access.admin_ranges[0].cidr: "), "{said}");
}

#[test]
fn an_empty_file_is_told_what_to_hold() {
    let wanted = r#"appliance.toml, version: is missing; write version = 1
appliance.toml, hostname: is missing; write hostname = "shop-1"
appliance.toml, network: is missing; write a section [network]
appliance.toml, access: is missing; write a section [access]
appliance.toml, shop: is missing; write a section [shop]
appliance.toml, administrator: is missing; write a section [administrator]"#;
    assert_eq!(mistakes("", Profile::Dev), wanted);
}

#[test]
fn a_release_image_refuses_what_belongs_to_development() {
    let text = format!("{}[dev]\nstripe_endpoint = \"https://10.0.2.2:12111\"\n", *GOOD);
    assert_eq!(
        mistakes(&text, Profile::Release),
        "appliance.toml line 18, dev: is for development images, and this image's profile is release; \
         remove the section, or boot a dev image"
    );
    let dev = Appliance::parse("appliance.toml", &text, Profile::Dev).unwrap().dev.unwrap();
    assert_eq!(dev.stripe_endpoint.unwrap().to_string(), "https://10.0.2.2:12111");
    assert!(!dev.unlimited_payments, "the limits on payments are lifted only by name");
    let lifted = format!("{}[dev]\nunlimited_payments = true\n", *GOOD);
    assert!(mistakes(&lifted, Profile::Release).contains("dev: is for development images"));
    let dev = Appliance::parse("appliance.toml", &lifted, Profile::Dev).unwrap().dev.unwrap();
    assert!(dev.unlimited_payments);
    let wrong = lifted.replace("true\n", "\"yes\"\n");
    assert!(
        mistakes(&wrong, Profile::Dev).contains("dev.unlimited_payments: is a text; write true or false")
    );
}

#[test]
fn each_gateway_may_be_answered_elsewhere_on_a_development_image() {
    let text = format!(
        "{}[dev]\nauthorize_net_endpoint = \"https://10.0.2.2:12112\"\nadyen_endpoint = \"https://[2001:db8::1]:8443\"\nacme_endpoint = \"https://10.0.2.2:14000\"\n",
        *GOOD
    );
    let dev = Appliance::parse("appliance.toml", &text, Profile::Dev).unwrap().dev.unwrap();
    assert_eq!(dev.stripe_endpoint, None);
    let endpoints: Vec<_> = dev.endpoints().map(|endpoint| endpoint.to_string()).collect();
    assert_eq!(endpoints, ["https://10.0.2.2:12112", "https://[2001:db8::1]:8443", "https://10.0.2.2:14000"]);
    for name in ["stripe_endpoint", "authorize_net_endpoint", "adyen_endpoint", "acme_endpoint"] {
        let named = |host: &str| {
            let text = format!("{}[dev]\n{name} = \"https://{host}\"\n", *GOOD);
            Appliance::parse("appliance.toml", &text, Profile::Dev).map_err(|error| error.to_string())
        };
        assert!(named("gateway.example:8443").unwrap_err().contains(&format!("line 19, dev.{name}: ")));
        assert!(named("10.0.2.2:8443").is_ok());
    }
}

#[test]
fn a_gateway_root_is_one_certificate() {
    let key = rcgen::KeyPair::generate().unwrap();
    let pem = rcgen::CertificateParams::new(vec![]).unwrap().self_signed(&key).unwrap().pem();
    let with = |root: &str| {
        let text = format!("{}[dev]\ngateway_root = \"\"\"\n{root}\"\"\"\n", *GOOD);
        Appliance::parse("appliance.toml", &text, Profile::Dev).map_err(|mistakes| mistakes.to_string())
    };
    assert_eq!(with(&pem).unwrap().dev.unwrap().gateway_root.unwrap(), pem.trim());
    for (bad, wrong) in [("", "holds 0 certificates"), (&format!("{pem}{pem}"), "holds 2 certificates")] {
        assert!(with(bad).unwrap_err().contains(wrong));
    }
    assert!(with(&key.serialize_pem()).unwrap_err().contains("holds 0 certificates"));
}

#[test]
fn a_network_must_fit_together() {
    let one = |network: &str| mistakes(&fixed(network), Profile::Release);
    assert!(one("").contains("line 3, network: gives the machine no address; write dhcp = true, or "));
    assert!(one("dhcp = true\naddresses = [\"192.0.2.10/24\"]\n").contains("stands beside dhcp = true"));
    let dns = "dns = [\"192.0.2.53\"]\n";
    let with = |rest: &str| one(&format!("{rest}{dns}"));
    assert!(with("addresses = []\n").contains("network.addresses: is empty"));
    assert!(with("addresses = [\"192.0.2.9\"]\n").contains("write it too, such as 192.0.2.9/24"));
    let gateway = with("addresses = [\"192.0.2.9/24\"]\ngateways = [\"10.0.0.1\"]\n");
    assert!(gateway.contains("\"10.0.0.1\" is in no network of network.addresses"), "{gateway}");
    let two = with("addresses = [\"192.0.2.9/24\"]\ngateways = [\"192.0.2.1\", \"192.0.2.2\"]\n");
    assert!(two.contains("names two gateways of one family"), "{two}");
}

#[test]
fn more_than_the_limits_is_refused() {
    let ranges: Vec<_> =
        (0..=MOST_RANGES).map(|n| format!("{{ cidr = \"10.1.{n}.0/24\", name = \"n\" }}")).collect();
    let text = GOOD.replace("{ cidr = \"10.0.2.2/32\", name = \"hosting desk\" }", &ranges.join(","));
    assert!(mistakes(&text, Profile::Release).contains("has 65 entries; keep at most 64"));

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("appliance.toml");
    let large = format!("{}#{}", *GOOD, "x".repeat(usize::try_from(FILE_LIMIT).unwrap()));
    std::fs::write(&path, large).unwrap();
    let said = Appliance::load(&path, Profile::Release).unwrap_err().to_string();
    assert_eq!(said, "appliance.toml: is larger than 64 KiB; remove what does not belong in it");
    std::fs::write(&path, b"\xff\xfev\0e\0r\0").unwrap();
    let said = Appliance::load(&path, Profile::Release).unwrap_err().to_string();
    assert_eq!(said, "appliance.toml: is not UTF-8 text; save it as plain text in UTF-8");
}

#[test]
fn an_images_settings_need_only_a_profile() {
    let settings = Settings::parse("cashcowd.toml", "profile = \"dev\"").unwrap();
    assert_eq!(settings, Settings::of_image(Profile::Dev));
    assert_eq!(settings.paths.store_file().to_str(), Some("/var/lib/cashcow/store/shop.redb"));
}

#[test]
fn settings_name_their_mistakes_too() {
    let text = r#"profile = "release"
svn = 0
[paths]
store = "here"
[tpm]
swtpm = "127.0.0.1:2321"
[ports]
console = 99999
[dev]
"#;
    let wanted = r#"cashcowd.toml line 2, svn: "0" is out of bounds; write a number from 1 to 4294967295
cashcowd.toml line 4, paths.store: "here" is not an absolute path; write one that begins with /
cashcowd.toml line 6, tpm.swtpm: is for development, and this image's profile is release; remove it; the machine's own TPM is used
cashcowd.toml line 8, ports.console: "99999" is out of bounds; write a number from 1 to 65535
cashcowd.toml line 9, dev: is not known here; remove it; known here are profile, version, svn, paths, ports, tpm"#;
    assert_eq!(Settings::parse("cashcowd.toml", text).unwrap_err().to_string(), wanted);
}

proptest! {
    #[test]
    fn no_file_makes_it_panic_and_no_mistake_breaks_a_line(text in "\\PC{0,200}|([a-z]{1,6} ?= ?[\"0-9\\[{]{0,4}\n){0,8}") {
        if let Err(mistakes) = Appliance::parse("a.toml", &text, Profile::Dev) {
            prop_assert!(!mistakes.0.is_empty());
            for mistake in mistakes.0 {
                prop_assert!(!mistake.to_string().chars().any(char::is_control), "{mistake}");
            }
        }
    }
}

#[test]
fn people_of_a_new_machine_are_vouched_for_with_everything_on_file() {
    let officer = GOOD.split("[administrator]").last().unwrap().replace("Ada Osei", "Noor Haddad");
    let text = format!("{}[security_officer]{officer}", *GOOD);
    let appliance = Appliance::parse("appliance.toml", &text, Profile::Release).unwrap();
    assert_eq!(appliance.administrator.employed_since.to_string(), "2019-04-01");
    assert_eq!(appliance.administrator.screening.valid_until.to_string(), "2030-01-14");
    assert_eq!(appliance.security_officer.unwrap().name.as_str(), "Noor Haddad");
    let wrong = GOOD.replace("\"2019-04-01\"", "\"1.4.2019\"").replace(", reference = \"HR 2025-17\"", "");
    assert_eq!(
        mistakes(&wrong.replace("approved_by = \"Noor Haddad\"\n", ""), Profile::Release),
        "appliance.toml line 11, administrator.approved_by: is missing; write approved_by = \"Noor Haddad\"\n\
         appliance.toml line 15, administrator.employed_since: \"1.4.2019\" is not a day; write one such as \"2019-04-01\"\n\
         appliance.toml line 16, administrator.screening.reference: is missing; write reference = \"HR 2025-17\""
    );
}
