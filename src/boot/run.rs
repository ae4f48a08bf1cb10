//! What the image and the demo have in common: everything between an open TPM and the last request.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

use super::authorities::authorities;
use super::doors::{self, DoorsError, Sockets};
use super::first_run::{self, FirstRunError};
use super::gateways::Gateways;
use super::keys::{self, KeysError};
use super::pulse::Pulse;
use crate::action::{
    App, AppParts, Founder, Keeper, MakeDirectory, Office, OfficeParts, Place, Premises, RangesError, Shown,
    ShownCode, attest_founders, begin_audit, end_audit, finish_charges, issue_setup_code, keep_audit,
    keep_certificates, keep_disabling_unused, keep_forgetting_carts, keep_ranges, keep_reconciling,
    keep_refunding, keep_shipping, open_ranges, recover, recover_refunds, restore_certificates,
    restore_gateway,
};
use crate::base::{Clock, OsRandom, Random, SystemClock};
use crate::collector::Pace;
use crate::config::{Appliance, Attested, Mistakes, Ports, Profile, Settings, TpmAt};
use crate::keeper::{Client, Keep};
use crate::locale::LocaleError;
use crate::machine::{Failure, RangeFiles};
use crate::payment::gateway::Unusable;
use crate::staff::{Employment, EmploymentKind, Hasher, HasherError, Screening};
use crate::store::StoreError;
use crate::tls::acme::BadDirectory;
use crate::tls::{Certificates, Challenges, IdentityError};
use crate::tpm::TpmError;
use crate::tpm::approval::ApprovalError;
use crate::web::Site;

/// How long the audit log's last head may take when the service stops.
const LAST_HEAD: Duration = Duration::from_secs(8);

/// What is known once the files are read and the TPM answers.
pub(super) struct Plan {
    pub(super) settings: Settings,
    pub(super) appliance: Appliance,
    /// Whoever has the TPM.
    pub(super) keeper: Client,
    pub(super) sockets: Sockets,
    /// The addresses at which people find the machine, for certificates and the screen.
    pub(super) addresses: Vec<IpAddr>,
    /// Where the firewall's unit is told of ranges; none outside the image.
    pub(super) unit: Option<RangeFiles>,
}

