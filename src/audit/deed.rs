//! What each deed is to a reader and to an auditor: a name, a kind of thing, a number of PCI DSS v4.0.1.

use super::Deed;

/// The numbers of requirement 10.2.1 that a deed is logged for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Pci {
    /// 10.2.1.2: actions by individuals with administrative access.
    Administration,
    /// 10.2.1.3: access to audit logs.
    AuditAccess,
    /// 10.2.1.4 if it was refused, else 10.2.1.5: use of identification and authentication.
    Authentication,
    /// 10.2.1.5: creation of accounts, elevation of privileges, changes to credentials.
    Credentials,
    /// 10.2.1.6: beginning, starting, stopping or pausing of the audit log.
    AuditState,
    /// 10.2.1.7: creation and deletion of system-level objects.
    SystemObjects,
}

impl Pci {
    /// The number, for a deed that ended so.
    pub fn number(self, refused: bool) -> &'static str {
        match self {
            Self::Authentication if !refused => "10.2.1.5",
            Self::Administration => "10.2.1.2",
            Self::AuditAccess => "10.2.1.3",
            Self::Authentication => "10.2.1.4",
            Self::Credentials => "10.2.1.5",
            Self::AuditState => "10.2.1.6",
            Self::SystemObjects => "10.2.1.7",
        }
    }
}

/// One line a deed: its name in records, its text's key, what kind of thing it is done to, what it is logged for.
macro_rules! deeds {
    ($($deed:ident: $name:literal, $key:literal, $component:literal, $pci:ident;)+) => {
        impl Deed {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$deed),+];

            /// Its name in records; never changes.
            pub fn name(self) -> &'static str {
                match self { $(Self::$deed => $name,)+ }
            }

            /// The Fluent key of what was done.
            pub fn key(self) -> &'static str {
                match self { $(Self::$deed => $key,)+ }
            }

            /// What kind of thing it is done to (PCI DSS 10.2.2).
            pub fn component(self) -> &'static str {
                match self { $(Self::$deed => $component,)+ }
            }

            /// What it is logged for.
            pub fn pci(self) -> Pci {
                match self { $(Self::$deed => Pci::$pci,)+ }
            }
        }
    };
}

