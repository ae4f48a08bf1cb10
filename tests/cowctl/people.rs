//! Ranges on trial, and people who are proposed, confirmed, invited and dismissed by two at their own desks.

use serde_json::Value;

use super::crew::founders;
use super::harness::people::EMAIL;
use super::harness::{Admin, Shop};
use super::{Desk, sign_in};

const NOOR: &str = "noor@example.com";
const SAM: &str = "sam@example.com";

fn grant(desk: &Desk, email: &str) -> String {
    let said = desk.json(&[
        "staff",
        "propose",
        "grant",
        "--email",
        email,
        "--name",
        "Sam Field",
        "--role",
        "support",
        "--employer",
        "Meadow & Mill",
        "--employment",
        "employee",
        "--since",
        "2024-03-01",
    ]);
    said["number"].to_string()
}

fn state(desk: &Desk, number: &str) -> Value {
    let known = desk.json(&["staff", "proposals"]);
    let number: u64 = number.parse().unwrap();
    let found = known["items"].as_array().unwrap().iter().find(|one| one["number"] == number);
    found.unwrap()["state"].clone()
}

#[tokio::test]
async fn a_change_of_ranges_is_tried_kept_or_taken_back() {
    let folder = tempfile::tempdir().unwrap();
    let shop = Shop::start(folder.path());
    let mut admin = Admin::set_up(&shop).await;
    let desk = sign_in(folder.path(), &shop, EMAIL, &admin.second.code());

    let (code, said) = desk.refused(&["ranges", "confirm"], "");
    assert!(code == 65 && said.contains("no change is on trial"), "{code} {said}");
    let (code, said) = desk.refused(&["ranges", "set", "--add", "192.0.2.0/28"], "");
    assert!(code == 64 && said.contains("CIDR=NAME=OWNER"), "{code} {said}");
    let (code, said) = desk.refused(&["ranges", "set", "--add", "0.0.0.0/0=all=Ada Osei"], "");
    assert!(code == 65 && said.contains("add[0].cidr") && said.contains("Nothing was changed"), "{said}");

    let set = ["ranges", "set", "--add", "192.0.2.0/28=Workshop=Ola Berg"];
    let said = desk.say(&set);
    assert!(said.contains("On trial") && said.contains("Workshop") && said.contains("cowctl ranges confirm"));
    assert!(desk.say(&["ranges", "take-back"]).starts_with("The change is taken back."));
    assert!(!desk.say(&["ranges", "list"]).contains("192.0.2.0/28"));

    desk.say(&set);
    assert!(desk.say(&["ranges", "confirm"]).starts_with("The change is kept."));
    let kept = desk.json(&["ranges", "list"]);
    assert!(kept["machine"].as_array().unwrap().iter().any(|range| range["net"] == "192.0.2.0/28"), "{kept}");
    assert!(kept["trial"].is_null(), "{kept}");
}

#[tokio::test]
async fn two_people_bring_a_third_in_and_one_of_them_shows_the_door() {
    let folder = tempfile::tempdir().unwrap();
    let file = super::harness::people::appliance(folder.path(), "", "https://127.0.0.1:9");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.split("[dev]").next().unwrap()).unwrap();
    let shop = Shop::start_with(folder.path(), &["--appliance", &file]);
    let (mut ada, mut noor) = founders(&shop).await;
    let ada = sign_in(folder.path(), &shop, EMAIL, &ada.second.code());
    let noor = sign_in(folder.path(), &shop, NOOR, &noor.second.code());
    assert_eq!(ada.say(&["staff", "proposals"]), "There are no proposals.\n");

    let (code, said) = ada.refused(&["staff", "propose", "grant", "--email", SAM, "--role", "support"], "");
    assert!(code == 64 && said.contains("--name, --employer, --employment, --since"), "{code} {said}");

    // Taken back, refused, and at last confirmed by the other.
    let number = grant(&ada, SAM);
    assert!(ada.say(&["staff", "withdraw", &number]).contains("is withdrawn"));
    assert_eq!(state(&noor, &number), "withdrawn");
    let number = grant(&ada, SAM);
    assert!(noor.say(&["staff", "reject", &number]).contains("is rejected"));
    let number = grant(&ada, SAM);
    assert!(noor.say(&["staff", "proposals"]).contains("open until"));
    assert!(noor.say(&["staff", "confirm", &number]).contains("is confirmed"));
    assert_eq!(state(&ada, &number), "confirmed");

    // Each makes one half of the invitation.
    let shown = ada.say(&["staff", "show", SAM]);
    assert!(shown.contains("has not accepted the invitation") && !shown.contains("Last seen"), "{shown}");
    let link = ada.say(&["staff", "invite", SAM, "--half", "link"]);
    assert!(link.starts_with(&format!("https://{}/join/", ada.machine)), "{link}");
    let (code, said) = ada.refused(&["staff", "invite", SAM, "--half", "code"], "");
    assert!(code == 65 && said.contains("the other half"), "{code} {said}");
    let made = noor.json(&["staff", "invite", SAM, "--half", "code"]);
    assert_eq!(made["code"].as_str().unwrap().len(), 14, "{made}");

    assert!(noor.say(&["staff", "dismiss", SAM]).contains("is dismissed"));
    let listed = ada.say(&["staff", "list"]);
    assert!(listed.contains(SAM), "{listed}");
    assert_eq!(ada.json(&["staff", "show", SAM])["state"], "dismissed", "{listed}");
    let (code, said) = ada.refused(&["staff", "show", "nobody@example.com"], "");
    assert!(code == 65 && said.contains("cowctl staff list"), "{code} {said}");
}
