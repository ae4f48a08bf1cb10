//! Two different custodians open the rows that both approved, and nothing else opens.

use cashcow::base::OsRandom;
use cashcow::tpm::vault::{Approved, CustodianKey, Listed, Quorum, Unsignable, VaultError};

use crate::bench::{Custodians, MESSAGE, Machine, ask, open, place, seal};

/// `TPM_RC_VALUE` for parameter 1: the session stands at none of the branches.
const NOT_A_BRANCH: u32 = 0x1C4;
/// `TPM_RC_SIGNATURE` for parameter 5.
const NOT_SIGNED: u32 = 0x5DB;
/// `TPM_RC_NONCE` for parameter 1.
const NOT_THE_NONCE: u32 = 0x1CF;
/// `TPM_RC_POLICY`: a comparison came out false.
const NOT_SO: u32 = 0x126;
/// `TPM_RC_POLICY_FAIL` for session 1.
const NOT_THE_POLICY: u32 = 0x99D;

#[test]
fn any_two_custodians_open_the_batch_that_they_approved() {
    let machine = Machine::new();
    let (vault, bucket) = (machine.vault(), machine.bucket(1));
    let sealed: Vec<_> = (0..10).map(|row| seal(&bucket, &format!("entry-{row}"))).collect();
    for pair in [[0, 1], [0, 2], [1, 2], [2, 0]] {
        let mut request = ask(&vault, &bucket, &sealed.iter().collect::<Vec<_>>());
        let approvals = pair.map(|who| machine.custodians.approve(who, request.demand()));
        request.approve(&approvals).unwrap();
        for (row, sealed) in sealed.iter().enumerate() {
            assert_eq!(open(&mut request, &bucket, sealed, &format!("entry-{row}")).unwrap(), MESSAGE);
        }
        request.close().unwrap();
    }
}

#[test]
fn the_set_of_custodians_may_have_eight_people() {
    let machine = Machine::new();
    let custodians = Custodians::new(8);
    let (vault, quorum) = (machine.vault(), custodians.quorum(1));
    vault.appoint(&quorum).unwrap();
    let ends = machine.bucket(1).ends();
    let bucket = vault.bucket(&quorum, ends, &OsRandom).unwrap();
    let sealed = seal(&bucket, "entry");
    for pair in [[0, 1], [6, 7], [3, 5]] {
        let mut request = ask(&vault, &bucket, &[&sealed]);
        let approvals = pair.map(|who| custodians.approve(who, request.demand()));
        request.approve(&approvals).unwrap();
        assert_eq!(open(&mut request, &bucket, &sealed, "entry").unwrap(), MESSAGE);
    }
}

#[test]
fn a_batch_of_many_rows_from_several_buckets_opens_whole() {
    let machine = Machine::new();
    let (vault, first, second) = (machine.vault(), machine.bucket(1), machine.bucket(2));
    let rows: Vec<_> = (0..70).map(|row| [&first, &second][row % 2]).collect();
    let sealed: Vec<_> = rows.iter().map(|bucket| seal(bucket, "entry")).collect();
    let listed = rows.iter().zip(&sealed).map(|(bucket, sealed)| Listed::new(bucket, sealed));
    let mut request = vault.ask(first.quorum(), listed.collect(), 600, 600).unwrap();
    let approvals = machine.custodians.both(request.demand());
    request.approve(&approvals).unwrap();
    for (bucket, sealed) in rows.iter().zip(&sealed) {
        assert_eq!(open(&mut request, bucket, sealed, "entry").unwrap(), MESSAGE);
    }
}

#[test]
fn one_custodian_or_one_twice_approves_nothing() {
    let machine = Machine::new();
    let (vault, bucket) = (machine.vault(), machine.bucket(1));
    let sealed = seal(&bucket, "entry");
    let mut request = ask(&vault, &bucket, &[&sealed]);
    let one = machine.custodians.approve(1, request.demand());
    for approvals in [&[][..], &[one], &[one, one]] {
        assert_eq!(request.approve(approvals), Err(VaultError::NotTwo { code: NOT_A_BRANCH }));
    }
    // One who says to be two.
    let another = Approved { custodian: 2, ..one };
    let refused = VaultError::Consent { custodian: 2, code: NOT_SIGNED };
    assert_eq!(request.approve(&[one, another]), Err(refused));
    let stranger = Approved { custodian: 3, ..one };
    assert_eq!(request.approve(&[one, stranger]), Err(VaultError::Stranger { custodian: 3 }));
    // Nothing was approved by all that, and the right two still can.
    assert_eq!(
        open(&mut request, &bucket, &sealed, "entry"),
        Err(VaultError::NotListed { code: 0x14A }),
        "the index was never written"
    );
    let approvals = machine.custodians.both(request.demand());
    request.approve(&approvals).unwrap();
    assert_eq!(open(&mut request, &bucket, &sealed, "entry").unwrap(), MESSAGE);
}

