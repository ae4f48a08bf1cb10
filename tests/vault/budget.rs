//! What each operation costs in the TPM, and that it never needs more room than the smallest chip has. The
//! table in `docs/decisions/0014-vault-tpm.md` has these figures.

use cashcow::base::{OsRandom, SecretBytes};
use cashcow::tpm::swtpm::Swtpm;
use cashcow::tpm::vault::{Ends, Listed, Request, Vault};
use cashcow::tpm::{Authority, Tpm};

use crate::bench::{Custodians, MESSAGE, Machine, WEEK, place, seal};
use crate::tap::{Heard, Tap};

/// Transient objects, and loaded sessions, that every TPM 2.0 has room for (PC Client profile).
const ROOM: usize = 3;

fn contains(heard: &[u8], what: &[u8]) -> bool {
    heard.windows(what.len()).any(|window| window == what)
}

#[test]
fn no_operation_needs_more_room_or_commands_than_the_table_says_and_no_secret_is_heard() {
    let folder = tempfile::tempdir().unwrap();
    let swtpm = Swtpm::start(folder.path()).unwrap();
    let tap = Tap::default();
    let mut tpm = Tpm::open(&tap.on(&swtpm.device())).unwrap();
    let image = tpm.image_pcr().unwrap();
    let custodians = Custodians::new(3);
    let approval = Authority::generate().unwrap().approve(1, &[("ready", image)]).unwrap();
    tpm.raise_minimum_version(&approval).unwrap();
    tap.take();
    let mut costs: Vec<(&str, Heard)> = Vec::new();
    let vault = Vault::found(&tpm, &approval).unwrap();
    costs.push(("found", tap.take()));
    let quorum = custodians.quorum(0);
    vault.appoint(&quorum).unwrap();
    costs.push(("appoint", tap.take()));
    let ends = Ends { epoch: vault.epoch().unwrap() + 1, clock: vault.clock().unwrap().millis + WEEK };
    tap.take();
    let bucket = vault.bucket(&quorum, ends, &OsRandom).unwrap();
    costs.push(("bucket", tap.take()));
    let fingerprints = vault.fingerprinter(&bucket).unwrap();
    costs.push(("load the fingerprint key", tap.take()));
    let text = SecretBytes::new(b"a text that is fingerprinted".to_vec());
    let known = fingerprints.of(&text).unwrap();
    costs.push(("fingerprint", tap.take()));
    let sealed: Vec<_> = (0..100).map(|_| seal(&bucket, "entry")).collect();
    assert!(tap.take().commands.is_empty(), "sealing asks the TPM");
    let rows = sealed.iter().map(|sealed| Listed::new(&bucket, sealed)).collect();
    let mut request = vault.ask(&quorum, rows, 600, 600).unwrap();
    costs.push(("ask for a batch", tap.take()));
    // A shop goes on taking entries while custodians think, and while rows open.
    fingerprints.of(&text).unwrap();
    costs.push(("fingerprint while a batch waits", tap.take()));
    let approvals = custodians.both(request.demand());
    request.approve(&approvals).unwrap();
    costs.push(("approve", tap.take()));
    let open = |request: &mut Request<'_>, at: usize| {
        let message = request.row(&bucket, &sealed[at], &place("entry")).unwrap();
        assert_eq!(message.expose_secret(), MESSAGE);
    };
    open(&mut request, 0);
    costs.push(("first row", tap.take()));
    open(&mut request, 99);
    costs.push(("a further row of 100", tap.take()));
    fingerprints.of(&text).unwrap();
    costs.push(("fingerprint between rows", tap.take()));
    request.close().unwrap();
    costs.push(("close", tap.take()));
    drop((request, fingerprints));
    tap.take();
    vault.forget(&bucket).unwrap();
    costs.push(("forget", tap.take()));
    assert!(tap.take().commands.is_empty());
    let all: Vec<u8> = costs.iter().flat_map(|(_, heard)| heard.bytes.clone()).collect();
    assert!(contains(&all, b"cashcow-batch"), "nothing was heard");
    assert!(!contains(&all, text.expose_secret()), "the text was heard");
    assert!(!contains(&all, known.as_bytes()), "the fingerprint was heard");
    for (what, heard) in &costs {
        println!(
            "{what}: {} commands, {} sessions, {} objects",
            heard.commands.len(),
            heard.sessions,
            heard.objects
        );
        assert!(heard.sessions <= ROOM && heard.objects <= ROOM, "{what} has no room in a small TPM");
    }
    let text = include_str!("../../docs/decisions/0014-vault-tpm.md");
    for (what, heard) in &costs {
        let row = format!("| {what} | {} | {} | {} |", heard.commands.len(), heard.sessions, heard.objects);
        assert!(text.contains(&row), "the table of the decision has no row {row}");
    }
}

/// The table's figures come from one batch of 100: what a leaf costs grows by one command for each eight times.
#[test]
fn a_batch_of_512_rows_opens_its_last_row() {
    let machine = Machine::new();
    let (vault, bucket) = (machine.vault(), machine.bucket(1));
    let sealed: Vec<_> = (0..512).map(|_| seal(&bucket, "entry")).collect();
    let rows = sealed.iter().map(|sealed| Listed::new(&bucket, sealed)).collect();
    let mut request = vault.ask(bucket.quorum(), rows, 600, 600).unwrap();
    let approvals = machine.custodians.both(request.demand());
    request.approve(&approvals).unwrap();
    for at in [0, 7, 8, 63, 64, 511] {
        let message = request.row(&bucket, &sealed[at], &place("entry")).unwrap();
        assert_eq!(message.expose_secret(), MESSAGE);
    }
}
