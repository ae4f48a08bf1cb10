//! The same text is recognised within a bucket, and by nobody without its TPM, nor after its end.

use cashcow::base::SecretBytes;
use cashcow::tpm::vault::VaultError;

use crate::bench::Machine;

const NOT_SO: u32 = 0x126;

fn text(text: &str) -> SecretBytes {
    SecretBytes::new(text.as_bytes().to_vec())
}

#[test]
fn a_text_has_one_fingerprint_in_a_bucket_and_another_in_the_next() {
    let machine = Machine::new();
    let (first, second) = (machine.bucket(1), machine.bucket(2));
    let vault = machine.vault();
    let of = |bucket, words: &str| vault.fingerprinter(bucket).unwrap().of(&text(words)).unwrap();
    let known = of(&first, "one text");
    assert_eq!(of(&first, "one text"), known);
    assert_ne!(of(&first, "one texu"), known);
    assert_ne!(of(&second, "one text"), known);
    let machine = machine.reboot();
    let vault = machine.vault();
    assert_eq!(vault.fingerprinter(&first).unwrap().of(&text("one text")).unwrap(), known);
    assert_ne!(known.as_bytes(), &[0; 32]);
}

// A key that was loaded while the bucket lived stays in the TPM: it must not serve any longer for that.
#[test]
fn a_loaded_fingerprint_key_refuses_after_the_end() {
    let machine = Machine::new();
    let bucket = machine.bucket(1);
    let vault = machine.vault();
    let fingerprints = vault.fingerprinter(&bucket).unwrap();
    fingerprints.of(&text("one text")).unwrap();
    vault.forget(&bucket).unwrap();
    assert_eq!(fingerprints.of(&text("one text")), Err(VaultError::Ended { code: NOT_SO }));
    drop(fingerprints);
    assert_eq!(vault.fingerprinter(&bucket).err(), Some(VaultError::Forgotten { code: 0x18B }));
}

// A power cut closes opening until the clock is safe; taking entries goes on.
#[test]
fn fingerprints_go_on_after_a_power_cut() {
    let machine = Machine::new();
    let bucket = machine.bucket(1);
    let machine = machine.power_cut();
    assert!(!machine.vault().clock().unwrap().safe);
    machine.vault().fingerprinter(&bucket).unwrap().of(&text("one text")).unwrap();
}

#[test]
fn texts_of_1_to_1024_bytes_have_fingerprints() {
    let machine = Machine::new();
    let (vault, bucket) = (machine.vault(), machine.bucket(1));
    let fingerprints = vault.fingerprinter(&bucket).unwrap();
    for length in [1, 1024] {
        fingerprints.of(&SecretBytes::new(vec![7; length])).unwrap();
    }
    for length in [0, 1025] {
        let refused = fingerprints.of(&SecretBytes::new(vec![7; length]));
        assert_eq!(refused, Err(VaultError::Length { length }));
    }
}
