//! Who runs the shop, and how they prove it.
//!
//! Owns persons, what is on file about them, their roles and rights, invitations, password rules and hashes, second
//! factors, sessions, the one-time set-up code, and the rule by which wrong tries end in a lock. Pure but for the
//! hashing pool and the challenges that wait for an answer; the tables are written by the actions. Refuses weak
//! passwords (NIST SP 800-63B-4 section 3.1.1) and never keeps a password, a session's id, a recovery code or a
//! set-up code: only hashes of them.

mod blocklist;
mod credentials;
mod eligible;
mod employment;
mod invitation;
mod passkey;
mod password;
mod person;
mod recovery_code;
mod role;
mod session;
mod setup_code;
mod throttle;
mod token;
mod totp;

pub use credentials::{CREDENTIALS, Credentials, KeptPassword};
pub use eligible::{Ineligible, UNFINISHED, UNUSED, YEARS, anniversary, day, qualifies, standing};
pub use employment::{Employment, EmploymentKind, Screening};
pub use invitation::{CODE_TRIES, Half, INVITATION_LASTS, INVITATIONS, Invitation, WrongHalf, link_key};
pub use passkey::{
    CEREMONY_LASTS, Ceremonies, Ceremony, KeptPasskey, MOST_ANSWER, MOST_CEREMONIES, MOST_CEREMONIES_OF_ONE,
    MOST_PASSKEYS, PasskeyError, Proof, RelyingParty,
};
pub use password::{
    Hasher, HasherError, MOST_BYTES, NOT_AGAIN, Password, PasswordError, PasswordHash, SHORTEST,
    SHORTEST_BESIDE_PASSKEY,
};
pub use person::{
    Approval, Attested, MOST_PERSONS, PERSONS, PERSONS_BY_EMAIL, Person, PersonState, WhyDisabled, email_key,
};
pub use recovery_code::{RECOVERY_CODES, RecoveryCodes};
pub use role::{Right, Role, Side};
pub use session::{FORM_FRESH, IDLE, LONGEST, PAGE_FRESH, SESSIONS, Session, session_key};
pub use setup_code::{
    CLAIM_LASTS, CODE_LASTS, CodeRefusal, MOST_TRIES, SETUP_CODE, SetupCode, TRY_WINDOW, new_code,
};
pub use throttle::{
    FORGOTTEN, LOCKED_FOR, MOST_THROTTLES, MOST_WRONG, THROTTLES, Throttle, account_key, source_key,
};
pub use token::{
    ApiToken, MOST_TOKEN_DAYS, MOST_TOKENS, MOST_TOKENS_OF_ONE, NotAToken, TOKEN_DAYS, TOKEN_PREFIX, TOKENS,
    TokenEnded, TokenSecret,
};
pub use totp::{KeptTotp, MOST_OFFERS, OFFER_LASTS, Offered, TotpSeed};
