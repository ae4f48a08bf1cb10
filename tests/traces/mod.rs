//! A card number's traces in this process's own memory. What is searched for is kept masked, so that the search
//! does not find itself; the gateway runs in a process of its own, so that its copies do not count.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test may fail loudly"
)]

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom};
use std::process::{Child, Command, Stdio};

use zeroize::Zeroizing;

use super::double::Double;

const MASK: u8 = 0x5a;
/// Fifteen digits of a valid number that nothing else in this process uses; the last one is worked out.
const DIGITS: [u8; 15] = [4, 2, 4, 2, 4, 2, 7, 3, 9, 1, 0, 5, 8, 6, 2];
/// Names the file for the other process's root.
const ROOT: &str = "CASHCOW_TEST_ROOT";
const AT: &str = "gateway at ";
const PIECE: usize = 1 << 20;

/// The number, masked.
pub struct Trace(Vec<u8>);

impl Trace {
    pub fn new() -> Self {
        let sum = DIGITS.iter().rev().enumerate().map(|(place, digit)| {
            let digit = if place % 2 == 0 { digit * 2 } else { *digit };
            digit / 10 + digit % 10
        });
        let check = (10 - sum.sum::<u8>() % 10) % 10;
        Self(DIGITS.iter().chain([&check]).map(|digit| (digit + b'0') ^ MASK).collect())
    }

    /// The number in a buffer that is wiped.
    pub fn number(&self) -> Zeroizing<String> {
        let mut number = Zeroizing::new(String::with_capacity(self.0.len()));
        number.extend(self.0.iter().map(|byte| char::from(byte ^ MASK)));
        number
    }

    /// Where in this process's readable memory the number stands.
    pub fn places(&self) -> Vec<String> {
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
                let hits = piece[..length].windows(self.0.len()).filter(|window| *window == self.0).count();
                found.extend((0..hits).map(|_| line.to_owned()));
                piece.fill(0);
                // Pieces overlap, so that none cuts the number in two.
                from += length as u64 - if length == PIECE { 64 } else { 0 };
            }
        }
        found
    }
}

/// A gateway elsewhere: a test of this same program that calls [`stay`].
pub struct Elsewhere {
    child: Child,
    pub address: String,
    pub root_pem: String,
}

impl Elsewhere {
    /// Runs the test of this name in a process of its own.
    pub fn start(test: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("root.pem");
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", test, "--nocapture"])
            .env(ROOT, &root)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let address = lines.map_while(Result::ok).find_map(|line| Some(line.split_once(AT)?.1.to_owned()));
        let root_pem = std::fs::read_to_string(&root).unwrap();
        Self { child, address: address.unwrap(), root_pem }
    }
}

impl Drop for Elsewhere {
    fn drop(&mut self) {
        // It is ours, by its own handle.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Whether this process is the one that was started for the gateway.
pub fn is_elsewhere() -> bool {
    std::env::var_os(ROOT).is_some()
}

/// Says where the gateway is, and stays until the process is ended.
pub async fn stay(double: Double) {
    std::fs::write(std::env::var_os(ROOT).unwrap(), double.root_pem()).unwrap();
    println!("{AT}{}", double.address());
    std::future::pending::<()>().await;
}
