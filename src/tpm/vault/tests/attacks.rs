//! What the TPM refuses when our code lies to it.

use super::*;
use crate::tpm::code::Code;
use crate::tpm::esys::Said;
use crate::tpm::vault::bucket::Which;
use crate::tpm::vault::counter::Counter;
use crate::tpm::vault::forget::SPOILS;

/// `TPM_RC_POLICY_FAIL` for session 1: the session's policy is not the key's or the index's.
const NOT_THE_POLICY: u32 = 0x99D;
/// `TPM_RC_POLICY`: a comparison came out false.
const NOT_SO: u32 = 0x126;
/// `TPM_RC_VALUE`: what stands in the index is another digest.
const NOT_THE_DIGEST: u32 = 0x84;
/// `TPM_RC_PCR_CHANGED`.
const SPOILT: u32 = 0x128;
/// `TPM_RC_AUTH_UNAVAILABLE`: there is no password to use it with.
const NO_PASSWORD: u32 = 0x12F;
/// `TPM_RC_SIGNATURE` for parameter 5.
const NOT_SIGNED: u32 = 0x5DB;
/// `TPM_RC_NONCE` for parameter 1.
const NOT_THE_NONCE: u32 = 0x1CF;

fn number<T>(outcome: Result<T, Code>) -> u32 {
    outcome.err().expect("the TPM refuses").number()
}

/// Takes a request to the point where only the last command is missing.
fn satisfy(request: &mut Request<'_>, bucket: &Bucket, at: usize, sealed: &Sealed) {
    let command = terms::zgen(&bucket.sealing_key().name, sealed.point());
    request.load(bucket).unwrap();
    request.reach(bucket).unwrap();
    request.gate(at, &request.demand.batch.consent(&command), &command).unwrap();
}

fn multiply(request: &Request<'_>, sealed: &Sealed) -> Result<SecretBytes, Code> {
    let (_, key) = request.loaded.as_ref().unwrap();
    request.vault.esys().zgen(key, &request.main, sealed.point())
}

// Satisfied a moment before the end, used a moment after it.
#[test]
fn a_session_satisfied_before_the_end_refuses_after_it() {
    let bench = bench();
    let (bucket, vault) = (bench.bucket(), bench.vault());
    let sealed = seal(&bucket);
    let mut request = bench.approved(&bucket, &[&sealed]);
    satisfy(&mut request, &bucket, 0, &sealed);
    vault.forget(&bucket).unwrap();
    assert_eq!(number(multiply(&request, &sealed)), SPOILT);
    // The key is still loaded, its secret no longer needed: the epoch refuses a new session.
    assert_eq!(request.reach(&bucket), Err(VaultError::Ended { code: NOT_SO }));
}

// Why a PCR is extended: the counter alone does not reach a session that was satisfied before.
#[test]
fn without_the_extended_pcr_a_satisfied_session_would_still_open() {
    let bench = bench();
    let (bucket, vault) = (bench.bucket(), bench.vault());
    let sealed = seal(&bucket);
    let mut request = bench.approved(&bucket, &[&sealed]);
    satisfy(&mut request, &bucket, 0, &sealed);
    vault.end(&bucket).unwrap();
    assert!(multiply(&request, &sealed).is_ok());
}

#[test]
fn a_session_satisfied_before_a_batch_is_closed_refuses_after_it() {
    let bench = bench();
    let bucket = bench.bucket();
    let sealed = seal(&bucket);
    let mut request = bench.approved(&bucket, &[&sealed]);
    satisfy(&mut request, &bucket, 0, &sealed);
    request.close().unwrap();
    assert_eq!(number(multiply(&request, &sealed)), SPOILT);
    assert_ne!(SPOILS, crate::tpm::policy::IMAGE_PCR, "the image's own would shut the service too");
}

