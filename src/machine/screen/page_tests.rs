//! The page and the lines, as people and programs see them.

use super::*;
use crate::machine::screen::lines::lines;
use crate::machine::{Health, Problem, SetupCode};

fn view() -> View {
    View {
        version: "0.1.0".to_owned(),
        profile: "dev".to_owned(),
        hostname: "shop-1".to_owned(),
        allowed: vec![("10.0.2.2/32".to_owned(), "hosting desk".to_owned())],
        status: Some(Status {
            version: "0.1.0".to_owned(),
            profile: "dev".to_owned(),
            storefront: vec!["https://10.0.2.15/".to_owned()],
            console: vec!["https://10.0.2.15:9443/".to_owned()],
            console_fingerprint: Some(vec!["AB12"; 16].join(" ")),
            setup_code: Some(SetupCode("ABCD-EFGH-JKMN".to_owned())),
            setup_code_until: Some("2026-11-23T14:00:00Z".parse().unwrap()),
            health: vec![
                Health { part: "TPM".to_owned(), state: "good".to_owned() },
                Health { part: "store".to_owned(), state: "good".to_owned() },
            ],
            problems: Vec::new(),
            ready: true,
        }),
        problems: Vec::new(),
    }
}

fn shown(view: &View) -> String {
    let rows = page(view);
    assert_eq!(rows.len(), HEIGHT);
    assert!(rows.iter().all(|row| row.text.chars().count() < 80));
    rows.iter().map(|row| format!("{}\n", row.text.trim_end())).collect()
}

#[test]
fn a_new_machine_shows_what_its_owner_needs() {
    assert_eq!(
        shown(&view()),
        "\
CashCowCart Appliance 0.1.0                                              shop-1
-------------------------------------------------------------------------------
Development machine: not for real customers.

Shop          https://10.0.2.15/
Console       https://10.0.2.15:9443/
Allowed from  10.0.2.2/32  hosting desk
Certificate   AB12 AB12 AB12 AB12 AB12 AB12 AB12 AB12
  (SHA-256)   AB12 AB12 AB12 AB12 AB12 AB12 AB12 AB12

Set-up code   A B C D     E F G H     J K M N
              Open the console and compare its certificate with the one above.
              Then type the code. The code ends at 2026-11-23 14:00 UTC.

Health        TPM good   store good

The shop is open.







This screen takes no input. The machine is run from its console.
"
    );
}

#[test]
fn the_serial_lines_have_their_fixed_form() {
    let mut view = view();
    view.problems = vec![Problem::new("the time is not known", "check the network")];
    assert_eq!(
        lines(&view).join("\n"),
        format!(
            "cashcow: version 0.1.0 profile dev\n\
             cashcow: storefront https://10.0.2.15/\n\
             cashcow: console https://10.0.2.15:9443/\n\
             cashcow: console fingerprint SHA-256 {}\n\
             cashcow: set-up code ABCD-EFGH-JKMN until 2026-11-23 14:00 UTC\n\
             cashcow: problem the time is not known | cure check the network\n\
             cashcow: ready",
            vec!["AB12"; 16].join(" ")
        )
    );
}

#[test]
fn before_the_service_starts_problems_and_the_next_step_are_shown() {
    let problem = Problem::new(
        "appliance.toml line 8, access.admin_ranges[0].cidr: \"10.0.0.0/8\" is wider than /16",
        "write the ranges that your staff really use, such as 10.1.0.0/16",
    );
    let mut view = View {
        version: "0.1.0".to_owned(),
        profile: "release".to_owned(),
        problems: vec![problem.clone()],
        ..View::default()
    };
    assert!(shown(&view).contains(
        "Wrong: appliance.toml line 8, access.admin_ranges[0].cidr: \"10.0.0.0/8\" is\n       wider than /16\n\
         To do: write the ranges that your staff really use, such as 10.1.0.0/16\n"
    ));
    view.problems = vec![problem; 30];
    let page = shown(&view);
    assert!(page.contains("more; the serial port shows all of them"), "{page}");
    view.problems.clear();
    assert!(shown(&view).contains("\nStarting.\n"));
}

#[test]
fn nothing_that_is_too_much_breaks_the_page() {
    let mut view = view();
    view.hostname = "h".repeat(300);
    view.allowed = vec![("2001:db8::/64".to_owned(), "n".repeat(300)); 64];
    view.problems = vec![Problem::new(&"w".repeat(3000), &"long words ".repeat(300)); 100];
    shown(&view);
}
