//! Every operation of `docs/openapi.json` as every role, with sessions and with tokens for programs, and as nobody:
//! at a real shop over TLS, whose people were set up, invited and enrolled without a browser.

use cashcow::staff::{Right, Role};
use hyper::{HeaderMap, Method, StatusCode};
use serde_json::{Value, json};

use super::harness::people::{PASSWORD, Second};
use super::harness::{Browser, Shop, Shopper, cards};

const ROOT: &str = "/api/v1";
const NOWHERE: &str = "0000000000000000000000000a";

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    json: Value,
}

impl Answer {
    /// What tells one refusal from another.
    fn told(&self) -> (StatusCode, &Value) {
        (self.status, &self.json)
    }

    fn text(&self, field: &str) -> String {
        self.json[field].as_str().unwrap_or_else(|| panic!("no {field}: {}", self.json)).to_owned()
    }
}

/// A program that knows the shop's address.
struct Program(Browser);

impl Program {
    async fn call(&mut self, token: &str, method: &str, path: &str, body: Value) -> Answer {
        let body = (!body.is_null()).then(|| ("application/json".to_owned(), body.to_string().into_bytes()));
        let bearer = format!("Bearer {token}");
        let more = [("authorization", bearer.as_str())];
        let more = if token.is_empty() { &more[..0] } else { &more[..] };
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let page = self.0.once(method, &format!("{ROOT}{path}"), body, more).await.unwrap();
        assert!(page.headers.get("set-cookie").is_none(), "{path} sets a cookie");
        // An export is a file, and a 204 has no body.
        let json = serde_json::from_slice(&page.body).unwrap_or(Value::Null);
        Answer { status: page.status, headers: page.headers, json }
    }

    /// One that must go well.
    async fn did(&mut self, token: &str, method: &str, path: &str, body: Value) -> Answer {
        let answer = self.call(token, method, path, body).await;
        assert!(answer.status.is_success(), "{method} {path}: {} {}", answer.status, answer.json);
        answer
    }

    /// Sets an authenticator app up for whoever has just come in; the session's next token.
    async fn enrol(&mut self, session: &str) -> String {
        let early = self.call(session, "GET", "/me", Value::Null).await;
        assert_eq!(early.status, StatusCode::FORBIDDEN, "nothing opens before a second factor");
        assert_eq!(early.json["type"], "/api/v1/problems/not-enrolled");
        let seed = self.did(session, "POST", "/account/app", Value::Null).await.text("seed");
        let wrong = self.call(session, "PUT", "/account/app", json!({"code": "none"})).await;
        assert_eq!((wrong.status.as_u16(), &wrong.json["errors"][0]["field"]), (422, &json!("code")));
        let code = Second::of_seed(&seed).code();
        let enrolled = self.did(session, "PUT", "/account/app", json!({ "code": code })).await;
        assert_eq!(enrolled.json["recovery_codes"].as_array().unwrap().len(), 10);
        assert_eq!(self.call(session, "GET", "/me", Value::Null).await.status, StatusCode::UNAUTHORIZED);
        enrolled.json["session"]["token"].as_str().unwrap().to_owned()
    }

    /// The way in of somebody who was invited.
    async fn join(&mut self, link: &str, code: &str) -> String {
        let invited = self.did("", "POST", "/join/invitation", json!({ "link": link })).await;
        assert_eq!(invited.json["needs_code"], !code.is_empty());
        let join = json!({"link": link, "code": code, "password": PASSWORD});
        if !code.is_empty() {
            let wrong = json!({"link": link, "code": "AAAA-AAAA-AAAA", "password": PASSWORD});
            let wrong = self.call("", "POST", "/join", wrong).await;
            assert_eq!((wrong.status.as_u16(), &wrong.json["errors"][0]["field"]), (422, &json!("code")));
        }
        let session = self.did("", "POST", "/join", join.clone()).await.text("token");
        let again = self.call("", "POST", "/join", join).await;
        let never = self.call("", "POST", "/join", json!({"link": NOWHERE, "password": PASSWORD})).await;
        assert_eq!(
            (again.status, again.told()),
            (StatusCode::NOT_FOUND, never.told()),
            "used, or never made"
        );
        self.enrol(&session).await
    }

