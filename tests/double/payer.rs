//! Who pays where a suite calls a gateway's client itself.

use cashcow::payment::Card;
use cashcow::payment::gateway::Visitor;

pub fn visitor() -> Visitor {
    Visitor {
        origin: "https://shop.example".to_owned(),
        return_to: "https://shop.example/order/x/return".to_owned(),
        address: "192.0.2.1".parse().unwrap(),
        user_agent: "a browser \"quoted\"".to_owned(),
        accept: "text/html".to_owned(),
    }
}

pub fn card(number: &str) -> Card {
    Card::parse(number, "12/40", "123", "Ada Osei", "2026-11-23T12:00:00Z".parse().unwrap()).unwrap()
}
