//! How a gateway is made from the operator's choice.

use std::sync::Arc;

use crate::base::SecretBytes;
use crate::config::{Appliance, Profile};
use crate::operator::GatewayChoice;
use crate::payment::gateway::{
    Detour, Gateway, StripeAccount, StripeGateway, StripePage, TestGateway, Unusable,
};
use crate::store::Store;

/// Makes gateways. Only a `dev` machine takes the detour that its provisioning file may name, whatever the
/// file says: the configuration refuses one under `release`, and so does this.
pub(super) struct Gateways {
    store: Store,
    detour: Detour,
}

impl Gateways {
    pub(super) fn new(store: Store, profile: Profile, appliance: &Appliance) -> Result<Self, Unusable> {
        let detour = match appliance.dev.as_ref().filter(|_| profile == Profile::Dev) {
            None => Detour::default(),
            Some(dev) => {
                Detour::new(dev.stripe_endpoint.map(|endpoint| endpoint.0), dev.gateway_root.as_deref())?
            }
        };
        Ok(Self { store, detour })
    }

    pub(super) fn make(
        &self,
        choice: GatewayChoice,
        secret: Option<SecretBytes>,
    ) -> Result<Arc<dyn Gateway>, String> {
        match (choice, secret) {
            (GatewayChoice::Test, _) => Ok(Arc::new(TestGateway::new(self.store.clone()))),
            (GatewayChoice::Stripe, Some(key)) => {
                let account = StripeAccount { key, notices: None, page: StripePage::Own };
                let stripe = StripeGateway::new(account, self.detour.clone());
                Ok(Arc::new(stripe.map_err(|error| error.to_string())?))
            }
            (GatewayChoice::Stripe, None) => Err("Stripe's secret key is not set".to_owned()),
            (GatewayChoice::StripeHosted | GatewayChoice::AuthorizeNet | GatewayChoice::Adyen, _) => {
                Err("this gateway is not built in".to_owned())
            }
        }
    }
}
