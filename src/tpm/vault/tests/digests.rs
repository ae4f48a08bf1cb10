//! Our digests and names are the TPM's own.

use super::*;
use crate::tpm::policy::{POLICY_CP_HASH, extend};
use crate::tpm::public;
use crate::tpm::vault::counter::Counter;
use crate::tpm::vault::tree::Tree;

#[test]
fn our_names_of_the_vaults_indices_and_keys_are_the_tpms_own() {
    let bench = bench();
    let (vault, bucket, seat) = (bench.vault(), bench.bucket(), bench.quorum().seat(bench.vault().image()));
    let esys = vault.esys();
    let named = |handle| {
        let object = esys.at(handle).unwrap();
        esys.name(&object).unwrap()
    };
    assert_eq!(named(area::EPOCH), vault.counter_name(Counter::Epoch));
    assert_eq!(named(area::ROUND), vault.counter_name(Counter::Round));
    assert_eq!(named(area::batch_handle(0)), seat.batch_unwritten);
    assert_eq!(named(area::gate_handle(0)), seat.gate);
    drop(bench.approved(&bucket, &[&seal(&bucket)]));
    assert_eq!(named(area::batch_handle(0)), seat.batch);
    let key = vault.load(&bucket, bucket::Which::Key).unwrap();
    assert_eq!(esys.name(&key).unwrap(), bucket.sealing_key().name);
    drop(key);
    let custodian = bench.quorum().custodians[0].area();
    let key = esys.load_public(&custodian).unwrap();
    assert_eq!(esys.name(&key).unwrap(), public::name(&custodian));
}

#[test]
fn our_digest_of_the_buckets_policy_is_the_tpms_own() {
    let bench = bench();
    let (vault, bucket) = (bench.vault(), bench.bucket());
    let sealed = seal(&bucket);
    let mut request = bench.approved(&bucket, &[&sealed]);
    let command = terms::zgen(&bucket.sealing_key().name, sealed.point());
    request.load(&bucket).unwrap();
    request.reach(&bucket).unwrap();
    request.gate(0, &request.demand.batch.consent(&command), &command).unwrap();
    let (image, epoch) = (vault.image(), vault.counter_name(Counter::Epoch));
    let gate = bench.quorum().seat(image).gate;
    let esys = vault.esys();
    assert_eq!(esys.policy_digest(&request.main).unwrap(), terms::bucket(image, &epoch, bucket.ends, &gate));
    drop(request);
    let fingerprints = vault.fingerprinter(&bucket).unwrap();
    let session = fingerprints.satisfied().unwrap();
    assert_eq!(esys.policy_digest(&session).unwrap(), terms::mark(image, &epoch, bucket.ends));
}

// Trees of every shape: one level, two, a last group of one.
#[test]
fn every_leaf_climbs_to_the_root() {
    let bench = bench();
    let (vault, session) = (bench.vault(), bench.vault().session(Kind::Policy).unwrap());
    let esys = vault.esys();
    for count in [1_u8, 2, 8, 9, 65] {
        let command = |at| [at; 32];
        let leaves = (0..count).map(|at| extend([0; 32], POLICY_CP_HASH, &[&command(at)])).collect();
        let tree = Tree::grow(leaves);
        for at in [0, count / 2, count - 1] {
            esys.policy_restart(&session).unwrap();
            esys.policy_command(&session, &command(at)).unwrap();
            for branches in tree.climb(at.into()) {
                esys.policy_or(&session, branches).unwrap();
            }
            assert_eq!(esys.policy_digest(&session).unwrap(), tree.root(), "leaf {at} of {count}");
        }
    }
}