    /// Somebody's id, by their address.
    async fn person(&mut self, token: &str, email: &str) -> String {
        let staff = self.did(token, "GET", "/staff", Value::Null).await.json;
        let found = staff["items"].as_array().unwrap().iter().find(|person| person["email"] == email);
        found.unwrap_or_else(|| panic!("{email} in {staff}"))["id"].as_str().unwrap().to_owned()
    }

    async fn propose(&mut self, token: &str, role: Role, email: &str) -> String {
        let record = json!({
            "name": format!("The {}", role.name()), "role": role.name(), "employer": "Meadow Hosting",
            "employment": "employee", "employed_since": "2020-01-01",
            "screening": {"method": "criminal record certificate", "on": "2025-01-15",
                "valid_until": "2039-01-14", "reference": "HR 7"}});
        let wish = json!({"what": "grant", "email": email, "record": record});
        self.did(token, "POST", "/proposals", wish).await.json["number"].to_string()
    }
}

/// Somebody with a session and a token that has all of the role that a token can carry.
struct Member {
    role: Role,
    id: String,
    session: String,
    program: String,
    token: String,
}

async fn set_up(program: &mut Program, shop: &Shop) -> String {
    let wish = |claim: &str| json!({"claim": claim, "shop": "Meadow", "contact": "a@b.example", "password": PASSWORD});
    let early = program.call("", "POST", "/setup", wish(NOWHERE)).await;
    assert_eq!((early.status.as_u16(), &early.json["errors"][0]["field"]), (422, &json!("claim")));
    let wrong = program.call("", "POST", "/setup/code", json!({"code": "AAAA-AAAA-AAAA"})).await;
    assert_eq!((wrong.status.as_u16(), &wrong.json["errors"][0]["field"]), (422, &json!("code")));
    let claim =
        program.did("", "POST", "/setup/code", json!({"code": shop.setup_code()})).await.text("claim");
    let twice = program.call("", "POST", "/setup/code", json!({"code": shop.setup_code()})).await;
    assert_eq!(twice.status, StatusCode::UNPROCESSABLE_ENTITY, "a code is taken once: {}", twice.json);
    let session = program.did("", "POST", "/setup", wish(&claim)).await.text("token");
    let again = program.call("", "POST", "/setup", wish(&claim)).await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY, "a shop is set up once: {}", again.json);
    program.enrol(&session).await
}

/// Everybody: one of each role.
async fn crew(program: &mut Program, shop: &Shop) -> Vec<Member> {
    let ada = set_up(program, shop).await;
    let noor = program.person(&ada, "noor@example.com").await;
    let half = |id: &str, half: &str| format!("/staff/{id}/invitation-{half}");
    let link = program.did(&ada, "POST", &half(&noor, "link"), Value::Null).await.text("path");
    let noor = program.join(link.trim_start_matches("/join/"), "").await;
    let mut sessions =
        vec![(Role::PlatformAdministrator, ada.clone()), (Role::SecurityOfficer, noor.clone())];
    for role in Role::ALL {
        if matches!(role, Role::PlatformAdministrator | Role::SecurityOfficer) {
            continue;
        }
        let email = format!("{}@example.com", role.name());
        let number = program.propose(&ada, role, &email).await;
        let own = program.call(&ada, "POST", &format!("/proposals/{number}/confirm"), Value::Null).await;
        assert_eq!(own.status, StatusCode::CONFLICT, "nobody confirms their own");
        program.did(&noor, "POST", &format!("/proposals/{number}/confirm"), Value::Null).await;
        let id = program.person(&ada, &email).await;
        let link = program.did(&ada, "POST", &half(&id, "link"), Value::Null).await.text("path");
        let code = program.did(&noor, "POST", &half(&id, "code"), Value::Null).await.text("code");
        sessions.push((role, program.join(link.trim_start_matches("/join/"), &code).await));
    }
    let mut crew = Vec::new();
    for (role, session) in sessions {
        let me = program.did(&session, "GET", "/me", Value::Null).await;
        assert_eq!(me.json["role"], role.name());
        let id = program.person(&ada, &me.text("email")).await;
        let carried = Right::ALL.into_iter().filter(|right| role.may(*right) && !right.needs_step_up());
        let rights: Vec<_> = carried.map(Right::name).collect();
        let wish = json!({"name": "all", "rights": rights, "range": "127.0.0.1/32"});
        let made = program.did(&session, "POST", "/tokens", wish).await.json;
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let (token, secret) = (text(&made["token"]["id"]), text(&made["secret"]));
        crew.push(Member { role, id, session, program: secret, token });
    }
    crew
}

