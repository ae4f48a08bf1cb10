//! Debian's rsyslog as the collector, with GnuTLS, on loopback and with a configuration of our own.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::desk::{Log, QUICK, settings, ship};
use super::identity::{Presence, Root};

const RSYSLOG: &str = "/usr/sbin/rsyslogd";
const GNUTLS: &str = "/usr/lib/x86_64-linux-gnu/rsyslog/lmnsd_gtls.so";

struct Rsyslog {
    child: Child,
    folder: PathBuf,
    port: u16,
}

impl Rsyslog {
    /// `None`, and a word about it, where it is not installed.
    fn start(folder: &Path, root: &Root, port: u16) -> Option<Self> {
        if !Path::new(RSYSLOG).exists() || !Path::new(GNUTLS).exists() {
            // Past the harness, which keeps what passing tests print: `tests/run` counts it.
            std::io::stderr().write_all(b"\nskipped: needs rsyslog and rsyslog-gnutls\n").unwrap();
            return None;
        }
        let identity = root.vouch(Presence::Good);
        for (name, text) in [("ca", &root.pem), ("cert", &identity.certificate), ("key", &identity.key)] {
            std::fs::write(folder.join(format!("{name}.pem")), text).unwrap();
        }
        let place = folder.display();
        let config = format!(
            r#"global(workDirectory="{place}" maxMessageSize="16k" defaultNetstreamDriver="gtls"
       defaultNetstreamDriverCAFile="{place}/ca.pem" defaultNetstreamDriverCertFile="{place}/cert.pem"
       defaultNetstreamDriverKeyFile="{place}/key.pem")
module(load="imtcp" streamDriver.name="gtls" streamDriver.mode="1" streamDriver.authMode="anon")
template(name="all" type="string" string="%syslogfacility%|%syslogseverity%|%hostname%|%app-name%|%msgid%|%structured-data%|%msg%\n")
ruleset(name="audit") {{ action(type="omfile" file="{place}/audit.log" template="all") }}
input(type="imtcp" address="127.0.0.1" port="{port}" listenPortFileName="{place}/port" ruleset="audit")
"#
        );
        std::fs::write(folder.join("rsyslog.conf"), config).unwrap();
        let _ = std::fs::remove_file(folder.join("port"));
        let mut child = Command::new(RSYSLOG)
            .arg("-n")
            .arg("-f")
            .arg(folder.join("rsyslog.conf"))
            .arg("-i")
            .arg(folder.join("pid"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let began = Instant::now();
        let port = loop {
            let said = std::fs::read_to_string(folder.join("port")).unwrap_or_default();
            if let Ok(port) = said.trim().parse() {
                break port;
            }
            // It writes down only a port that it chose itself.
            if port != 0 && std::net::TcpStream::connect(("127.0.0.1", port)).is_ok() {
                break port;
            }
            assert!(child.try_wait().unwrap().is_none(), "rsyslog ended at once");
            assert!(began.elapsed() < Duration::from_secs(10), "rsyslog does not listen");
            std::thread::sleep(Duration::from_millis(20));
        };
        Some(Self { child, folder: folder.to_owned(), port })
    }

    /// Asks it to end, and waits until it has written what it took.
    fn end(&mut self) {
        let pid = nix::unistd::Pid::from_raw(self.child.id().try_into().unwrap());
        let _ = nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGTERM);
        self.child.wait().unwrap();
    }

    /// What it wrote down, by number; the same number twice must be the same line.
    fn written(&self) -> BTreeMap<u64, String> {
        let mut all = BTreeMap::new();
        for line in std::fs::read_to_string(self.folder.join("audit.log")).unwrap_or_default().lines() {
            let (_, rest) = line.split_once("number=\"").unwrap_or_else(|| panic!("{line}"));
            let number = rest.split('"').next().unwrap().parse().unwrap();
            let before = all.insert(number, line.to_owned());
            assert!(before.is_none_or(|before| before == line), "two lines under {number}");
        }
        all
    }
}

impl Drop for Rsyslog {
    fn drop(&mut self) {
        self.end();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rsyslog_reads_every_part_and_loses_nothing_when_it_is_started_anew() {
    let folder = tempfile::tempdir().unwrap();
    let root = Root::new();
    let Some(mut rsyslog) = Rsyslog::start(folder.path(), &root, 0) else { return };
    let port = rsyslog.port;
    let log = Log::with(600);
    let at = std::net::SocketAddr::from(([127, 0, 0, 1], port));
    let _work = ship(&log, settings("syslog", at, &root.pem), QUICK);
    log.until("the first are confirmed", |kept| kept.confirmed >= 256).await;
    // In the middle of it, three times.
    for _ in 0..3 {
        rsyslog.end();
        log.add(300);
        tokio::time::sleep(Duration::from_millis(300)).await;
        rsyslog = Rsyslog::start(folder.path(), &root, port).unwrap();
        tokio::time::sleep(Duration::from_millis(150)).await;
    }
    log.until("all are confirmed", |kept| kept.confirmed == 1500).await;
    rsyslog.end();
    let written = rsyslog.written();
    let missing: Vec<_> = (1..=1500).filter(|number| !written.contains_key(number)).collect();
    assert!(missing.is_empty(), "{missing:?} are missing");
    let wanted = "13|4|shop.example|cashcowd|SignIn|[cashcow@32473 number=\"7\" log=\"c0ffee\" who=\"person\" \
        object=\"a \\\"quoted\\\" [thing\\] \\\\ 7 Köln\"]|\u{feff}ada@example.com signed in, 7 Käse";
    assert_eq!(written[&7], wanted);
}
