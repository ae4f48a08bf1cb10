//! A tap on the bus: counts the commands that the keeper sends and what it has in the TPM, and hears every byte.

use std::collections::HashSet;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use cashcow::tpm::Device;

const FLUSH: u32 = 0x165;

/// What went by.
#[derive(Debug, Default, Clone)]
pub struct Heard {
    /// Every byte of commands and answers.
    pub bytes: Vec<u8>,
    /// The command codes, in order.
    pub commands: Vec<u32>,
    /// The most sessions and the most objects that were in the TPM at once.
    pub sessions: usize,
    pub objects: usize,
    held: HashSet<u32>,
    flushing: Option<u32>,
}

impl Heard {
    fn command(&mut self, message: &[u8]) {
        let word = |at: usize| u32::from_be_bytes(message[at..at + 4].try_into().unwrap());
        self.commands.push(word(6));
        self.flushing = (word(6) == FLUSH).then(|| word(10));
        self.bytes.extend(message);
    }

    fn answer(&mut self, message: &[u8]) {
        self.bytes.extend(message);
        let word = |at: usize| u32::from_be_bytes(message[at..at + 4].try_into().unwrap());
        if word(6) != 0 {
            return;
        }
        if let Some(handle) = self.flushing.take() {
            self.held.remove(&handle);
        }
        // CreatePrimary, Load, LoadExternal and StartAuthSession answer with a handle.
        if let Some(0x131 | 0x157 | 0x167 | 0x176) = self.commands.last() {
            self.held.insert(word(10));
        }
        let count = |first: u32| self.held.iter().filter(|handle| *handle >> 24 == first).count();
        self.sessions = self.sessions.max(count(0x02) + count(0x03));
        self.objects = self.objects.max(count(0x80));
    }
}

/// The count since the last one.
#[derive(Clone, Default)]
pub struct Tap(Arc<Mutex<Heard>>);

impl Tap {
    fn lock(&self) -> MutexGuard<'_, Heard> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What was heard until now; the count begins anew, with what is still held.
    pub fn take(&self) -> Heard {
        let mut heard = self.lock();
        let fresh = Heard { held: heard.held.clone(), ..Heard::default() };
        std::mem::replace(&mut heard, fresh)
    }

    /// A device that leads to the real one.
    pub fn on(&self, real: &Device) -> Device {
        let Device::Swtpm { port, .. } = real else { panic!("not a software TPM") };
        loop {
            let data = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
            let at = data.local_addr().unwrap().port();
            let next = at.checked_add(1).and_then(|at| TcpListener::bind((Ipv4Addr::LOCALHOST, at)).ok());
            let Some(control) = next else { continue };
            relay(data, *port, Some(self.clone()));
            relay(control, port + 1, None);
            return Device::Swtpm { host: Ipv4Addr::LOCALHOST.to_string(), port: at };
        }
    }
}

fn relay(listener: TcpListener, port: u16, tap: Option<Tap>) {
    thread::spawn(move || {
        for client in listener.incoming() {
            let (Ok(client), Ok(tpm)) = (client, TcpStream::connect((Ipv4Addr::LOCALHOST, port))) else {
                return;
            };
            let (up, down) = (client.try_clone().unwrap(), tpm.try_clone().unwrap());
            let (first, second) = (tap.clone(), tap.clone());
            thread::spawn(move || copy(up, tpm, first.as_ref().map(|tap| (tap, true))));
            thread::spawn(move || copy(down, client, second.as_ref().map(|tap| (tap, false))));
        }
    });
}

/// Copies one way until the end. On the command channel whole messages: tag, length, code, and the rest.
fn copy(mut from: TcpStream, mut to: TcpStream, tap: Option<(&Tap, bool)>) {
    let (mut waiting, mut buffer) = (Vec::new(), [0; 4096]);
    while let Ok(count) = from.read(&mut buffer) {
        if count == 0 {
            break;
        }
        waiting.extend(&buffer[..count]);
        if let Some((tap, up)) = tap {
            while waiting.len() >= 10 {
                let length = u32::from_be_bytes(waiting[2..6].try_into().unwrap()) as usize;
                if waiting.len() < length {
                    break;
                }
                let message: Vec<u8> = waiting.drain(..length).collect();
                // Noted before it goes on, so that whoever has the answer finds it counted.
                if up {
                    tap.lock().command(&message)
                } else {
                    tap.lock().answer(&message)
                }
                if to.write_all(&message).is_err() {
                    return;
                }
            }
        } else if to.write_all(&std::mem::take(&mut waiting)).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Both);
}
