//! Everything that can be done to an exported log, and what the check says of it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cashcow::audit::{Hash, Place, Why};
use cashcow::tpm::witness::Untrue;

use crate::bench::{Machine, check, join, place, split};

/// A log of 4 heads: its beginning, then the service's start and 30 records, and 3 that are under none.
async fn log() -> (Machine, String, Hash) {
    let machine = Machine::new().await;
    machine.busy().await;
    let (log, key) = (machine.lines(), machine.fingerprint());
    (machine, log, key)
}

#[tokio::test]
async fn a_log_that_nobody_touched_is_good_and_the_report_says_what_it_does_not_show() {
    let (machine, log, key) = log().await;
    let report = check(&log, key).unwrap();
    assert_eq!((report.first, report.last, report.heads, report.unsealed), (1, 35, 4, 3));
    assert_eq!((report.signed, report.trusted, report.keys.as_slice()), (None, true, &[key][..]));
    assert!(report.to_string().contains("whether later ones exist, the file cannot show"), "{report}");
    let report = check(&machine.bundle(), key).unwrap();
    assert!(report.signed.is_some());
    assert!(report.to_string().contains("nothing before that is missing at its end"), "{report}");
}

#[tokio::test]
async fn a_flipped_letter_in_any_line_is_found_and_the_record_is_named() {
    let (machine, log, key) = log().await;
    let lines = split(&machine.bundle());
    for line in 0..lines.len() {
        for at in (0..lines[line].len()).step_by(7) {
            let mut bytes = lines[line].clone().into_bytes();
            // Another digit or letter; quotes and braces become something that is no JSON any more.
            bytes[at] = if bytes[at] == b'1' { b'2' } else { b'1' };
            if bytes == lines[line].as_bytes() {
                continue;
            }
            let mut lines = lines.clone();
            lines[line] = String::from_utf8(bytes).unwrap();
            assert!(check(&join(&lines), key).is_err(), "line {line}, byte {at}");
        }
    }
    let mut lines = split(&log);
    let edited = place(&lines, 17);
    lines[edited] = lines[edited].replace("mug", "jug");
    let bad = check(&join(&lines), key).unwrap_err();
    assert_eq!((bad.place, bad.why), (Place::Record(17), Why::Edited));
}

#[tokio::test]
async fn a_record_that_was_dropped_moved_or_repeated_is_named() {
    let (_machine, log, key) = log().await;
    let lines = split(&log);
    let seventeen = place(&lines, 17);
    let mut dropped = lines.clone();
    dropped.remove(seventeen);
    let bad = check(&join(&dropped), key).unwrap_err();
    assert_eq!((bad.place, bad.why), (Place::Record(17), Why::Missing));
    let mut swapped = lines.clone();
    swapped.swap(seventeen, seventeen + 1);
    let bad = check(&join(&swapped), key).unwrap_err();
    assert_eq!((bad.place, bad.why), (Place::Record(17), Why::Missing));
    let mut twice = lines.clone();
    twice.insert(seventeen, lines[seventeen].clone());
    let bad = check(&join(&twice), key).unwrap_err();
    assert_eq!((bad.place, bad.why), (Place::Record(17), Why::Repeated));
    let mut without_head = lines.clone();
    without_head.retain(|line| !(line.starts_with("{\"head\"") && line.contains("\"n\":2,")));
    let bad = check(&join(&without_head), key).unwrap_err();
    assert_eq!((bad.place, bad.why), (Place::Head(2), Why::HeadMissing));
}