// Root on the first day keeps the private part without its wrapping: the secret is of no use any more.
#[test]
fn a_private_part_unwrapped_on_the_first_day_opens_nothing_after_the_end() {
    let bench = bench();
    let (bucket, vault) = (bench.bucket(), bench.vault());
    let sealed = seal(&bucket);
    let stolen = vault.unwrap(&bucket).unwrap();
    vault.forget(&bucket).unwrap();
    let mut request = bench.approved(&bucket, &[&sealed]);
    let esys = vault.esys();
    {
        let parent = storage_key(esys).unwrap();
        let key = esys.load(&parent, &stolen.key, &bucket.key).unwrap();
        request.loaded = Some((bucket.sealing_key().name, key));
    }
    assert_eq!(request.reach(&bucket), Err(VaultError::Ended { code: NOT_SO }));
    // With a later end put into the comparison, the policy is another one.
    let mut later = bucket.clone();
    later.ends.epoch = u64::MAX;
    request.reach(&later).unwrap();
    let command = terms::zgen(&bucket.sealing_key().name, sealed.point());
    request.gate(0, &request.demand.batch.consent(&command), &command).unwrap();
    assert_eq!(number(multiply(&request, &sealed)), NOT_THE_POLICY);
    // And with no comparison at all.
    esys.policy_restart(&request.main).unwrap();
    vault.authorise(&request.main).unwrap();
    request.gate(0, &request.demand.batch.consent(&command), &command).unwrap();
    assert_eq!(number(multiply(&request, &sealed)), NOT_THE_POLICY);
}

#[test]
fn a_row_exchanged_at_the_last_moment_is_refused() {
    let bench = bench();
    let bucket = bench.bucket();
    let (listed, other) = (seal(&bucket), seal(&bucket));
    let mut request = bench.approved(&bucket, &[&listed]);
    satisfy(&mut request, &bucket, 0, &listed);
    assert_eq!(
        number(multiply(&request, &other)),
        NOT_THE_POLICY,
        "another point than the gate consented to"
    );
    // The listed row's consent, used for the other row's command.
    let name = bucket.sealing_key().name;
    let consent = request.demand.batch.consent(&terms::zgen(&name, listed.point()));
    request.reach(&bucket).unwrap();
    let refused = request.gate(0, &consent, &terms::zgen(&name, other.point()));
    assert_eq!(code(refused), NOT_THE_POLICY);
}

#[test]
fn a_row_added_to_the_list_after_the_approval_is_refused() {
    let bench = bench();
    let bucket = bench.bucket();
    let (listed, added) = (seal(&bucket), seal(&bucket));
    let mut request = bench.approved(&bucket, &[&listed]);
    request.demand.batch.rows.push(Listed::new(&bucket, &added));
    request.tree = request.demand.batch.tree();
    let command = terms::zgen(&bucket.sealing_key().name, added.point());
    request.load(&bucket).unwrap();
    request.reach(&bucket).unwrap();
    let refused = request.gate(1, &request.demand.batch.consent(&command), &command);
    assert_eq!(code(refused), NOT_THE_DIGEST);
}

#[test]
fn signatures_for_one_batch_write_no_other() {
    let bench = bench();
    let bucket = bench.bucket();
    let (seen, other) = (seal(&bucket), seal(&bucket));
    let rows = |sealed| vec![Listed::new(&bucket, sealed)];
    let mut request = bench.vault().ask(&bench.quorum(), rows(&seen), 600, 600).unwrap();
    let approvals = bench.both(&request.demand);
    let command = request.demand.batch.command();
    let smuggled = Batch { rows: rows(&other), ..request.demand.batch.clone() }.digest();
    let refused = request.write(&approvals, &command, &smuggled);
    assert_eq!(refused, Err(VaultError::OtherBatch { code: NOT_THE_POLICY }));
    request.approve(&approvals).unwrap();
}

