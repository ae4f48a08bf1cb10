//! `appliance.toml`: what hosting staff tell a new machine. Read once, then kept on the data volume.

use std::path::Path;

use ipnet::IpNet;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;

use super::attested::{self, Attested};
use super::document::{Field, Section, read_document, read_file};
use super::names::{Endpoint, Hostname};
use super::network::{self, Network};
use super::range::{AdminRange, MOST_RANGES, overlap, parse_range};
use super::report::quote;
use super::{Fault, Mistakes, Profile};
use crate::base::{Line, TextError};

/// How a list of ranges looks.
pub(super) const RANGES: &str = "[{ cidr = \"192.0.2.0/24\", name = \"hosting desk\" }]";

/// The newest version of the file that this image reads.
const VERSION: u64 = 1;

/// What a machine was told when it was provisioned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Appliance {
    /// Its name.
    pub hostname: Hostname,
    /// How it gets its addresses.
    pub network: Network,
    /// From where the console may be reached at first: 1 to 64, none of which overlap.
    pub admin_ranges: Vec<AdminRange>,
    /// The shop to be.
    pub shop: Shop,
    /// Who sets it up: the first platform administrator.
    pub administrator: Attested,
    /// Who confirms what the administrator proposes: the second of the two that every grant needs.
    pub security_officer: Option<Attested>,
    /// What only a dev image takes.
    pub dev: Option<Dev>,
}

/// The shop to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shop {
    /// Its name.
    pub name: Line<60>,
    /// Whether it starts with the demo goods and the test gateway.
    pub demo: bool,
}

/// What only a dev image takes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Dev {
    /// One more root that gateways are trusted under: a PEM certificate.
    pub gateway_root: Option<String>,
    /// Where Stripe's API is answered instead of at Stripe.
    pub stripe_endpoint: Option<Endpoint>,
    /// Where Authorize.Net's API is answered instead of at Authorize.Net.
    pub authorize_net_endpoint: Option<Endpoint>,
    /// Where Adyen's API is answered instead of at Adyen.
    pub adyen_endpoint: Option<Endpoint>,
    /// Where the certificate authorities that are fixed in code are answered instead.
    pub acme_endpoint: Option<Endpoint>,
    /// Whether shoppers may try to pay as often as they like: for suites that buy by the thousand.
    pub unlimited_payments: bool,
}

impl Dev {
    /// All endpoints that the firewall must let the service out to.
    pub fn endpoints(&self) -> impl Iterator<Item = Endpoint> {
        let gateways = [self.stripe_endpoint, self.authorize_net_endpoint, self.adyen_endpoint];
        gateways.into_iter().chain([self.acme_endpoint]).flatten()
    }
}

impl Appliance {
    /// Reads the file; its mistakes call it by its name without the folder.
    pub fn load(path: &Path, profile: Profile) -> Result<Self, Mistakes> {
        let name = path.file_name().map_or_else(|| "appliance.toml".into(), |name| name.to_string_lossy());
        Self::parse(&name, &read_file(path, &name)?, profile)
    }

    /// Reads the text of a file called `name`.
    pub fn parse(name: &str, text: &str, profile: Profile) -> Result<Self, Mistakes> {
        read_document(name, text, |root| read(root, profile))
    }
}

fn read(root: &Section<'_>, profile: Profile) -> Option<Appliance> {
    let version = root.required("version", "1").and_then(|field| field.number(VERSION, VERSION));
    let hostname = root.required("hostname", "\"shop-1\"").and_then(|field| field.parsed(Hostname::new));
    let network = root.required_section("network").and_then(|section| network::read(&section));
    let admin_ranges = root.required_section("access").and_then(|section| access(&section));
    let shop = root.required_section("shop").and_then(|section| shop(&section));
    let administrator =
        root.required_section("administrator").and_then(|section| attested::read(&section, None));
    let taken = administrator.as_ref().map(|person| &person.email);
    let officer = root.section("security_officer").map(|section| attested::read(&section, taken));
    let admin_ranges = admin_ranges.zip(administrator.as_ref()).map(|(ranges, person)| {
        let owned = |(net, name, owner): Found| AdminRange {
            net,
            name,
            owner: owner.unwrap_or_else(|| person.name.clone()),
        };
        ranges.into_iter().map(owned).collect()
    });
    let dev = root.section("dev").map(|section| dev(&section, profile));
    version?;
    Some(Appliance {
        hostname: hostname?,
        network: network?,
        admin_ranges: admin_ranges?,
        shop: shop?,
        administrator: administrator?,
        security_officer: officer.map_or(Some(None), |officer| officer.map(Some))?,
        dev: dev.map_or(Some(None), |dev| dev.map(Some))?,
    })
}

