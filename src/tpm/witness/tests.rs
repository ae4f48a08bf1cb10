use sha2::{Digest, Sha256};

use super::*;
use crate::tpm::Authority;
use crate::tpm::esys::Kind;
use crate::tpm::swtpm::Swtpm;

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
    fn approval(&mut self) -> Approval {
        let image = self.tpm.image_pcr().unwrap();
        self.authority.approve(1, &[("test", image)]).unwrap()
    }
}

fn follows(value: [u8; 32], with: [u8; 32]) -> [u8; 32] {
    Sha256::digest([value, with].concat()).into()
}

#[test]
fn the_index_follows_what_it_was_extended_with_and_the_key_certifies_it() {
    let mut bench = bench();
    let approval = bench.approval();
    let tpm = &mut bench.tpm;
    assert_eq!(tpm.witness_value(&approval), Ok(NOTHING_YET));
    assert_eq!(tpm.witness_certify(&approval, &[7; 32]), Err(TpmError::WitnessMissing));
    let key = tpm.witness_key(&approval).unwrap();
    let (mut expected, mut clock) = (NOTHING_YET, 0);
    for round in 1..4 {
        expected = follows(expected, [round; 32]);
        assert_eq!(tpm.witness_extend(&approval, &[round; 32]), Ok(expected));
        assert_eq!(tpm.witness_value(&approval), Ok(expected));
        let says = tpm.witness_certify(&approval, &[round; 32]).unwrap().check(&key).unwrap();
        assert_eq!((says.about, says.value), ([round; 32], expected));
        assert!(says.clock >= clock, "the TPM's clock goes on");
        clock = says.clock;
    }
    assert_eq!(tpm.witness_key(&approval).unwrap(), key, "made anew, it is the same key");
    assert_eq!(WitnessKey::from_area(key.area()), Some(key));
}

#[test]
fn a_certificate_with_one_bit_changed_or_of_another_key_is_not_believed() {
    let (mut bench, mut other) = (bench(), bench());
    let (approval, theirs) = (bench.approval(), other.approval());
    bench.tpm.witness_extend(&approval, &[1; 32]).unwrap();
    let good = bench.tpm.witness_certify(&approval, &[1; 32]).unwrap();
    let key = bench.tpm.witness_key(&approval).unwrap();
    for at in 0..good.statement.len() {
        let mut bad = good.clone();
        bad.statement[at] ^= 1;
        assert_eq!(bad.check(&key), Err(Untrue::Signature));
    }
    let other = other.tpm.witness_key(&theirs).unwrap();
    assert_eq!(good.check(&other), Err(Untrue::Signature));
    for length in 0..good.statement.len() {
        assert!(statement::read_whole(&good.statement[..length]).is_none());
    }
    // The same TPM, images of another profile: another key, and neither touches the other's index.
    let foreign = Authority::generate().unwrap();
    let image = bench.tpm.image_pcr().unwrap();
    let foreign = foreign.approve(1, &[("test", image)]).unwrap();
    assert_ne!(bench.tpm.witness_key(&foreign).unwrap(), key);
    assert_eq!(bench.tpm.witness_value(&foreign), Err(TpmError::WitnessForeign));
}

// Somebody who starts another system on the machine has the TPM to themselves, but not the image's approval.
#[test]
fn without_an_approved_image_nobody_extends_the_index_or_signs() {
    let mut bench = bench();
    let approval = bench.approval();
    let before = bench.tpm.witness_extend(&approval, &[1; 32]).unwrap();
    bench.tpm.extend_image_pcr([9; 32]).unwrap();
    assert!(matches!(bench.tpm.witness_extend(&approval, &[2; 32]), Err(TpmError::NotApproved(_))));
    assert!(matches!(bench.tpm.witness_certify(&approval, &[2; 32]), Err(TpmError::NotApproved(_))));
    // The same without our own search for the right approval: the TPM itself refuses.
    let esys = &bench.tpm.esys;
    let index = index(esys, &approval).unwrap().unwrap();
    for kind in [Kind::Encrypted, Kind::Policy] {
        let session = esys.session(kind, None).unwrap();
        assert!(esys.nv_extend(&index.object, &session, &[2; 32]).is_err());
        drop(session);
        let session = esys.session(kind, None).unwrap();
        assert!(esys.nv_write(&index.object, &session, &[0; 32]).is_err(), "it is extended, never written");
        drop(session);
        let key = key::load(esys, &approval).unwrap();
        let session = esys.session(kind, None).unwrap();
        assert!(esys.nv_certify(&key, &session, &index.object, &[2; 32], 32).is_err());
    }
    assert_eq!(value(esys, &index), Ok(before));
}
