//! After its end a bucket opens nothing: not on this machine, not with an old copy of the disk.

use cashcow::base::SecretBytes;
use cashcow::tpm::vault::{Bucket, Vault, VaultError};
use cashcow::tpm::{NotApproved, TpmError};
use tss_esapi::handles::{AuthHandle, TpmHandle};
use tss_esapi::interface_types::resource_handles::Provision;

use crate::bench::{MESSAGE, Machine, ask, open, seal, stranger};

/// `TPM_RC_HANDLE` for the first handle: there is no such index.
const NO_INDEX: u32 = 0x18B;
/// `TPM_RC_POLICY`: a comparison came out false.
const NOT_SO: u32 = 0x126;
const EPOCH: u32 = 0x0180_0C03;

/// Opens a row of the bucket with two custodians' approval, from asking to the message.
fn settle(machine: &Machine, bucket: &Bucket) -> Result<Vec<u8>, VaultError> {
    let (vault, sealed) = (machine.vault(), seal(bucket, "entry"));
    let mut request = ask(&vault, bucket, &[&sealed]);
    let approvals = machine.custodians.both(request.demand());
    request.approve(&approvals).unwrap();
    open(&mut request, bucket, &sealed, "entry")
}

fn undefine(device: &cashcow::tpm::Device, handle: u32) {
    let mut context = stranger(device);
    let handle = TpmHandle::try_from(handle).unwrap();
    let index = context.execute_without_session(|context| context.tr_from_tpm_public(handle)).unwrap();
    context.nv_undefine_space(Provision::Owner, index.into()).unwrap();
}

#[test]
fn a_bucket_opens_until_it_is_forgotten_and_never_after() {
    let machine = Machine::new();
    let (bucket, next) = (machine.bucket(1), machine.bucket(2));
    assert_eq!(settle(&machine, &bucket).unwrap(), MESSAGE);
    machine.vault().forget(&bucket).unwrap();
    assert_eq!(settle(&machine, &bucket), Err(VaultError::Forgotten { code: NO_INDEX }));
    assert_eq!(settle(&machine, &next).unwrap(), MESSAGE, "the next bucket goes on");
    let machine = machine.reboot();
    assert_eq!(settle(&machine, &bucket), Err(VaultError::Forgotten { code: NO_INDEX }));
    assert_eq!(settle(&machine, &next).unwrap(), MESSAGE);
    // Once more does no harm: a keeper that was cut off in the middle starts again.
    machine.vault().forget(&bucket).unwrap();
    assert_eq!(settle(&machine, &next).unwrap(), MESSAGE);
    assert_eq!(machine.vault().secrets().unwrap(), [next.handle()]);
}

// The disk as it was on the first day, put back on the eighth: record, rows, all of it.
#[test]
fn a_disk_from_before_the_end_opens_nothing_after_it() {
    let machine = Machine::new();
    let bucket = machine.bucket(1);
    let (disk, sealed) = (bucket.to_bytes(), seal(&bucket, "entry").to_bytes());
    assert_eq!(settle(&machine, &bucket).unwrap(), MESSAGE);
    machine.vault().forget(&bucket).unwrap();
    drop(bucket);
    let machine = machine.reboot();
    let bucket = Bucket::from_bytes(&disk).unwrap();
    let sealed = cashcow::tpm::vault::Sealed::from_bytes(&sealed).unwrap();
    let vault = machine.vault();
    let mut request = ask(&vault, &bucket, &[&sealed]);
    let approvals = machine.custodians.both(request.demand());
    request.approve(&approvals).unwrap();
    let refused = Err(VaultError::Forgotten { code: NO_INDEX });
    assert_eq!(open(&mut request, &bucket, &sealed, "entry"), refused);
}

