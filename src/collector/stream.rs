//! A round of syslog over TLS.
//!
//! Syslog has no answer. What can be had is this: the round ends with our close_notify and the end of our
//! stream, and the collector answers by closing its own (RFC 5425, 4.4). A peer that ends in order after we did
//! has read all that came before; one that goes away with something unread resets the connection. So a round
//! counts only if it ended in order after we had ended it, and everything else is told again.

use std::io::ErrorKind;

use tokio::io::{AsyncReadExt, AsyncWriteExt, ReadHalf, split};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, timeout, timeout_at};
use tokio_rustls::client::TlsStream;

use super::delivery::{Delivery, filled};
use super::dial::Dialer;
use super::ledger::Ledger;
use super::pace::Pace;
use super::syslog::frame;
use super::trouble::Trouble;

/// Records that are read from the log at once.
const PAGE: usize = 32;

/// Ships what is there, and what comes while the round is open, up to `most` records.
pub(super) async fn round<L: Ledger>(
    (dialer, pace): (&Dialer, &Pace),
    ledger: &L,
    from: u64,
    most: usize,
) -> Result<Delivery, Trouble> {
    let sender = ledger.sender()?;
    let (mut reader, mut writer) = split(dialer.connect(pace).await?);
    let ends = Instant::now() + pace.round;
    let mut delivery = Delivery::none(from);
    while delivery.records < most {
        let page = filled(ledger, delivery.upto, PAGE.min(most.saturating_sub(delivery.records)))?;
        if page.is_empty() {
            if Instant::now() >= ends {
                break;
            }
            tokio::select! {
                () = sleep(pace.look.min(ends.saturating_duration_since(Instant::now()))) => {}
                early = drain(&mut reader) => return Err(ended_early(early)),
            }
            continue;
        }
        for record in page {
            let told = delivery.note(&record);
            let frame = frame(&sender, record.record);
            let write = async {
                writer.write_all(&frame).await?;
                writer.flush().await
            };
            match timeout(pace.answer, write).await {
                Ok(written) => written.map_err(|error| Trouble::broken(&error))?,
                Err(_) => return Err(Trouble::Slow),
            }
            delivery = told;
        }
    }
    let deadline = Instant::now() + pace.confirm;
    // Whoever had ended before we did had not read our end.
    if let Ok(early) = timeout(std::time::Duration::ZERO, drain(&mut reader)).await {
        return Err(ended_early(early));
    }
    let closing = async {
        writer.shutdown().await.map_err(|error| Trouble::broken(&error))?;
        drain(&mut reader).await.map_err(|error| Trouble::broken(&error))
    };
    timeout_at(deadline, closing).await.map_err(|_| Trouble::Slow)??;
    Ok(delivery)
}

/// Reads to the end of the stream and forgets what is read: a collector has nothing to say here. A stream that
/// ends without close_notify ends all the same: some receivers of syslog send none, and one that was reset
/// shows as that.
async fn drain(reader: &mut ReadHalf<TlsStream<TcpStream>>) -> std::io::Result<()> {
    let mut waste = [0; 1024];
    loop {
        match reader.read(&mut waste).await {
            Ok(0) => return Ok(()),
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(()),
            Err(error) => return Err(error),
        }
    }
}

fn ended_early(end: std::io::Result<()>) -> Trouble {
    match end {
        Ok(()) => Trouble::Broken("the collector closed it".to_owned()),
        Err(error) => Trouble::broken(&error),
    }
}
