//! Servers that speak TLS 1.1 and nothing newer.

use std::net::SocketAddr;
use std::process::Stdio;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::Command;

use super::Shared;
use super::presence::Identity;

/// Starts `openssl s_server`, limited to TLS 1.1, on a free port. It ends with the runtime.
pub(super) async fn openssl(identity: &Identity, books: Shared) -> SocketAddr {
    let folder = tempfile::tempdir().unwrap();
    let (certificate, key) = (folder.path().join("certificate.pem"), folder.path().join("key.pem"));
    std::fs::write(&certificate, &identity.certificate).unwrap();
    std::fs::write(&key, &identity.key).unwrap();
    let mut child = Command::new("openssl")
        .args(["s_server", "-accept", "127.0.0.1:0", "-tls1_1", "-cipher", "ALL:@SECLEVEL=0", "-www"])
        .arg("-cert")
        .arg(&certificate)
        .arg("-key")
        .arg(&key)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("openssl cannot be run");
    let mut said = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut complaints = BufReader::new(child.stderr.take().unwrap()).lines();
    let address = loop {
        let line = said.next_line().await.unwrap().expect("openssl s_server did not start");
        if let Some(address) = line.strip_prefix("ACCEPT ") {
            break address.trim().parse().unwrap();
        }
    };
    tokio::spawn(async move {
        // Held here: its input stays open, and it ends when this task does.
        let (_child, _folder) = (child, folder);
        loop {
            let line = tokio::select! {
                line = said.next_line() => line,
                line = complaints.next_line() => line,
            };
            let Ok(Some(line)) = line else { return };
            if line.contains("error:") {
                books.lock().unwrap().refusals.push(line);
            }
        }
    });
    address
}

/// Answers every ClientHello with a ServerHello of TLS 1.1 and notes what the client says to that.
pub(super) fn insist(listener: TcpListener, books: Shared) {
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let books = Shared::clone(&books);
            tokio::spawn(async move {
                let said = downgrade(stream).await.unwrap_or_else(|error| error.to_string());
                books.lock().unwrap().refusals.push(said);
            });
        }
    });
}

async fn downgrade(mut stream: TcpStream) -> std::io::Result<String> {
    let mut hello = [0; 5];
    stream.read_exact(&mut hello).await?;
    let mut rest = vec![0; usize::from(u16::from_be_bytes([hello[3], hello[4]]))];
    stream.read_exact(&mut rest).await?;
    stream.write_all(&server_hello()).await?;
    let mut alert = [0; 7];
    stream.read_exact(&mut alert).await?;
    Ok(match alert {
        // RFC 8446 6: a record of type alert, fatal, and why.
        [21, _, _, _, _, 2, why] => format!("the client's alert {why}"),
        other => format!("no alert: {other:?}"),
    })
}

/// RFC 4346 7.4.1.3: version 3.2, 32 random bytes, no session, `TLS_RSA_WITH_AES_128_CBC_SHA`, no compression.
fn server_hello() -> Vec<u8> {
    let mut hello = vec![3, 2];
    hello.extend([0x5a; 32]);
    hello.extend([0, 0, 0x2f, 0]);
    let length = u8::try_from(hello.len()).unwrap();
    [vec![22, 3, 2, 0, length + 4, 2, 0, 0, length], hello].concat()
}
