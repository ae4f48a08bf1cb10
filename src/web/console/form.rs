//! Fields of forms: label, hint, error and what was typed.

use crate::payment::looks_like_card_number;
use crate::web::Limits;

/// What the console's forms may weigh: 128 KiB, 512 fields, 1 KiB a value.
pub const FORM: Limits = Limits { body: 128 * 1024, fields: 512, value: 1024 };

/// A field's problem, as the summary on top shows it.
pub struct Problem {
    /// The `id` of the field.
    pub field: String,
    pub text: String,
}

impl Problem {
    pub fn new(field: &str, text: String) -> Self {
        Self { field: field.to_owned(), text }
    }
}

/// One line to fill in, drawn by `console/field.html`.
pub struct Field {
    pub name: &'static str,
    pub label: String,
    pub hint: Option<String>,
    pub value: String,
    /// `text`, `email`, `password`.
    pub kind: &'static str,
    pub autocomplete: &'static str,
    pub error: Option<String>,
    /// Shown, sent, and not to be changed.
    pub fixed: bool,
}

impl Field {
    pub fn new(name: &'static str, label: String) -> Self {
        let (kind, autocomplete) = ("text", "off");
        Self { name, label, hint: None, value: String::new(), kind, autocomplete, error: None, fixed: false }
    }

    pub fn kind(mut self, kind: &'static str, autocomplete: &'static str) -> Self {
        (self.kind, self.autocomplete) = (kind, autocomplete);
        self
    }

    /// Cannot be changed here.
    pub fn fixed(mut self) -> Self {
        self.fixed = true;
        self
    }

    pub fn hint(mut self, hint: String) -> Self {
        self.hint = Some(hint);
        self
    }

    /// What stands in it. What could be a card number is not sent back to any browser.
    pub fn value(mut self, value: &str) -> Self {
        if !looks_like_card_number(value) {
            value.clone_into(&mut self.value);
        }
        self
    }

    /// Takes the first problem of this field.
    pub fn with(mut self, problems: &[Problem]) -> Self {
        self.error = problems.iter().find(|problem| problem.field == self.name).map(|p| p.text.clone());
        self
    }
}
