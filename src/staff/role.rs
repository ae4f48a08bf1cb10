//! Roles, rights, and the one table of which role carries which right.
//!
//! The console, the API, the documents and the tests all read [`Role::may`]; nothing else decides. The
//! operator's roles carry no right over the machine, and the auditor's carries none that changes anything.

use serde::{Deserialize, Serialize};

/// Whose staff somebody is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Side {
    /// Of those who run the machine.
    Platform,
    /// Of the shop.
    Operator,
}

impl Side {
    /// The side's name in texts, forms and the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Platform => "platform",
            Self::Operator => "operator",
        }
    }

    /// What proposing and confirming changes of its staff needs.
    pub fn right_to_change_staff(self) -> Right {
        match self {
            Self::Platform => Right::ChangePlatformStaff,
            Self::Operator => Right::ChangeOperatorStaff,
        }
    }

    /// Whether this side's staff may know of the other side's people: the platform's sees all, the
    /// operator's itself.
    pub fn sees(self, other: Self) -> bool {
        self == Self::Platform || self == other
    }
}

/// A part that a person plays: exactly one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Runs the machine and may run the shop.
    PlatformAdministrator,
    /// Watches over staff, ranges and records, and sells nothing.
    SecurityOfficer,
    /// Reads everything and changes nothing.
    Auditor,
    /// Answers for the shop.
    OperatorOwner,
    /// Runs the shop from day to day.
    ShopManager,
    /// Sends the goods, and takes the money that was held for them.
    Fulfilment,
    /// Answers shoppers.
    Support,
}

/// Something that not everybody may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Right {
    /// Read the first page.
    SeeOverview,
    /// Read orders.
    SeeOrders,
    /// Read products.
    SeeProducts,
    /// Read the alarms.
    SeeAlarms,
    /// Read the shop's gateway and certificate, never their secrets.
    SeeSettings,
    /// Read the machine's own settings: the console's certificate, where records are shipped.
    SeeMachine,
    /// Read who works here. The operator's staff see their own side alone.
    SeeStaff,
    /// Read from where the console may be reached.
    SeeRanges,
    /// Read and export the audit log.
    SeeAudit,
    /// Take or release money that is held for an order.
    CapturePayment,
    /// Give money back.
    RefundPayment,
    /// Change products, prices and stock.
    ChangeProducts,
    /// Change gateway and account.
    ChangeGateway,
    /// Change the storefront's certificate.
    ChangeStorefrontCertificate,
    /// Take the shop live.
    GoLive,
    /// Say that an alarm has been dealt with.
    DealWithAlarms,
    /// Propose and confirm changes of the operator's staff.
    ChangeOperatorStaff,
    /// Propose and confirm changes of the platform's staff.
    ChangePlatformStaff,
    /// Narrow the operator's own ranges.
    ChangeOperatorRanges,
    /// Change from where the console may be reached.
    ChangeRanges,
    /// Change the console's certificate.
    ChangeConsoleCertificate,
    /// Propose and confirm where records are shipped.
    ChangeCollector,
}

impl Role {
    /// All of them, in the order in which pages show them.
    pub const ALL: [Self; 7] = [
        Self::PlatformAdministrator,
        Self::SecurityOfficer,
        Self::Auditor,
        Self::OperatorOwner,
        Self::ShopManager,
        Self::Fulfilment,
        Self::Support,
    ];

    /// Whose staff plays it.
    pub fn side(self) -> Side {
        match self {
            Self::PlatformAdministrator | Self::SecurityOfficer | Self::Auditor => Side::Platform,
            Self::OperatorOwner | Self::ShopManager | Self::Fulfilment | Self::Support => Side::Operator,
        }
    }

    /// Whether the policy's rule for administrators holds for it: an employee of two years, screened and
    /// approved (PCI DSS 7.2.2, 12.7.1).
    pub fn administers(self) -> bool {
        matches!(self, Self::PlatformAdministrator | Self::SecurityOfficer)
    }

