//! Bytes that no library of today sends any more.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use super::address;
use super::harness::Shop;

/// ECDHE-ECDSA-AES128-GCM-SHA256, and the signal of a client that fell back (RFC 7507).
const SUITE: [u8; 2] = [0xc0, 0x2b];
const FALLBACK: [u8; 2] = [0x56, 0x00];
/// The alerts `protocol_version` and `illegal_parameter` (RFC 8446 6.2).
const PROTOCOL_VERSION: u8 = 70;

/// A hello of TLS 1.2 or older, with what a server of today wants to hear.
fn hello(record: [u8; 2], version: [u8; 2], suites: &[[u8; 2]], compressions: &[u8]) -> Vec<u8> {
    let mut body = version.to_vec();
    body.extend([7; 32]);
    body.push(0);
    body.extend(u16::try_from(suites.len() * 2).unwrap().to_be_bytes());
    body.extend(suites.concat());
    body.push(u8::try_from(compressions.len()).unwrap());
    body.extend(compressions);
    let extensions = [
        // P-256; uncompressed points; ECDSA with P-256 and SHA-256; extended master secret; renegotiation info.
        &[0, 10, 0, 4, 0, 2, 0, 23][..],
        &[0, 11, 0, 2, 1, 0],
        &[0, 13, 0, 4, 0, 2, 4, 3],
        &[0, 23, 0, 0],
        &[0xff, 1, 0, 1, 0],
    ]
    .concat();
    body.extend(u16::try_from(extensions.len()).unwrap().to_be_bytes());
    body.extend(extensions);
    let mut message = vec![1, 0];
    message.extend(u16::try_from(body.len()).unwrap().to_be_bytes());
    message.extend(body);
    let mut bytes = vec![22, record[0], record[1]];
    bytes.extend(u16::try_from(message.len()).unwrap().to_be_bytes());
    bytes.extend(message);
    bytes
}

/// What comes back: the first flight, or all until the end.
fn answer(at: SocketAddr, bytes: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(at).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream.write_all(bytes).unwrap();
    let mut answer = vec![0; 4096];
    // Closed without a word is an answer too.
    let length = stream.read(&mut answer).unwrap_or(0);
    answer.truncate(length);
    answer
}

/// The description of the alert that it is.
fn alert(answer: &[u8]) -> Option<u8> {
    (answer.first() == Some(&21)).then(|| answer[6])
}

#[test]
fn hellos_of_other_times_get_an_alert_or_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let shop = Shop::start(folder.path());
    for at in [address(shop.storefront()), address(shop.console())] {
        // SSL 2: a record of two bytes' length with the hello of 1995.
        let ssl2 = [
            &[0x80, 46, 1, 0, 2, 0, 21, 0, 0, 0, 16][..],
            &[1, 0, 0x80, 2, 0, 0x80, 3, 0, 0x80, 4, 0, 0x80, 5, 0, 0x80, 6, 0, 0x40, 7, 0, 0xc0],
            &[7; 16],
        ]
        .concat();
        let said = answer(at, &ssl2);
        assert!(said.is_empty() || said[0] == 21, "SSL 2 got {said:?}");
        for (name, version) in [("SSL 3", [3, 0]), ("TLS 1.0", [3, 1]), ("TLS 1.1", [3, 2])] {
            let said = answer(at, &hello([3, 1], version, &[SUITE], &[0]));
            assert_eq!(alert(&said), Some(PROTOCOL_VERSION), "{name} got {said:?}");
        }
        let said = answer(at, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n");
        assert!(!said.starts_with(b"HTTP"), "HTTP in clear got {}", String::from_utf8_lossy(&said));
    }
}

#[test]
fn a_client_that_fell_back_is_told_by_the_servers_random_and_nothing_is_compressed() {
    let folder = tempfile::tempdir().unwrap();
    let shop = Shop::start(folder.path());
    for at in [address(shop.storefront()), address(shop.console())] {
        // The positive control: this hello is a good one, with deflate offered beside nothing.
        let said = answer(at, &hello([3, 1], [3, 3], &[SUITE, FALLBACK], &[1, 0]));
        assert_eq!((said[0], said[5]), (22, 2), "no server hello: {said:?}");
        assert_eq!(said[9..11], [3, 3]);
        // RFC 8446 4.1.3: a server of TLS 1.3 that speaks 1.2 says so in the last eight bytes of its random.
        assert_eq!(&said[35..43], b"DOWNGRD\x01", "{said:?}");
        let session = usize::from(said[43]);
        let (suite, compression) = (&said[44 + session..46 + session], said[46 + session]);
        assert_eq!((suite, compression), (&SUITE[..], 0), "{said:?}");

        let said = answer(at, &hello([3, 1], [3, 3], &[SUITE], &[1]));
        assert!(alert(&said).is_some(), "deflate alone got {said:?}");
        let said =
            answer(at, &hello([3, 1], [3, 3], &[[0, 5], [0, 10], [0, 0x2f], [0, 0x35], [0xc0, 0x09]], &[0]));
        assert!(alert(&said).is_some(), "RC4, 3DES and CBC got {said:?}");
    }
}
