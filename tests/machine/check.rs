//! `cashcowd check`: every mistake at once, exit code 78; one line when there is none.

use std::path::PathBuf;

use super::{cashcowd, errors};

const GOOD: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/appliance.toml"));

struct Files {
    _folder: tempfile::TempDir,
    config: PathBuf,
    appliance: PathBuf,
}

impl Files {
    fn new(config_text: &str, appliance_text: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (config, appliance) = (folder.path().join("cashcowd.toml"), folder.path().join("appliance.toml"));
        std::fs::write(&config, config_text).unwrap();
        std::fs::write(&appliance, appliance_text).unwrap();
        Self { _folder: folder, config, appliance }
    }

    fn check(&self) -> (Option<i32>, String, String) {
        let (config, appliance) = (self.config.to_str().unwrap(), self.appliance.to_str().unwrap());
        let output = cashcowd(&["check", "--config", config, "--appliance", appliance]);
        (output.status.code(), String::from_utf8(output.stdout.clone()).unwrap(), errors(&output))
    }
}

#[test]
fn a_good_pair_is_one_line() {
    let files = Files::new("profile = \"release\"\n", GOOD);
    let good = "good: profile release; the provisioning file is good\n".to_owned();
    assert_eq!(files.check(), (Some(0), good, String::new()));
}

#[test]
fn mistakes_of_both_files_are_named_with_line_field_and_cure_and_the_code_is_78() {
    let appliance = GOOD.replace("10.0.2.2/32", "10.0.0.0/8").replace("dhcp = true", "dhpc = true");
    let files = Files::new("profile = \"release\"\nsvm = 3\n", &appliance);
    let wanted = r#"cashcowd.toml line 2, svm: is not known here; write svn, or remove it
appliance.toml line 3, network: gives the machine no address; write dhcp = true, or addresses = ["192.0.2.10/24"] with gateways and dns
appliance.toml line 4, network.dhpc: is not known here; write dhcp, or remove it
appliance.toml line 6, access.admin_ranges[0].cidr: "10.0.0.0/8" is wider than /16; write the ranges that your staff really use, such as 10.1.0.0/16
"#;
    assert_eq!(files.check(), (Some(78), String::new(), wanted.to_owned()));
}

#[test]
fn release_refuses_gateways_on_private_addresses_and_a_root_of_their_own() {
    let dev = "[dev]\nstripe_endpoint = \"https://10.0.2.2:12111\"\n";
    let files = Files::new("profile = \"release\"\n", &format!("{GOOD}{dev}"));
    let wanted = "appliance.toml line 16, dev: is for development images, and this image's profile is release; \
                  remove the section, or boot a dev image\n";
    assert_eq!(files.check(), (Some(78), String::new(), wanted.to_owned()));
    let files = Files::new("profile = \"dev\"\n", &format!("{GOOD}{dev}"));
    assert_eq!(files.check().0, Some(0));
}

#[test]
fn the_service_itself_refuses_a_wrong_configuration_with_78() {
    let files = Files::new("profile = \"prod\"\n", GOOD);
    let output = cashcowd(&["serve", "--config", files.config.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(78));
    assert_eq!(
        errors(&output),
        "cashcowd.toml line 1, profile: \"prod\" is not a profile; write \"release\" or \"dev\"\n"
    );
}

#[test]
fn wrong_arguments_end_with_64_and_help_fits_a_screen() {
    assert_eq!(cashcowd(&["sevre"]).status.code(), Some(64));
    let help = cashcowd(&["--help"]);
    let text = String::from_utf8(help.stdout).unwrap();
    assert_eq!(help.status.code(), Some(0));
    assert!(text.starts_with("Examples:"), "{text}");
    assert!(text.lines().count() <= 40, "{text}");
}
