//! What surrounds every page of the storefront.

use askama::Template;

use crate::web::{Failure, Head, Site};

#[derive(Template)]
#[template(path = "storefront/failure.html")]
struct FailurePage {
    head: Head,
    text: String,
}

/// The page of a failure.
pub fn failure(site: &Site, failure: &Failure) -> Result<String, Failure> {
    let (title, text) = failure.keys();
    let settings = site.app.settings().unwrap_or_default();
    let head = Head::new(site, settings.as_ref(), "shop.css", site.texts.say(title));
    Ok(FailurePage { head, text: site.texts.say(text) }.render()?)
}
