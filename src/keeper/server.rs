//! The keeper's side of the socket.

use std::io::Error;
use std::os::unix::net::{UnixListener, UnixStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::wire::{Question, send, take};
use super::{Client, Keep};

/// The most connections at once; the service has one. Each is a thread and a message of 16 KiB at most.
pub const MOST_CALLERS: usize = 4;

/// Answers whoever connects, for ever. Ends only when the socket cannot be listened at.
pub fn serve(listener: &UnixListener, keep: impl Keep + 'static) -> Error {
    let keep = Arc::new(Mutex::new(keep));
    let callers = Arc::new(AtomicUsize::new(0));
    loop {
        let stream = match listener.accept() {
            Ok((stream, _)) => stream,
            Err(error) => return error,
        };
        if callers.fetch_add(1, Ordering::Relaxed) >= MOST_CALLERS {
            callers.fetch_sub(1, Ordering::Relaxed);
            log::warn!("more than {MOST_CALLERS} connections at once: one is closed");
            continue;
        }
        let (keep, callers) = (Arc::clone(&keep), Arc::clone(&callers));
        std::thread::spawn(move || {
            if let Err(error) = answer(&stream, &keep) {
                log::warn!("a connection of the service ended: {error}");
            }
            callers.fetch_sub(1, Ordering::Relaxed);
        });
    }
}

/// A keeper in a thread of its own, and the connection to it. The thread ends with the connection.
pub fn in_this_process(keep: impl Keep + 'static) -> Result<Client, Error> {
    let (ours, theirs) = UnixStream::pair()?;
    std::thread::Builder::new().name("keeper".to_owned()).spawn(move || {
        if let Err(error) = answer(&theirs, &Mutex::new(keep)) {
            log::warn!("the keeper's connection ended: {error}");
        }
    })?;
    Ok(Client::over(ours))
}

/// Answers one connection until it closes.
fn answer(stream: &UnixStream, keep: &Mutex<impl Keep>) -> Result<(), Error> {
    while let Some(question) = take::<Question>(stream)? {
        let answer = {
            let mut keep = keep.lock().unwrap_or_else(PoisonError::into_inner);
            question.put_to(&mut *keep)
        };
        send(stream, &answer)?;
    }
    Ok(())
}