#[test]
fn an_approval_presented_with_another_nonce_or_none_is_refused() {
    let bench = bench();
    let bucket = bench.bucket();
    let rows = vec![Listed::new(&bucket, &seal(&bucket))];
    let vault = bench.vault();
    let (old, spent) = {
        let request = vault.ask(&bench.quorum(), rows.clone(), 600, 600).unwrap();
        (request.demand.clone(), bench.both(&request.demand)[0])
    };
    let request = vault.ask(&bench.quorum(), rows, 600, 600).unwrap();
    let good = bench.both(&request.demand)[0];
    vault.authorise(&request.second).unwrap();
    let (command, stale) = (request.demand.batch.command(), old.batch.command());
    let said = Said { nonce: &[], expiry: 600, command: &command, reference: terms::CUSTODIAN };
    assert_eq!(code(request.sign(&good, said)), NOT_SIGNED);
    let replayed = Said { nonce: &old.nonce, command: &stale, ..said };
    assert_eq!(code(request.sign(&spent, replayed)), NOT_THE_NONCE);
    let other = Said { nonce: &request.demand.nonce, reference: b"another purpose", ..said };
    assert_eq!(code(request.sign(&good, other)), NOT_SIGNED);
    // Why the custodians' tool must not sign without a nonce: the TPM would take it, in any session.
    let endless = [&0_i32.to_be_bytes()[..], &command, terms::CUSTODIAN].concat();
    let endless = bench.sign(0, &endless);
    request.sign(&endless, Said { expiry: 0, ..said }).unwrap();
}

#[test]
fn neither_keys_nor_indices_have_a_password() {
    let bench = bench();
    let (bucket, vault) = (bench.bucket(), bench.vault());
    let sealed = seal(&bucket);
    let esys = vault.esys();
    let plain = || vault.session(Kind::Encrypted).unwrap();
    let key = vault.load(&bucket, Which::Key).unwrap();
    assert_eq!(number(esys.zgen(&key, &plain(), sealed.point())), NO_PASSWORD);
    drop(key);
    let mark = vault.load(&bucket, Which::Mark).unwrap();
    assert_eq!(number(esys.hmac(&mark, &plain(), b"text")), NO_PASSWORD);
    drop(mark);
    let secret = esys.at(bucket.handle).unwrap();
    assert_eq!(number(esys.nv_read_under(&secret, &plain(), 32)), NO_PASSWORD);
    drop(secret);
    for counter in [Counter::Epoch, Counter::Round] {
        let index = vault.counter(counter).unwrap();
        assert_eq!(number(esys.nv_increment(&index, &plain())), NO_PASSWORD);
    }
    let batch = esys.at(area::batch_handle(0)).unwrap();
    assert_eq!(number(esys.nv_write(&batch, &plain(), &[0; 34])), NO_PASSWORD);
    // The image alone, without custodians.
    let session = vault.session(Kind::Policy).unwrap();
    vault.authorise(&session).unwrap();
    assert_eq!(number(esys.nv_write(&batch, &session, &[0; 34])), NOT_THE_POLICY);
}

// The owner removes the gate and makes it anew: it has the same name, and no password still.
#[test]
fn a_gate_made_anew_opens_by_custodians_alone() {
    let bench = bench();
    let (bucket, vault) = (bench.bucket(), bench.vault());
    let sealed = seal(&bucket);
    let request = bench.approved(&bucket, &[&sealed]);
    let (esys, seat) = (vault.esys(), bench.quorum().seat(vault.image()));
    let gate = esys.at(area::gate_handle(0)).unwrap();
    esys.nv_undefine(gate).unwrap();
    let gate = esys.nv_define(&area::gate(0, &terms::gate(&seat.batch))).unwrap();
    assert_eq!(esys.name(&gate).unwrap(), seat.gate);
    let command = terms::zgen(&bucket.sealing_key().name, sealed.point());
    let plain = vault.session(Kind::Encrypted).unwrap();
    let refused = esys.policy_secret(&request.main, &gate, &plain, &command, terms::GATE);
    assert_eq!(number(refused), NO_PASSWORD);
}
