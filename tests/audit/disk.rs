//! The disk exchanged or put back, the TPM exchanged, the power cut: what the machine itself finds at its start.

use std::fs;

use cashcow::action::check_audit;
use cashcow::audit::{Place, Why, Witness, begin_head, digest, due};
use cashcow::base::Clock;

use crate::bench::{Machine, check};

#[tokio::test]
async fn a_disk_that_is_put_back_to_an_earlier_day_is_found_alarmed_and_named() {
    let machine = Machine::new().await;
    machine.busy().await;
    machine.seal().await;
    let old = machine.folder.path().join("old-disk");
    let machine = machine.restart(|file| assert!(fs::copy(file, &old).unwrap() > 0)).await;
    machine.pass(48);
    machine.work(10).await;
    machine.seal().await;
    assert!(machine.alarms().is_empty(), "{:?}", machine.alarms());
    let before = machine.lines();
    assert!(check(&before, machine.fingerprint()).is_ok());

    let machine = machine.restart(|file| assert!(fs::copy(&old, file).unwrap() > 0)).await;
    let alarms = machine.alarms();
    assert_eq!(alarms.len(), 1);
    assert!(alarms[0].starts_with("audit-gap after head 5 of 2026-11-23"), "{alarms:?}");
    assert!(machine.records().iter().any(|(_, record)| record.to_string().contains("FindAuditGap")));
    // The check of a stranger says it too, at the first head after it, for as long as it is kept.
    machine.work(3).await;
    machine.seal().await;
    let bad = check(&machine.lines(), machine.fingerprint()).unwrap_err();
    assert!(matches!((bad.place, &bad.why), (Place::Head(6), Why::Gap { .. })), "{bad}");
    // The machine's own check knows of it, and the alarm is not raised again at each start.
    assert_eq!(check_audit(&machine.app).await.unwrap().unwrap().gaps, 1);
    let machine = machine.restart(|_| {}).await;
    assert_eq!(machine.alarms(), alarms);
}

#[tokio::test]
async fn an_empty_disk_in_a_machine_whose_tpm_has_followed_a_log_is_found() {
    let machine = Machine::new().await;
    machine.busy().await;
    let machine = machine.restart(|file| fs::remove_file(file).unwrap()).await;
    assert_eq!(machine.alarms(), ["audit-gap the TPM has followed heads, and none is here"]);
    machine.seal().await;
    let bad = check(&machine.lines(), machine.fingerprint()).unwrap_err();
    assert!(matches!((bad.place, bad.why), (Place::Head(1), Why::Gap { .. })));
}

#[tokio::test]
async fn another_tpm_goes_on_with_the_log_and_whoever_trusts_the_first_is_told_at_which_head() {
    let machine = Machine::new().await;
    machine.busy().await;
    machine.seal().await;
    let first = machine.fingerprint();
    assert!(check(&machine.lines(), first).is_ok());
    let machine = machine.with_another_tpm().await;
    assert!(
        machine.alarms()[0].starts_with("audit-gap the TPM knows no head; here is head 5"),
        "{:?}",
        machine.alarms()
    );
    machine.work(2).await;
    machine.seal().await;
    let second = machine.fingerprint();
    let bad = check(&machine.lines(), first).unwrap_err();
    assert_eq!((bad.place, bad.why), (Place::Head(6), Why::OtherKey(second)));
    let bad = check(&machine.lines(), second).unwrap_err();
    assert_eq!((bad.place, bad.why), (Place::Head(1), Why::OtherKey(first)));
}

// Between the TPM's extension and the store's row, and just before the extension.
#[tokio::test]
async fn a_power_cut_while_a_head_is_made_is_no_gap() {
    for extended in [true, false] {
        let machine = Machine::new().await;
        machine.busy().await;
        let key = machine.fingerprint();
        let value = machine.witness.lock().unwrap().value().unwrap();
        let head =
            machine.app.store().read(|view| due(view, key, machine.clock.now(), true)).unwrap().unwrap();
        let pending = head.clone();
        machine.app.store().transact(move |tx| begin_head(tx, &pending, value)).await.unwrap();
        if extended {
            machine.witness.lock().unwrap().extend(digest(&head).unwrap()).unwrap();
        }
        let machine = machine.restart(|_| {}).await;
        assert!(machine.alarms().is_empty(), "{:?}", machine.alarms());
        let report = check(&machine.lines(), key).unwrap();
        assert_eq!(report.heads, 5);
        machine.work(1).await;
        machine.seal().await;
        assert_eq!(check(&machine.lines(), key).unwrap().heads, 6);
    }
}

#[tokio::test]
async fn a_tpm_that_is_used_behind_the_services_back_is_found_out() {
    let machine = Machine::new().await;
    machine.busy().await;
    machine.witness.lock().unwrap().extend(cashcow::audit::Hash([9; 32])).unwrap();
    machine.seal().await;
    assert!(
        machine.alarms()[0].starts_with("audit-gap after head 4 of 2026-11-23"),
        "{:?}",
        machine.alarms()
    );
    assert!(matches!(check(&machine.lines(), machine.fingerprint()).unwrap_err().place, Place::Head(5)));
}
