//! Who listens on the bus between processor and TPM learns no secret.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use cashcow::tpm::{Device, Tpm};

use crate::bench::{Machine, SECRET};

type Heard = Arc<Mutex<Vec<u8>>>;

/// Copies one way until the end, and notes every byte.
fn copy(mut from: TcpStream, mut to: TcpStream, heard: Heard) {
    let mut buffer = [0; 4096];
    while let Ok(count) = from.read(&mut buffer) {
        if count == 0 || to.write_all(&buffer[..count]).is_err() {
            break;
        }
        heard.lock().unwrap().extend(&buffer[..count]);
    }
    let _ = to.shutdown(Shutdown::Both);
}

fn relay(listener: TcpListener, port: u16, heard: Heard) {
    thread::spawn(move || {
        for client in listener.incoming() {
            let (Ok(client), Ok(tpm)) = (client, TcpStream::connect((Ipv4Addr::LOCALHOST, port))) else {
                return;
            };
            let (up, down) = (client.try_clone().unwrap(), tpm.try_clone().unwrap());
            let (first, second) = (heard.clone(), heard.clone());
            thread::spawn(move || copy(up, tpm, first));
            thread::spawn(move || copy(down, client, second));
        }
    });
}

/// A device that leads to the real one and is listened to.
fn tapped(real: &Device) -> (Device, Heard) {
    let Device::Swtpm { port, .. } = real else { panic!("not a software TPM") };
    let heard = Heard::default();
    loop {
        let data = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let at = data.local_addr().unwrap().port();
        let Some(control) =
            at.checked_add(1).and_then(|at| TcpListener::bind((Ipv4Addr::LOCALHOST, at)).ok())
        else {
            continue;
        };
        relay(data, *port, heard.clone());
        relay(control, port + 1, heard.clone());
        return (Device::Swtpm { host: Ipv4Addr::LOCALHOST.to_string(), port: at }, heard);
    }
}

fn contains(heard: &[u8], what: &[u8]) -> bool {
    heard.windows(what.len()).any(|window| window == what)
}

#[test]
fn a_secret_never_crosses_the_bus_in_clear() {
    let mut machine = Machine::new();
    let approval = machine.approve(1);
    let (_machine, heard) = machine.meanwhile(|real| {
        let (device, heard) = tapped(real);
        let mut tpm = Tpm::open(&device).unwrap();
        let blob = tpm.seal(&approval, SECRET).unwrap();
        assert_eq!(tpm.unseal(&approval, &blob).unwrap().expose_secret(), SECRET);
        let random = tpm.random(32).unwrap();
        let heard = heard.lock().unwrap().clone();
        // The tap works: the sealed object's public part went by.
        assert!(contains(&heard, b"cashcow-service"), "nothing was heard");
        assert!(!contains(&heard, random.expose_secret()), "random bytes were heard");
        heard
    });
    assert!(!contains(&heard, SECRET), "the secret was heard");
    assert!(!contains(&heard, &SECRET[..16]), "half of the secret was heard");
}
