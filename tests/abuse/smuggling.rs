//! Requests that two readers could take for different ones (RFC 9112 section 11.2): one answer at most, then the
//! connection ends, so that nothing behind an unclear request is ever taken for a request of its own.

use super::harness::Shop;
use super::wire::{Wire, authority, statuses};

/// What follows the unclear request; an answer to it would be a second one.
const HIDDEN: &str = "GET /assets/none HTTP/1.1\r\nHost: HOST\r\n\r\n";

/// Head (without its last empty line), body.
const UNCLEAR: &[(&str, &str, &str)] = &[
    (
        "length and chunks",
        "POST /cart/add HTTP/1.1\r\nHost: HOST\r\nContent-Length: 6\r\nTransfer-Encoding: chunked",
        "0\r\n\r\n",
    ),
    (
        "chunks and length",
        "POST /cart/add HTTP/1.1\r\nHost: HOST\r\nTransfer-Encoding: chunked\r\nContent-Length: 3",
        "1\r\na\r\n0\r\n\r\n",
    ),
    ("chunks in a GET", "GET /cart HTTP/1.1\r\nHost: HOST\r\nTransfer-Encoding: chunked", "0\r\n\r\n"),
    ("length of a GET", "GET /cart HTTP/1.1\r\nHost: HOST\r\nContent-Length: 5", "a=b&c"),
];

/// Heads that no reader should take.
const WRONG: &[(&str, &str)] = &[
    ("two lengths", "POST /cart/add HTTP/1.1\r\nHost: HOST\r\nContent-Length: 0\r\nContent-Length: 5"),
    ("a list of lengths", "POST /cart/add HTTP/1.1\r\nHost: HOST\r\nContent-Length: 0, 5"),
    ("a signed length", "POST /cart/add HTTP/1.1\r\nHost: HOST\r\nContent-Length: +0"),
    ("a negative length", "POST /cart/add HTTP/1.1\r\nHost: HOST\r\nContent-Length: -1"),
    ("a length in hex", "POST /cart/add HTTP/1.1\r\nHost: HOST\r\nContent-Length: 0x0"),
    ("an endless length", "POST /cart/add HTTP/1.1\r\nHost: HOST\r\nContent-Length: 99999999999999999999999"),
    ("an unknown coding", "POST /cart/add HTTP/1.1\r\nHost: HOST\r\nTransfer-Encoding: xchunked"),
    ("chunked is not last", "POST /cart/add HTTP/1.1\r\nHost: HOST\r\nTransfer-Encoding: chunked, identity"),
    ("a space before the colon", "POST /cart/add HTTP/1.1\r\nHost: HOST\r\nTransfer-Encoding : chunked"),
    ("a folded header", "POST /cart/add HTTP/1.1\r\nHost: HOST\r\nX: a\r\n Transfer-Encoding: chunked"),
    ("a null", "GET / HTTP/1.1\r\nHost: HOST\r\nX: a\0b"),
    ("a bare carriage return", "GET / HTTP/1.1\r\nHost: HOST\r\nX: a\rTransfer-Encoding: chunked"),
    ("a header without a name", "GET / HTTP/1.1\r\nHost: HOST\r\n: chunked"),
    ("spaces in the address", "GET / /x HTTP/1.1\r\nHost: HOST"),
    ("no such version", "GET / HTTP/3.7\r\nHost: HOST"),
    ("a method of signs", "G@T / HTTP/1.1\r\nHost: HOST"),
    ("a null in the address", "GET /\0 HTTP/1.1\r\nHost: HOST"),
    ("no slash", "GET cart HTTP/1.1\r\nHost: HOST"),
    ("a tunnel", "CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443"),
    ("an echo", "TRACE / HTTP/1.1\r\nHost: HOST"),
];

/// Chunked bodies that no reader should take.
const CHUNKS: &[(&str, &str)] = &[
    ("a size that wraps", "ffffffffffffffff0\r\na\r\n0\r\n\r\n"),
    ("a size with a sign", "+1\r\na\r\n0\r\n\r\n"),
    ("a size with a prefix", "0x1\r\na\r\n0\r\n\r\n"),
    ("a chunk longer than it says", "1\r\nab\r\n0\r\n\r\n"),
    ("no size", "\r\na\r\n0\r\n\r\n"),
    ("a bare line end", "1\na\n0\n\n"),
];