#[tokio::test]
async fn a_file_that_was_cut_short_anywhere_is_found() {
    let (machine, log, key) = log().await;
    let lines = split(&log);
    for length in 0..lines.len() {
        let bad = check(&join(&lines[..length]), key).unwrap_err();
        assert!(matches!(bad.why, Why::CutShort | Why::NoBeginning), "{length} lines: {bad}");
    }
    let bad = check(&log[..log.len() - 1], key).unwrap_err();
    assert_eq!(bad.why, Why::CutShort, "without its last line feed");
    // Who also makes a new last line, fitting what is left, is found out in a bundle: the TPM signed another.
    let bundle = machine.bundle();
    let mut lines = split(&bundle);
    let last = lines.pop().unwrap();
    let cut = lines.len() - 4;
    let text = join(&lines[..cut]);
    let value: serde_json::Value = serde_json::from_str(&last).unwrap();
    let mut forged = value.clone();
    forged["end"]["lines"] = cut.into();
    forged["end"]["sha256"] = Hash::of(text.as_bytes()).to_string().into();
    let bad = check(&format!("{text}{forged}\n"), key).unwrap_err();
    assert_eq!(bad.why, Why::EndDiffers, "{bad}");
    // Without the signature it is no bundle any more, and the report says so.
    let plain = serde_json::json!({ "end": forged["end"] });
    let report = check(&format!("{text}{plain}\n"), key).unwrap();
    assert_eq!((report.signed, report.last), (None, 32));
}

// The state of an earlier hour with a fresh signature of the TPM's: what it signs names what it has followed.
#[tokio::test]
async fn a_bundle_without_its_latest_heads_is_found_though_the_tpm_signs_it() {
    let machine = Machine::new().await;
    machine.work(5).await;
    machine.seal().await;
    let early = machine.lines();
    machine.work(5).await;
    machine.pass(1);
    machine.seal().await;
    let mut lines = split(&early);
    let last = lines.pop().unwrap();
    let end: serde_json::Value = serde_json::from_str(&last).unwrap();
    let about = Hash::of(end["end"].to_string().as_bytes());
    let certificate = machine.certify(about);
    let (statement, signature) =
        (STANDARD.encode(certificate.statement), STANDARD.encode(certificate.signature));
    let forged =
        format!("{{\"end\":{},\"signature\":\"{signature}\",\"statement\":\"{statement}\"}}", end["end"]);
    let bad = check(&format!("{}{forged}\n", join(&lines)), machine.fingerprint()).unwrap_err();
    assert_eq!((bad.place, bad.why), (Place::After(7), Why::HeadsMissing));
}

/// The log with record `number` changed and every hash after it made anew, as somebody would who knows the form.
fn rechained(log: &str, number: u64) -> Vec<String> {
    let mut lines = split(log);
    let from = place(&lines, number);
    let mut prev: Option<String> = None;
    for (at, line) in lines.iter_mut().enumerate().skip(from) {
        let mut value: serde_json::Value = serde_json::from_str(line).unwrap();
        if value.get("record").is_none() {
            continue;
        }
        if at == from {
            value["record"]["event"]["object"] = "nothing at all".into();
        }
        if let Some(prev) = prev {
            value["record"]["prev"] = prev.into();
        }
        let hash = Hash::of(value["record"].to_string().as_bytes()).to_string();
        *line = format!("{{\"hash\":\"{hash}\",\"record\":{}}}", value["record"]);
        prev = Some(hash);
    }
    lines
}

/// A last line that fits.
fn ended(mut lines: Vec<String>) -> String {
    let last: serde_json::Value = serde_json::from_str(&lines.pop().unwrap()).unwrap();
    let text = join(&lines);
    let mut end = last["end"].clone();
    end["lines"] = lines.len().into();
    end["sha256"] = Hash::of(text.as_bytes()).to_string().into();
    format!("{text}{}\n", serde_json::json!({ "end": end }))
}