// Signatures that were good once, for the same rows, presented again.
#[test]
fn an_approval_replayed_in_another_session_is_refused() {
    let machine = Machine::new();
    let (vault, bucket) = (machine.vault(), machine.bucket(1));
    let sealed = seal(&bucket, "entry");
    let mut first = ask(&vault, &bucket, &[&sealed]);
    let approvals = machine.custodians.both(first.demand());
    first.approve(&approvals).unwrap();
    assert_eq!(open(&mut first, &bucket, &sealed, "entry").unwrap(), MESSAGE);
    // In the same session too: using it gave it a new nonce, and this is still the old one.
    assert_eq!(first.approve(&approvals), Err(VaultError::Consent { custodian: 0, code: NOT_THE_NONCE }));
    drop(first);
    let mut second = ask(&vault, &bucket, &[&sealed]);
    let refused = Err(VaultError::Consent { custodian: 0, code: NOT_SIGNED });
    assert_eq!(second.approve(&approvals), refused);
    let fresh = machine.custodians.approve(0, second.demand());
    let refused = Err(VaultError::Consent { custodian: 2, code: NOT_SIGNED });
    assert_eq!(second.approve(&[fresh, approvals[1]]), refused);
}

#[test]
fn an_approval_without_nonce_or_expiry_is_refused_by_the_tpm_and_not_made_by_the_tool() {
    let machine = Machine::new();
    let (vault, bucket) = (machine.vault(), machine.bucket(1));
    let sealed = seal(&bucket, "entry");
    let mut request = ask(&vault, &bucket, &[&sealed]);
    let mut demand = request.demand().clone();
    demand.nonce.clear();
    assert_eq!(demand.message(), Err(Unsignable::Nonce));
    let good = request.demand().message().unwrap();
    // The message without its nonce, signed all the same.
    let without = good[request.demand().nonce.len()..].to_vec();
    let approvals = [0, 1].map(|who| machine.custodians.sign(who, &without));
    assert_eq!(request.approve(&approvals), Err(VaultError::Consent { custodian: 0, code: NOT_SIGNED }));
    let mut demand = request.demand().clone();
    for expiry in [0, -1, 3601, i32::MIN] {
        demand.expiry = expiry;
        assert_eq!(demand.message(), Err(Unsignable::Expiry));
    }
    let mut forever = good;
    let at = request.demand().nonce.len();
    forever[at..at + 4].fill(0);
    let approvals = [0, 1].map(|who| machine.custodians.sign(who, &forever));
    assert_eq!(request.approve(&approvals), Err(VaultError::Consent { custodian: 0, code: NOT_SIGNED }));
    let mut demand = request.demand().clone();
    demand.batch.rows.clear();
    assert_eq!(demand.message(), Err(Unsignable::Rows));
    demand.batch.rows = [request.demand().batch.rows.clone(), request.demand().batch.rows.clone()].concat();
    assert_eq!(demand.message(), Err(Unsignable::Rows));
}

#[test]
fn an_approval_of_another_batch_is_refused() {
    let machine = Machine::new();
    let (vault, bucket) = (machine.vault(), machine.bucket(1));
    let (wanted, other) = (seal(&bucket, "wanted"), seal(&bucket, "other"));
    let mut request = ask(&vault, &bucket, &[&wanted]);
    let mut shown = request.demand().clone();
    shown.batch.rows = vec![Listed::new(&bucket, &other)];
    let approvals = machine.custodians.both(&shown);
    assert_eq!(request.approve(&approvals), Err(VaultError::Consent { custodian: 0, code: NOT_SIGNED }));
    // One saw the batch, the other another one.
    let seen = machine.custodians.approve(0, request.demand());
    let refused = Err(VaultError::Consent { custodian: 2, code: NOT_SIGNED });
    assert_eq!(request.approve(&[seen, approvals[1]]), refused);
}

#[test]
fn a_row_exchanged_or_added_does_not_open() {
    let machine = Machine::new();
    let (vault, bucket) = (machine.vault(), machine.bucket(1));
    let sealed: Vec<_> = (0..9).map(|_| seal(&bucket, "entry")).collect();
    let added = seal(&bucket, "entry");
    let mut request = ask(&vault, &bucket, &sealed.iter().collect::<Vec<_>>());
    let approvals = machine.custodians.both(request.demand());
    request.approve(&approvals).unwrap();
    let refused = Err(VaultError::NotListed { code: NOT_A_BRANCH });
    assert_eq!(open(&mut request, &bucket, &added, "entry"), refused);
    // A row of another bucket, listed nowhere.
    let bucket2 = machine.bucket(2);
    assert_eq!(open(&mut request, &bucket2, &seal(&bucket2, "entry"), "entry"), refused);
    // A listed row in another's place: what it is bound to is not its own.
    assert_eq!(open(&mut request, &bucket, &sealed[0], "elsewhere"), Err(VaultError::Altered));
    assert_eq!(open(&mut request, &bucket, &sealed[8], "entry").unwrap(), MESSAGE);
}

