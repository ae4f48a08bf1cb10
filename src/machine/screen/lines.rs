//! The lines of the serial port. Programs read them: their form is fixed.

use jiff::Timestamp;

use super::view::View;

/// Everything that holds now, one line each, with `ready` last.
pub(super) fn lines(view: &View) -> Vec<String> {
    let mut lines = vec![format!("version {} profile {}", view.version, view.profile)];
    if let Some(status) = &view.status {
        lines.extend(status.storefront.iter().map(|address| format!("storefront {address}")));
        lines.extend(status.console.iter().map(|address| format!("console {address}")));
        lines.extend(
            status.console_fingerprint.iter().map(|text| format!("console fingerprint SHA-256 {text}")),
        );
        if let Some(code) = &status.setup_code {
            let until = status.setup_code_until.map(|until| format!(" until {}", minute(until)));
            lines.push(format!("set-up code {}{}", code.0, until.unwrap_or_default()));
        }
    }
    lines.extend(
        view.problems.iter().map(|problem| format!("problem {} | cure {}", problem.wrong, problem.cure)),
    );
    if view.ready() {
        lines.push("ready".to_owned());
    }
    lines.into_iter().map(|line| format!("cashcow: {line}")).collect()
}

/// `2026-11-23 14:00 UTC`.
pub(super) fn minute(instant: Timestamp) -> String {
    instant.strftime("%Y-%m-%d %H:%M UTC").to_string()
}
