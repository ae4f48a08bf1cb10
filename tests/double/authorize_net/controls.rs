//! What happens at Authorize.Net without a call: the night's settlement, the merchant's review, the bank's word.

use jiff::Timestamp;

use super::super::{Double, Presence};
use super::books::{Next, Transaction};
use super::{AuthorizeNet, notices};

impl Double {
    /// Authorize.Net, on a free port of loopback. Its account is [`super::LOGIN`] with [`super::KEY`].
    pub async fn authorize_net() -> Self {
        Self::serve(AuthorizeNet::default(), Presence::Good).await
    }

    pub fn transactions(&self) -> Vec<Transaction> {
        self.with(|net: &mut AuthorizeNet| net.ledger.all.clone())
    }

    /// What was called, in order: `createTransactionRequest authCaptureTransaction`, `authenticateTestRequest`.
    pub fn calls(&self) -> Vec<String> {
        self.with(|net: &mut AuthorizeNet| net.calls.clone())
    }

    /// The night's batch.
    pub fn settle_batch(&self) {
        self.with(|net: &mut AuthorizeNet| net.ledger.settle(Timestamp::now()));
    }

    /// The next charge is held for review, after the bank's yes or before it is asked.
    pub fn hold_next(&self, approved: bool) {
        self.with(|net: &mut AuthorizeNet| net.ledger.next = Some(Next::Hold { approved }));
    }

    /// The bank grants this much of the next charge.
    pub fn grant_next(&self, minor: i64) {
        self.with(|net: &mut AuthorizeNet| net.ledger.next = Some(Next::Grant(minor)));
    }

    /// The account's one currency; until then, any is its own.
    pub fn account_currency(&self, code: &str) {
        self.with(|net: &mut AuthorizeNet| code.clone_into(&mut net.ledger.currency));
    }

    /// The merchant has looked at what was held.
    pub fn review(&self, id: &str, approve: bool) {
        self.with(|net: &mut AuthorizeNet| {
            let known = net.ledger.find(id).unwrap();
            assert!(known.status.ends_with("PendingReview"), "{} is not held: {}", known.id, known.status);
            let status = match (approve, known.kind.as_str()) {
                (false, _) => "failedReview",
                (true, "authOnlyTransaction") => "authorizedPendingCapture",
                (true, _) => "capturedPendingSettlement",
            };
            status.clone_into(&mut known.status);
            known.reason = if approve { 1 } else { 254 };
            let known = known.clone();
            // The merchant's own page has no `refId` to echo.
            let topic = if approve { "fraud.approved" } else { "fraud.declined" };
            net.tell(notices::event(topic, &known, ""));
        });
    }

    /// A transaction gets another status, whatever the rules.
    pub fn turn_into(&self, id: &str, status: &str) {
        self.with(|net: &mut AuthorizeNet| status.clone_into(&mut net.ledger.find(id).unwrap().status));
    }

    /// A further transaction of another invoice, as other tills of the merchant's make them; `times` of them.
    pub fn crowd(&self, times: usize) {
        self.with(|net: &mut AuthorizeNet| {
            let like = net.ledger.all.last().unwrap().clone();
            for number in 0..times {
                let id = (70_000_000_000 + number).to_string();
                let invoice = format!("INV-{number}");
                net.ledger.all.push(Transaction { id, invoice, submitted: Timestamp::now(), ..like.clone() });
            }
        });
    }

    /// A second transaction of the same invoice: what must never happen.
    pub fn twin(&self, id: &str) {
        self.with(|net: &mut AuthorizeNet| {
            let like = net.ledger.find(id).unwrap().clone();
            net.ledger.all.push(Transaction { id: format!("{id}1"), ..like });
        });
    }
}