// A bucket stays with the custodians that it was made for.
#[test]
fn another_set_of_custodians_opens_no_row_of_this_sets_bucket() {
    let machine = Machine::new();
    let (vault, bucket) = (machine.vault(), machine.bucket(1));
    let sealed = seal(&bucket, "entry");
    let others = Custodians::new(3);
    vault.appoint(&others.quorum(1)).unwrap();
    let rows = vec![Listed::new(&bucket, &sealed)];
    let mut request = vault.ask(&others.quorum(1), rows, 600, 600).unwrap();
    let approvals = others.both(request.demand());
    request.approve(&approvals).unwrap();
    let refused = Err(VaultError::NotListed { code: NOT_THE_POLICY });
    assert_eq!(open(&mut request, &bucket, &sealed, "entry"), refused);
    // Nor can a set take another's place in the TPM.
    let taken = vault.appoint(&others.quorum(0));
    assert!(matches!(taken, Err(VaultError::Foreign { handle: 0x0180_0C10 })), "{taken:?}");
}

#[test]
fn a_closed_batch_opens_nothing_more() {
    let machine = Machine::new();
    let (vault, bucket) = (machine.vault(), machine.bucket(1));
    let sealed = seal(&bucket, "entry");
    let mut request = ask(&vault, &bucket, &[&sealed]);
    let approvals = machine.custodians.both(request.demand());
    request.approve(&approvals).unwrap();
    assert_eq!(open(&mut request, &bucket, &sealed, "entry").unwrap(), MESSAGE);
    request.close().unwrap();
    let refused = Err(VaultError::BatchClosed { code: NOT_SO });
    assert_eq!(open(&mut request, &bucket, &sealed, "entry"), refused);
    // The approvals once more: good for one writing, and that was done.
    let spent = Err(VaultError::Consent { custodian: 0, code: NOT_THE_NONCE });
    assert_eq!(request.approve(&approvals), spent);
    drop(request);
    let mut again = ask(&vault, &bucket, &[&sealed]);
    let approvals = machine.custodians.both(again.demand());
    again.approve(&approvals).unwrap();
    assert_eq!(open(&mut again, &bucket, &sealed, "entry").unwrap(), MESSAGE);
}

#[test]
fn an_approval_that_comes_late_is_refused_and_so_is_a_row() {
    let machine = Machine::new();
    let (vault, bucket) = (machine.vault(), machine.bucket(1));
    let sealed = seal(&bucket, "entry");
    let rows = vec![Listed::new(&bucket, &sealed)];
    let mut request = vault.ask(bucket.quorum(), rows.clone(), 1, 1).unwrap();
    let approvals = machine.custodians.both(request.demand());
    std::thread::sleep(std::time::Duration::from_millis(2200));
    // TPM_RC_EXPIRED for parameter 4.
    assert_eq!(request.approve(&approvals), Err(VaultError::Consent { custodian: 0, code: 0x4E3 }));
    drop(request);
    let mut request = vault.ask(bucket.quorum(), rows, 2, 1).unwrap();
    let approvals = machine.custodians.both(request.demand());
    request.approve(&approvals).unwrap();
    std::thread::sleep(std::time::Duration::from_millis(3200));
    let refused = Err(VaultError::BatchLate { code: NOT_SO });
    assert_eq!(open(&mut request, &bucket, &sealed, "entry"), refused);
}

#[test]
fn fewer_than_three_custodians_or_one_of_them_twice_are_no_set() {
    let custodians = Custodians::new(9);
    let quorum = |slot, count| {
        let machine: Vec<CustodianKey> = custodians.0[..count]
            .iter()
            .map(|pair| {
                use aws_lc_rs::signature::KeyPair;
                CustodianKey::new(pair.public_key().as_ref()[1..].try_into().unwrap()).unwrap()
            })
            .collect();
        (Quorum::new(slot, machine.clone()), machine)
    };
    assert!(quorum(0, 3).0.is_ok());
    for (slot, count) in [(0, 0), (0, 2), (0, 9), (4, 3)] {
        assert_eq!(quorum(slot, count).0, Err(VaultError::Custodians));
    }
    let twice = [quorum(0, 3).1, quorum(0, 1).1].concat();
    assert_eq!(Quorum::new(0, twice), Err(VaultError::Custodians));
    assert_eq!(CustodianKey::new([1; 64]), Err(VaultError::Custodians), "not a point of the curve");
}

#[test]
fn a_batch_without_rows_or_time_is_not_asked_for() {
    let machine = Machine::new();
    let (vault, bucket) = (machine.vault(), machine.bucket(1));
    let row = Listed::new(&bucket, &seal(&bucket, "entry"));
    for (rows, approve, open) in
        [(vec![], 60, 60), (vec![row], 0, 60), (vec![row], 60, 3601), (vec![row; 513], 60, 60)]
    {
        assert_eq!(vault.ask(bucket.quorum(), rows, approve, open).err(), Some(VaultError::Batch));
    }
    assert_eq!(place("entry").tenant, "tenant-1");
}
