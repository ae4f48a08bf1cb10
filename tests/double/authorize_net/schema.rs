//! The part of the schema that a shop uses (<https://api.authorize.net/xml/v1/schema/AnetApiSchema.xsd>):
//! which elements there are, in which order, and of what kind. What does not fit is refused with E00003.

use super::node::Node;

/// What stands in an element.
#[derive(Debug, Clone, Copy)]
pub enum Shape {
    /// A text of so many characters.
    Text(usize, usize),
    /// Digits.
    Digits,
    Decimal,
    Flag,
    /// A whole number between these.
    Whole(i64, i64),
    /// `xs:dateTime`.
    Time,
    /// One of these.
    Word(&'static [&'static str]),
    Of(&'static [Element]),
    /// So many of it, or one.
    Several(&'static [Element]),
}

/// Name, whether it must be there, and what stands in it; in the schema's order.
pub type Element = (&'static str, bool, Shape);

use Shape::{Decimal, Digits, Flag, Of, Several, Text, Time, Whole, Word};

const ANY: Shape = Text(0, 255);

const AUTHENTICATION: [Element; 2] = [("name", true, Text(1, 25)), ("transactionKey", true, Text(1, 16))];
const CARD: [Element; 3] = [
    ("cardNumber", true, Text(4, 16)),
    ("expirationDate", true, Text(4, 7)),
    ("cardCode", false, Text(3, 4)),
];
const PAYMENT: [Element; 1] = [("creditCard", true, Of(&CARD))];
const ORDER: [Element; 2] = [("invoiceNumber", false, Text(0, 20)), ("description", false, Text(0, 255))];
const EXTENDED: [Element; 3] = [("amount", true, Decimal), ("name", false, ANY), ("description", false, ANY)];
const CUSTOMER: [Element; 3] = [("type", false, ANY), ("id", false, Text(0, 20)), ("email", false, ANY)];
const ADDRESS: [Element; 10] = [
    ("firstName", false, Text(0, 50)),
    ("lastName", false, Text(0, 50)),
    ("company", false, Text(0, 50)),
    ("address", false, Text(0, 60)),
    ("city", false, Text(0, 40)),
    ("state", false, Text(0, 40)),
    ("zip", false, Text(0, 20)),
    ("country", false, Text(0, 60)),
    ("phoneNumber", false, Text(0, 25)),
    ("email", false, ANY),
];
const ITEM: [Element; 5] = [
    ("itemId", true, Text(1, 31)),
    ("name", true, Text(1, 31)),
    ("description", false, ANY),
    ("quantity", true, Decimal),
    ("unitPrice", true, Decimal),
];
const ITEMS: [Element; 1] = [("lineItem", false, Several(&ITEM))];
const SETTING: [Element; 2] = [("settingName", false, ANY), ("settingValue", false, ANY)];
const SETTINGS: [Element; 1] = [("setting", false, Several(&SETTING))];
const USER_FIELD: [Element; 2] = [("name", false, ANY), ("value", false, ANY)];
const USER_FIELDS: [Element; 1] = [("userField", false, Several(&USER_FIELD))];
const TRANSACTION: [Element; 16] = [
    ("transactionType", true, ANY),
    ("amount", false, Decimal),
    ("currencyCode", false, ANY),
    ("payment", false, Of(&PAYMENT)),
    ("refTransId", false, ANY),
    ("order", false, Of(&ORDER)),
    ("lineItems", false, Of(&ITEMS)),
    ("tax", false, Of(&EXTENDED)),
    ("duty", false, Of(&EXTENDED)),
    ("shipping", false, Of(&EXTENDED)),
    ("poNumber", false, ANY),
    ("customer", false, Of(&CUSTOMER)),
    ("billTo", false, Of(&ADDRESS)),
    ("customerIP", false, ANY),
    ("transactionSettings", false, Of(&SETTINGS)),
    ("userFields", false, Of(&USER_FIELDS)),
];
const SORTING: [Element; 2] =
    [("orderBy", true, Word(&["id", "submitTimeUTC"])), ("orderDescending", true, Flag)];
const PAGING: [Element; 2] = [("limit", true, Whole(1, 1000)), ("offset", true, Whole(1, 100_000))];

const FIRST: [Element; 3] = [
    ("merchantAuthentication", true, Of(&AUTHENTICATION)),
    ("clientId", false, Text(0, 30)),
    ("refId", false, Text(0, 20)),
];

/// What follows authentication, client and reference; `None` for a call that this double does not know.
fn own(call: &str) -> Option<&'static [Element]> {
    Some(match call {
        "authenticateTestRequest" => &[],
        "createTransactionRequest" => &[("transactionRequest", true, Of(&TRANSACTION))],
        "getTransactionDetailsRequest" => &[("transId", true, Digits)],
        "getUnsettledTransactionListRequest" => &[
            ("status", false, Word(&["any", "pendingApproval"])),
            ("sorting", false, Of(&SORTING)),
            ("paging", false, Of(&PAGING)),
        ],
        "getSettledBatchListRequest" => &[
            ("includeStatistics", false, Flag),
            ("firstSettlementDate", false, Time),
            ("lastSettlementDate", false, Time),
        ],
        "getTransactionListRequest" => {
            &[("batchId", false, Digits), ("sorting", false, Of(&SORTING)), ("paging", false, Of(&PAGING))]
        }
        _ => return None,
    })
}

/// Whether the request is of the schema; else what the parser says.
pub fn check(call: &str, request: &Node) -> Result<(), String> {
    let own = own(call).ok_or_else(|| format!("Invalid root element '{call}'."))?;
    let all: Vec<_> = FIRST.iter().chain(own).copied().collect();
    of(call, request, &all)
}

fn of(name: &str, node: &Node, elements: &[Element]) -> Result<(), String> {
    let Node::Of(members) = node else { return Err(format!("The '{name}' element is invalid.")) };
    let mut left = elements;
    for (member, value) in members {
        let Some(place) = left.iter().position(|(known, ..)| known == member) else {
            let expected: Vec<_> = left.iter().map(|(known, ..)| *known).collect();
            return Err(format!(
                "The element '{name}' has invalid child element '{member}'. List of possible elements expected: '{}'.",
                expected.join(", ")
            ));
        };
        if let Some((missing, ..)) = left[..place].iter().find(|(_, must, _)| *must) {
            return Err(format!("The element '{name}' lacks '{missing}' before '{member}'."));
        }
        is(member, value, left[place].2)?;
        left = &left[place + 1..];
    }
    match left.iter().find(|(_, must, _)| *must) {
        Some((missing, ..)) => Err(format!(
            "The element '{name}' has incomplete content. List of possible elements expected: '{missing}'."
        )),
        None => Ok(()),
    }
}

fn is(name: &str, node: &Node, shape: Shape) -> Result<(), String> {
    let invalid =
        || Err(format!("The '{name}' element is invalid - its value is invalid according to its datatype."));
    match (shape, node) {
        (Of(elements), _) => of(name, node, elements),
        (Several(elements), _) => node.each().into_iter().try_for_each(|one| of(name, one, elements)),
        (_, Node::Text(text)) => {
            let fits = match shape {
                Text(least, most) => (least..=most).contains(&text.chars().count()),
                Digits => !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()),
                Decimal => super::money::minor(text).is_some(),
                Flag => matches!(text.as_str(), "true" | "false" | "0" | "1"),
                Whole(least, most) => text.parse().is_ok_and(|number| (least..=most).contains(&number)),
                Time => super::money::time(text).is_some(),
                Word(words) => words.contains(&text.as_str()),
                Of(_) | Several(_) => false,
            };
            if fits { Ok(()) } else { invalid() }
        }
        _ => invalid(),
    }
}