/// A range as it was read; without an owner it is the administrator's.
type Found = (IpNet, Line<60>, Option<Line<100>>);

fn access(section: &Section<'_>) -> Option<Vec<Found>> {
    let field = section.required("admin_ranges", RANGES);
    section.close();
    ranges(&field?, "access.admin_ranges")
}

/// The ranges of a list that is called `path`.
pub(super) fn ranges(field: &Field<'_>, path: &str) -> Option<Vec<Found>> {
    let items = field.items(MOST_RANGES)?;
    if items.is_empty() {
        field.refuse(Fault::new("lets nobody reach the console", format!("write {RANGES}")));
    }
    let mut nets = Vec::new();
    let mut ranges = Vec::new();
    for item in &items {
        let Some(section) = item.section() else {
            nets.push(None);
            continue;
        };
        let name = section.required("name", "\"hosting desk\"").and_then(|field| field.parsed(line));
        let cidr = section.required("cidr", "\"192.0.2.0/24\"");
        let net = cidr.as_ref().and_then(|field| field.parsed(parse_range));
        let owner = section.field("owner", "\"Ada Osei\"").map(|field| field.parsed(line));
        section.close();
        if let (Some(net), Some(field)) = (net, &cidr)
            && let Some(earlier) = overlap(&nets, &net)
        {
            let wrong = format!("{} overlaps {path}[{earlier}]", quote(&net.to_string()));
            field.refuse(Fault::new(wrong, "keep one of the two"));
        }
        nets.push(net);
        let owner = owner.map_or(Some(None), |owner| owner.map(Some));
        ranges.push(net.zip(name).zip(owner).map(|((net, name), owner)| (net, name, owner)));
    }
    ranges.into_iter().collect()
}

fn shop(section: &Section<'_>) -> Option<Shop> {
    let name = section.required("name", "\"Meadow & Mill\"").and_then(|field| field.parsed(line));
    let demo = section.field("demo", "false").map_or(Some(false), |field| field.flag());
    section.close();
    Some(Shop { name: name?, demo: demo? })
}

fn dev(section: &Section<'_>, profile: Profile) -> Option<Dev> {
    if profile == Profile::Release {
        section.refuse(Fault::new(
            "is for development images, and this image's profile is release",
            "remove the section, or boot a dev image",
        ));
        return None;
    }
    let root = section.field("gateway_root", "\"\"\"-----BEGIN CERTIFICATE-----...\"\"\"");
    let root = root.map(|field| field.parsed(certificate));
    let endpoint = |name, example| {
        let field = section.field(name, example);
        field.map_or(Some(None), |field| field.parsed(Endpoint::new).map(Some))
    };
    let stripe = endpoint("stripe_endpoint", "\"https://10.0.2.2:12111\"");
    let authorize_net = endpoint("authorize_net_endpoint", "\"https://10.0.2.2:12112\"");
    let adyen = endpoint("adyen_endpoint", "\"https://10.0.2.2:12113\"");
    let acme = endpoint("acme_endpoint", "\"https://10.0.2.2:14000\"");
    let unlimited = section.field("unlimited_payments", "true").map_or(Some(false), |field| field.flag());
    section.close();
    Some(Dev {
        gateway_root: root.map_or(Some(None), |root| root.map(Some))?,
        stripe_endpoint: stripe?,
        authorize_net_endpoint: authorize_net?,
        adyen_endpoint: adyen?,
        acme_endpoint: acme?,
        unlimited_payments: unlimited?,
    })
}

/// A single certificate in PEM that parses as X.509.
fn certificate(text: &str) -> Result<String, Fault> {
    let refuse =
        |wrong: &str| Fault::new(wrong, "write one certificate in PEM between three quotation marks");
    let all: Vec<_> = CertificateDer::pem_slice_iter(text.as_bytes())
        .collect::<Result<_, _>>()
        .map_err(|_| refuse("is not a certificate in PEM"))?;
    let [one] = all.as_slice() else {
        return Err(refuse(&format!("holds {} certificates", all.len())));
    };
    match x509_parser::parse_x509_certificate(one) {
        Ok(([], _)) => Ok(text.trim().to_owned()),
        _ => Err(refuse("is not a certificate in PEM")),
    }
}

/// A line of text, with the fault in this room's words.
pub(super) fn line<const MAX: usize>(text: &str) -> Result<Line<MAX>, Fault> {
    Line::new(text).map_err(|error| {
        let cure = match error {
            TextError::Empty => "write a name".to_owned(),
            TextError::TooLong { max } => format!("write at most {max} characters"),
            TextError::Control => "write plain text on one line".to_owned(),
        };
        Fault::new(format!("{} {error}", quote(text)), cure)
    })
}