fn both(shop: &Shop) -> [(&'static str, String); 2] {
    [("storefront", shop.storefront().to_owned()), ("console", shop.console().to_owned())]
}

fn ask(url: &str, request: &str) -> (Vec<u16>, bool) {
    let mut wire = Wire::open(url, b"http/1.1");
    wire.send(request.replace("HOST", authority(url)).as_bytes());
    let (answer, closed) = wire.read();
    (statuses(&answer), closed)
}

#[test]
fn nothing_behind_an_unclear_request_is_answered() {
    let folder = tempfile::tempdir().unwrap();
    let shop = Shop::start(folder.path());
    for (listener, url) in both(&shop) {
        let (clear, _) = ask(&url, &HIDDEN.repeat(2));
        assert_eq!(clear.len(), 2, "{listener}: two clear requests get two answers: {clear:?}");
        for (name, head, body) in UNCLEAR {
            let (answers, closed) = ask(&url, &format!("{head}\r\n\r\n{body}{HIDDEN}"));
            assert!(answers.len() <= 1, "{listener}, {name}: {answers:?}");
            assert!(closed, "{listener}, {name}: the connection went on");
            assert!(answers.iter().all(|status| *status < 500), "{listener}, {name}: {answers:?}");
        }
    }
}

#[test]
fn a_head_that_breaks_the_rules_is_refused_and_ends_the_connection() {
    let folder = tempfile::tempdir().unwrap();
    let shop = Shop::start(folder.path());
    for (listener, url) in both(&shop) {
        for (name, head) in WRONG {
            let (answers, closed) = ask(&url, &format!("{head}\r\n\r\n0\r\n\r\n{HIDDEN}"));
            let refused = answers.iter().all(|status| (400..500).contains(status) || *status == 505);
            assert!(refused && answers.len() <= 2, "{listener}, {name}: {answers:?}");
            assert!(closed || answers.len() <= 2, "{listener}, {name}: the connection went on");
        }
        for (name, body) in CHUNKS {
            let head = "POST /cart/add HTTP/1.1\r\nHost: HOST\r\nTransfer-Encoding: chunked\r\n\
                        Content-Type: application/x-www-form-urlencoded";
            let (answers, closed) = ask(&url, &format!("{head}\r\n\r\n{body}{HIDDEN}"));
            assert!(answers.len() <= 1, "{listener}, {name}: {answers:?}");
            assert!(
                answers.iter().all(|status| (400..500).contains(status)),
                "{listener}, {name}: {answers:?}"
            );
            assert!(closed, "{listener}, {name}: the connection went on");
        }
        let (alive, _) = ask(&url, HIDDEN);
        assert_eq!(alive, [404], "{listener} goes on");
    }
}

#[test]
fn the_host_of_a_request_is_one_and_clear() {
    let folder = tempfile::tempdir().unwrap();
    let shop = Shop::start(folder.path());
    for (listener, url) in both(&shop) {
        for (name, request) in [
            ("two hosts", "GET / HTTP/1.1\r\nHost: HOST\r\nHost: evil.example\r\n\r\n"),
            ("no host", "GET / HTTP/1.1\r\n\r\n"),
            ("an address and another host", "GET https://evil.example/ HTTP/1.1\r\nHost: HOST\r\n\r\n"),
            ("a host with a path", "GET / HTTP/1.1\r\nHost: evil.example/x\r\n\r\n"),
            ("a host with a user", "GET / HTTP/1.1\r\nHost: user@evil.example\r\n\r\n"),
        ] {
            let mut wire = Wire::open(&url, b"http/1.1");
            wire.send(request.replace("HOST", authority(&url)).as_bytes());
            let (answer, _) = wire.read();
            let text = String::from_utf8_lossy(&answer);
            assert!(!text.contains("evil.example"), "{listener}, {name}:\n{text}");
            assert!(statuses(&answer).iter().all(|status| *status < 500), "{listener}, {name}");
        }
    }
}

#[test]
fn http_2_frames_that_break_the_rules_end_the_connection_and_nothing_else() {
    const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    let settings = [0, 0, 0, 4, 0, 0, 0, 0, 0];
    let folder = tempfile::tempdir().unwrap();
    let shop = Shop::start(folder.path());
    let frame = |kind: u8, flags: u8, stream: u32, payload: &[u8]| {
        let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
        let mut frame = vec![length[1], length[2], length[3], kind, flags];
        frame.extend(stream.to_be_bytes());
        frame.extend(payload);
        frame
    };
    // A literal header without indexing: name and value as they are.
    let literal = |name: &str, value: &str| {
        let mut field = vec![0, u8::try_from(name.len()).unwrap()];
        field.extend(name.bytes());
        field.push(u8::try_from(value.len()).unwrap());
        field.extend(value.bytes());
        field
    };
    let request = |more: &[(&str, &str)]| {
        let mut block = Vec::new();
        for (name, value) in
            [(":method", "GET"), (":scheme", "https"), (":path", "/health"), (":authority", "x")]
        {
            block.extend(literal(name, value));
        }
        for (name, value) in more {
            block.extend(literal(name, value));
        }
        block
    };
    for (listener, url) in both(&shop) {
        let many: Vec<u8> = (0..2000)
            .flat_map(|n| {
                let stream = 2 * n + 1;
                [frame(1, 5, stream, &request(&[])), frame(3, 0, stream, &8_u32.to_be_bytes())].concat()
            })
            .collect();
        for (name, frames) in [
            ("a line end in a value", frame(1, 5, 1, &request(&[("x", "a\r\nset-cookie: evil=1")]))),
            ("a connection header", frame(1, 5, 1, &request(&[("transfer-encoding", "chunked")]))),
            ("an upper case name", frame(1, 5, 1, &request(&[("X-Upper", "a")]))),
            ("a second path", frame(1, 5, 1, &request(&[(":path", "/other")]))),
            ("an even stream", frame(1, 5, 2, &request(&[]))),
            ("a frame without end", [frame(1, 5, 1, &request(&[]))[..9].to_vec(), vec![0; 3]].concat()),
            (
                "headers that never end",
                (0..500)
                    .flat_map(|n| frame(if n == 0 { 1 } else { 9 }, 0, 1, &literal("x", &"y".repeat(100))))
                    .collect(),
            ),
            ("a window that overflows", frame(8, 0, 0, &0x7fff_ffff_u32.to_be_bytes())),
            ("streams opened and dropped", many),
            ("pushes from a client", frame(5, 4, 1, &[0, 0, 0, 2])),
        ] {
            let mut wire = Wire::open(&url, b"h2");
            wire.send(PREFACE);
            wire.send(&settings);
            wire.send(&frames);
            let (answer, _) = wire.read();
            let evil = answer.windows(4).any(|window| window == b"evil");
            assert!(!evil, "{listener}, {name}");
        }
        let (alive, _) = ask(&url, HIDDEN);
        assert_eq!(alive, [404], "{listener} goes on");
    }
}
