//! Authorize.Net's API: one address, JSON that is XML behind the scenes, a byte order mark before each answer,
//! and a 200 for refusals too (<https://developer.authorize.net/api/reference/>).
//!
//! A refund needs a settled transaction; a void one that is not settled. Numbers that decline: 4000000000000002
//! (declined), ...9995 (declined: it names no lack of money), ...9979 (picked up), ...0069 (expired), ...0127
//! (wrong code), ...0119 (an error); and its own sandbox's ZIP code 46282.

mod books;
mod controls;
mod money;
mod node;
mod notices;
mod schema;
mod show;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::api::{Answer, Api, Charge, Done, Notice, Request, Signed, Signing};
pub use books::{Next, Transaction};
use node::Node;

pub const LOGIN: &str = "5KP3u95bQpv";
pub const KEY: &str = "346HZ32z3fP4hTG2";
/// As the merchant interface shows it: 128 hex digits, used as text.
pub const SIGNATURE_KEY: &str = "2679A5D5785C9B26CF921E1754765CDDB265C9C88400786923E5343B315954FAFB4B7BF608818F6A21766741E8637DC206F286C725908C777ED4127D8562163D";
const PATH: &str = "/xml/v1/request.api";
const MARK: &[u8] = b"\xef\xbb\xbf";

/// Authorize.Net's API and its books.
#[derive(Default)]
pub struct AuthorizeNet {
    ledger: books::Ledger,
    calls: Vec<String>,
    events: Vec<Notice>,
    told: usize,
}

/// The call's name and its members.
fn read(request: &Request) -> Option<(String, Node)> {
    let body = request.body.strip_prefix(MARK).unwrap_or(&request.body);
    match serde_json::from_slice(body).ok()? {
        Node::Of(mut members) if members.len() == 1 => members.pop(),
        _ => None,
    }
}

fn answer(json: &Value) -> Answer {
    let mut answer = Answer::json(200, json);
    answer.body = [MARK, &answer.body].concat();
    answer
}

impl AuthorizeNet {
    /// Everything that happened so far.
    pub fn events(&self) -> &[Notice] {
        &self.events
    }

    fn route(&mut self, call: &str, asked: &Node) -> Value {
        if let Err(why) = schema::check(call, asked) {
            return show::error("E00003", &why);
        }
        let authentication = |name: &str| asked.text(&format!("merchantAuthentication/{name}"));
        if (authentication("name"), authentication("transactionKey")) != (LOGIN, KEY) {
            return show::error("E00007", "User authentication failed due to invalid authentication values.");
        }
        let mut said = match call {
            "createTransactionRequest" => return self.transact(asked),
            "getTransactionDetailsRequest" => self.details(asked.text("transId")),
            "getUnsettledTransactionListRequest" => self.unsettled(asked),
            "getTransactionListRequest" => self.of_batch(asked),
            "getSettledBatchListRequest" => self.batches(asked),
            _ => json!({"messages": show::ok("I00001", "Successful.")}),
        };
        if !asked.text("refId").is_empty() {
            said["refId"] = json!(asked.text("refId"));
        }
        said
    }

    fn transact(&mut self, asked: &Node) -> Value {
        let reference = asked.text("refId");
        let request = asked.at("transactionRequest").unwrap();
        let verdict = self.ledger.transact(request, reference, Timestamp::now());
        if let Some(topic) = verdict.topic {
            let known = self.ledger.find(&verdict.id).unwrap().clone();
            self.tell(notices::event(topic, &known, reference));
        }
        show::verdict(&verdict, reference)
    }

    fn details(&self, id: &str) -> Value {
        match self.ledger.all.iter().find(|known| known.id == id) {
            Some(known) => {
                let batch = self.ledger.batches.iter().find(|batch| known.batch.as_ref() == Some(&batch.id));
                show::details(known, batch)
            }
            None => show::error("E00040", "The record cannot be found."),
        }
    }

    fn unsettled(&self, asked: &Node) -> Value {
        let held = asked.text("status") == "pendingApproval";
        let open = |known: &&Transaction| {
            known.batch.is_none() && (!held || known.status.ends_with("PendingReview"))
        };
        page(self.ledger.all.iter().filter(open).collect(), asked)
    }

    fn of_batch(&self, asked: &Node) -> Value {
        let batch = Some(asked.text("batchId").to_owned());
        page(self.ledger.all.iter().filter(|known| known.batch == batch).collect(), asked)
    }

    fn batches(&self, asked: &Node) -> Value {
        let time = |name: &str| money::time(asked.text(name));
        let (first, last) = (time("firstSettlementDate"), time("lastSettlementDate"));
        let last = last.unwrap_or_else(Timestamp::now);
        let first = first.unwrap_or(last - jiff::SignedDuration::from_hours(24));
        if last.duration_since(first) > jiff::SignedDuration::from_hours(24 * 31) || last < first {
            return show::error("E00003", "The date range is invalid.");
        }
        let within = self.ledger.batches.iter().filter(|batch| (first..=last).contains(&batch.settled));
        let list: Vec<_> = within.map(show::batch).collect();
        match list.is_empty() {
            true => json!({"messages": show::ok("I00004", "No records found.")}),
            false => json!({"batchList": list, "messages": show::ok("I00001", "Successful.")}),
        }
    }

    /// Gives an event its name.
    fn tell(&mut self, (topic, mut body): (String, Value)) {
        let id = format!("d0e8e7fe-c3e7-4add-a480-{:012}", self.events.len() + 1);
        body["notificationId"] = json!(id);
        self.events.push(Notice { id, topic, body });
    }
}

