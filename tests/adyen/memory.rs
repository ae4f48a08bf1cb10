//! The card's way through hyper and rustls, seen from the process's own memory. Without this, a copy that a
//! library keeps goes unnoticed until somebody reads a core file.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use cashcow::payment::CaptureMode;
use cashcow::payment::gateway::{Gateway, Outcome};
use zeroize::Zeroizing;

use super::double::Double;
use super::shop::{Shop, card, visitor};

/// What is searched for is kept masked, so that the search does not find itself.
const MASK: u8 = 0x5a;
/// Fifteen digits of a valid number that nothing else in this process uses; the last one is worked out.
const DIGITS: [u8; 15] = [4, 2, 4, 2, 4, 2, 7, 3, 9, 1, 0, 5, 8, 6, 2];
/// Names the file for the other process's root.
const ROOT: &str = "CASHCOW_TEST_ROOT";
const SERVE: &str = "memory::a_gateway_in_a_process_of_its_own";
const AT: &str = "gateway at ";
const PIECE: usize = 1 << 20;

fn masked_number() -> Vec<u8> {
    let sum = DIGITS.iter().rev().enumerate().map(|(place, digit)| {
        let digit = if place % 2 == 0 { digit * 2 } else { *digit };
        digit / 10 + digit % 10
    });
    let check = (10 - sum.sum::<u8>() % 10) % 10;
    DIGITS.iter().chain([&check]).map(|digit| (digit + b'0') ^ MASK).collect()
}

/// Where in this process's readable memory the number stands.
fn places(masked: &[u8]) -> Vec<String> {
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
    let mut memory = File::open("/proc/self/mem").unwrap();
    let mut piece = Zeroizing::new(vec![0; PIECE]);
    let mut found = Vec::new();
    for line in maps.lines().filter(|line| !line.contains("[vvar") && !line.contains("[vsyscall")) {
        let (range, rest) = line.split_once(' ').unwrap();
        let (from, to) = range.split_once('-').unwrap();
        let mut from = u64::from_str_radix(from, 16).unwrap();
        let to = u64::from_str_radix(to, 16).unwrap();
        while rest.starts_with('r') && from < to {
            let length = usize::try_from(to - from).unwrap().min(PIECE);
            memory.seek(SeekFrom::Start(from)).unwrap();
            // A stack that shrinks or a file that was cut short cannot be read, and holds nothing.
            if memory.read_exact(&mut piece[..length]).is_err() {
                break;
            }
            piece[..length].iter_mut().for_each(|byte| *byte ^= MASK);
            let hits = piece[..length].windows(masked.len()).filter(|window| *window == masked).count();
            found.extend((0..hits).map(|_| line.to_owned()));
            piece.fill(0);
            // Pieces overlap, so that none cuts the number in two.
            from += length as u64 - if length == PIECE { 64 } else { 0 };
        }
    }
    found
}

/// A gateway elsewhere, so that its own copies do not count.
struct Elsewhere {
    child: Child,
    address: String,
    root: std::path::PathBuf,
}

impl Elsewhere {
    fn start(folder: &tempfile::TempDir) -> Self {
        let root = folder.path().join("root.pem");
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", SERVE, "--nocapture"])
            .env(ROOT, &root)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let address = lines.map_while(Result::ok).find_map(|line| Some(line.split_once(AT)?.1.to_owned()));
        Self { child, address: address.unwrap(), root }
    }
}

impl Drop for Elsewhere {
    fn drop(&mut self) {
        // It is ours, by its own handle.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The other half of the test below; alone it has nothing to do.
#[tokio::test]
async fn a_gateway_in_a_process_of_its_own() {
    let Some(root) = std::env::var_os(ROOT) else { return };
    let double = Double::adyen().await;
    std::fs::write(root, double.root_pem()).unwrap();
    println!("{AT}{}", double.address());
    std::future::pending::<()>().await;
}

#[tokio::test]
async fn nothing_of_a_card_is_left_in_memory_after_it_was_sent() {
    let folder = tempfile::tempdir().unwrap();
    let elsewhere = Elsewhere::start(&folder);
    let root = std::fs::read_to_string(&elsewhere.root).unwrap();
    let masked = masked_number();
    for _ in 0..3 {
        let shop = Shop::new(elsewhere.address.parse().unwrap(), &root, CaptureMode::Automatic).await;
        let card = {
            let mut number = Zeroizing::new(String::with_capacity(masked.len()));
            number.extend(masked.iter().map(|byte| char::from(byte ^ MASK)));
            card(&number)
        };
        assert!(!places(&masked).is_empty(), "the search is broken: it does not see a card that is there");
        let last_four = card.last_four().to_owned();
        let outcome = shop.adyen.confirm(&shop.attempt, card, &visitor()).await;
        assert!(
            matches!(&outcome, Outcome::Captured(paid) if paid.card.last_four == last_four),
            "{outcome:?}"
        );
    }
    tokio::time::sleep(Duration::from_millis(200)).await;
    let left = places(&masked);
    assert!(left.is_empty(), "{left:#?}");
}
