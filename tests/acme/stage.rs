//! A shop, an authority that can see it, and a client that looks at certificates.

use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, StreamOwned};
use x509_parser::extensions::GeneralName;

use super::harness::browser::{self, Page};
use super::harness::{Admin, Shop, people};
use super::pebble::{Pebble, free_port};

/// The pages of the two listeners' certificates.
pub const SHOP: &str = "/settings/certificate";
pub const CONSOLE: &str = "/settings/console-certificate";

pub struct Stage {
    pub pebble: Pebble,
    pub shop: Option<Shop>,
    pub admin: Admin,
    folder: tempfile::TempDir,
    ports: [u16; 3],
    file: String,
}

/// What a listener shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leaf {
    pub names: Vec<String>,
    pub issuer: String,
    pub der: Vec<u8>,
}

impl Leaf {
    /// Whether it is from the authority and for this name alone.
    pub fn is_for(&self, name: &str) -> bool {
        self.issuer.contains("Pebble Intermediate CA") && self.names == [name]
    }
}

impl Stage {
    pub async fn begin() -> Self {
        Self::begin_with(false).await
    }

    pub async fn begin_with(bound: bool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let ports = [free_port(), free_port(), free_port()];
        let pebble = Pebble::start_with(ports[2], ports[0], bound);
        let file = people::appliance(folder.path(), pebble.root_pem(), "https://127.0.0.1:9");
        let text = std::fs::read_to_string(&file).unwrap();
        std::fs::write(&file, format!("{text}acme_endpoint = \"https://{}\"\n", pebble.address())).unwrap();
        let shop = Shop::start_at(folder.path(), &["--appliance", &file], ports);
        let admin = Admin::set_up(&shop).await;
        Self { pebble, shop: Some(shop), admin, folder, ports, file }
    }

    pub fn shop(&self) -> &Shop {
        self.shop.as_ref().unwrap()
    }

    /// Stops it as a power cut would, and starts it again at the same ports.
    pub async fn cut_power(&mut self) {
        self.shop.take().unwrap().kill();
        self.shop = Some(Shop::start_at(self.folder.path(), &["--appliance", &self.file], self.ports));
    }

    /// Sends the form, with these fields more.
    pub async fn ask(&mut self, page: &str, names: &str, check: &str, more: &[(&str, &str)]) -> Page {
        let action = format!("{page}/ask");
        let form = self.admin.browser.get(page).await.form(&action);
        let mut form = form.set("ask_names", names).set("check", check).set("agreed", "yes");
        for (name, value) in more {
            form = form.set(name, value);
        }
        self.admin.browser.submit(form).await
    }

    /// Looks at the page until it says `words`.
    pub async fn until_it_says(&mut self, page: &str, words: &str) -> Page {
        let deadline = Instant::now() + Duration::from_secs(90);
        loop {
            let seen = self.admin.browser.get(page).await;
            if seen.says(words) {
                return seen;
            }
            let log = || std::fs::read_to_string(self.folder.path().join("cashcowd.log")).unwrap_or_default();
            assert!(Instant::now() < deadline, "it never says {words}:\n{}\n{}", seen.words(), log());
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
    }

    /// What the shop shows to those who ask for `name`.
    pub fn shown(&self, name: Option<&str>) -> Leaf {
        shown(self.shop().storefront(), name)
    }

    /// What the log has.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("cashcowd.log")).unwrap_or_default()
    }

    /// Whether the machine's files hold a private key in clear, of an account or a certificate.
    pub fn keys_in_clear(&self) -> bool {
        let store = std::fs::read(self.folder.path().join("store/shop.redb")).unwrap();
        let found = |what: &str| store.windows(what.len()).any(|window| window == what.as_bytes());
        ["PRIVATE KEY", "key_pem", "request_pem", "mailto:"].iter().any(|what| found(what))
            || self.log().contains("PRIVATE KEY")
    }
}

/// What a listener shows; without a name a client asks for the address, which no hello carries.
pub fn shown(url: &str, name: Option<&str>) -> Leaf {
    let tls = connect(url, name, browser::client()).unwrap();
    let der = tls.conn.peer_certificates().unwrap()[0].to_vec();
    let (_, parsed) = x509_parser::parse_x509_certificate(&der).unwrap();
    let alternative = parsed.subject_alternative_name().unwrap();
    let names = alternative.iter().flat_map(|extension| &extension.value.general_names);
    let names = names.filter_map(|name| match name {
        GeneralName::DNSName(name) => Some((*name).to_owned()),
        _ => None,
    });
    Leaf { names: names.collect(), issuer: parsed.issuer().to_string(), der: der.clone() }
}

pub fn connect(
    url: &str,
    name: Option<&str>,
    config: Arc<ClientConfig>,
) -> Result<StreamOwned<ClientConnection, TcpStream>, String> {
    let at: SocketAddr = url.trim_start_matches("https://").trim_end_matches('/').parse().unwrap();
    let name = ServerName::try_from(name.unwrap_or("127.0.0.1").to_owned()).unwrap();
    let stream = TcpStream::connect(at).map_err(|error| error.to_string())?;
    let mut tls = StreamOwned::new(ClientConnection::new(config, name).unwrap(), stream);
    while tls.conn.is_handshaking() {
        tls.conn.complete_io(&mut tls.sock).map_err(|error| error.to_string())?;
    }
    Ok(tls)
}
