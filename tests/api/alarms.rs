//! An alarm on its whole way: the gateway tells of a wrong amount, the journal gets an alert, the screen and
//! every page of the console say so, until somebody has dealt with it.

use std::os::unix::fs::MetadataExt;
use std::os::unix::net::UnixDatagram;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};

use super::double::{Double, Fault};
use super::harness::{Admin, Shop, Shopper, cards, people};

/// A journal of this thread's own, in a mount namespace of this thread's; `None`, and a word about it, where
/// that cannot be. What it hears comes record by record.
fn own_journal() -> Option<Receiver<Vec<u8>>> {
    let none = None::<&str>;
    let made = unshare(CloneFlags::CLONE_NEWNS)
        .and_then(|()| mount(none, "/", none, MsFlags::MS_REC | MsFlags::MS_PRIVATE, none))
        .and_then(|()| mount(Some("tmpfs"), "/run", Some("tmpfs"), MsFlags::empty(), none));
    if let Err(error) = made {
        println!("the journal is not looked at: no mount namespace can be made here: {error}");
        return None;
    }
    std::fs::create_dir_all("/run/systemd/journal").unwrap();
    let socket = UnixDatagram::bind("/run/systemd/journal/socket").unwrap();
    let (tell, hear) = channel();
    std::thread::spawn(move || {
        let mut bytes = vec![0; 256 * 1024];
        while let Ok(length) = socket.recv(&mut bytes) {
            if tell.send(bytes[..length].to_vec()).is_err() {
                break;
            }
        }
    });
    Some(hear)
}

/// The first record at priority alert.
fn alert(journal: &Receiver<Vec<u8>>) -> String {
    let until = Instant::now() + Duration::from_secs(20);
    loop {
        let left = until.saturating_duration_since(Instant::now());
        let record = journal.recv_timeout(left).expect("no alert reached the journal");
        // The length of a value is eight bytes, the lowest first.
        let priority = b"PRIORITY\n\x01\0\0\0\0\0\0\x001\n";
        if record.windows(priority.len()).any(|part| part == priority) {
            return String::from_utf8_lossy(&record).into_owned();
        }
    }
}

/// Waits until the file that the machine's screen reads says (or no longer says) that an alarm is open.
async fn screen_tells(shop: &Shop, wanted: bool) {
    let until = Instant::now() + Duration::from_secs(20);
    let status = || std::fs::read_to_string(shop.folder().join("run/status.json")).unwrap();
    while status().contains("1 alarm of the shop is open") != wanted {
        assert!(Instant::now() < until, "{}", status());
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test]
async fn a_wrong_amount_alerts_the_journal_the_screen_and_the_console_until_it_is_dealt_with() {
    let journal = own_journal();
    let gateway = Double::stripe().await;
    let folder = tempfile::tempdir().unwrap();
    let options = people::appliance(folder.path(), gateway.root_pem(), &gateway.endpoint());
    let mut variables = Vec::new();
    if journal.is_some() {
        // systemd names the stream by device and inode of standard error.
        let about = std::fs::File::create(folder.path().join("cashcowd.log")).unwrap().metadata().unwrap();
        variables.push(("JOURNAL_STREAM", format!("{}:{}", about.dev(), about.ino())));
    }
    let shop = Shop::try_start_in(folder.path(), &["--appliance", &options], &variables).unwrap();
    let mut admin = Admin::set_up(&shop).await;
    admin.use_stripe("sk_test_double").await;
    screen_tells(&shop, false).await;

    gateway.plan("/confirm", Fault::WrongAmount);
    let mut shopper = Shopper::of(&shop);
    let page = shopper.buy("stoneware-mug", &cards::number(1), "123").await;
    assert!(page.at.starts_with("/order/"), "{} {}", page.at, page.words());
    assert!(!page.words().to_lowercase().contains("alarm"), "shoppers are not alarmed: {}", page.words());

    if let Some(journal) = &journal {
        let record = alert(journal);
        for words in ["payment-mismatch", "order 1001", "another amount", "SYSLOG_IDENTIFIER"] {
            assert!(record.contains(words), "{words} in {record}");
        }
    } else {
        let log = std::fs::read_to_string(folder.path().join("cashcowd.log")).unwrap();
        assert!(
            log.contains("ALERT alarm: alarm 1, order 1001: the gateway tells of another amount"),
            "{log}"
        );
    }
    screen_tells(&shop, true).await;

    for path in ["/", "/orders", "/orders/1001", "/products", "/settings/gateway", "/alarms"] {
        let page = admin.browser.get(path).await;
        assert!(
            page.says("1 open alarm:") && page.says("tells of another amount"),
            "{path}: {}",
            page.words()
        );
    }
    let page = admin.browser.get("/alarms").await;
    assert!(page.links("/orders/").contains(&"/orders/1001".to_owned()), "{:?}", page.links("/"));
    assert!(page.says("Do not ship."), "{}", page.words());
    let page = admin.browser.submit(page.form("/alarms/1/acknowledge")).await;
    assert!(page.at.starts_with("/alarms") && page.says("No alarm is open."), "{}", page.words());
    assert!(page.says(people::EMAIL), "who has dealt with it is named: {}", page.words());
    assert!(!admin.browser.get("/").await.says("open alarm"));
    screen_tells(&shop, false).await;
}
