//! A console under a name, a browser that trusts its certificate, and devices that hold passkeys.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::ServerName;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::{TlsAcceptor, TlsConnector};

use super::chrome::Chrome;
use super::harness::{Shop, browser, people};

/// The console's name: it stands in the certificate that the machine makes for itself.
pub const NAME: &str = "console.shop.example";

pub struct Stage {
    pub shop: Shop,
    pub chrome: Chrome,
    /// Where somebody else serves pages under the console's own name, at another port.
    pub elsewhere: String,
    _folder: tempfile::TempDir,
}

impl Stage {
    /// A new machine, not set up yet.
    pub async fn set() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = people::appliance(folder.path(), "", "https://127.0.0.1:9");
        let text = std::fs::read_to_string(&file).unwrap();
        let text = text.split("[dev]").next().unwrap().replace("\"test-shop\"", &format!("\"{NAME}\""));
        std::fs::write(&file, text).unwrap();
        let shop = Shop::start_with(folder.path(), &["--appliance", &file]);
        let (port, certificate) = serve_elsewhere().await;
        let console = certificate_of(shop.console()).await;
        let trusted = [pin(&console), pin(&certificate)].join(",");
        let words = [
            format!("--host-resolver-rules=MAP *.shop.example 127.0.0.1, MAP {NAME} 127.0.0.1"),
            format!("--ignore-certificate-errors-spki-list={trusted}"),
        ];
        let chrome = Chrome::start_told(true, &words).await;
        Self { shop, chrome, elsewhere: format!("https://{NAME}:{port}/"), _folder: folder }
    }

    pub fn port(&self) -> &str {
        self.shop.console().trim_end_matches('/').rsplit(':').next().unwrap()
    }

    /// A page of the console, by its name.
    pub async fn open(&self, path: &str) {
        self.chrome.open(&format!("https://{NAME}:{}{path}", self.port())).await;
    }

    /// Plugs in a device that holds keys; `verifies` is whether it can ask for PIN, finger or face.
    pub async fn plug_in(&self, verifies: bool) -> String {
        let device = json!({"protocol": "ctap2", "transport": "internal", "hasResidentKey": true,
            "hasUserVerification": verifies, "isUserConsenting": true, "isUserVerified": verifies});
        self.chrome.tell("webauthn/authenticator", device).await.as_str().unwrap().to_owned()
    }

    /// Whether the holder passes the device's question for PIN, finger or face.
    pub async fn holder_is_verified(&self, device: &str, verified: bool) {
        let body = json!({ "isUserVerified": verified });
        self.chrome.tell(&format!("webauthn/authenticator/{device}/uv"), body).await;
    }

    /// Sets the shop up in the browser, up to the page that asks for a second factor.
    pub async fn reach_enrolment(&self) {
        let chrome = &self.chrome;
        self.open("/setup").await;
        chrome.fill("#code", self.shop.setup_code()).await;
        chrome.click("main button").await;
        chrome.read_on("You are the first administrator").await;
        chrome.fill("#password", people::PASSWORD).await;
        chrome.fill("#password_again", people::PASSWORD).await;
        chrome.click("main button").await;
        chrome.arrive("/enrol").await;
    }

    /// The same, and a passkey on a device; signed in afterwards. The device's id.
    pub async fn enrol(&self) -> String {
        let device = self.plug_in(true).await;
        self.reach_enrolment().await;
        self.chrome.click("form[data-passkey] button").await;
        self.chrome.read_on("Write down your recovery codes").await;
        device
    }

    /// Asks the browser, on the page where it is, to answer a challenge; `uv` is what it asks of the device. The
    /// answer as the console's own script would send it.
    pub async fn answer(&self, options: &str, uv: &str) -> Result<String, String> {
        let found = self.chrome.script_later(GET, json!([options, uv])).await;
        match found["refused"].as_str() {
            Some(error) => Err(error.to_owned()),
            None => Ok(found["answer"].as_str().unwrap().to_owned()),
        }
    }
}

const GET: &str = r#"
const [text, uv, done] = arguments;
const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
const plain = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
const { publicKey } = JSON.parse(text);
publicKey.challenge = bytes(publicKey.challenge);
publicKey.allowCredentials = [];
publicKey.userVerification = uv;
navigator.credentials.get({ publicKey }).then((found) => done({ answer: JSON.stringify({
    id: found.id, rawId: plain(found.rawId), type: found.type, extensions: {}, response: {
        authenticatorData: plain(found.response.authenticatorData),
        clientDataJSON: plain(found.response.clientDataJSON),
        signature: plain(found.response.signature),
        userHandle: plain(found.response.userHandle) } }) }), (error) => done({ refused: error.name }));