    /// The role's name in texts, forms and the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::PlatformAdministrator => "platform-administrator",
            Self::SecurityOfficer => "security-officer",
            Self::Auditor => "auditor",
            Self::OperatorOwner => "operator-owner",
            Self::ShopManager => "shop-manager",
            Self::Fulfilment => "fulfilment",
            Self::Support => "support",
        }
    }

    /// The role of this name.
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }

    /// Whether the role carries the right.
    pub fn may(self, right: Right) -> bool {
        right.roles().contains(&self)
    }
}

impl Right {
    /// All of them, in the order in which pages show them.
    pub const ALL: [Self; 22] = [
        Self::SeeOverview,
        Self::SeeOrders,
        Self::SeeProducts,
        Self::SeeAlarms,
        Self::SeeSettings,
        Self::SeeMachine,
        Self::SeeStaff,
        Self::SeeRanges,
        Self::SeeAudit,
        Self::CapturePayment,
        Self::RefundPayment,
        Self::ChangeProducts,
        Self::ChangeGateway,
        Self::ChangeStorefrontCertificate,
        Self::GoLive,
        Self::DealWithAlarms,
        Self::ChangeOperatorStaff,
        Self::ChangePlatformStaff,
        Self::ChangeOperatorRanges,
        Self::ChangeRanges,
        Self::ChangeConsoleCertificate,
        Self::ChangeCollector,
    ];

