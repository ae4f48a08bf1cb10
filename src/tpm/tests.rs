//! Tests that need the inside: the policies' digests against the TPM's own, and attacks on the minimum
//! version that the public face offers no way to try.

use sha2::{Digest, Sha256};

use super::approval::{Approval, Authority};
use super::authorise::{authorise, satisfy};
use super::code::Doing;
use super::esys::{Esys, Kind};
use super::policy::{Purpose, Step, minimum_area, minimum_name};
use super::public::MINIMUM;
use super::storage_key::storage_key;
use super::swtpm::Swtpm;
use super::{NotApproved, Tpm, TpmError, minimum};

struct Bench {
    tpm: Tpm,
    authority: Authority,
    _swtpm: Swtpm,
    _folder: tempfile::TempDir,
}

fn bench() -> Bench {
    let folder = tempfile::tempdir().unwrap();
    let swtpm = Swtpm::start(folder.path()).unwrap();
    let tpm = Tpm::open(&swtpm.device()).unwrap();
    Bench { tpm, authority: Authority::generate().unwrap(), _swtpm: swtpm, _folder: folder }
}

impl Bench {
    fn approval(&mut self, version: u64) -> Approval {
        let image = self.tpm.image_pcr().unwrap();
        self.authority.approve(version, &[("test", image)]).unwrap()
    }
}

fn refused(outcome: Result<(), TpmError>) -> u32 {
    match outcome {
        Err(TpmError::Refused { code, .. }) => code,
        other => panic!("expected the TPM's refusal, got {other:?}"),
    }
}

/// Gets an approval for `purpose`, then writes something else than was approved.
fn misuse(esys: &Esys, approval: &Approval, purpose: Purpose, version: u64) -> Result<(), TpmError> {
    let index = minimum::index(esys, approval.key())?.expect("the index is there");
    let session = esys.session(Kind::Policy, None).doing("open a session")?;
    authorise(esys, &session, approval, purpose, &index).expect("the approval itself is good");
    esys.nv_write(&index.object, &session, &version.to_be_bytes()).doing("write")
}

#[test]
fn our_policy_digests_are_the_tpms_own() {
    let mut bench = bench();
    let approval = bench.approval(7);
    let image = bench.tpm.image_pcr().unwrap();
    bench.tpm.raise_minimum_version(&approval).unwrap();
    let esys = &bench.tpm.esys;
    let index = minimum::index(esys, approval.key()).unwrap().unwrap();
    for purpose in Purpose::ALL {
        let trial = esys.session(Kind::Trial, None).unwrap();
        for step in purpose.steps(approval.key(), 7, image) {
            match step {
                Step::Image(_) => esys.policy_pcr(&trial, 11).unwrap(),
                Step::Unwritten => esys.policy_unwritten(&trial).unwrap(),
                Step::Command(hash) => esys.policy_command(&trial, &hash).unwrap(),
                Step::MinimumAtMost(limit) => esys.policy_at_most(&trial, &index.object, limit).unwrap(),
            }
        }
        let ours = purpose.policy(approval.key(), 7, image);
        assert_eq!(esys.policy_digest(&trial).unwrap(), ours, "{purpose:?}");
        drop(trial);
        let session = esys.session(Kind::Policy, None).unwrap();
        authorise(esys, &session, &approval, purpose, &index).unwrap();
        assert_eq!(esys.policy_digest(&session).unwrap(), purpose.authorized_by(approval.key()));
    }
}

#[test]
fn our_names_are_the_tpms_own() {
    let mut bench = bench();
    let approval = bench.approval(1);
    let esys = &bench.tpm.esys;
    let key = esys.load_public(approval.key().area()).unwrap();
    assert_eq!(esys.name(&key).unwrap(), approval.key().name());
    drop(key);
    let index = esys.nv_define(&minimum_area(approval.key(), false)).unwrap();
    assert_eq!(esys.name(&index).unwrap(), minimum_name(approval.key(), false));
    drop(index);
    bench.tpm.raise_minimum_version(&approval).unwrap();
    let index = bench.tpm.esys.at(MINIMUM).unwrap();
    assert_eq!(bench.tpm.esys.name(&index).unwrap(), minimum_name(approval.key(), true));
}