/// An operation of the document.
struct Operation {
    method: String,
    path: String,
    needs: String,
    documented: Vec<String>,
}

impl Operation {
    fn all() -> Vec<Self> {
        let text =
            std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/openapi.json")).unwrap();
        let document: Value = serde_json::from_str(&text).unwrap();
        let mut all = Vec::new();
        for (path, item) in document["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                all.push(Self {
                    method: method.to_uppercase(),
                    path: path.strip_prefix(ROOT).unwrap().to_owned(),
                    needs: operation["x-right"].as_str().unwrap().to_owned(),
                    documented: operation["responses"].as_object().unwrap().keys().cloned().collect(),
                });
            }
        }
        all
    }

    /// With these in the place of the parts in braces.
    fn at(&self, parts: &[(&str, String)]) -> String {
        let mut path = self.path.clone();
        for (part, value) in parts {
            path = path.replace(part, value);
        }
        assert!(!path.contains('{'), "{path}: what stands for it?");
        path
    }

    /// With parts that nothing has.
    fn nowhere(&self) -> String {
        let parts = [
            ("{number}", "999999".to_owned()),
            ("{kind}", "not-found".to_owned()),
            ("{id}", NOWHERE.to_owned()),
            ("{token}", NOWHERE.to_owned()),
            ("{handle}", "no-such-thing".to_owned()),
            ("{mark}", "0000000000000000".to_owned()),
        ];
        self.at(&parts)
    }

    fn body(&self) -> Value {
        if matches!(self.method.as_str(), "GET" | "DELETE") { Value::Null } else { json!({}) }
    }

    fn may(&self, role: Role, is_program: bool) -> bool {
        match self.needs.as_str() {
            "anyone" | "signed-in" => true,
            "enrol" | "session" => !is_program,
            name => {
                let right = Right::of_name(name).unwrap();
                role.may(right) && !(is_program && right.needs_step_up())
            }
        }
    }
}

/// Parts that something has, which nobody who lacks the right may learn.
fn somewhere(operation: &Operation, crew: &[Member]) -> String {
    let of = |role: Role| crew.iter().find(|member| member.role == role).unwrap();
    // The first order, the first alarm's and the first record's numbers, and an open proposal.
    let number = if operation.path.starts_with("/orders") { "1001" } else { "1" };
    operation.at(&[
        ("{number}", number.to_owned()),
        ("{kind}", "not-found".to_owned()),
        ("{token}", of(Role::Support).token.clone()),
        ("{id}", of(Role::Support).id.clone()),
        ("{handle}", "stoneware-mug".to_owned()),
        ("{mark}", "0000000000000000".to_owned()),
    ])
}

fn check_allowed(operation: &Operation, who: &str, answer: &Answer) {
    let status = answer.status;
    assert!(!status.is_server_error(), "{who}: {status} {}", answer.json);
    assert!(
        status != StatusCode::UNAUTHORIZED && status != StatusCode::FORBIDDEN,
        "{who} may: {status} {}",
        answer.json
    );
    assert!(operation.documented.contains(&status.as_str().to_owned()), "{who}: {status} is not documented");
}

fn check_refused(operation: &Operation, who: &str, answer: &Answer) {
    assert_eq!(answer.status, StatusCode::FORBIDDEN, "{who} may not: {}", answer.json);
    assert!(operation.documented.contains(&"403".to_owned()), "{who}");
    assert_eq!(answer.headers["content-type"], "application/problem+json", "{who}");
    if matches!(operation.needs.as_str(), "session" | "enrol") {
        assert_eq!(answer.json["type"], "/api/v1/problems/needs-session", "{who}");
    } else {
        assert_eq!(answer.json["type"], "/api/v1/problems/not-allowed", "{who}");
        assert_eq!(answer.json["right"], operation.needs.as_str(), "{who}");
    }
}

