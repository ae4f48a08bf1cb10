//! Tests that need the inside: the policies' digests against the TPM's own, and attacks on the minimum
//! version that the public face offers no way to try.

use super::approval::{Approval, Authority};
use super::authorise::authorise;
use super::code::Doing;
use super::esys::{Esys, Kind, Object};
use super::policy::{Purpose, Step, minimum_area, minimum_name};
use super::swtpm::Swtpm;
use super::{Tpm, TpmError, minimum};

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

fn write(esys: &Esys, session: &Object<'_>, approval: &Approval, version: u64) -> Result<(), TpmError> {
    let index = minimum::index(esys, approval.key())?.expect("the index is there");
    esys.nv_write(&index.object, session, &version.to_be_bytes()).doing("write")
}

#[test]
fn our_policy_digests_are_the_tpms_own() {
    let mut bench = bench();
    let approval = bench.approval(7);
    let image = bench.tpm.image_pcr().unwrap();
    bench.tpm.raise_minimum_version(&approval).unwrap();
    let esys = &bench.tpm.esys;
    for purpose in Purpose::ALL {
        let trial = esys.session(Kind::Trial, None).unwrap();
        for step in purpose.steps(approval.key(), 7, image) {
            match step {
                Step::Image(_) => esys.policy_pcr(&trial, 11).unwrap(),
                Step::Unwritten => esys.policy_unwritten(&trial).unwrap(),
                Step::Command(hash) => esys.policy_command(&trial, &hash).unwrap(),
                Step::MinimumAtMost(limit) => {
                    let index = minimum::index(esys, approval.key()).unwrap().unwrap();
                    esys.policy_at_most(&trial, &index.object, limit).unwrap();
                }
            }
        }
        let ours = purpose.policy(approval.key(), 7, image);
        assert_eq!(esys.policy_digest(&trial).unwrap(), ours, "{purpose:?}");
    }
    for purpose in Purpose::ALL {
        let session = esys.session(Kind::Policy, None).unwrap();
        if purpose == Purpose::FirstMinimum {
            // Its conditions do not hold any more, but the digest that they lead to is a matter of form.
            authorise(esys, &session, &approval, purpose).unwrap();
        } else {
            authorise(esys, &session, &approval, purpose).unwrap();
        }
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
    let index = minimum::index(&bench.tpm.esys, approval.key()).unwrap().unwrap();
    assert_eq!(bench.tpm.esys.name(&index.object).unwrap(), minimum_name(approval.key(), true));
}

#[test]
fn an_image_cannot_write_another_version_than_its_own() {
    let mut bench = bench();
    let approval = bench.approval(3);
    let esys = &bench.tpm.esys;
    drop(esys.nv_define(&minimum_area(approval.key(), false)).unwrap());
    // First write.
    let session = esys.session(Kind::Policy, None).unwrap();
    authorise(esys, &session, &approval, Purpose::FirstMinimum).unwrap();
    refused(write(esys, &session, &approval, 1));
    drop(session);
    bench.tpm.raise_minimum_version(&approval).unwrap();
    // A raise, to something higher and to something lower.
    let approval = bench.approval(5);
    let esys = &bench.tpm.esys;
    for version in [4, 6, 0, u64::MAX] {
        let session = esys.session(Kind::Policy, None).unwrap();
        authorise(esys, &session, &approval, Purpose::RaiseMinimum).unwrap();
        refused(write(esys, &session, &approval, version));
    }
    // What is approved for opening writes nothing.
    let session = esys.session(Kind::Policy, None).unwrap();
    authorise(esys, &session, &approval, Purpose::Open).unwrap();
    refused(write(esys, &session, &approval, 5));
    drop(session);
    // The first write's approval is of no use on a written index.
    let session = esys.session(Kind::Policy, None).unwrap();
    authorise(esys, &session, &approval, Purpose::FirstMinimum).unwrap();
    refused(write(esys, &session, &approval, 5));
    drop(session);
    assert_eq!(bench.tpm.minimum_version(&approval), Ok(Some(3)));
    assert_eq!(bench.tpm.raise_minimum_version(&approval), Ok(5));
}

#[test]
fn nobody_writes_the_minimum_version_without_an_approval() {
    let mut bench = bench();
    let approval = bench.approval(1);
    let image = bench.tpm.image_pcr().unwrap();
    bench.tpm.raise_minimum_version(&approval).unwrap();
    let esys = &bench.tpm.esys;
    // An empty auth value, in an ordinary session.
    let session = esys.session(Kind::Encrypted, None).unwrap();
    refused(write(esys, &session, &approval, 9));
    drop(session);
    // The right steps without the key's word.
    let session = esys.session(Kind::Policy, None).unwrap();
    esys.policy_pcr(&session, 11).unwrap();
    refused(write(esys, &session, &approval, 9));
    drop(session);
    // The word of a key of the attacker's own.
    let theirs = Authority::generate().unwrap().approve(9, &[("test", image)]).unwrap();
    assert_eq!(bench.tpm.raise_minimum_version(&theirs), Err(TpmError::MinimumForeign));
    assert_eq!(bench.tpm.minimum_version(&approval), Ok(Some(1)));
}