/// A page of a list: `offset` counts pages from 1.
fn page(mut all: Vec<&Transaction>, asked: &Node) -> Value {
    let descending = matches!(asked.text("sorting/orderDescending"), "" | "true" | "1");
    match asked.text("sorting/orderBy") {
        "id" => all.sort_by(|one, other| one.id.cmp(&other.id)),
        _ => all.sort_by_key(|known| known.submitted),
    }
    if descending {
        all.reverse();
    }
    let limit: usize = asked.text("paging/limit").parse().unwrap_or(1000);
    let offset: usize = asked.text("paging/offset").parse().unwrap_or(1);
    let lines: Vec<_> =
        all.iter().skip((offset - 1) * limit).take(limit).map(|known| show::summary(known)).collect();
    match lines.is_empty() {
        true => json!({"messages": show::ok("I00004", "No records found.")}),
        false => json!({
            "transactions": lines, "totalNumInResultSet": all.len(),
            "messages": show::ok("I00001", "Successful."),
        }),
    }
}

/// Whether the call is a charge, the only one that has a card.
fn is_charge(asked: &Node) -> bool {
    matches!(
        asked.text("transactionRequest/transactionType"),
        "authCaptureTransaction" | "authOnlyTransaction"
    )
}

impl Api for AuthorizeNet {
    fn answer(&mut self, request: &Request) -> Answer {
        if (request.method.as_str(), request.path.as_str()) != ("POST", PATH) {
            return Answer::page(404, "<html><body>Not found</body></html>");
        }
        if !request.header("content-type").is_some_and(|kind| kind.starts_with("application/json")) {
            return answer(&show::error("E00002", "The content-type specified is not supported."));
        }
        let Some((call, asked)) = read(request) else {
            return answer(&show::error("E00003", "The request cannot be read."));
        };
        let kind = asked.text("transactionRequest/transactionType");
        self.calls.push(format!("{call} {kind}").trim().to_owned());
        if super::cards::in_body(request) && !is_charge(&asked) {
            return answer(&show::error("E00003", "This double takes a card in a charge only."));
        }
        answer(&self.route(&call, &asked))
    }

    /// A 500 of its own comes as a 200 that says so; what turns requests away stands before it.
    fn fail(&mut self, _: &Request, status: u16, _: Done) -> Answer {
        match status {
            500 => answer(&show::error("E00001", "An error occurred during processing. Please try again.")),
            _ => Answer::page(status, "<html><body>Service unavailable</body></html>"),
        }
    }

    fn refuse(&mut self, _: &Request) -> Answer {
        answer(&show::error("E00027", "The transaction was unsuccessful."))
    }

    fn echo_wrong_amount(&self, answer: &mut Answer) {
        answer.edit(wrong_amounts);
    }

    fn takes_card(&self, request: &Request) -> bool {
        read(request).is_some_and(|(call, asked)| call == "createTransactionRequest" && is_charge(&asked))
    }

    fn once(&self, request: &Request) -> Option<String> {
        let (_, asked) = read(request)?;
        let invoice = asked.text("transactionRequest/order/invoiceNumber");
        (!invoice.is_empty()).then(|| invoice.to_owned())
    }

    fn doing(&self, request: &Request) -> String {
        let Some((call, asked)) = read(request) else { return String::new() };
        format!("{call} {}", asked.text("transactionRequest/transactionType"))
    }

    fn amount_told(&self, notice: &Notice) -> Option<i64> {
        money::minor(&notice.body["payload"]["authAmount"].to_string())
    }

    fn amount_of(&self, request: &Request) -> Option<i64> {
        let (_, asked) = read(request)?;
        let of = [asked.text("transId"), asked.text("transactionRequest/refTransId")];
        match self.ledger.all.iter().find(|known| of.contains(&known.id.as_str())) {
            Some(known) => Some(known.requested),
            None => money::minor(asked.text("transactionRequest/amount")),
        }
    }

    fn charges(&self) -> Vec<Charge> {
        let failed = ["declined", "failedReview", "generalError", "communicationError"];
        let charges = self.ledger.all.iter().filter(|known| known.of.is_none());
        let charges = charges.filter(|known| !failed.contains(&known.status.as_str()));
        let taken = |known: &Transaction| {
            matches!(known.status.as_str(), "capturedPendingSettlement" | "settledSuccessfully")
        };
        charges
            .map(|known| Charge {
                id: known.id.clone(),
                attempt: known.invoice.clone(),
                order: known.description.trim_start_matches("Order ").to_owned(),
                amount: known.granted,
                currency: known.currency.clone(),
                captured: if taken(known) { known.settle } else { 0 },
                refunded: self.ledger.refunds_of(&known.id).map(|refund| refund.settle).sum(),
                voided: matches!(known.status.as_str(), "voided" | "expired"),
                last_four: known.last_four.clone(),
            })
            .collect()
    }

    fn notices(&mut self) -> Vec<Notice> {
        let fresh = self.events[self.told..].to_vec();
        self.told = self.events.len();
        fresh
    }

    fn sign(&self, notice: &Notice, secret: &str, signing: &Signing, _: i64) -> Signed {
        notices::sign(notice, secret, signing)
    }
}

/// Every sum in an answer becomes another one.
fn wrong_amounts(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(wrong_amounts),
        Value::Object(fields) => {
            for (name, value) in fields {
                match value {
                    Value::Number(_) if name.ends_with("Amount") => *value = json!(0.01),
                    _ => wrong_amounts(value),
                }
            }
        }
        _ => {}
    }
}
