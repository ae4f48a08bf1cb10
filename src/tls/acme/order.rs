//! One order, from its beginning to its certificate.

use std::time::Duration;

use instant_acme::{
    Account, AuthorizationStatus, ChallengeStatus, ChallengeType, Identifier, NewOrder, Order, OrderStatus,
};
use serde::{Deserialize, Serialize};
use tokio::time::{Instant, sleep};

use super::AcmeError;
use super::error::said;
use crate::tls::{Answering, Challenges, HostName, SigningRequest};

/// How long one try waits for an authority.
pub const PATIENCE: Duration = Duration::from_secs(120);
/// Between two looks at an order: at first, and at most.
const LOOKS: (Duration, Duration) = (Duration::from_millis(250), Duration::from_secs(5));

/// How an authority sees that a name leads here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Check {
    /// It fetches a file from port 80 (`http-01`).
    Http,
    /// It speaks TLS at port 443 (`tls-alpn-01`).
    Tls,
}

impl Check {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Http, Self::Tls];

    /// Its name in forms and in RFC 8555 and 8737.
    pub fn name(self) -> &'static str {
        match self {
            Self::Http => "http-01",
            Self::Tls => "tls-alpn-01",
        }
    }

    fn kind(self) -> ChallengeType {
        match self {
            Self::Http => ChallengeType::Http01,
            Self::Tls => ChallengeType::TlsAlpn01,
        }
    }
}

/// What an order needs to be finished.
pub struct Finish<'a> {
    /// Its address at the authority.
    pub order: &'a str,
    /// How its names are checked.
    pub check: Check,
    /// The key that waits, and the request made with it.
    pub request: &'a SigningRequest,
    /// Where the answers are given.
    pub challenges: &'a Challenges,
}

/// An account at an authority, opened.
pub struct Client(Account);

impl Client {
    pub(super) fn new(account: Account) -> Self {
        Self(account)
    }

    /// Begins an order for these names; its address.
    pub async fn begin(&self, names: &[HostName]) -> Result<String, AcmeError> {
        let names: Vec<_> = names.iter().map(|name| Identifier::Dns(name.to_string())).collect();
        Ok(self.0.new_order(&NewOrder::new(&names)).await?.url().to_owned())
    }

    /// Brings an order to its end: answers the challenges, hands in the request, fetches the chain (PEM). May
    /// be called again for the same order, wherever it was interrupted.
    pub async fn finish(&self, finish: &Finish<'_>) -> Result<String, AcmeError> {
        let deadline = Instant::now().checked_add(PATIENCE).unwrap_or_else(Instant::now);
        let mut order = self.0.order(finish.order.to_owned()).await?;
        let mut answers = Vec::new();
        let mut wait = LOOKS.0;
        loop {
            match order.state().status {
                OrderStatus::Pending if answers.is_empty() => answers = answer(&mut order, finish).await?,
                OrderStatus::Ready => {
                    let request = finish.request.der().map_err(|error| AcmeError::Odd(error.to_string()))?;
                    order.finalize_csr(&request).await?;
                    continue;
                }
                OrderStatus::Valid => {
                    let chain = order.certificate().await?;
                    return chain.ok_or_else(|| AcmeError::Odd("an order without a certificate".to_owned()));
                }
                OrderStatus::Invalid => return Err(why(&mut order).await),
                OrderStatus::Pending | OrderStatus::Processing => {}
            }
            if Instant::now() >= deadline {
                return Err(AcmeError::Slow);
            }
            sleep(wait).await;
            wait = wait.saturating_mul(2).min(LOOKS.1);
            order.refresh().await?;
        }
    }
}

/// Lets the authority see that the names lead here. The answers are given for as long as they are kept.
async fn answer(order: &mut Order, finish: &Finish<'_>) -> Result<Vec<Answering>, AcmeError> {
    let mut answers = Vec::new();
    let mut authorizations = order.authorizations();
    while let Some(authorization) = authorizations.next().await {
        let mut authorization = authorization?;
        // One that was valid for an earlier order may be used again.
        if authorization.status != AuthorizationStatus::Pending {
            continue;
        }
        let name = authorization.identifier().to_string();
        let Some(mut challenge) = authorization.challenge(finish.check.kind()) else {
            return Err(AcmeError::OtherCheck(name));
        };
        let key = challenge.key_authorization();
        let answering = match finish.check {
            Check::Http => finish.challenges.answer_http(&challenge.token, key.as_str()),
            Check::Tls => {
                let digest = key.digest().as_ref().try_into();
                let digest = digest.map_err(|_| AcmeError::Odd("a digest of another length".to_owned()))?;
                let answering = finish.challenges.answer_tls(&name, digest);
                answering.map_err(|error| AcmeError::Odd(error.to_string()))?
            }
        };
        answers.push(answering.ok_or_else(|| AcmeError::Odd("a challenge that is none".to_owned()))?);
        if challenge.status == ChallengeStatus::Pending {
            challenge.set_ready().await?;
        }
    }
    Ok(answers)
}

/// Why an order is not valid: what the authority says of the challenge that failed.
async fn why(order: &mut Order) -> AcmeError {
    let told = order.state().error.as_ref().map(said);
    let mut authorizations = order.authorizations();
    while let Some(Ok(mut authorization)) = authorizations.next().await {
        if authorization.refresh().await.is_err() {
            continue;
        }
        let name = authorization.identifier().to_string();
        if let Some(error) = authorization.challenges.iter().find_map(|challenge| challenge.error.as_ref()) {
            return AcmeError::Unchecked { name, said: said(error) };
        }
    }
    AcmeError::Refused(told.unwrap_or_else(|| "the order is not valid any more".to_owned()))
}
