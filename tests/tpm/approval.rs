//! Approvals as files: from `cowctl approve` through the image to the service.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use cashcow::tpm::approval::ApprovalError;
use cashcow::tpm::{Approval, Authority, NotApproved, TpmError};
use serde_json::{Value, json};

use crate::bench::{Machine, SECRET};

/// The files as systemd-stub leaves them, with systemd's own part beside ours.
pub fn image_files(folder: &Path, ours: &Value, authority: &Authority) -> (PathBuf, PathBuf) {
    let (signatures, key) = (folder.join("signature.json"), folder.join("public.pem"));
    let file = json!({ "sha256": [{ "pcrs": [11], "pkfp": "", "pol": "", "sig": "" }], "cashcow": ours });
    fs::write(&signatures, file.to_string()).unwrap();
    fs::write(&key, authority.public_pem().unwrap()).unwrap();
    (signatures, key)
}

fn read(folder: &Path, ours: &Value, authority: &Authority) -> Result<Approval, ApprovalError> {
    let (signatures, key) = image_files(folder, ours, authority);
    Approval::read(&signatures, &key)
}

#[test]
fn what_cowctl_approved_at_build_time_opens_the_secrets() {
    let mut machine = Machine::new();
    let folder = tempfile::tempdir().unwrap();
    let key = folder.path().join("private.pem");
    let authority = Authority::open_or_create(&key).unwrap();
    let image: String = machine.tpm.image_pcr().unwrap().iter().map(|byte| format!("{byte:02X}")).collect();
    let output = Command::new(env!("CARGO_BIN_EXE_cowctl"))
        .args(["approve", "--svn", "4", "--key"])
        .arg(&key)
        .args(["--pcr11", &format!("enter-initrd:leave-initrd:sysinit:ready={image}")])
        .args(["--pcr11", &format!("enter-initrd={}", "ab".repeat(32))])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let ours: Value = serde_json::from_slice(&output.stdout).unwrap();
    let approval = read(folder.path(), &ours, &authority).unwrap();
    assert_eq!(approval.version(), 4);
    let blob = machine.tpm.seal(&approval, SECRET).unwrap();
    assert_eq!(machine.tpm.unseal(&approval, &blob).unwrap().expose_secret(), SECRET);
    assert_eq!(machine.tpm.minimum_version(&approval), Ok(Some(4)));
}

#[test]
fn cowctl_refuses_what_it_cannot_approve_and_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let key = folder.path().join("private.pem");
    fs::write(&key, "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n").unwrap();
    let values = [("a=12", 64), ("nothing", 64), (&format!("a={}", "0g".repeat(32)), 64)];
    let good = format!("a={}", "00".repeat(32));
    for (value, code) in values.into_iter().chain([(good.as_str(), 78)]) {
        let output = Command::new(env!("CARGO_BIN_EXE_cowctl"))
            .args(["approve", "--svn", "1", "--pcr11", value, "--key"])
            .arg(&key)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(code), "{value}");
        assert!(output.stdout.is_empty() && !output.stderr.is_empty());
    }
}

// Somebody copies the policies and signs them with a key of his own.
#[test]
fn a_signature_by_another_key_is_refused_by_the_tpm() {
    let mut machine = Machine::new();
    let good = machine.approve(1);
    let blob = machine.tpm.seal(&good, SECRET).unwrap();
    let image = machine.tpm.image_pcr().unwrap();
    let forger = Authority::generate().unwrap().approve(1, &[("ready", image)]).unwrap().to_json();
    let mut ours = good.to_json();
    for index in 0..3 {
        ours["policies"][index]["sig"] = forger["policies"][index]["sig"].clone();
    }
    let folder = tempfile::tempdir().unwrap();
    let forged = read(folder.path(), &ours, &machine.authority).unwrap();
    let refused = Some(TpmError::NotApproved(NotApproved::Signature));
    assert_eq!(machine.tpm.unseal(&forged, &blob).err(), refused);
}

// The signature for opening must not serve for writing the minimum version, nor the other way round.
#[test]
fn a_signature_for_one_purpose_serves_no_other() {
    let mut machine = Machine::new();
    let good = machine.approve(1);
    let blob = machine.tpm.seal(&good, SECRET).unwrap();
    let mut ours = good.to_json();
    let (open, raise) = (ours["policies"][0]["sig"].take(), ours["policies"][2]["sig"].take());
    ours["policies"][0]["sig"] = raise;
    ours["policies"][2]["sig"] = open;
    let folder = tempfile::tempdir().unwrap();
    let swapped = read(folder.path(), &ours, &machine.authority).unwrap();
    let refused = Some(TpmError::NotApproved(NotApproved::Signature));
    assert_eq!(machine.tpm.unseal(&swapped, &blob).err(), refused);
}

// The version stands in the file in clear: writing a higher one there must gain an old image nothing.
#[test]
fn a_version_written_into_the_file_by_hand_is_found_out() {
    let mut machine = Machine::new();
    let folder = tempfile::tempdir().unwrap();
    let mut ours = machine.approve(1).to_json();
    ours["svn"] = json!(9);
    let error = read(folder.path(), &ours, &machine.authority).unwrap_err();
    assert!(matches!(error, ApprovalError::OtherPolicy { .. }), "{error}");
}

#[test]
fn files_that_are_no_approval_are_named_with_their_fault() {
    let machine = Machine::new();
    let folder = tempfile::tempdir().unwrap();
    let (signatures, key) = image_files(folder.path(), &Value::Null, &machine.authority);
    assert!(matches!(Approval::read(&signatures, &key), Err(ApprovalError::Missing { .. })));
    fs::write(&signatures, "{").unwrap();
    assert!(matches!(Approval::read(&signatures, &key), Err(ApprovalError::Json { .. })));
    let nowhere = folder.path().join("nowhere");
    assert!(matches!(Approval::read(&nowhere, &key), Err(ApprovalError::File { .. })));
    for bad in [
        json!({ "for": "all", "phase": "p", "pcr11": "", "policy": "", "sig": "" }),
        json!({ "for": "open", "phase": "p", "pcr11": "00", "policy": "", "sig": "" }),
        json!({ "for": "open", "phase": "p", "pcr11": "é".repeat(32), "policy": "", "sig": "" }),
    ] {
        let error =
            read(folder.path(), &json!({ "svn": 1, "policies": [bad] }), &machine.authority).unwrap_err();
        assert!(matches!(error, ApprovalError::Field { .. }), "{error}");
    }
    let (signatures, key) =
        image_files(folder.path(), &json!({"svn": 1, "policies": []}), &machine.authority);
    fs::write(&key, "no key").unwrap();
    assert!(matches!(Approval::read(&signatures, &key), Err(ApprovalError::Key { .. })));
}

#[test]
fn a_kept_key_is_the_same_key_again_and_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key.pem");
    let made = Authority::open_or_create(&path).unwrap().public_pem().unwrap();
    assert_eq!(Authority::open_or_create(&path).unwrap().public_pem().unwrap(), made);
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(Authority::open_or_create(&folder.path().join("no/key.pem")).is_err());
}

#[test]
fn one_phase_or_one_value_is_not_approved_twice() {
    let authority = Authority::generate().unwrap();
    for phases in [[("a", [1; 32]), ("a", [2; 32])], [("a", [1; 32]), ("b", [1; 32])]] {
        assert!(matches!(authority.approve(1, &phases), Err(ApprovalError::Twice { .. })));
    }
}
