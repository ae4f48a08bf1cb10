//! Roles and rights: the one table, as the code has it.

use askama::Template;
use axum::response::Response;

use super::frame::{Clerk, Frame};
use super::staff_words as words;
use crate::locale::Texts;
use crate::staff::{Right, Role};
use crate::web::{Failure, Head, page};

/// A right, and for each role whether it carries it.
struct Row {
    text: String,
    step_up: bool,
    marks: Vec<(String, bool)>,
}

#[derive(Template)]
#[template(path = "console/roles.html")]
struct RolesPage {
    head: Head,
    frame: Frame,
    /// Name, side and purpose.
    roles: Vec<(String, String, String)>,
    rows: Vec<Row>,
}

/// `GET /roles`.
pub async fn show(clerk: Clerk) -> Result<Response, Failure> {
    let texts = clerk.texts();
    let (head, frame) = clerk.frame(texts.say("roles-title"), "/roles");
    let role = |role: Role| {
        (words::role(texts, role), words::side(texts, role.side()), words::role_text(texts, role))
    };
    let row = |right: Right| Row {
        text: right_text(texts, right),
        step_up: right.needs_step_up(),
        marks: Role::ALL.into_iter().map(|role| (words::role(texts, role), role.may(right))).collect(),
    };
    page(&RolesPage {
        roles: Role::ALL.into_iter().map(role).collect(),
        rows: Right::ALL.into_iter().map(row).collect(),
        head,
        frame,
    })
}

/// What somebody with the right may do.
pub fn right_text(texts: &Texts, right: Right) -> String {
    texts.say(match right {
        Right::SeeOverview => "right-see-overview",
        Right::SeeOrders => "right-see-orders",
        Right::SeeProducts => "right-see-products",
        Right::SeeAlarms => "right-see-alarms",
        Right::SeeSettings => "right-see-settings",
        Right::SeeMachine => "right-see-machine",
        Right::SeeStaff => "right-see-staff",
        Right::SeeRanges => "right-see-ranges",
        Right::SeeAudit => "right-see-audit",
        Right::CapturePayment => "right-capture-payment",
        Right::RefundPayment => "right-refund-payment",
        Right::ChangeProducts => "right-change-products",
        Right::ChangeGateway => "right-change-gateway",
        Right::ChangeStorefrontCertificate => "right-change-storefront-certificate",
        Right::GoLive => "right-go-live",
        Right::DealWithAlarms => "right-deal-with-alarms",
        Right::ChangeOperatorStaff => "right-change-operator-staff",
        Right::ChangePlatformStaff => "right-change-platform-staff",
        Right::ChangeOperatorRanges => "right-change-operator-ranges",
        Right::ChangeRanges => "right-change-ranges",
        Right::ChangeConsoleCertificate => "right-change-console-certificate",
        Right::ChangeCollector => "right-change-collector",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The page `docs/ROLES.md`, as the table has it.
    fn document() -> String {
        let texts = Texts::english().unwrap();
        let mut page = String::from(
            "# Roles and rights\n\nThis page is `src/staff/role.rs` in words; a test (`roles::tests`) fails when the two \
             differ. The console shows the same table at `/roles`.\n\n## Roles\n\n| role | side | what for |\n|---|---|---|\n",
        );
        for role in Role::ALL {
            let (name, side) = (words::role(&texts, role), words::side(&texts, role.side()));
            page.push_str(&format!(
                "| {name} (`{}`) | {side} | {} |\n",
                role.name(),
                words::role_text(&texts, role)
            ));
        }
        page.push_str("\n## Rights\n\nRights with a * ask for the second factor once more.\n\n| right |");
        for role in Role::ALL {
            page.push_str(&format!(" {} |", words::role(&texts, role)));
        }
        page.push_str(&format!("\n|---|{}\n", "---|".repeat(Role::ALL.len())));
        for right in Right::ALL {
            let star = if right.needs_step_up() { " *" } else { "" };
            page.push_str(&format!("| {} (`{}`){star} |", right_text(&texts, right), right.name()));
            for role in Role::ALL {
                page.push_str(if role.may(right) { " yes |" } else { " |" });
            }
            page.push('\n');
        }
        page
    }

    #[test]
    fn the_document_says_what_the_table_says() {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/ROLES.md");
        if std::env::var_os("WRITE_ROLES").is_some() {
            std::fs::write(&path, document()).unwrap();
        }
        let kept = std::fs::read_to_string(path).unwrap_or_default();
        assert!(kept == document(), "write it anew: WRITE_ROLES=1 cargo test --lib roles::tests");
    }
}