"#;

/// What Chromium is told to trust: SHA-256 of the certificate's public key.
fn pin(certificate: &[u8]) -> String {
    let (_, certificate) = x509_parser::parse_x509_certificate(certificate).unwrap();
    STANDARD.encode(Sha256::digest(certificate.public_key().raw))
}

/// A page of nothing, under the console's name at another port.
async fn serve_elsewhere() -> (u16, Vec<u8>) {
    let made = rcgen::generate_simple_self_signed(vec![NAME.to_owned(), format!("evil.{NAME}")]).unwrap();
    let (certificate, key) = (made.cert.der().clone(), made.signing_key.serialize_der());
    let config = rustls::ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.clone()], rustls::pki_types::PrivatePkcs8KeyDer::from(key).into())
        .unwrap();
    let (acceptor, listener) =
        (TlsAcceptor::from(Arc::new(config)), TcpListener::bind("127.0.0.1:0").await.unwrap());
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let Ok(mut stream) = acceptor.accept(stream).await else { return };
                let _ = stream.read(&mut [0; 4096]).await;
                let page = "<!doctype html><title>elsewhere</title><p>Elsewhere.</p>";
                let head =
                    "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\nconnection: close\r\ncontent-length";
                let _ = stream.write_all(format!("{head}: {}\r\n\r\n{page}", page.len()).as_bytes()).await;
                let _ = stream.shutdown().await;
            });
        }
    });
    (port, certificate.to_vec())
}

/// The certificate that the server at this origin shows.
async fn certificate_of(origin: &str) -> Vec<u8> {
    let mut config = (*browser::client()).clone();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    let authority = origin.trim_start_matches("https://").trim_end_matches('/');
    let stream = TcpStream::connect(authority).await.unwrap();
    let name = ServerName::try_from("127.0.0.1").unwrap();
    let stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await.unwrap();
    stream.get_ref().1.peer_certificates().unwrap()[0].to_vec()
}

/// What a tool that is no browser does at the console: a thief who relays what a victim's browser signed.
pub struct Relay<'a> {
    stage: &'a Stage,
    browser: super::harness::Browser,
}

/// A challenge that the console gave to the relay.
pub struct Given {
    pub options: String,
    csrf: String,
    id: String,
}

impl<'a> Relay<'a> {
    pub fn new(stage: &'a Stage) -> Self {
        Self { stage, browser: super::harness::Browser::new(stage.shop.console()) }
    }

    fn by_name(&self) -> [(&'static str, String); 2] {
        let authority = format!("{NAME}:{}", self.stage.port());
        [("host", authority.clone()), ("origin", format!("https://{authority}"))]
    }

    /// Asks for a challenge.
    pub async fn ask(&mut self) -> Given {
        let [host, _] = self.by_name();
        let headers = [(host.0, host.1.as_str())];
        let page = self.browser.once(hyper::Method::GET, "/sign-in", None, &headers).await.unwrap();
        let form = page.form("/sign-in/passkey");
        let value = |name: &str| form.value(name).unwrap().to_owned();
        let html = scraper::Html::parse_document(&page.text());
        let css = scraper::Selector::parse("form[data-passkey]").unwrap();
        let options = html.select(&css).next().unwrap().attr("data-options").unwrap().to_owned();
        let parsed: Value = serde_json::from_str(&options).unwrap();
        assert_eq!(parsed["publicKey"]["rpId"], NAME);
        Given { options, csrf: value("csrf"), id: value("challenge") }
    }

    /// Sends an answer; whether it opened the console.
    pub async fn send(&mut self, given: &Given, answer: &str) -> bool {
        let headers = self.by_name();
        let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let fields = [("csrf", &given.csrf), ("challenge", &given.id), ("answer", &answer.to_owned())];
        let body: String = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let body = Some(("application/x-www-form-urlencoded".to_owned(), body.into_bytes()));
        let page = self.browser.once(hyper::Method::POST, "/sign-in/passkey", body, &headers).await.unwrap();
        assert!(page.status.is_redirection() || page.status == 422, "{} {}", page.status, page.words());
        page.status.is_redirection()
    }

    /// Sends the answer to a challenge that somebody else was given; whether it opened the console.
    pub async fn send_as(&mut self, given: &Given, answer: &str) -> bool {
        let own = self.ask().await;
        let stolen = Given { options: String::new(), csrf: own.csrf, id: given.id.clone() };
        self.send(&stolen, answer).await
    }
}
