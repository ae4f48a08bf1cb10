use std::sync::{Arc, Mutex};

use super::super::audit_log::{begin_audit, end_audit, seal_audit};
use super::*;
use crate::action::Keeper;
use crate::action::fixture::Fixture;
use crate::alarm;
use crate::audit::verify;
use crate::base::OsRandom;
use crate::keeper::{Holder, KeepError};
use crate::tpm::swtpm::Swtpm;
use crate::tpm::{Authority, Tpm};

async fn shop() -> (Fixture, Actor, Swtpm) {
    let (fixture, ada) = Fixture::open(false).await;
    let swtpm = Swtpm::start(&fixture.folder.path().join("tpm")).unwrap();
    let mut tpm = Tpm::open(&swtpm.device()).unwrap();
    let approval = Authority::generate().unwrap().approve(1, &[("test", tpm.image_pcr().unwrap())]).unwrap();
    let keeper = Keeper::new(Arc::new(Mutex::new(Holder::of(tpm, approval, Box::new(OsRandom)))));
    begin_audit(fixture.app(), keeper, "version 0.1.0, release").await.unwrap();
    (fixture, ada, swtpm)
}

fn alarms(fixture: &Fixture) -> Vec<&'static str> {
    let open = fixture.app().store().read(|view| alarm::open(view)).unwrap();
    open.iter().map(|(_, alarm)| alarm.kind.name()).collect()
}

#[tokio::test]
async fn what_was_done_before_the_chain_began_is_in_it_and_a_bundle_shows_it_whole() {
    let (fixture, ada, _swtpm) = shop().await;
    let app = fixture.app();
    let state = audit_state(app, &ada).unwrap();
    assert!(
        state.key.is_some() && state.head.is_some_and(|head| head.last >= 4),
        "set-up is under the first head"
    );
    let wish = ExportAudit { from: None, bundle: true };
    let mut lines = export_audit(app, &ada, wish).await.unwrap();
    // What is done while the lines go out is not among them.
    read_audit(app, &ada, Query::default(), 5).await.unwrap();
    let mut text = String::new();
    while let Some(piece) = lines.piece().unwrap() {
        text.push_str(&piece);
    }
    let report = verify(text.as_bytes(), state.key).unwrap();
    assert!(report.signed.is_some() && report.trusted);
    assert!(text.contains("\"deed\":\"set_up\"") && text.contains("\"deed\":\"export_audit\""));
    assert!(!text.contains("\"deed\":\"read_audit\""));
}

// PCI DSS 10.2.2, field by field.
#[tokio::test]
async fn a_record_says_who_what_when_how_it_ended_from_where_and_to_what() {
    let (fixture, ada, _swtpm) = shop().await;
    end_audit(fixture.app(), "version 0.1.0, release").await.unwrap();
    let page = read_audit(fixture.app(), &ada, Query::default(), 500).await.unwrap();
    for (number, record) in &page.found {
        let line: serde_json::Value = serde_json::from_str(&record.line()).unwrap();
        let event = &line["record"]["event"];
        let fields: Vec<_> = event.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(
            fields,
            ["at", "by", "component", "deed", "object", "outcome", "source"],
            "record {number}"
        );
        assert!(
            event["by"]["who"].is_string()
                && event["component"].as_str().is_some_and(|name| !name.is_empty())
        );
        let people = event["by"]["who"] != "machine";
        assert_eq!(event["source"].is_string(), people, "{record}");
    }
    let deeds: Vec<_> = page.found.iter().map(|(_, record)| record.deed).collect();
    assert!(deeds.contains(&Deed::BeginAudit) && deeds.contains(&Deed::StartService));
    assert_eq!(deeds[0], Deed::StopService);
}

#[tokio::test]
async fn a_tpm_that_dies_stops_no_record_and_an_alarm_tells() {
    let (fixture, ada, swtpm) = shop().await;
    let app = fixture.app();
    drop(swtpm);
    assert!(seal_audit(app, true).await.is_err());
    assert!(end_audit(app, "version 0.1.0, release").await.is_err());
    assert!(fixture.last_deed().contains("StopService"));
    let wish = ExportAudit { from: None, bundle: true };
    assert!(matches!(export_audit(app, &ada, wish).await, Err(AuditError::Keeper(_))));
    // The next start, still without a TPM.
    let office = fixture.office_of(
        crate::action::App::new(crate::action::AppParts {
            store: app.store().clone(),
            clock: Arc::clone(&fixture.clock) as _,
            random: Arc::new(crate::base::OsRandom),
            web_key: crate::base::SecretBytes::new(vec![5; 32]),
            dev: false,
        })
        .unwrap(),
    );
    struct Dead;
    impl crate::audit::Witness for Dead {
        fn key(&mut self) -> Result<crate::tpm::witness::WitnessKey, KeepError> {
            Err(crate::tpm::TpmError::Lost { step: "answer" }.into())
        }
        fn value(&mut self) -> Result<Hash, KeepError> {
            Err(crate::tpm::TpmError::Lost { step: "answer" }.into())
        }
        fn extend(&mut self, _: Hash) -> Result<Hash, KeepError> {
            Err(crate::tpm::TpmError::Lost { step: "answer" }.into())
        }
        fn certify(&mut self, _: Hash) -> Result<Certificate, KeepError> {
            Err(crate::tpm::TpmError::Lost { step: "answer" }.into())
        }
    }
    begin_audit(office.app(), Keeper::new(Arc::new(Mutex::new(Dead))), "version 0.1.0, release")
        .await
        .unwrap();
    assert_eq!(alarms(&fixture), ["audit-witness"]);
    assert!(fixture.last_deed().contains("StartService"));
}

#[tokio::test]
async fn a_record_that_was_removed_behind_the_logs_back_is_named_by_the_machines_own_check() {
    let (fixture, _ada, _swtpm) = shop().await;
    let app = fixture.app();
    assert!(crate::action::check_audit(app).await.unwrap().is_ok());
    app.store()
        .transact(|tx| {
            tx.delete(&audit::EVENTS, &3);
            Ok::<_, StoreError>(())
        })
        .await
        .unwrap();
    let bad = crate::action::check_audit(app).await.unwrap().unwrap_err();
    assert_eq!(bad.place, audit::Place::Record(3));
}

#[tokio::test]
async fn nobody_without_the_right_reads_or_exports_the_log() {
    let (fixture, ada, _swtpm) = shop().await;
    let app = fixture.app();
    assert!(ada.require(Right::SeeAudit).is_ok());
    let person = app.store().read(|view| {
        let people = view.scan(&crate::staff::PERSONS, &crate::store::Span::all(1))?;
        Ok::<_, StoreError>(people[0].1.clone())
    });
    let mut person = person.unwrap();
    person.role = crate::staff::Role::ShopManager;
    let manager = Actor::person(&person, crate::action::fixture::source(), true);
    let denied = |error: Option<AuditError>| matches!(error, Some(AuditError::Denied(_)));
    assert!(denied(read_audit(app, &manager, Query::default(), 5).await.err()));
    assert!(denied(read_audit_record(app, &manager, 1).await.err()));
    assert!(denied(audit_state(app, &manager).err()));
    let wish = ExportAudit { from: None, bundle: false };
    assert!(denied(export_audit(app, &manager, wish).await.err()));
}