deeds! {
    IssueSetupCode: "issue_setup_code", "deed-issue-setup-code", "set-up code", Credentials;
    EnterSetupCode: "enter_setup_code", "deed-enter-setup-code", "set-up code", Authentication;
    SetUp: "set_up", "deed-set-up", "shop and first administrator", Credentials;
    KeepRecoveryKey: "keep_recovery_key", "deed-keep-recovery-key", "recovery key", Administration;
    BeginAudit: "begin_audit", "deed-begin-audit", "audit log", AuditState;
    StartService: "start_service", "deed-start-service", "service and audit log", AuditState;
    StopService: "stop_service", "deed-stop-service", "service and audit log", AuditState;
    ReadAudit: "read_audit", "deed-read-audit", "audit log", AuditAccess;
    ExportAudit: "export_audit", "deed-export-audit", "audit log", AuditAccess;
    PruneAudit: "prune_audit", "deed-prune-audit", "audit log", SystemObjects;
    FindAuditGap: "find_audit_gap", "deed-find-audit-gap", "audit log", AuditState;
    SignIn: "sign_in", "deed-sign-in", "console", Authentication;
    SignOut: "sign_out", "deed-sign-out", "console", Authentication;
    StepUp: "step_up", "deed-step-up", "console", Authentication;
    EndSession: "end_session", "deed-end-session", "console", Authentication;
    ChangePassword: "change_password", "deed-change-password", "credentials", Credentials;
    AddApp: "add_app", "deed-add-app", "credentials", Credentials;
    RemoveApp: "remove_app", "deed-remove-app", "credentials", Credentials;
    AddPasskey: "add_passkey", "deed-add-passkey", "credentials", Credentials;
    RemovePasskey: "remove_passkey", "deed-remove-passkey", "credentials", Credentials;
    MakeRecoveryCodes: "make_recovery_codes", "deed-make-recovery-codes", "credentials", Credentials;
    ShutOut: "shut_out", "deed-shut-out", "person", Credentials;
    ImportProducts: "import_products", "deed-import-products", "products", Administration;
    ChangeProduct: "change_product", "deed-change-product", "product", Administration;
    ChangeVariant: "change_variant", "deed-change-variant", "variant", Administration;
    ChangeGateway: "change_gateway", "deed-change-gateway", "gateway", Administration;
    RequestCertificate: "request_certificate", "deed-request-certificate", "key and certificate", SystemObjects;
    ReplaceCertificate: "replace_certificate", "deed-replace-certificate", "key and certificate", SystemObjects;
    CapturePayment: "capture_payment", "deed-capture-payment", "payment", Administration;
    VoidPayment: "void_payment", "deed-void-payment", "payment", Administration;
    RefundPayment: "refund_payment", "deed-refund-payment", "payment", Administration;
    GoLive: "go_live", "deed-go-live", "shop", Administration;
    AcknowledgeAlarm: "acknowledge_alarm", "deed-acknowledge-alarm", "alarm", Administration;
    ChangeRanges: "change_ranges", "deed-change-ranges", "allowed ranges", SystemObjects;
    ConfirmRanges: "confirm_ranges", "deed-confirm-ranges", "allowed ranges", SystemObjects;
    RevertRanges: "revert_ranges", "deed-revert-ranges", "allowed ranges", SystemObjects;
    RecoverRanges: "recover_ranges", "deed-recover-ranges", "allowed ranges", SystemObjects;
    Propose: "propose", "deed-propose", "proposal", Administration;
    ConfirmProposal: "confirm_proposal", "deed-confirm-proposal", "proposal", Administration;
    RejectProposal: "reject_proposal", "deed-reject-proposal", "proposal", Administration;
    WithdrawProposal: "withdraw_proposal", "deed-withdraw-proposal", "proposal", Administration;
    LapseProposal: "lapse_proposal", "deed-lapse-proposal", "proposal", Administration;
    DismissPerson: "dismiss_person", "deed-dismiss-person", "person", Credentials;
    DisableUnused: "disable_unused", "deed-disable-unused", "person", Credentials;
    EndUnfinished: "end_unfinished", "deed-end-unfinished", "person", Credentials;
    AttestPerson: "attest_person", "deed-attest-person", "person", Credentials;
    InvitePerson: "invite_person", "deed-invite-person", "person", Credentials;
    MakeToken: "make_token", "deed-make-token", "token", Credentials;
    RevokeToken: "revoke_token", "deed-revoke-token", "token", Credentials;
    RefuseToken: "refuse_token", "deed-refuse-token", "token", Authentication;
    JoinStaff: "join_staff", "deed-join-staff", "person", Credentials;
    AskCertificate: "ask_certificate", "deed-ask-certificate", "key and certificate", SystemObjects;
    RemoveCertificate: "remove_certificate", "deed-remove-certificate", "key and certificate", SystemObjects;
    RaiseAlarm: "raise_alarm", "deed-raise-alarm", "alarm", Administration;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::locale::Texts;

    #[test]
    fn each_deed_has_a_name_that_rows_keep_a_text_and_its_number_in_the_documents() {
        let texts = Texts::english().unwrap();
        let page = include_str!("../../docs/AUDIT.md");
        for (place, deed) in Deed::ALL.iter().enumerate() {
            assert_eq!(serde_json::to_string(deed).unwrap(), format!("\"{}\"", deed.name()));
            assert_eq!(deed.key(), format!("deed-{}", deed.name().replace('_', "-")));
            assert!(!Deed::ALL[..place].iter().any(|other| other.name() == deed.name()));
            assert!(texts.has(deed.key()), "{deed:?} has no text");
            assert!(!deed.component().is_empty());
            let row = page.lines().find(|line| line.contains(&format!("`{}`", deed.name())));
            let row = row.unwrap_or_else(|| panic!("docs/AUDIT.md has no line for {}", deed.name()));
            assert!(row.contains(deed.pci().number(true)), "{row}");
        }
    }
}
