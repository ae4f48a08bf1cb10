//! Which images open the secrets: approved ones, and none below the minimum version.

use cashcow::tpm::{NotApproved, TpmError};

use crate::bench::{Machine, SECRET};

#[test]
fn what_an_image_sealed_it_opens_again_after_a_reboot() {
    let mut machine = Machine::new();
    let approval = machine.approve(1);
    let blob = machine.tpm.seal(&approval, SECRET).unwrap();
    assert_eq!(machine.tpm.unseal(&approval, &blob).unwrap().expose_secret(), SECRET);
    let mut machine = machine.reboot();
    assert_eq!(machine.tpm.unseal(&approval, &blob).unwrap().expose_secret(), SECRET);
}

// Another image on the same machine brings PCR 11 to another value. If that opened the secrets, anybody
// with a boot stick would have them.
#[test]
fn an_image_that_is_not_approved_opens_nothing() {
    let mut machine = Machine::new();
    let approval = machine.approve(1);
    let blob = machine.tpm.seal(&approval, SECRET).unwrap();
    machine.tpm.extend_image_pcr([7; 32]).unwrap();
    for outcome in [machine.tpm.unseal(&approval, &blob).err(), machine.tpm.seal(&approval, SECRET).err()] {
        assert!(matches!(outcome, Some(TpmError::NotApproved(NotApproved::Image { .. }))), "{outcome:?}");
    }
}

#[test]
fn an_image_opens_the_secrets_in_each_boot_phase_that_is_approved() {
    let mut machine = Machine::new();
    let sysinit = machine.tpm.image_pcr().unwrap();
    let mut twin = Machine::new();
    twin.tpm.extend_image_pcr([9; 32]).unwrap();
    let ready = twin.tpm.image_pcr().unwrap();
    let approval = machine.authority.approve(1, &[("sysinit", sysinit), ("ready", ready)]).unwrap();
    let blob = machine.tpm.seal(&approval, SECRET).unwrap();
    machine.tpm.extend_image_pcr([9; 32]).unwrap();
    assert_eq!(machine.tpm.unseal(&approval, &blob).unwrap().expose_secret(), SECRET);
}

// A release and a dev image may have the same bytes but for their key: neither opens what the other sealed.
#[test]
fn another_profiles_key_opens_nothing_and_takes_nothing_over() {
    let mut machine = Machine::new();
    let approval = machine.approve(1);
    let blob = machine.tpm.seal(&approval, SECRET).unwrap();
    let mut other = Machine::new();
    let theirs = other.approve(1);
    assert_eq!(machine.tpm.unseal(&theirs, &blob).err(), Some(TpmError::NotApproved(NotApproved::OtherKey)));
    assert_eq!(machine.tpm.seal(&theirs, SECRET).err(), Some(TpmError::MinimumForeign));
}

// An old, signed image with a known hole, started again by somebody who wants that hole.
#[test]
fn an_old_image_opens_nothing_once_the_minimum_was_raised() {
    let mut machine = Machine::new();
    let (old, new) = (machine.approve(1), machine.approve(2));
    let blob = machine.tpm.seal(&old, SECRET).unwrap();
    // Until the new image has proved itself, both open: an update that fails can go back.
    assert!(machine.tpm.unseal(&new, &blob).is_ok());
    assert!(machine.tpm.unseal(&old, &blob).is_ok());
    assert_eq!(machine.tpm.raise_minimum_version(&new), Ok(2));
    let mut machine = machine.reboot();
    let refused = Some(TpmError::OldImage { image: 1, minimum: 2 });
    assert_eq!(machine.tpm.unseal(&old, &blob).err(), refused);
    assert_eq!(machine.tpm.seal(&old, SECRET).err(), refused);
    assert_eq!(machine.tpm.raise_minimum_version(&old).err(), refused);
    assert_eq!(machine.tpm.unseal(&new, &blob).unwrap().expose_secret(), SECRET);
}

#[test]
fn the_minimum_is_set_by_the_first_secret_and_only_ever_raised() {
    let mut machine = Machine::new();
    let (third, fourth) = (machine.approve(3), machine.approve(4));
    assert_eq!(machine.tpm.minimum_version(&third), Ok(None));
    machine.tpm.seal(&third, SECRET).unwrap();
    assert_eq!(machine.tpm.minimum_version(&third), Ok(Some(3)));
    // Sealing under a newer image does not raise it: that is for the update's health gate to say.
    machine.tpm.seal(&fourth, SECRET).unwrap();
    assert_eq!(machine.tpm.minimum_version(&third), Ok(Some(3)));
    assert_eq!(machine.tpm.raise_minimum_version(&third), Ok(3));
    assert_eq!(machine.tpm.raise_minimum_version(&fourth), Ok(4));
    assert_eq!(machine.tpm.raise_minimum_version(&fourth), Ok(4));
    assert_eq!(machine.tpm.minimum_version(&fourth), Ok(Some(4)));
}

#[test]
fn the_largest_version_is_compared_without_a_sign() {
    let mut machine = Machine::new();
    let (small, large) = (machine.approve(1), machine.approve(u64::MAX));
    let blob = machine.tpm.seal(&small, SECRET).unwrap();
    assert!(machine.tpm.unseal(&large, &blob).is_ok());
    assert_eq!(machine.tpm.raise_minimum_version(&large), Ok(u64::MAX));
    assert_eq!(
        machine.tpm.unseal(&small, &blob).err(),
        Some(TpmError::OldImage { image: 1, minimum: u64::MAX })
    );
}