// Without the command's hash in the approval, an approved image that was broken into could set a version
// that no image has, and lock the shop out of its secrets for ever, or an old one, and let old images in.
#[test]
fn an_image_cannot_write_another_version_than_its_own() {
    let mut bench = bench();
    let approval = bench.approval(3);
    drop(bench.tpm.esys.nv_define(&minimum_area(approval.key(), false)).unwrap());
    refused(misuse(&bench.tpm.esys, &approval, Purpose::FirstMinimum, 1));
    assert_eq!(bench.tpm.minimum_version(&approval), Ok(None));
    assert_eq!(bench.tpm.raise_minimum_version(&approval), Ok(3));
    let newer = bench.approval(5);
    for version in [4, 6, 0, u64::MAX] {
        refused(misuse(&bench.tpm.esys, &newer, Purpose::RaiseMinimum, version));
    }
    // What is approved for opening writes nothing, and a first write is of no use on a written index.
    refused(misuse(&bench.tpm.esys, &newer, Purpose::Open, 5));
    refused(misuse(&bench.tpm.esys, &newer, Purpose::FirstMinimum, 5));
    assert_eq!(bench.tpm.minimum_version(&newer), Ok(Some(3)));
    assert_eq!(bench.tpm.raise_minimum_version(&newer), Ok(5));
    // The older image, whose own version is approved for writing, but only over a smaller one.
    let esys = &bench.tpm.esys;
    let index = minimum::index(esys, approval.key()).unwrap().unwrap();
    let session = esys.session(Kind::Policy, None).unwrap();
    assert_eq!(
        authorise(esys, &session, &approval, Purpose::RaiseMinimum, &index),
        Err(TpmError::OldImage { image: 3, minimum: 5 })
    );
}

#[test]
fn nobody_writes_the_minimum_version_without_an_approval() {
    let mut bench = bench();
    let approval = bench.approval(1);
    let image = bench.tpm.image_pcr().unwrap();
    bench.tpm.raise_minimum_version(&approval).unwrap();
    let (esys, nine) = (&bench.tpm.esys, 9u64.to_be_bytes());
    let index = esys.at(MINIMUM).unwrap();
    // The index's empty auth value, in an ordinary session.
    let session = esys.session(Kind::Encrypted, None).unwrap();
    refused(esys.nv_write(&index, &session, &nine).doing("write"));
    drop(session);
    // The right steps without the key's word.
    let session = esys.session(Kind::Policy, None).unwrap();
    esys.policy_pcr(&session, 11).unwrap();
    refused(esys.nv_write(&index, &session, &nine).doing("write"));
    drop((session, index));
    // The word of a key of the attacker's own.
    let theirs = Authority::generate().unwrap().approve(9, &[("test", image)]).unwrap();
    assert_eq!(bench.tpm.raise_minimum_version(&theirs), Err(TpmError::MinimumForeign));
    assert_eq!(bench.tpm.minimum_version(&approval), Ok(Some(1)));
}

