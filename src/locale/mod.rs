//! Every text that a person reads, in Fluent files under `locales/`, embedded in the program.
//!
//! Owns the bundles and the one way to say a text. Templates escape what comes out, so texts hold no
//! markup. A key that does not exist is logged and shown as itself; tests make sure that none is missing
//! and none is left over.

use std::str::FromStr;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use unic_langid::LanguageIdentifier;

/// A named value inside a text: `("count", 3.into())`.
pub type Value<'a> = (&'a str, FluentValue<'a>);

/// Name and content of the English files.
const ENGLISH: &[(&str, &str)] = &[
    ("web.ftl", include_str!("../../locales/en/web.ftl")),
    ("shop.ftl", include_str!("../../locales/en/shop.ftl")),
    ("console.ftl", include_str!("../../locales/en/console.ftl")),
    ("payment.ftl", include_str!("../../locales/en/payment.ftl")),
    ("staff.ftl", include_str!("../../locales/en/staff.ftl")),
    ("collector.ftl", include_str!("../../locales/en/collector.ftl")),
    ("alarm.ftl", include_str!("../../locales/en/alarm.ftl")),
    ("audit.ftl", include_str!("../../locales/en/audit.ftl")),
    ("api.ftl", include_str!("../../locales/en/api.ftl")),
];

/// A Fluent file that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the texts in {file} cannot be used: {reason}")]
pub struct LocaleError {
    file: &'static str,
    reason: String,
}

/// The texts of one language.
pub struct Texts {
    language: &'static str,
    bundle: FluentBundle<FluentResource>,
}

impl Texts {
    /// The English texts.
    pub fn english() -> Result<Self, LocaleError> {
        let language = LanguageIdentifier::from_str("en")
            .map_err(|error| LocaleError { file: "en", reason: error.to_string() })?;
        let mut bundle = FluentBundle::new_concurrent(vec![language]);
        // Pages mark direction by themselves; the invisible marks would end up in titles and mails.
        bundle.set_use_isolating(false);
        for &(file, text) in ENGLISH {
            let resource = FluentResource::try_new(text.to_owned())
                .map_err(|(_, errors)| LocaleError { file, reason: format!("{errors:?}") })?;
            bundle
                .add_resource(resource)
                .map_err(|errors| LocaleError { file, reason: format!("{errors:?}") })?;
        }
        Ok(Self { language: "en", bundle })
    }

    /// The language's tag for `lang` attributes (BCP 47).
    pub fn language(&self) -> &'static str {
        self.language
    }

    /// Whether there is a text called `key`.
    pub fn has(&self, key: &str) -> bool {
        self.bundle.get_message(key).is_some_and(|message| message.value().is_some())
    }

    /// The text called `key`.
    pub fn say(&self, key: &str) -> String {
        self.say_with(key, &[])
    }

    /// The text called `key` with these values in it.
    pub fn say_with(&self, key: &str, values: &[Value<'_>]) -> String {
        let Some(pattern) = self.bundle.get_message(key).and_then(|message| message.value()) else {
            log::error!("no text is called {key}");
            return key.to_owned();
        };
        let args: FluentArgs<'_> = values.iter().cloned().collect();
        let mut errors = Vec::new();
        let said = self.bundle.format_pattern(pattern, Some(&args), &mut errors).into_owned();
        if !errors.is_empty() {
            log::error!("the text {key} lacks a value: {errors:?}");
        }
        said
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
