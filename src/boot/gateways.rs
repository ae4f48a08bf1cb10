//! How a gateway is made from the operator's account.

use std::sync::Arc;

use crate::base::Clock;
use crate::config::{Appliance, Endpoint, Profile};
use crate::payment::gateway::{
    Account, AdyenGateway, AuthorizeNetGateway, Detour, Gateway, StripeGateway, TestGateway, Unusable,
};
use crate::store::Store;

/// Makes gateways. Only a `dev` machine takes the detours that its provisioning file may name, whatever the
/// file says: the configuration refuses them under `release`, and so does this.
pub(super) struct Gateways {
    store: Store,
    clock: Arc<dyn Clock>,
    stripe: Detour,
    authorize_net: Detour,
    adyen: Detour,
}

impl Gateways {
    pub(super) fn new(
        (store, clock): (Store, Arc<dyn Clock>),
        profile: Profile,
        appliance: &Appliance,
    ) -> Result<Self, Unusable> {
        let dev = appliance.dev.as_ref().filter(|_| profile == Profile::Dev);
        let root = dev.and_then(|dev| dev.gateway_root.as_deref());
        let detour = |endpoint: Option<Endpoint>| Detour::new(endpoint.map(|endpoint| endpoint.0), root);
        let stripe = detour(dev.and_then(|dev| dev.stripe_endpoint))?;
        let authorize_net = detour(dev.and_then(|dev| dev.authorize_net_endpoint))?;
        let adyen = detour(dev.and_then(|dev| dev.adyen_endpoint))?;
        Ok(Self { store, clock, stripe, authorize_net, adyen })
    }

    pub(super) fn make(&self, account: Account) -> Result<Arc<dyn Gateway>, String> {
        let said = |error: Unusable| error.to_string();
        Ok(match account {
            Account::Test => Arc::new(TestGateway::new(self.store.clone())),
            Account::Stripe(account) => {
                Arc::new(StripeGateway::new(account, self.stripe.clone()).map_err(said)?)
            }
            Account::AuthorizeNet(account) => {
                let (detour, clock) = (self.authorize_net.clone(), Arc::clone(&self.clock));
                Arc::new(AuthorizeNetGateway::new(account, detour, clock).map_err(said)?)
            }
            Account::Adyen(account) => {
                let (detour, clock) = (self.adyen.clone(), Arc::clone(&self.clock));
                Arc::new(AdyenGateway::new(account, detour, clock).map_err(said)?)
            }
        })
    }
}
