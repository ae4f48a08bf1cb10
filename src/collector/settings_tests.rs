use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair};

use super::*;

fn draft(protocol: &str, address: &str) -> Draft {
    Draft { protocol: protocol.to_owned(), address: address.to_owned(), ..Draft::default() }
}

fn secret(text: &str) -> Zeroizing<String> {
    Zeroizing::new(text.to_owned())
}

fn certificate(ca: bool) -> String {
    let mut params = CertificateParams::new(vec!["logs.example".to_owned()]).unwrap();
    if ca {
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    }
    params.self_signed(&KeyPair::generate().unwrap()).unwrap().pem()
}

#[test]
fn an_address_alone_is_enough_and_private_ones_are_welcome() {
    for good in ["10.0.2.2:6514", "[fd00::5]:6514", "198.51.100.7:4318", "[::ffff:10.0.2.2]:6514"] {
        let settings = draft("syslog", good).check(false).unwrap();
        assert_eq!((settings.protocol.clone(), settings.root.clone()), (Protocol::Syslog, None));
        assert_eq!(settings.name, settings.at.ip().to_string());
    }
    let mapped = draft("syslog", "[::ffff:10.0.2.2]:6514").check(false).unwrap();
    assert_eq!(mapped.at.to_string(), "10.0.2.2:6514");
    let otlp = draft("otlp", "10.0.2.2:4318").check(false).unwrap();
    let wanted = Protocol::Otlp { path: "/v1/logs".to_owned(), header: "authorization".to_owned() };
    assert_eq!(otlp.protocol, wanted);
    assert_eq!(otlp.place(), "OTLP at 10.0.2.2:4318/v1/logs as 10.0.2.2");
}

#[test]
fn addresses_that_are_none_or_lead_back_here_are_refused() {
    for bad in ["", "logs.example:6514", "10.0.2.2", "10.0.2.2:99999", "10.0.2.2:6514 ; drop", "fd00::5"] {
        assert_eq!(
            draft("syslog", bad).check(false),
            Err(vec![(Field::Address, Fault::NotAnAddress)]),
            "{bad}"
        );
    }
    for bad in [
        "127.0.0.1:6514",
        "[::1]:6514",
        "[::ffff:127.0.0.1]:6514",
        "0.0.0.0:6514",
        "[::]:6514",
        "224.0.0.1:6514",
        "255.255.255.255:6514",
        "169.254.169.254:80",
        "[fe80::1]:6514",
        "[ff02::1]:6514",
        "10.0.2.2:0",
    ] {
        assert_eq!(
            draft("syslog", bad).check(false),
            Err(vec![(Field::Address, Fault::NotReachable)]),
            "{bad}"
        );
    }
    assert!(draft("syslog", "127.0.0.1:6514").check(true).is_ok(), "a test may stay inside");
}

#[test]
fn each_field_that_is_wrong_is_named() {
    let wrong = Draft {
        name: "not a name".to_owned(),
        root: "hello".to_owned(),
        path: "v1/logs".to_owned(),
        header: "Content-Length".to_owned(),
        secret: secret("a\nb"),
        ..draft("otlp", "nowhere")
    };
    let fields: Vec<_> = wrong.check(false).unwrap_err().into_iter().map(|(field, _)| field).collect();
    let all = [Field::Address, Field::Name, Field::Root, Field::Path, Field::Header, Field::Secret];
    assert_eq!(fields, all);
    assert_eq!(draft("smoke", "10.0.2.2:1").check(false), Err(vec![(Field::Protocol, Fault::Unknown)]));
    for bad in ["//evil.example/", "/a b", "/\u{e9}", "/a#b", &format!("/{}", "x".repeat(MOST_PATH))] {
        let draft = Draft { path: bad.to_owned(), ..draft("otlp", "10.0.2.2:1") };
        assert!(draft.check(false).is_err(), "{bad}");
    }
    for bad in ["x".repeat(MOST_SECRET + 1), "tök".to_owned(), "a\u{0}".to_owned()] {
        let draft = Draft { secret: secret(&bad), ..draft("otlp", "10.0.2.2:1") };
        assert!(draft.check(false).is_err(), "{bad}");
    }
}

#[test]
fn only_one_authority_vouches() {
    let with = |root: String| Draft { root, ..draft("syslog", "10.0.2.2:1") }.check(false);
    assert!(with(certificate(true)).unwrap().root.is_some());
    assert_eq!(with(certificate(false)), Err(vec![(Field::Root, Fault::NotAnAuthority)]));
    let two = certificate(true) + &certificate(true);
    assert_eq!(with(two), Err(vec![(Field::Root, Fault::NotACertificate)]));
    assert_eq!(with("x".repeat(MOST_PEM + 1)), Err(vec![(Field::Root, Fault::TooLong)]));
}

#[test]
fn a_secret_is_shown_to_nobody_and_follows_nobody_elsewhere() {
    let first = Draft { secret: secret("Bearer abc"), ..draft("otlp", "10.0.2.2:4318") };
    let first = first.check(false).unwrap();
    assert!(!format!("{first:?}").contains("abc"));
    let kept = |draft: &Draft| draft.check(false).unwrap().with_kept(Some(&first)).secret.is_some();
    assert!(kept(&draft("otlp", "10.0.2.2:4318")));
    assert!(!kept(&draft("otlp", "10.0.2.3:4318")));
    assert!(!kept(&draft("syslog", "10.0.2.2:4318")));
    assert!(!kept(&Draft { name: "evil.example".to_owned(), ..draft("otlp", "10.0.2.2:4318") }));
    assert!(!kept(&Draft { path: "/elsewhere".to_owned(), ..draft("otlp", "10.0.2.2:4318") }));
    assert!(!kept(&Draft { header: "x-other".to_owned(), ..draft("otlp", "10.0.2.2:4318") }));
    assert!(!kept(&Draft { root: certificate(true), ..draft("otlp", "10.0.2.2:4318") }));
    // Syslog has no header, so it keeps no secret.
    let typed = Draft { secret: secret("Bearer abc"), ..draft("syslog", "10.0.2.2:6514") };
    assert_eq!(typed.check(false).unwrap().secret, None);
}
