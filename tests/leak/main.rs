//! Without this, a card could lie somewhere for years before anybody looks: 200 orders are paid with numbers
//! made at run time, then everything that is kept and everything that was said is searched for them.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test may fail loudly"
)]

mod answers;
mod appliance;
mod banks;
mod desk;
mod detours;
#[path = "../double/mod.rs"]
mod double;
#[path = "../harness/mod.rs"]
mod harness;
mod letters;
mod lost;
mod scan;
mod stage;
mod vendor;
mod vendors;
#[path = "../stripe/browser.rs"]
mod visit;

use std::path::Path;
use std::process::Command;

use harness::{Admin, Shop, Shopper, cards};
use scan::{Find, Scan, Sentinel};

const ORDERS: usize = 200;
const AT_ONCE: usize = 4;
const GOODS: &str = "stoneware-mug";

/// Numbers that nobody has seen before this run: their middle comes from the clock, or from `LEAK_SEED`.
fn sentinels(count: usize) -> Vec<Sentinel> {
    let begun = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let wanted = std::env::var("LEAK_SEED").ok().map(|seed| seed.parse().expect("LEAK_SEED is a number"));
    let seed: u64 = wanted.unwrap_or_else(|| u64::try_from(begun.as_micros()).unwrap());
    println!("seed {seed}");
    let each = (0..count as u64).map(|n| Sentinel {
        number: cards::number(seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(n * 7_919)),
        code: format!("{:03}", 101 + (seed + n * 37) % 899),
    });
    each.collect()
}

/// Pays `sentinels` at `storefront`, several at once; returns every byte that came back.
async fn pay_all(storefront: &str, sentinels: &[Sentinel]) -> Vec<u8> {
    let mut said = Vec::new();
    for (round, batch) in sentinels.chunks(ORDERS / AT_ONCE).enumerate() {
        let (storefront, batch) = (storefront.to_owned(), batch.to_vec());
        said.push(tokio::spawn(async move {
            let mut seen = Vec::new();
            for (n, card) in batch.iter().enumerate() {
                let mut shopper = Shopper::at(&storefront);
                shopper.add(GOODS).await;
                let page = shopper.reach_payment("Grace Hopper").await;
                // One in four first makes a mistake: error paths keep no card either.
                if n % 4 == 0 {
                    let wrong = harness::people::card(&page, &card.number, &card.code).set("cc-exp", "13/99");
                    let page = shopper.browser.submit(wrong).await;
                    assert!(page.status.is_client_error(), "a wrong expiry was taken: {}", page.words());
                }
                let page = shopper.pay(&page, &card.number, &card.code).await;
                assert!(
                    page.at.starts_with("/order/"),
                    "order {round}/{n}: {} {}",
                    page.status,
                    page.words()
                );
                assert!(page.says(&card.number[12..]), "the last four digits are not on the order's page");
                seen.append(&mut shopper.browser.seen);
            }
            seen
        }));
    }
    let mut responses = Vec::new();
    for each in said {
        responses.append(&mut each.await.unwrap());
    }
    responses
}