/// The matrix: how many pairs were walked.
async fn walk(program: &mut Program, crew: &[Member]) -> usize {
    let mut walked = 0;
    for operation in Operation::all() {
        let (method, nowhere) = (operation.method.as_str(), operation.nowhere());
        let hidden = Some(somewhere(&operation, crew)).filter(|path| *path != nowhere);
        let nobody = program.call("", method, &nowhere, operation.body()).await;
        let who = format!("{method} {nowhere} as nobody");
        assert!(!nobody.status.is_server_error(), "{who}: {}", nobody.status);
        assert_eq!(nobody.status == StatusCode::UNAUTHORIZED, operation.needs != "anyone", "{who}");
        assert!(operation.documented.contains(&nobody.status.as_str().to_owned()), "{who}");
        if let Some(path) = hidden.as_ref().filter(|_| operation.needs != "anyone") {
            let there = program.call("", method, path, operation.body()).await;
            assert_eq!(there.told(), nobody.told(), "{method} {path} as nobody");
        }
        for member in crew {
            for (secret, is_program) in [(&member.session, false), (&member.program, true)] {
                let as_what = if is_program { "a program of" } else { "the" };
                let who = format!("{method} {nowhere} as {as_what} {}", member.role.name());
                let may = operation.may(member.role, is_program);
                // It ends what the rest of the walk needs: last of all, below.
                if may && operation.path == "/session" && method == "DELETE" {
                    continue;
                }
                walked += 1;
                let answer = program.call(secret, method, &nowhere, operation.body()).await;
                if may {
                    check_allowed(&operation, &who, &answer);
                    continue;
                }
                check_refused(&operation, &who, &answer);
                if let Some(path) = &hidden {
                    let there = program.call(secret, method, path, operation.body()).await;
                    assert_eq!(there.told(), answer.told(), "{who}: {path} is there, and that is told");
                }
            }
        }
    }
    walked
}

/// What somebody has the right to do, but not to this one, is as if there were no such thing.
async fn check_sides(program: &mut Program, crew: &[Member], proposal: &str) {
    let of = |role: Role| crew.iter().find(|member| member.role == role).unwrap();
    let (owner, auditor) = (of(Role::OperatorOwner), of(Role::Auditor));
    let (id, token) = (&auditor.id, &auditor.token);
    let pairs = [
        ("GET", format!("/staff/{id}"), format!("/staff/{NOWHERE}")),
        ("POST", format!("/staff/{id}/dismiss"), format!("/staff/{NOWHERE}/dismiss")),
        ("POST", format!("/staff/{id}/invitation-link"), format!("/staff/{NOWHERE}/invitation-link")),
        ("POST", format!("/staff/{id}/invitation-code"), format!("/staff/{NOWHERE}/invitation-code")),
        ("GET", format!("/staff/{id}/tokens"), format!("/staff/{NOWHERE}/tokens")),
        ("DELETE", format!("/staff/{id}/tokens/{token}"), format!("/staff/{NOWHERE}/tokens/{token}")),
        (
            "DELETE",
            format!("/staff/{}/tokens/{token}", owner.id),
            format!("/staff/{}/tokens/{NOWHERE}", owner.id),
        ),
        ("DELETE", format!("/tokens/{token}"), format!("/tokens/{NOWHERE}")),
        ("GET", format!("/proposals/{proposal}"), "/proposals/999999".to_owned()),
        ("POST", format!("/proposals/{proposal}/confirm"), "/proposals/999999/confirm".to_owned()),
        ("POST", format!("/proposals/{proposal}/reject"), "/proposals/999999/reject".to_owned()),
        ("POST", format!("/proposals/{proposal}/withdraw"), "/proposals/999999/withdraw".to_owned()),
    ];
    for (method, there, nowhere) in pairs {
        let there_told = program.call(&owner.session, method, &there, Value::Null).await;
        let nowhere_told = program.call(&owner.session, method, &nowhere, Value::Null).await;
        assert_eq!(there_told.status, StatusCode::NOT_FOUND, "{method} {there}: {}", there_told.json);
        assert_eq!(there_told.told(), nowhere_told.told(), "{method} {there}");
    }
    let still = program.call(&auditor.program, "GET", "/me", Value::Null).await;
    assert_eq!(still.status, StatusCode::OK, "and nothing was done to them");
}

