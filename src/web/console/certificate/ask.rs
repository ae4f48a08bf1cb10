//! The form with which an authority is asked: what was typed, what is wrong with it, what it asks for.

use super::words;
use crate::action::{AskAcme, AskError, Authority, Place};
use crate::locale::Texts;
use crate::tls::acme::{BadDirectory, Binding, Check};
use crate::web::console::form::{Field, Problem};
use crate::web::{Failure, Fields};

/// One of several, drawn as a radio button.
pub struct Choice {
    pub value: &'static str,
    pub label: String,
    pub text: String,
    pub checked: bool,
}

/// The form as it was typed, and as it is drawn.
pub struct Ask {
    authority: String,
    check: String,
    typed: [String; 3],
    pub root: String,
    pub agreed: bool,
    pub authorities: Vec<Choice>,
    pub checks: Vec<Choice>,
    pub names: Option<Field>,
    pub directory: Option<Field>,
    pub root_error: Option<String>,
    pub agreed_error: Option<String>,
    pub binding: Vec<Field>,
    pub terms: &'static str,
    /// Whether the fields that most people leave alone are open.
    pub is_open: bool,
}

impl Default for Ask {
    fn default() -> Self {
        Self {
            authority: LETS_ENCRYPT.to_owned(),
            check: Check::Http.name().to_owned(),
            typed: Default::default(),
            root: String::new(),
            agreed: false,
            authorities: Vec::new(),
            checks: Vec::new(),
            names: None,
            directory: None,
            root_error: None,
            agreed_error: None,
            binding: Vec::new(),
            terms: Authority::TERMS,
            is_open: false,
        }
    }
}

const LETS_ENCRYPT: &str = "lets-encrypt";
const STAGING: &str = "staging";
const OTHER: &str = "other";

/// Names with white space or commas between them, in lower case.
pub(super) fn split(typed: &str) -> Vec<String> {
    let between = |letter: char| letter.is_whitespace() || letter == ',';
    typed.split(between).filter(|name| !name.is_empty()).map(str::to_lowercase).collect()
}

impl Ask {
    /// What was typed; the binding's key is not sent back.
    pub(super) fn read(fields: &Fields, texts: &Texts) -> (Self, Vec<Problem>) {
        let typed = ["ask_names", "directory", "binding_id"].map(|name| fields.get(name).trim().to_owned());
        let ask = Self {
            authority: fields.get("authority").to_owned(),
            check: fields.get("check").to_owned(),
            typed,
            root: fields.get("root").trim().to_owned(),
            agreed: fields.get("agreed") == "yes",
            ..Self::default()
        };
        let mut problems = Vec::new();
        if !ask.agreed {
            problems.push(Problem::new("agreed", texts.say("ask-agreed-missing")));
        }
        (ask, problems)
    }

    /// What it asks for; `None` with at least one problem.
    pub(super) fn wish(
        &self,
        place: Place,
        fields: &Fields,
        texts: &Texts,
        problems: &mut Vec<Problem>,
    ) -> Option<AskAcme> {
        let [names, directory, binding_id] = &self.typed;
        let authority = match self.authority.as_str() {
            LETS_ENCRYPT => Authority::LetsEncrypt,
            STAGING => Authority::LetsEncryptStaging,
            _ => {
                let root = (!self.root.is_empty()).then(|| format!("{}\n", self.root));
                Authority::Other { directory: directory.clone(), root }
            }
        };
        let binding_key = fields.get("binding_key").trim();
        let binding = match (binding_id.as_str(), binding_key) {
            ("", "") => None,
            (id, key) => {
                let binding = Binding::new(id, key);
                if binding.is_none() {
                    problems.push(Problem::new("binding_id", texts.say("ask-binding-wrong")));
                }
                binding
            }
        };
        let check = Check::ALL.into_iter().find(|check| check.name() == self.check).unwrap_or(Check::Http);
        let (names, agreed) = (split(names), self.agreed);
        let wish = AskAcme { place, names, authority, check, agreed, binding };
        // The names stand first on the page: what is wrong with them is told first, and with the rest.
        if let Err(error) = wish.host_names()
            && let Ok(problem) = problem(texts, error)
        {
            problems.insert(0, problem);
        }
        problems.is_empty().then_some(wish)
    }

    /// The form, to be drawn.
    pub(super) fn drawn(mut self, place: Place, texts: &Texts, problems: &[Problem]) -> Self {
        let choice = |value: &'static str, label: &str, text: &str, chosen: &str| Choice {
            value,
            label: texts.say(label),
            text: texts.say(text),
            checked: chosen == value,
        };
        self.authorities = vec![
            choice(LETS_ENCRYPT, "authority-lets-encrypt", "authority-lets-encrypt-text", &self.authority),
            choice(STAGING, "authority-staging", "authority-staging-text", &self.authority),
            choice(OTHER, "authority-other", "authority-other-text", &self.authority),
        ];
        self.checks = vec![
            choice(Check::Http.name(), "check-http", "check-http-text", &self.check),
            choice(Check::Tls.name(), "check-tls", "check-tls-text", &self.check),
        ];
        let field = |name: &'static str, label: &str, hint: &str, value: &str| {
            Field::new(name, texts.say(label)).hint(texts.say(hint)).value(value).with(problems)
        };
        let (label, hint) = match place {
            Place::Storefront => ("certificate-names", "ask-names-hint"),
            Place::Console => ("ask-name", "ask-name-hint"),
        };
        let [names, directory, binding_id] = &self.typed;
        self.names = Some(field("ask_names", label, hint, names));
        self.directory = Some(field("directory", "ask-directory", "ask-directory-hint", directory));
        self.binding = vec![
            field("binding_id", "ask-binding-id", "ask-binding-hint", binding_id),
            field("binding_key", "ask-binding-key", "ask-binding-key-hint", "").kind("password", "off"),
        ];
        let error = |name: &str| {
            problems.iter().find(|problem| problem.field == name).map(|problem| problem.text.clone())
        };
        self.root_error = error("root");
        self.agreed_error = error("agreed");
        self.is_open = self.authority == OTHER || !binding_id.is_empty() || error("binding_id").is_some();
        self
    }
}

/// What is wrong, at its field.
pub(super) fn problem(texts: &Texts, error: AskError) -> Result<Problem, Failure> {
    Ok(match error {
        AskError::Denied(denied) => return Err(denied.into()),
        AskError::Store(error) => return Err(error.into()),
        AskError::Names(1) => Problem::new("ask_names", texts.say("ask-name-wrong")),
        AskError::Names(most) => Problem::new("ask_names", words::names_wrong(texts, most)),
        AskError::BadName(name) => Problem::new("ask_names", words::bad_name(texts, &name)),
        AskError::Wildcard(name) => {
            Problem::new("ask_names", texts.say_with("ask-wildcard", &[("name", name.into())]))
        }
        AskError::NotAgreed => Problem::new("agreed", texts.say("ask-agreed-missing")),
        AskError::Directory(BadDirectory::Address) => {
            Problem::new("directory", texts.say("ask-directory-wrong"))
        }
        AskError::Directory(BadDirectory::Port) => Problem::new("directory", texts.say("ask-directory-port")),
        AskError::Directory(BadDirectory::Root) => Problem::new("root", texts.say("ask-root-wrong")),
        AskError::TooMany => Problem::new("ask_names", words::too_many(texts)),
    })
}