/// Why the service does not run. The words go to the log and to the machine's screen.
#[derive(Debug, thiserror::Error)]
pub enum BootError {
    /// The store or its key.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// The TPM.
    #[error(transparent)]
    Tpm(#[from] TpmError),
    /// The keeper's socket.
    #[error("the keeper cannot be reached: {0}")]
    Keeper(std::io::Error),
    /// The store, once open.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A certificate.
    #[error("a certificate cannot be used: {0}")]
    Identity(#[from] IdentityError),
    /// The allowed ranges.
    #[error("the allowed ranges: {0}")]
    Ranges(#[from] RangesError),
    /// A listener.
    #[error(transparent)]
    Doors(#[from] DoorsError),
    /// The shop's first settings and goods.
    #[error(transparent)]
    FirstRun(#[from] FirstRunError),
    /// Passwords.
    #[error(transparent)]
    Hasher(#[from] HasherError),
    /// The way to gateways.
    #[error("gateways cannot be reached as appliance.toml says: {0}")]
    Gateways(#[from] Unusable),
    /// The way to certificate authorities.
    #[error("certificate authorities cannot be reached as appliance.toml says: {0}")]
    Authorities(#[from] BadDirectory),
    /// The texts.
    #[error("the texts cannot be read: {0}")]
    Texts(#[from] LocaleError),
    /// The accepted provisioning file is refused by this image.
    #[error(transparent)]
    Appliance(#[from] Mistakes),
    /// What systemd should have handed over.
    #[error(transparent)]
    Machine(#[from] Failure),
    /// The image's approvals.
    #[error(transparent)]
    Approval(#[from] ApprovalError),
}

/// Opens everything and serves until `stop` turns true. `ready` is called once the doors are open.
pub(super) async fn run(
    plan: Plan,
    stop: watch::Receiver<bool>,
    ready: impl FnOnce(&Facts),
) -> Result<(), BootError> {
    let Plan { settings, appliance, mut keeper, sockets, addresses, unit } = plan;
    let random: Arc<dyn Random> = Arc::new(OsRandom);
    let store_file = settings.paths.store_file();
    let opened = keys::open(&store_file, &mut keeper, Arc::clone(&random)).await?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let app = App::new(AppParts {
        store: opened.store,
        clock: Arc::clone(&clock),
        random,
        web_key: opened.web_key,
        dev: settings.profile == Profile::Dev,
    })?;
    // Only on a development machine, whatever the file says: the configuration refuses it under `release`.
    if settings.profile == Profile::Dev && appliance.dev.as_ref().is_some_and(|dev| dev.unlimited_payments) {
        log::warn!("the limits against card testing are lifted");
        app.lift_payment_limits();
    }
    let keeper = Arc::new(Mutex::new(keeper));
    let about = format!("version {}, {}", settings.version, settings.profile);
    begin_audit(&app, Keeper::new(Arc::clone(&keeper) as _), &about).await?;
    let (attempts, recovered) = match &unit {
        Some(unit) => (unit.attempts.clone(), unit.recovered.clone()),
        None => Default::default(),
    };
    if let Some(unit) = unit {
        app.gate().stand_before(unit);
    }
    open_ranges(&app, &appliance.admin_ranges).await?;
    first_run::prepare(&app, &appliance, &settings.paths.demo).await?;
    let names = names(&appliance, &addresses);
    let certificates = certificates(&app, &names, authorities(settings.profile, &appliance)?).await?;
    let console = certificates.of(Place::Console).clone();
    let ports = sockets.ports()?;
    let gateways = Gateways::new((app.store().clone(), clock), settings.profile, &appliance)?;
    let office = Office::new(OfficeParts {
        app: Arc::clone(&app),
        hasher: Hasher::new(app.random())?,
        premises: premises(&settings, &appliance, &addresses, ports),
        certificates,
        make_gateway: Box::new(move |account| gateways.make(account)),
    });
    if let Err(error) = restore_certificates(&office).await {
        // The machine's own are shown then: the shop is open all the same.
        log::error!(target: "boot", "the certificates in place cannot be shown: {error}");
    }
    if let Err(error) = restore_gateway(&office) {
        // The shop is open all the same: its pages say that it cannot take payments now.
        log::error!(target: "boot", "the gateway cannot be opened: {error}");
    }
    attest_founders(&office).await?;
    let code = issue_setup_code(&app, true).await?;
    let open = recover(&app).await?;
    if open > 0 {
        log::info!(target: "boot", "{open} payments were under way when the service stopped: asking the gateway");
    }
    let reconciling = tokio::spawn(keep_reconciling(Arc::clone(&app)));
    let refunds = recover_refunds(&app).await?;
    if refunds > 0 {
        log::info!(target: "boot", "{refunds} refunds were under way when the service stopped: asking the gateway");
    }
    let refunding = tokio::spawn(keep_refunding(Arc::clone(&app)));
    let forgetting = tokio::spawn(keep_forgetting_carts(Arc::clone(&app)));
    let (host, version) = (appliance.hostname.as_str().to_owned(), settings.version.clone());
    let shipping = tokio::spawn(keep_shipping(Arc::clone(&app), host, version, Pace::USUAL));
    let ranges = tokio::spawn(keep_ranges(Arc::clone(&app), attempts, recovered));
    let disabling = tokio::spawn(keep_disabling_unused(Arc::clone(&app)));
    let site = Site::new(Arc::clone(&app))?;
    let doors = doors::open(sockets, &site, &office)?;
    let certifying = tokio::spawn(keep_certificates(Arc::clone(&office)));
    let facts = Facts { ports, fingerprint: console.fingerprint(), code };
    ready(&facts);
    let network = Some(appliance.network.clone());
    let pulse = Pulse::begin(&app, &settings, network, (ports, console), facts.code);
    let pulse = tokio::spawn(pulse.keep());
    raise_minimum(keeper);
    let auditing = tokio::spawn(keep_audit(Arc::clone(&app)));
    let served: Vec<_> =
        doors.into_iter().map(|door| tokio::spawn(crate::web::listener::serve(door, stop.clone()))).collect();
    for each in served {
        // A door that failed has said so itself.
        let _ = each.await;
    }
    finish_charges(&app, Duration::from_secs(20)).await;
    reconciling.abort();
    refunding.abort();
    pulse.abort();
    forgetting.abort();
    certifying.abort();
    shipping.abort();
    ranges.abort();
    disabling.abort();
    auditing.abort();
    match tokio::time::timeout(LAST_HEAD, end_audit(&app, &about)).await {
        Ok(Ok(())) => {}
        // The next start seals what is open; until then nothing vouches for it.
        Ok(Err(error)) => {
            log::warn!(target: "boot", "the audit log's last head waits for the next start: {error}")
        }
        Err(_) => {
            log::warn!(target: "boot", "the audit log's last head waits for the next start: the TPM is slow")
        }
    }
    Ok(())
}

/// This image serves: from now on no image with a lower security version opens this machine's secrets. Beside
/// the doors, since a TPM may take a second. With updates this will wait for the health gate.
fn raise_minimum(keeper: Arc<Mutex<Client>>) {
    tokio::task::spawn_blocking(move || {
        let mut keeper = keeper.lock().unwrap_or_else(PoisonError::into_inner);
        match keeper.raise_minimum() {
            Ok(minimum) => {
                log::info!(target: "boot", "the TPM opens for images of security version {minimum} and above")
            }
            Err(error) => log::error!(target: "boot", "the TPM's minimum version was not raised: {error}"),
        }
    });
}

/// What the screen shows once the doors are open.
pub(super) struct Facts {
    pub(super) ports: Ports,
    pub(super) fingerprint: String,
    pub(super) code: Option<ShownCode>,
}

fn founder(attested: &Attested) -> Founder {
    let Attested { name, email, employer, employed_since, screening, approved_by } = attested.clone();
    Founder {
        name,
        email,
        employment: Employment {
            employer,
            kind: EmploymentKind::Employee,
            since: employed_since,
            ended: None,
        },
        screening: Screening {
            method: screening.method,
            on: screening.on,
            valid_until: screening.valid_until,
            reference: screening.reference,
        },
        approved_by,
    }
}

/// What the console says of the machine.
fn premises(settings: &Settings, appliance: &Appliance, addresses: &[IpAddr], ports: Ports) -> Premises {
    let host = match addresses.first() {
        None => appliance.hostname.as_str().to_owned(),
        Some(IpAddr::V4(address)) => address.to_string(),
        Some(IpAddr::V6(address)) => format!("[{address}]"),
    };
    let port = if ports.storefront == 443 { String::new() } else { format!(":{}", ports.storefront) };
    Premises {
        version: settings.version.clone(),
        profile: settings.profile.to_string(),
        storefront: format!("https://{host}{port}/"),
        storefront_port: ports.storefront,
        // Passkeys work under a name alone; the self-signed certificate has the machine's.
        console_names: vec![appliance.hostname.as_str().to_owned()],
        console_port: ports.console,
        tpm: match &settings.tpm.at {
            TpmAt::Device(path) => format!("TPM 2.0 at {}", path.display()),
            TpmAt::Swtpm(_) => "a software TPM of the demo".to_owned(),
        },
        shop_name: Some(appliance.shop.name.clone()),
        administrator: Some(founder(&appliance.administrator)),
        security_officer: appliance.security_officer.as_ref().map(founder),
        recovery_key: Some(settings.paths.recovery_key.clone()),
        setup_done: settings.paths.setup_done(),
    }
}

/// What the two listeners show: their own certificates, until others are restored.
async fn certificates(
    app: &App,
    names: &[String],
    directory: Box<MakeDirectory>,
) -> Result<Shown, BootError> {
    let challenges = Challenges::default();
    let storefront = first_run::own(app, first_run::STOREFRONT, names).await?;
    let storefront = Certificates::by_name(&storefront, challenges.clone())?;
    let console = Certificates::for_all(&first_run::own(app, first_run::CONSOLE, names).await?)?;
    Ok(Shown::new(storefront, console, challenges, directory))
}

/// What stands in the self-signed certificates: host name and addresses.
fn names(appliance: &Appliance, addresses: &[IpAddr]) -> Vec<String> {
    let mut names = vec![appliance.hostname.as_str().to_owned()];
    names.extend(addresses.iter().map(IpAddr::to_string));
    names
}
