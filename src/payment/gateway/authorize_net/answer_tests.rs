use super::*;
use proptest::prelude::*;

const REF: &str = "0123456789abcdefghjk";

fn approved(change: &str, to: &str) -> Vec<u8> {
    let text = r#"{"transactionResponse":{"responseCode":"1","authCode":"HW617E","avsResultCode":"Y",
        "cvvResultCode":"P","transId":"60198731341","refTransID":"","accountNumber":"XXXX4242",
        "accountType":"Visa","messages":[{"code":"1","description":"This transaction has been approved."}]},
        "refId":"0123456789abcdefghjk",
        "messages":{"resultCode":"Ok","message":[{"code":"I00001","text":"Successful."}]}}"#;
    [MARK, text.replacen(change, to, 1).as_bytes()].concat()
}

#[test]
fn an_approval_is_believed_whole_or_not_at_all() {
    assert_eq!(said(&approved("", ""), REF), Said::Approved("60198731341".to_owned()));
    // Without the mark it is the same answer.
    assert_eq!(said(&approved("", "")[3..], REF), Said::Approved("60198731341".to_owned()));
    for (change, to) in [
        ("60198731341", "0"),
        ("60198731341", "6019../x"),
        ("60198731341", "4242424242424242"),
        ("\"Ok\"", "\"Error\""),
        ("\"refId\":\"0123", "\"refId\":\"9123"),
        ("\"responseCode\":\"1\"", "\"responseCode\":\"7\""),
        ("}", ""),
        ("\"messages\":{", "\"other\":{"),
    ] {
        assert_eq!(said(&approved(change, to), REF), Said::Unknown, "{change} -> {to}");
    }
    assert_eq!(said(&approved("\"responseCode\":\"1\"", "\"responseCode\":\"4\""), REF), Said::Held);
    assert_eq!(said(&approved("\"responseCode\":\"1\"", "\"responseCode\":4"), REF), Said::Held);
}

#[test]
fn a_refusal_has_its_code() {
    let refused = |response: &str, errors: &str| {
        let text = format!(
            r#"{{"transactionResponse":{{"responseCode":"{response}","transId":"0","errors":[{errors}]}},
            "messages":{{"resultCode":"Error","message":[{{"code":"E00027","text":"4242424242424242"}}]}}}}"#
        );
        said(text.as_bytes(), REF)
    };
    let eight = r#"{"errorCode":"8","errorText":"The credit card has expired."}"#;
    assert_eq!(refused("3", eight), Said::Refused { code: 8, declined: false });
    assert_eq!(refused("2", r#"{"errorCode":"27"}"#), Said::Refused { code: 27, declined: true });
    assert_eq!(refused("2", ""), Said::Refused { code: 2, declined: true });
}

/// A call that was turned away at the door charged nothing; any other that has no transaction may have.
#[test]
fn only_the_doors_own_codes_say_that_nothing_was_done() {
    let bare = |code: &str| {
        let text =
            format!(r#"{{"messages":{{"resultCode":"Error","message":[{{"code":"{code}","text":"x"}}]}}}}"#);
        said(text.as_bytes(), REF)
    };
    assert_eq!(bare("E00003"), Said::TurnedAway(3));
    assert_eq!(bare("E00007"), Said::TurnedAway(7));
    for unclear in ["E00001", "E00027", "E00053", "E00104", "I00001", "", "E4242424242424242"] {
        assert_eq!(bare(unclear), Said::Unknown, "{unclear}");
    }
    assert_eq!(said(b"<html>", REF), Said::Unknown);
}

fn details(change: &str, to: &str) -> Option<Reply<OfDetails>> {
    let text = r#"{"transaction":{"transId":"60198731341","submitTimeUTC":"2026-11-23T12:00:00.12Z",
        "transactionType":"authCaptureTransaction","transactionStatus":"capturedPendingSettlement",
        "responseCode":1,"responseReasonCode":1,"order":{"invoiceNumber":"0123456789abcdefghjk"},
        "requestedAmount":24.90,"authAmount":24.90,"settleAmount":24.9,
        "payment":{"creditCard":{"cardNumber":"XXXX4242","expirationDate":"XXXX","cardType":"MasterCard"}}},
        "messages":{"resultCode":"Ok","message":[{"code":"I00001","text":"Successful."}]}}"#;
    read(text.replacen(change, to, 1).as_bytes())
}

#[test]
fn details_tell_amount_card_and_invoice() {
    let told = |change, to| match details(change, to) {
        Some(Reply::Told(OfDetails { transaction })) => transaction,
        other => panic!("{:?}", other.is_some()),
    };
    let whole = told("", "");
    assert_eq!(
        (whole.status, whole.granted(2), whole.settled(2)),
        (Status::Captured, Some(2490), Some(2490))
    );
    assert_eq!(whole.invoice(), REF);
    assert_eq!(whole.card(), CardShown { brand: "Mastercard".to_owned(), last_four: "4242".to_owned() });
    // Less than was asked for is not what was asked for.
    assert_eq!(told("\"authAmount\":24.90", "\"authAmount\":20.00").granted(2), None);
    assert_eq!(told("XXXX4242", "4242424242424242").card().last_four, "");
    assert_eq!(told("capturedPendingSettlement", "newStatus").status, Status::Other);
    assert!(details("\"authAmount\":24.90", "\"authAmount\":null").is_none());
    let missing =
        read::<OfDetails>(br#"{"messages":{"resultCode":"Error","message":[{"code":"E00040","text":"x"}]}}"#);
    assert!(matches!(missing, Some(Reply::Missing)));
}

#[test]
fn lists_may_be_empty_and_lines_without_an_invoice() {
    let ok = r#""messages":{"resultCode":"Ok","message":[{"code":"I00004","text":"No records found."}]}"#;
    let read = |text: String| match read::<OfTransactions>(text.as_bytes()) {
        Some(Reply::Told(list)) => list.transactions.unwrap_or_default(),
        _ => panic!("not read"),
    };
    assert!(read(format!("{{{ok}}}")).is_empty());
    let lines = read(format!(
        r#"{{"transactions":[{{"transId":"1","transactionStatus":"voided"}},
        {{"transId":"2","submitTimeUTC":"2026-11-23T12:00:00Z","transactionStatus":"x","invoiceNumber":"{REF}",
        "settleAmount":5}}],{ok}}}"#
    ));
    assert_eq!((lines[0].is_of(REF), lines[1].is_of(REF)), (false, true));
    let noon = "2026-11-23T12:00:00Z".parse().unwrap();
    assert!(!lines[0].is_before(noon) && !lines[1].is_before(noon));
    assert!(lines[1].is_before("2026-11-23T12:00:01Z".parse().unwrap()));
}

proptest! {
    #[test]
    fn no_answer_makes_it_panic(body: Vec<u8>) {
        let _ = said(&body, REF);
        let _ = read::<OfDetails>(&body);
        let _ = read::<OfTransactions>(&body);
    }
}