// A later bucket may lie where the forgotten one's secret lay.
#[test]
fn a_forgotten_bucket_does_not_open_with_its_successors_secret() {
    let machine = Machine::new();
    let old = machine.bucket(1);
    machine.vault().forget(&old).unwrap();
    let new = machine.bucket(1);
    assert_eq!(new.handle(), old.handle());
    // Its own end comes first: the epoch refuses before the secret is read.
    assert_eq!(settle(&machine, &old), Err(VaultError::Ended { code: NOT_SO }));
    // Forgetting it again leaves the new one alone.
    machine.vault().forget(&old).unwrap();
    assert_eq!(settle(&machine, &new).unwrap(), MESSAGE);
}

#[test]
fn forgetting_steps_over_what_ended_meanwhile_and_a_longer_absence_is_caught_up() {
    let machine = Machine::new();
    let buckets: Vec<_> = [1, 2, 5].map(|steps| machine.bucket(steps)).into();
    let last = machine.bucket(6);
    let machine = machine.reboot();
    for bucket in &buckets {
        machine.vault().forget(bucket).unwrap();
    }
    assert_eq!(machine.vault().epoch().unwrap(), buckets[2].ends().epoch);
    for bucket in &buckets {
        assert_eq!(settle(&machine, bucket), Err(VaultError::Forgotten { code: NO_INDEX }));
    }
    assert_eq!(settle(&machine, &last).unwrap(), MESSAGE);
}

// A clock that went back after a power cut could lengthen a bucket's life.
#[test]
fn after_a_power_cut_nothing_opens_until_the_tpm_trusts_its_clock() {
    let machine = Machine::new();
    let bucket = machine.bucket(1);
    assert_eq!(settle(&machine, &bucket).unwrap(), MESSAGE);
    let machine = machine.power_cut();
    assert!(!machine.vault().clock().unwrap().safe);
    assert_eq!(settle(&machine, &bucket), Err(VaultError::ClockUnsafe { code: NOT_SO }));
    machine.wait_until_safe();
    assert_eq!(settle(&machine, &bucket).unwrap(), MESSAGE);
}