// systemd signs the PCR policy of the same image with the same key for the data volume, with no reference.
// Were that enough for ours, an image could open the service's secrets whatever its version.
#[test]
fn systemds_own_signature_of_the_same_image_opens_nothing_of_ours() {
    let mut bench = bench();
    let approval = bench.approval(1);
    let blob = bench.tpm.seal(&approval, b"secret").unwrap();
    let image = bench.tpm.image_pcr().unwrap();
    let (plain, signature) = bench.authority.sign_for_systemd(image);
    let esys = &bench.tpm.esys;
    let parent = storage_key(esys).unwrap();
    for reference in [&b""[..], b"cashcow-service"] {
        let key = esys.load_public(approval.key().area()).unwrap();
        let ticket = esys.verify(&key, &Sha256::digest(plain), &signature).unwrap();
        drop(key);
        let session = esys.session(Kind::PolicyEncrypted, Some(&parent)).unwrap();
        esys.policy_pcr(&session, 11).unwrap();
        let accepted = esys.policy_authorize(&session, &plain, reference, approval.key().name(), &ticket);
        // Under systemd's reference the session is approved, but not for our object; under ours it is not.
        assert_eq!(accepted.is_ok(), reference.is_empty());
        let object = esys.load(&parent, &blob.private, &blob.public).unwrap();
        assert!(esys.unseal(&object, &session).is_err_and(|code| code.is_policy()));
    }
}

#[test]
fn a_sealed_object_opens_neither_with_its_empty_password_nor_in_an_unapproved_session() {
    let mut bench = bench();
    let approval = bench.approval(1);
    let blob = bench.tpm.seal(&approval, b"secret").unwrap();
    let esys = &bench.tpm.esys;
    let parent = storage_key(esys).unwrap();
    let object = esys.load(&parent, &blob.private, &blob.public).unwrap();
    for kind in [Kind::Encrypted, Kind::PolicyEncrypted] {
        let session = esys.session(kind, Some(&parent)).unwrap();
        assert!(esys.unseal(&object, &session).is_err());
    }
}

// The search for the right policy is ours, and a broken-into service would leave it out: what refuses
// another image has to be the TPM itself.
#[test]
fn the_tpm_itself_refuses_an_approval_of_another_image() {
    let mut bench = bench();
    let approval = bench.approval(1);
    bench.tpm.seal(&approval, b"secret").unwrap();
    let image = bench.tpm.image_pcr().unwrap();
    bench.tpm.extend_image_pcr([1; 32]).unwrap();
    let esys = &bench.tpm.esys;
    let index = minimum::index(esys, approval.key()).unwrap().unwrap();
    for purpose in Purpose::ALL {
        let session = esys.session(Kind::Policy, None).unwrap();
        let signed = approval.find(purpose, image).unwrap();
        refused(satisfy(esys, &session, &approval, signed, &index));
    }
}

#[test]
fn a_boot_phase_that_ends_meanwhile_is_told_from_a_refusal() {
    let mut bench = bench();
    let approval = bench.approval(1);
    let blob = bench.tpm.seal(&approval, b"secret").unwrap();
    let esys = &bench.tpm.esys;
    let parent = storage_key(esys).unwrap();
    let session = esys.session(Kind::PolicyEncrypted, Some(&parent)).unwrap();
    let index = minimum::index(esys, approval.key()).unwrap().unwrap();
    authorise(esys, &session, &approval, Purpose::Open, &index).unwrap();
    let object = esys.load(&parent, &blob.private, &blob.public).unwrap();
    esys.extend(11, [1; 32]).unwrap();
    assert_eq!(esys.unseal(&object, &session).doing("open").err(), Some(TpmError::Moved));
}

#[test]
fn a_blob_that_was_tampered_with_opens_nothing() {
    let mut bench = bench();
    let approval = bench.approval(1);
    let good = bench.tpm.seal(&approval, b"secret").unwrap();
    let mut blob = good.clone();
    blob.private[20] ^= 1;
    assert_eq!(bench.tpm.unseal(&approval, &blob).err(), Some(TpmError::Damaged));
    // A public part that asks for no policy, in place of the sealed one.
    let mut blob = good.clone();
    blob.public[7] |= 0x40; // userWithAuth
    assert_eq!(bench.tpm.unseal(&approval, &blob).err(), Some(TpmError::NotApproved(NotApproved::OtherKey)));
    let esys = &bench.tpm.esys;
    let parent = storage_key(esys).unwrap();
    assert!(esys.load(&parent, &blob.private, &blob.public).is_err_and(|code| code.is_integrity()));
}