#[tokio::test]
async fn an_edit_with_all_hashes_made_anew_is_found_by_what_the_tpm_signed() {
    let (machine, log, key) = log().await;
    let bad = check(&ended(rechained(&log, 17)), key).unwrap_err();
    assert_eq!((bad.place, bad.why), (Place::Records(13, 22), Why::NotSigned), "under the third head");
    // The head with it: the signature is not there to be made.
    let mut lines = rechained(&log, 17);
    let head =
        lines.iter().position(|line| line.contains("\"n\":3,") && line.starts_with("{\"head\"")).unwrap();
    let (hash, _) = lines[head - 1].split_at(9 + 64);
    let mut value: serde_json::Value = serde_json::from_str(&lines[head]).unwrap();
    value["head"]["hash"] = hash[9..].to_owned().into();
    lines[head] = value.to_string();
    let bad = check(&ended(lines), key).unwrap_err();
    assert_eq!((bad.place, bad.why), (Place::Head(3), Why::HeadEdited));
    // The records since the last head are under none yet: only a bundle shows it there.
    assert!(check(&ended(rechained(&log, 34)), key).is_ok(), "the limit that docs/AUDIT.md tells of");
    let bundle = rechained(&machine.bundle(), 34);
    let bad = check(&join(&bundle), key).unwrap_err();
    assert_eq!(bad.why, Why::EndDiffers);
}

#[tokio::test]
async fn records_and_heads_of_another_machine_are_named() {
    let (_machine, log, key) = log().await;
    let other = Machine::new().await;
    other.busy().await;
    let (foreign, theirs) = (other.lines(), other.fingerprint());
    let (mut lines, foreign) = (split(&log), split(&foreign));
    let seventeen = place(&lines, 17);
    lines[seventeen] = foreign[place(&foreign, 17)].clone();
    let bad = check(&join(&lines), key).unwrap_err();
    assert_eq!((bad.place, bad.why), (Place::Record(17), Why::Foreign));
    // The whole log of the other machine, which is good in itself.
    let foreign = join(&foreign);
    assert!(check(&foreign, theirs).is_ok());
    let bad = check(&foreign, key).unwrap_err();
    assert_eq!((bad.place, bad.why), (Place::Head(1), Why::OtherKey(theirs)));
    // With the first machine's key written into it.
    let (mine, its) = (split(&log)[0].clone(), split(&foreign)[0].clone());
    let keys = |line: &str| serde_json::from_str::<serde_json::Value>(line).unwrap()["chain"]["keys"].clone();
    let forged = foreign.replacen(&keys(&its).to_string(), &keys(&mine).to_string(), 1);
    let bad = check(&forged, key).unwrap_err();
    assert_eq!((bad.place, bad.why), (Place::Head(1), Why::Key));
    let forged = forged.replace(&format!("\"key\":\"{theirs}\""), &format!("\"key\":\"{key}\""));
    let bad = check(&forged, key).unwrap_err();
    assert_eq!((bad.place, bad.why), (Place::Head(1), Why::Untrue(Untrue::Signature)));
}

#[tokio::test]
async fn a_log_without_any_signature_is_nothing_to_somebody_who_trusts_a_key() {
    let machine = Machine::new().await;
    machine.busy().await;
    let mut lines = split(&machine.lines());
    lines.retain(|line| !line.starts_with("{\"head\""));
    let log = ended(lines);
    assert!(cashcow::audit::verify(log.as_bytes(), None).is_ok());
    assert_eq!(check(&log, machine.fingerprint()).unwrap_err().why, Why::NothingSigned);
}

#[tokio::test]
async fn lines_that_say_the_same_in_other_words_are_refused() {
    let (_machine, log, key) = log().await;
    let lines = split(&log);
    let seventeen = place(&lines, 17);
    let says = |line: String| {
        let mut lines = lines.clone();
        lines[seventeen] = line;
        check(&join(&lines), key).unwrap_err()
    };
    let line = &lines[seventeen];
    for other in [
        line.replacen(':', ": ", 1),
        line.replacen("mug", "m\\u0075g", 1),
        line.replacen("\"n\":", "\"n\":17,\"n\":", 1),
    ] {
        let bad = says(other);
        assert_eq!((bad.place, bad.why), (Place::Record(17), Why::NotCanonical));
    }
    assert_eq!(says("{}".to_owned()).why, Why::Unknown);
    assert_eq!(says("not JSON".to_owned()).why, Why::NotJson);
    assert_eq!(says(format!("\"{}\"", "x".repeat(70_000))).why, Why::CutShort);
    let after = format!("{log}{}\n", lines[3]);
    assert_eq!(check(&after, key).unwrap_err().why, Why::AfterEnd);
}