    /// Who carries it: the table.
    pub fn roles(self) -> &'static [Role] {
        use Role::{
            Auditor, Fulfilment, OperatorOwner, PlatformAdministrator, SecurityOfficer, ShopManager, Support,
        };
        match self {
            Self::SeeOverview => &Role::ALL,
            Self::SeeOrders | Self::SeeProducts => {
                &[PlatformAdministrator, Auditor, OperatorOwner, ShopManager, Fulfilment, Support]
            }
            Self::SeeAlarms => &[PlatformAdministrator, SecurityOfficer, Auditor, OperatorOwner, ShopManager],
            Self::SeeSettings => &[PlatformAdministrator, Auditor, OperatorOwner, ShopManager],
            Self::SeeMachine | Self::SeeAudit => &[PlatformAdministrator, SecurityOfficer, Auditor],
            Self::SeeStaff | Self::SeeRanges => {
                &[PlatformAdministrator, SecurityOfficer, Auditor, OperatorOwner]
            }
            Self::CapturePayment => &[PlatformAdministrator, OperatorOwner, ShopManager, Fulfilment],
            Self::RefundPayment | Self::ChangeProducts => {
                &[PlatformAdministrator, OperatorOwner, ShopManager]
            }
            Self::ChangeGateway
            | Self::ChangeStorefrontCertificate
            | Self::GoLive
            | Self::ChangeOperatorRanges => &[PlatformAdministrator, OperatorOwner],
            Self::DealWithAlarms => &[PlatformAdministrator, SecurityOfficer, OperatorOwner, ShopManager],
            Self::ChangeOperatorStaff => &[PlatformAdministrator, SecurityOfficer, OperatorOwner],
            Self::ChangePlatformStaff
            | Self::ChangeRanges
            | Self::ChangeConsoleCertificate
            | Self::ChangeCollector => &[PlatformAdministrator, SecurityOfficer],
        }
    }

    /// Whether it changes nothing.
    pub fn only_reads(self) -> bool {
        matches!(
            self,
            Self::SeeOverview
                | Self::SeeOrders
                | Self::SeeProducts
                | Self::SeeAlarms
                | Self::SeeSettings
                | Self::SeeMachine
                | Self::SeeStaff
                | Self::SeeRanges
                | Self::SeeAudit
        )
    }

    /// Whether the second factor must have been proved lately: money out, keys, staff, ranges, records
    /// (NIST SP 800-63B-4 section 5.2; OWASP ASVS 5.0 7.5.3).
    pub fn needs_step_up(self) -> bool {
        match self {
            Self::RefundPayment
            | Self::ChangeGateway
            | Self::ChangeStorefrontCertificate
            | Self::GoLive
            | Self::ChangeOperatorStaff
            | Self::ChangePlatformStaff
            | Self::ChangeOperatorRanges
            | Self::ChangeRanges
            | Self::ChangeConsoleCertificate
            | Self::ChangeCollector => true,
            Self::CapturePayment | Self::ChangeProducts | Self::DealWithAlarms => false,
            _ => !self.only_reads(),
        }
    }

    /// The right's name in texts, forms and the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::SeeOverview => "see-overview",
            Self::SeeOrders => "see-orders",
            Self::SeeProducts => "see-products",
            Self::SeeAlarms => "see-alarms",
            Self::SeeSettings => "see-settings",
            Self::SeeMachine => "see-machine",
            Self::SeeStaff => "see-staff",
            Self::SeeRanges => "see-ranges",
            Self::SeeAudit => "see-audit",
            Self::CapturePayment => "capture-payment",
            Self::RefundPayment => "refund-payment",
            Self::ChangeProducts => "change-products",
            Self::ChangeGateway => "change-gateway",
            Self::ChangeStorefrontCertificate => "change-storefront-certificate",
            Self::GoLive => "go-live",
            Self::DealWithAlarms => "deal-with-alarms",
            Self::ChangeOperatorStaff => "change-operator-staff",
            Self::ChangePlatformStaff => "change-platform-staff",
            Self::ChangeOperatorRanges => "change-operator-ranges",
            Self::ChangeRanges => "change-ranges",
            Self::ChangeConsoleCertificate => "change-console-certificate",
            Self::ChangeCollector => "change-collector",
        }
    }

    /// The right of this name.
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|right| right.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lists_name_everything_once_and_names_lead_back() {
        let mut roles = Role::ALL.to_vec();
        roles.sort_unstable();
        roles.dedup();
        assert_eq!(roles.len(), 7);
        assert!(Role::ALL.iter().all(|role| Role::of_name(role.name()) == Some(*role)));
        let mut rights = Right::ALL.to_vec();
        rights.sort_unstable();
        rights.dedup();
        assert_eq!(rights.len(), Right::ALL.len());
        for right in Right::ALL {
            assert_eq!(Right::of_name(right.name()), Some(right));
            assert_eq!(serde_json::to_value(right).unwrap(), right.name());
        }
        assert!(Role::ALL.iter().all(|role| serde_json::to_value(role).unwrap() == role.name()));
    }

    #[test]
    fn an_auditor_reads_all_and_changes_nothing() {
        for right in Right::ALL {
            assert_eq!(Role::Auditor.may(right), right.only_reads(), "{right:?}");
        }
    }

    #[test]
    fn the_operators_staff_has_no_right_over_the_machine() {
        let machine = [
            Right::SeeMachine,
            Right::SeeAudit,
            Right::ChangePlatformStaff,
            Right::ChangeRanges,
            Right::ChangeConsoleCertificate,
            Right::ChangeCollector,
        ];
        for role in Role::ALL.into_iter().filter(|role| role.side() == Side::Operator) {
            assert!(machine.iter().all(|right| !role.may(*right)), "{role:?}");
        }
    }

    #[test]
    fn what_only_reads_needs_no_second_proof_and_money_staff_ranges_and_keys_do() {
        assert!(Right::ALL.iter().filter(|right| right.only_reads()).all(|right| !right.needs_step_up()));
        for right in [
            Right::RefundPayment,
            Right::ChangeRanges,
            Right::ChangeOperatorStaff,
            Right::ChangePlatformStaff,
            Right::ChangeGateway,
            Right::ChangeConsoleCertificate,
        ] {
            assert!(right.needs_step_up(), "{right:?}");
        }
    }
}
