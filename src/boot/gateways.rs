//! How a gateway is made from the operator's account.

use std::sync::Arc;

use crate::config::{Appliance, Endpoint, Profile};
use crate::payment::gateway::{Account, Detour, Gateway, StripeGateway, TestGateway, Unusable};
use crate::store::Store;

/// Makes gateways. Only a `dev` machine takes the detours that its provisioning file may name, whatever the
/// file says: the configuration refuses them under `release`, and so does this.
pub(super) struct Gateways {
    store: Store,
    stripe: Detour,
}

impl Gateways {
    pub(super) fn new(store: Store, profile: Profile, appliance: &Appliance) -> Result<Self, Unusable> {
        let dev = appliance.dev.as_ref().filter(|_| profile == Profile::Dev);
        let root = dev.and_then(|dev| dev.gateway_root.as_deref());
        let detour = |endpoint: Option<Endpoint>| Detour::new(endpoint.map(|endpoint| endpoint.0), root);
        let stripe = detour(dev.and_then(|dev| dev.stripe_endpoint))?;
        Ok(Self { store, stripe })
    }

    pub(super) fn make(&self, account: Account) -> Result<Arc<dyn Gateway>, String> {
        let said = |error: Unusable| error.to_string();
        Ok(match account {
            Account::Test => Arc::new(TestGateway::new(self.store.clone())),
            Account::Stripe(account) => {
                Arc::new(StripeGateway::new(account, self.stripe.clone()).map_err(said)?)
            }
            Account::AuthorizeNet(_) | Account::Adyen(_) => {
                return Err("this gateway is not built in".to_owned());
            }
        })
    }
}
