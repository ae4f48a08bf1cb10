//! A field of a shopper's form: label above, hint below it, error between them and the field.

use super::frame::Problem;

/// One text field as `storefront/field.html` draws it.
pub struct Field {
    /// `id` and `name`.
    pub id: &'static str,
    pub label: String,
    pub hint: Option<String>,
    /// `text`, `email`.
    pub kind: &'static str,
    /// The keyboard that a phone shows.
    pub keyboard: Option<&'static str>,
    /// The HTML standard's token for what it is.
    pub autocomplete: &'static str,
    /// How wide: `short`, `middle` or nothing.
    pub width: &'static str,
    /// The most characters that a browser takes.
    pub most: u16,
    pub optional: bool,
    pub value: String,
    pub problem: Option<String>,
}

impl Field {
    /// A required text field of full width, empty.
    pub fn new(id: &'static str, label: String, autocomplete: &'static str, most: u16) -> Self {
        Self {
            id,
            label,
            hint: None,
            kind: "text",
            keyboard: None,
            autocomplete,
            width: "",
            most,
            optional: false,
            value: String::new(),
            problem: None,
        }
    }

    /// The problem that belongs to this field, if one of `problems` does.
    pub fn take_problem(&mut self, problems: &[Problem]) {
        self.problem = problems.iter().find(|problem| problem.field == self.id).map(|one| one.text.clone());
    }

    /// What a screen reader reads with the field.
    pub fn described_by(&self) -> Option<String> {
        let hint = self.hint.as_ref().map(|_| format!("{}-hint", self.id));
        let error = self.problem.as_ref().map(|_| format!("{}-error", self.id));
        let ids: Vec<_> = hint.into_iter().chain(error).collect();
        (!ids.is_empty()).then(|| ids.join(" "))
    }
}
