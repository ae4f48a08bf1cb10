//! Let's Encrypt's own server for tests, on loopback, with a name server that knows what it is told. Both come
//! from Debian's package `pebble`; whatever asks has to bring the listeners that it looks at.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};

/// How long its certificates live: as long as those of Let's Encrypt.
pub const LIFE: u64 = 90 * 86_400;
/// A name that it refuses, whoever asks.
pub const BLOCKED: &str = "blocked.example.com";
/// A key id and key that it takes where an account must be tied to another one.
pub const BINDING: (&str, &str) =
    ("kid-1", "zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W");

/// A running authority. Stopped (by pid) when dropped.
pub struct Pebble {
    folder: tempfile::TempDir,
    authority: Option<Child>,
    names: Child,
    at: SocketAddr,
    dns: SocketAddr,
    telling: SocketAddr,
    root: String,
}

/// A port on loopback that is free now.
pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

impl Pebble {
    /// Looks at these ports for `http-01` and `tls-alpn-01`.
    pub fn start(http: u16, tls: u16) -> Self {
        Self::start_with(http, tls, false)
    }

    /// One that makes accounts only for those who have [`BINDING`], if `bound`.
    pub fn start_with(http: u16, tls: u16, bound: bool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let [at, dns, telling] = [0; 3].map(|_| SocketAddr::from(([127, 0, 0, 1], free_port())));
        let root = certificates(folder.path());
        let config = serde_json::json!({ "pebble": {
            "listenAddress": at.to_string(),
            "managementListenAddress": "",
            "certificate": folder.path().join("cert.pem"),
            "privateKey": folder.path().join("key.pem"),
            "httpPort": http,
            "tlsPort": tls,
            "ocspResponderURL": "",
            "externalAccountBindingRequired": bound,
            "externalAccountMACKeys": { BINDING.0: BINDING.1 },
            "domainBlocklist": [BLOCKED],
            "certificateValidityPeriod": LIFE,
        }});
        std::fs::write(folder.path().join("config.json"), config.to_string()).unwrap();
        let mut names = Command::new("pebble-challtestsrv");
        names.args([
            "-defaultIPv4",
            "127.0.0.1",
            "-defaultIPv6",
            "",
            "-http01",
            "",
            "-https01",
            "",
            "-tlsalpn01",
            "",
        ]);
        names.args(["-dns01", &dns.to_string(), "-management", &telling.to_string()]);
        let names = spawn(names, folder.path(), "names.log");
        let mut pebble = Self { folder, authority: None, names, at, dns, telling, root };
        wait_for(telling);
        pebble.resume();
        pebble
    }

    /// Starts it again after [`Pebble::pause`]: it has forgotten everything, accounts and all.
    pub fn resume(&mut self) {
        let mut authority = Command::new("pebble");
        authority.arg("-config").arg(self.folder.path().join("config.json"));
        authority.args(["-dnsserver", &self.dns.to_string()]);
        // At once, and each name is checked anew. One in twenty good nonces is refused all the same.
        authority.env("PEBBLE_VA_NOSLEEP", "1").env("PEBBLE_AUTHZREUSE", "0");
        self.authority = Some(spawn(authority, self.folder.path(), "pebble.log"));
        wait_for(self.at);
    }

    /// Stops it; nobody answers at its address.
    pub fn pause(&mut self) {
        if let Some(mut authority) = self.authority.take() {
            authority.kill().unwrap();
            authority.wait().unwrap();
        }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.at
    }

    /// The root under which its listener is believed, PEM. Not the one of its certificates.
    pub fn root_pem(&self) -> &str {
        &self.root
    }

    /// Lets `name` lead to another address of loopback.
    pub fn lead(&self, name: &str, address: &str) {
        let body = serde_json::json!({ "host": format!("{name}."), "addresses": [address] }).to_string();
        let mut stream = TcpStream::connect(self.telling).unwrap();
        let head = format!(
            "POST /add-a HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(head.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }

    /// What it has logged.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("pebble.log")).unwrap_or_default()
    }
}

impl Drop for Pebble {
    fn drop(&mut self) {
        self.pause();
        let _ = self.names.kill();
        let _ = self.names.wait();
    }
}

fn spawn(mut command: Command, folder: &Path, log: &str) -> Child {
    let log = std::fs::File::options().create(true).append(true).open(folder.join(log)).unwrap();
    let copy = log.try_clone().unwrap();
    let child = command.stdin(Stdio::null()).stdout(log).stderr(copy).spawn();
    child.unwrap_or_else(|error| {
        panic!("{:?} cannot be started ({error}): apt-get install pebble", command.get_program())
    })
}

fn wait_for(at: SocketAddr) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while TcpStream::connect(at).is_err() {
        assert!(Instant::now() < deadline, "nobody listens at {at}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// A root and a certificate of it for the listener: a certificate that signs itself is not taken for a server's.
fn certificates(folder: &Path) -> String {
    let root_key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(vec![]).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let root = params.self_signed(&root_key).unwrap();
    let issuer = Issuer::new(params, root_key);
    let key = KeyPair::generate().unwrap();
    let leaf =
        CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap().signed_by(&key, &issuer).unwrap();
    std::fs::write(folder.join("cert.pem"), leaf.pem()).unwrap();
    std::fs::write(folder.join("key.pem"), key.serialize_pem()).unwrap();
    root.pem()
}