#[test]
fn the_tpms_clock_ends_a_bucket_that_nobody_forgets() {
    let machine = Machine::new();
    let vault = machine.vault();
    let clock = vault.clock().unwrap().millis + 1500;
    let ends = cashcow::tpm::vault::Ends { epoch: vault.epoch().unwrap() + 1, clock };
    let quorum = machine.custodians.quorum(0);
    let bucket = vault.bucket(&quorum, ends, &cashcow::base::OsRandom).unwrap();
    let fingerprints = vault.fingerprinter(&bucket).unwrap();
    let text = SecretBytes::new(b"text".to_vec());
    fingerprints.of(&text).unwrap();
    while vault.clock().unwrap().millis < clock {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    assert_eq!(settle(&machine, &bucket), Err(VaultError::PastClock { code: NOT_SO }));
    assert_eq!(fingerprints.of(&text), Err(VaultError::PastClock { code: NOT_SO }));
}

// The owner's authority removes the counter and makes it anew, to have it start again.
#[test]
fn a_counter_that_is_made_anew_ends_buckets_and_lengthens_none() {
    let machine = Machine::new();
    let (ended, live) = (machine.bucket(1), machine.bucket(2));
    let disk = ended.to_bytes();
    machine.vault().forget(&ended).unwrap();
    let before = machine.vault().epoch().unwrap();
    let (machine, ()) = machine.meanwhile(|device| undefine(device, EPOCH));
    let missing = VaultError::CounterMissing { counter: "epoch", handle: EPOCH };
    assert_eq!(Vault::open(&machine.tpm, &machine.approval).err(), Some(missing));
    // It is not made anew by itself; whoever does it all the same gets a later one.
    Vault::found(&machine.tpm, &machine.approval).unwrap();
    assert!(machine.vault().epoch().unwrap() > before);
    let ended = Bucket::from_bytes(&disk).unwrap();
    assert_eq!(settle(&machine, &ended), Err(VaultError::Forgotten { code: NO_INDEX }));
    assert_eq!(settle(&machine, &live), Err(VaultError::Ended { code: NOT_SO }));
}

#[test]
fn a_cleared_tpm_opens_nothing_and_says_so() {
    let machine = Machine::new();
    let bucket = machine.bucket(1);
    let (machine, ()) = machine.meanwhile(|device| stranger(device).clear(AuthHandle::Platform).unwrap());
    let missing = VaultError::CounterMissing { counter: "epoch", handle: EPOCH };
    assert_eq!(Vault::open(&machine.tpm, &machine.approval).err(), Some(missing));
    // Set up again from the beginning, it does not know the old bucket.
    let vault = Vault::found(&machine.tpm, &machine.approval).unwrap();
    vault.appoint(&machine.custodians.quorum(0)).unwrap();
    assert_eq!(settle(&machine, &bucket), Err(VaultError::Tpm(TpmError::Cleared)));
    assert_eq!(settle(&machine, &machine.bucket(1)).unwrap(), MESSAGE);
}

#[test]
fn a_disk_in_another_machine_opens_nothing() {
    let (machine, thief) = (Machine::new(), Machine::new());
    let bucket = machine.bucket(1);
    let vault = thief.vault();
    assert_eq!(vault.fingerprinter(&bucket).err(), Some(VaultError::Tpm(TpmError::OtherTpm)));
    // With the same custodians in the place of the thief's own, and both of them willing.
    vault.dismiss(&thief.custodians.quorum(0)).unwrap();
    vault.appoint(bucket.quorum()).unwrap();
    let sealed = seal(&bucket, "entry");
    let mut request = ask(&vault, &bucket, &[&sealed]);
    let approvals = machine.custodians.both(request.demand());
    request.approve(&approvals).unwrap();
    let refused = Err(VaultError::Tpm(TpmError::OtherTpm));
    assert_eq!(open(&mut request, &bucket, &sealed, "entry"), refused);
}

#[test]
fn an_image_that_is_not_approved_opens_forgets_and_makes_nothing() {
    let mut machine = Machine::new();
    let bucket = machine.bucket(1);
    machine.tpm.extend_image_pcr([7; 32]).unwrap();
    let vault = machine.vault();
    let sealed = seal(&bucket, "entry");
    let mut request = ask(&vault, &bucket, &[&sealed]);
    let approvals = machine.custodians.both(request.demand());
    let unapproved = |error: Option<VaultError>| {
        assert!(
            matches!(error, Some(VaultError::Tpm(TpmError::NotApproved(NotApproved::Image { .. })))),
            "{error:?}"
        );
    };
    unapproved(request.approve(&approvals).err());
    unapproved(open(&mut request, &bucket, &sealed, "entry").err());
    unapproved(vault.forget(&bucket).err());
    unapproved(vault.bucket(bucket.quorum(), bucket.ends(), &cashcow::base::OsRandom).err());
    assert_eq!(vault.secrets().unwrap(), [bucket.handle()], "half a bucket is left");
}

// What holds against the host of a virtual TPM, and what does not: its state put back from the first day is
// the first day. SECURITY.md claims nothing else.
#[test]
fn a_virtual_tpm_put_back_by_its_host_opens_what_it_had_forgotten() {
    let machine = Machine::new();
    let bucket = machine.bucket(1);
    let copy = tempfile::tempdir().unwrap();
    let all = |from: &std::path::Path, to: &std::path::Path| {
        for file in std::fs::read_dir(from).unwrap().map(Result::unwrap) {
            if file.file_name() != "swtpm.pid" && file.file_name() != ".lock" {
                std::fs::copy(file.path(), to.join(file.file_name())).unwrap();
            }
        }
    };
    let machine = machine.between(|folder| all(folder, copy.path()));
    machine.vault().forget(&bucket).unwrap();
    let machine = machine.between(|folder| all(copy.path(), folder));
    machine.wait_until_safe();
    assert_eq!(settle(&machine, &bucket).unwrap(), MESSAGE, "a virtual TPM's host rewinds everything");
}
