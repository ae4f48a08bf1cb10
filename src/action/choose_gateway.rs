//! Which gateway takes the cards, and its key.

use jiff::Timestamp;
use zeroize::Zeroizing;

use super::secrets::{self, Name};
use super::{Actor, Denied, Office};
use crate::audit::Deed;
use crate::base::SecretBytes;
use crate::operator::{GatewayChoice, SETTINGS, Settings};
use crate::staff::Right;
use crate::store::StoreError;

/// Shortest and longest key of Stripe that is taken.
const KEY_LENGTH: std::ops::RangeInclusive<usize> = 12..=255;

/// A choice.
#[derive(Debug)]
pub enum ChooseGateway {
    /// The built-in one.
    Test,
    /// Stripe, with a new secret key or the one that is kept.
    Stripe {
        /// As typed; `None` keeps the one before.
        key: Option<SecretBytes>,
    },
}

/// What a page may show of the gateway.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GatewayState {
    /// Who takes the cards.
    pub choice: Option<GatewayChoice>,
    /// When Stripe's key was set, and whether it is for live payments; never the key.
    pub stripe_key: Option<(Timestamp, bool)>,
    /// Whether the test gateway has ended.
    pub live: bool,
}

/// Why the gateway was not changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GatewayError {
    /// Not allowed.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// The shop is not set up.
    #[error("the shop is not set up")]
    NotOpen,
    /// The shop is live.
    #[error("the test gateway ended when the shop went live")]
    TestEnded,
    /// No key, neither typed nor kept.
    #[error("no secret key is set")]
    NoKey,
    /// Not a key.
    #[error("that is not a secret key of Stripe")]
    NotAKey,
    /// A key for test payments in a live shop.
    #[error("the key is for test payments, and the shop is live")]
    TestKey,
    /// The gateway cannot be made.
    #[error("the gateway cannot be used: {0}")]
    Unusable(String),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Checks the form of a key: `sk_` or `rk_`, then letters, digits and underscores. Whether it works, only
/// Stripe knows.
fn checked(key: &SecretBytes) -> Result<Zeroizing<String>, GatewayError> {
    let text = key.expose_str().map(str::trim).ok_or(GatewayError::NotAKey)?;
    let known = text.starts_with("sk_") || text.starts_with("rk_");
    let plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if !known || !plain || !KEY_LENGTH.contains(&text.len()) {
        return Err(GatewayError::NotAKey);
    }
    Ok(Zeroizing::new(text.to_owned()))
}

/// Whether a key of Stripe is for live payments.
pub(super) fn is_live_key(key: &SecretBytes) -> bool {
    key.expose_str().is_some_and(|key| key.get(3..).is_some_and(|rest| rest.starts_with("live_")))
}

/// The gateway as pages may show it.
pub fn gateway_state(office: &Office) -> Result<GatewayState, StoreError> {
    office.app().store().read(|view| {
        let settings = Settings::load(view)?;
        let key = secrets::read(view, Name::StripeKey)?;
        Ok(GatewayState {
            choice: settings.as_ref().and_then(|settings| settings.gateway),
            stripe_key: key.map(|(key, set)| (set, is_live_key(&key))),
            live: settings.is_some_and(|settings| settings.live_since.is_some()),
        })
    })
}

/// Puts another gateway, or another key, in place.
pub async fn choose_gateway(office: &Office, actor: &Actor, wish: ChooseGateway) -> Result<(), GatewayError> {
    actor.require(Right::ChangeSettings)?;
    let app = office.app();
    let now = app.clock().now();
    let (choice, fresh) = match wish {
        ChooseGateway::Test => (GatewayChoice::Test, None),
        ChooseGateway::Stripe { key } => (GatewayChoice::Stripe, key.as_ref().map(checked).transpose()?),
    };
    let secret = match (&fresh, choice) {
        (_, GatewayChoice::Test) => None,
        (Some(fresh), _) => Some(SecretBytes::new(fresh.as_bytes().to_vec())),
        (None, _) => {
            let kept = app.store().read(|view| secrets::read(view, Name::StripeKey))?;
            Some(kept.ok_or(GatewayError::NoKey)?.0)
        }
    };
    let test_key = secret.as_ref().is_some_and(|key| !is_live_key(key)) && !app.is_dev();
    let gateway = office.make_gateway(choice, secret).map_err(GatewayError::Unusable)?;
    let object = match (choice, &fresh) {
        (GatewayChoice::Test, _) => "test gateway",
        (GatewayChoice::Stripe, Some(_)) => "stripe with a new key",
        (other, _) => other.name(),
    };
    let event = actor.did(now, Deed::ChangeGateway, object);
    let kept = event.clone();
    app.store()
        .transact(move |tx| {
            let mut settings = Settings::load(tx)?.ok_or(GatewayError::NotOpen)?;
            let live = settings.live_since.is_some();
            if live && choice == GatewayChoice::Test {
                return Err(GatewayError::TestEnded);
            }
            if live && test_key {
                return Err(GatewayError::TestKey);
            }
            if let Some(fresh) = &fresh {
                secrets::keep(tx, Name::StripeKey, fresh, now)?;
            }
            settings.gateway = Some(choice);
            tx.put(&SETTINGS, &0, &settings)?;
            kept.record(tx)?;
            Ok(())
        })
        .await?;
    event.log();
    app.use_gateway(Some(gateway));
    Ok(())
}

/// Opens the gateway that the settings name: at the start of the service. A shop that is live never opens
/// the test gateway, whatever a row says.
pub fn restore_gateway(office: &Office) -> Result<(), GatewayError> {
    let app = office.app();
    let Some(settings) = app.settings()? else { return Ok(()) };
    let (live, choice) = (settings.live_since.is_some(), settings.gateway);
    let Some(choice) = choice.filter(|choice| !(live && *choice == GatewayChoice::Test)) else {
        return Ok(());
    };
    let secret = match choice {
        GatewayChoice::Test => None,
        _ => app.store().read(|view| secrets::read(view, Name::StripeKey))?,
    };
    let secret = secret.map(|(key, _)| key);
    app.use_gateway(Some(office.make_gateway(choice, secret).map_err(GatewayError::Unusable)?));
    Ok(())
}