/// A token is seen by whoever sees its owner, and revoked by whoever may change that side's staff.
async fn check_tokens(program: &mut Program, crew: &[Member]) {
    let of = |role: Role| crew.iter().find(|member| member.role == role).unwrap();
    let (ada, noor, owner) =
        (of(Role::PlatformAdministrator), of(Role::SecurityOfficer), of(Role::OperatorOwner));
    for (who, whose) in [(owner, of(Role::Support)), (noor, of(Role::Auditor)), (ada, of(Role::Fulfilment))] {
        let listed =
            program.did(&who.session, "GET", &format!("/staff/{}/tokens", whose.id), Value::Null).await;
        assert_eq!(listed.json["items"][0]["id"], whose.token.as_str());
        assert!(!listed.json.to_string().contains("cct_"), "{}", listed.json);
        assert_eq!(program.call(&whose.program, "GET", "/me", Value::Null).await.status, StatusCode::OK);
        let path = format!("/staff/{}/tokens/{}", whose.id, whose.token);
        program.did(&who.session, "DELETE", &path, Value::Null).await;
        let dead = program.call(&whose.program, "GET", "/me", Value::Null).await;
        assert_eq!(dead.status, StatusCode::UNAUTHORIZED, "{}", whose.role.name());
        let again = program.call(&who.session, "DELETE", &path, Value::Null).await;
        assert_eq!(again.status, StatusCode::NOT_FOUND);
    }
    let records = program.did(&ada.session, "GET", "/audit?deed=revoke_token", Value::Null).await.json;
    assert_eq!(records["items"].as_array().unwrap().len(), 3, "{records}");
    assert!(records.to_string().contains("all of support@example.com"), "{records}");
}

#[tokio::test]
async fn every_operation_as_every_role_and_as_nobody_is_what_the_document_says() {
    let folder = tempfile::tempdir().unwrap();
    let shop = Shop::start(folder.path());
    let page = Shopper::of(&shop).buy("stoneware-mug", &cards::number(1), "123").await;
    assert!(page.at.starts_with("/order/"), "{}", page.words());
    let mut program = Program(Browser::new(shop.console()));
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/openapi.json")).unwrap();
    let served = program.did("", "GET", "/openapi.json", Value::Null).await.json;
    assert_eq!(served, serde_json::from_str::<Value>(&text).unwrap());

    let crew = crew(&mut program, &shop).await;
    let ada = crew[0].session.clone();
    let proposal = program.propose(&ada, Role::Auditor, "new@example.com").await;
    let began = std::time::Instant::now();
    let walked = walk(&mut program, &crew).await;
    println!("{walked} pairs in {:?}", began.elapsed());
    assert!(walked > 900, "{walked} pairs");
    check_sides(&mut program, &crew, &proposal).await;
    check_tokens(&mut program, &crew).await;

    for member in &crew {
        let session = &member.session;
        let left = program.call(session, "DELETE", "/session", Value::Null).await;
        assert_eq!(left.status, StatusCode::NO_CONTENT, "{}", member.role.name());
        assert_eq!(program.call(session, "GET", "/me", Value::Null).await.status, StatusCode::UNAUTHORIZED);
    }
}

#[tokio::test]
async fn wrong_codes_of_a_new_machine_are_counted_together_for_the_api_and_the_console() {
    let folder = tempfile::tempdir().unwrap();
    let shop = Shop::start(folder.path());
    let mut program = Program(Browser::new(shop.console()));
    let mut browser = Browser::new(shop.console());
    let code = |code: &str| json!({ "code": code });
    for _ in 0..3 {
        let wrong = program.call("", "POST", "/setup/code", code("AAAA-AAAA-AAAA")).await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", wrong.json);
    }
    for _ in 0..2 {
        let page = browser.get("/setup").await;
        let page = browser.submit(page.form("/setup").set("code", "AAAA-AAAA-AAAA")).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", page.words());
    }
    // Not even the right one, and from nowhere.
    let right = program.call("", "POST", "/setup/code", code(shop.setup_code())).await;
    assert_eq!(right.status, StatusCode::TOO_MANY_REQUESTS, "{}", right.json);
    let seconds: u32 = right.headers["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((3500..=3601).contains(&seconds), "{seconds}");
    // Before there is anybody, every other operation is shut.
    for operation in Operation::all().iter().filter(|operation| operation.needs != "anyone") {
        let answer = program.call("", &operation.method, &operation.nowhere(), operation.body()).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{} {}", operation.method, operation.path);
    }
}