/// Everything that the console shows of goods and orders.
async fn read_all(admin: &mut Admin) {
    for page in ["/", "/orders", "/products"] {
        admin.browser.get(page).await;
    }
    for link in admin.orders().await.links("/orders/") {
        admin.browser.get(&link).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn service_keeps_no_trace_of_two_hundred_cards() {
    let folder = tempfile::tempdir().unwrap();
    let shop = Shop::start(folder.path());
    let sentinels = sentinels(ORDERS);
    let scan = Scan::new(&sentinels);
    planted_sentinels_are_found(&scan, &sentinels, folder.path());

    let mut admin = Admin::set_up(&shop).await;
    admin.restock(GOODS, 9_000).await;
    let mut responses = pay_all(shop.storefront(), &sentinels).await;
    read_all(&mut admin).await;
    responses.append(&mut admin.browser.seen);

    // The log's queue and the connections' buffers settle within two seconds.
    tokio::time::sleep(std::time::Duration::from_secs(2)).await;
    let core = core_of(&shop, folder.path());
    shop.stop();

    let mut finds = scan.search("responses", &responses);
    finds.extend(scan.search_file(&core));
    std::fs::remove_file(&core).unwrap();
    let files = files_in(folder.path());
    assert!(files.len() >= 3, "store, log and TPM state are looked through: {files:?}");
    for file in files {
        finds.extend(scan.search_file(&file));
    }
    let (rows, row_finds) = decrypted_rows(folder.path(), &scan);
    finds.extend(row_finds);
    assert!(rows > 3 * ORDERS, "the decrypted view has {rows} rows: orders, attempts and links are there");
    assert!(finds.is_empty(), "{} finds, first ten:\n{:#?}", finds.len(), &finds[..finds.len().min(10)]);
    println!(
        "{ORDERS} cards: nothing in {rows} rows, in files, log, core and {} bytes of answers",
        responses.len()
    );
}

/// The scan is broken if it does not find what is there, in each dress and at each place.
fn planted_sentinels_are_found(scan: &Scan, sentinels: &[Sentinel], folder: &Path) {
    use base64::Engine;
    let card = &sentinels[7];
    let number = card.number.as_bytes();
    let utf16 = |to: fn(u16) -> [u8; 2]| card.number.encode_utf16().flat_map(to).collect::<Vec<u8>>();
    let bcd: Vec<u8> = number.chunks(2).map(|pair| (pair[0] - b'0') * 16 + pair[1] - b'0').collect();
    let mut dresses = vec![number.to_vec(), utf16(u16::to_le_bytes), utf16(u16::to_be_bytes), bcd];
    for before in ["", "x", "xy", "xyz"] {
        let text = format!("{before}{}and more", card.number);
        dresses.push(base64::engine::general_purpose::STANDARD.encode(text).into_bytes());
    }
    for dress in &dresses {
        let file = folder.join("planted");
        std::fs::write(&file, [&[0xa5; 1000][..], dress, &[0x5a; 1000]].concat()).unwrap();
        let found = scan.search("planted", &std::fs::read(&file).unwrap());
        assert!(!found.is_empty(), "a planted number was not found: {dress:02x?}");
        std::fs::remove_file(&file).unwrap();
    }
    for field in [
        "cc-csc=",
        "\"cvc\":\"",
        "payment_method_data[card][cvc]=",
        "payment_method_data%5Bcard%5D%5Bcvc%5D=",
        "cvv: ",
        "\"cardCode\":\"",
        "\"cardCode\" : \"",
        "\\\"cardCode\\\":\\\"",
        "<cardCode>",
        "%22cardCode%22%3A%22",
        "\"securityCode\":\"",
        "\"CVC2\":\"",
    ] {
        let text = format!("...{field}{}&...", card.code);
        assert!(!scan.search("planted", text.as_bytes()).is_empty(), "a planted code was not found: {text}");
    }
    for field in
        ["\"cardNumber\":\"", "\"number\":", "payment_method_data%5Bcard%5D%5Bnumber%5D=", "<cardNumber>"]
    {
        let text = format!("...{field}{}...", card.number);
        assert!(
            !scan.search("planted", text.as_bytes()).is_empty(),
            "a planted number was not found: {text}"
        );
    }
    let near = format!("{} and, some words later, {}", card.number, card.code);
    assert_eq!(scan.codes_near_numbers(near.as_bytes()), 1);
    assert!(scan.search("nothing", b"4242 and other words, 0000000000000000").is_empty());
}

/// The whole memory of the running service, by root's own debugger: what a crash would have left behind had
/// the service not forbidden it.
fn core_of(shop: &Shop, folder: &Path) -> std::path::PathBuf {
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", shop.pid())).unwrap();
    let line = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    assert!(
        line.split_whitespace().filter(|word| *word == "0").count() == 2,
        "the service may leave a core: {line}"
    );
    let to = folder.join("core");
    let made =
        Command::new("gcore").arg("-a").arg("-o").arg(&to).arg(shop.pid().to_string()).output().unwrap();
    assert!(made.status.success(), "gcore: {}", String::from_utf8_lossy(&made.stderr));
    folder.join(format!("core.{}", shop.pid()))
}

fn files_in(folder: &Path) -> Vec<std::path::PathBuf> {
    let (mut folders, mut files) = (vec![folder.to_owned()], vec![]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.is_file() {
                files.push(path);
            }
        }
    }
    files
}

/// Every row as it was before it was sealed.
fn decrypted_rows(folder: &Path, scan: &Scan) -> (usize, Vec<Find>) {
    let runtime = tokio::runtime::Handle::current();
    let folder = folder.to_owned();
    std::thread::scope(|scope| {
        let opened = scope
            .spawn(|| runtime.block_on(cashcow::boot::demo::open_store(&folder)).unwrap())
            .join()
            .unwrap();
        let (mut rows, mut finds) = (0, Vec::new());
        opened
            .every_row(|table, key, row| {
                rows += 1;
                finds.extend(scan.search(table, key));
                finds.extend(scan.search(table, row));
            })
            .unwrap();
        (rows, finds)
    })
}
