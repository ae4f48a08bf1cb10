//! Provisioning: `cashcowd setup`, once at every start and before the network.
//!
//! A machine that has no accepted `appliance.toml` waits for a volume labelled COW-SETUP, which a mount unit
//! of the image puts under `/run/cashcow/volume`. Each mistake in its file becomes a problem on the screen,
//! and a corrected volume is awaited for as long as it takes. A file without mistakes is kept on the data
//! volume for good; no volume is looked at again after that.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use nix::sys::statfs::{MSDOS_SUPER_MAGIC, statfs};
use nix::sys::statvfs::{FsFlags, statvfs};

use super::card::first_wired;
use super::{Exit, Failure, Problem, Problems, render, write_durably, write_whole};
use crate::config::{Addressing, Appliance, Mac, Mistakes, Settings, read_file};

/// How often the volume and the network cards are looked for.
const PAUSE: Duration = Duration::from_secs(1);
/// How long a first start waits for the volume before it says that there is none: a stick needs a while.
const PATIENCE: u32 = 20;
/// How long a start with fixed addresses waits for a network card.
const CARD_PATIENCE: u32 = 60;

const FILE: &str = "appliance.toml";

/// Where the provisioning volume is.
#[derive(Debug, Clone)]
pub enum Volume {
    /// A mount point: counts only while a FAT volume is mounted there read-only, nosuid, nodev, noexec.
    Mounted(PathBuf),
    /// A folder, as it is. For tests.
    Folder(PathBuf),
}

/// Where things are found and put.
#[derive(Debug, Clone)]
pub struct Places {
    /// The provisioning volume.
    pub volume: Volume,
    /// The machine's passing files: `/run/cashcow`.
    pub run: PathBuf,
    /// systemd's passing settings: `/run/systemd`.
    pub systemd: PathBuf,
    /// The kernel's host name.
    pub hostname: PathBuf,
    /// The kernel's list of network cards.
    pub cards: PathBuf,
}

impl Places {
    /// The places inside the image.
    pub fn of_image() -> Self {
        Self {
            volume: Volume::Mounted("/run/cashcow/volume".into()),
            run: "/run/cashcow".into(),
            systemd: "/run/systemd".into(),
            hostname: "/proc/sys/kernel/hostname".into(),
            cards: "/sys/class/net".into(),
        }
    }

    /// The same places below `root`, with the volume as a plain folder. For tests.
    pub fn under(root: &Path) -> Self {
        Self {
            volume: Volume::Folder(root.join("run/cashcow/volume")),
            run: root.join("run/cashcow"),
            systemd: root.join("run/systemd"),
            hostname: root.join("proc/sys/kernel/hostname"),
            cards: root.join("sys/class/net"),
        }
    }

    /// The problems that the screen shows.
    pub fn problems(&self) -> Problems {
        Problems::new(self.run.join("problems"))
    }

    /// What `cashcowd firewall` loads.
    pub fn firewall(&self) -> PathBuf {
        self.run.join("firewall.json")
    }

    /// The name servers; `/etc/resolv.conf` points here.
    pub fn resolv_conf(&self) -> PathBuf {
        self.run.join("resolv.conf")
    }
}

/// Waits for a good provisioning file unless one was accepted before, and renders what follows from it.
/// `pause` is called between two looks; it sleeps, or ends the wait of a test with an error.
pub fn setup(
    settings: &Settings,
    places: &Places,
    pause: &mut dyn FnMut(Duration) -> Result<(), Failure>,
) -> Result<Appliance, Failure> {
    let kept = settings.paths.appliance();
    let problems = places.problems();
    let appliance = if kept.exists() {
        Appliance::load(&kept, settings.profile).map_err(|mistakes| {
            log::error!("the accepted provisioning file is refused by this image: {mistakes}");
            let first = mistakes.0.first().map(|mistake| mistake.problem()).unwrap_or_default();
            let wrong = format!("the provisioning file on the data volume does not suit this image: {first}");
            let _ = problems.set("setup", &[Problem::new(&wrong, "start the image that accepted it")]);
            Failure::new(Exit::Config, mistakes)
        })?
    } else {
        provision(settings, places, &kept, &problems, pause)?
    };
    let first = match appliance.network.addressing {
        Addressing::Static { .. } if appliance.network.interface.is_none() => {
            wait_for_card(places, &problems, pause)?
        }
        _ => None,
    };
    apply(&appliance, places, first).map_err(|(path, error)| {
        Failure::new(Exit::CannotCreate, format!("{} cannot be written: {error}", path.display()))
    })?;
    problems.set("setup", &[]).map_err(|error| Failure::new(Exit::Io, error))?;
    log::info!("this machine is {}", appliance.hostname.as_str());
    Ok(appliance)
}

/// Waits for a file without mistakes and keeps it.
fn provision(
    settings: &Settings,
    places: &Places,
    kept: &Path,
    problems: &Problems,
    pause: &mut dyn FnMut(Duration) -> Result<(), Failure>,
) -> Result<Appliance, Failure> {
    let mut said: Option<Vec<Problem>> = None;
    let mut looks = 0_u32;
    loop {
        let wrong = match look(&places.volume) {
            Look::Nothing if looks < PATIENCE && said.is_none() => Vec::new(),
            Look::Nothing => vec![Problem::new(
                "this machine is new and has no provisioning file",
                "put appliance.toml on a small FAT volume labelled COW-SETUP and plug it in",
            )],
            Look::Unfit(problem) => vec![problem],
            Look::File(path) => match accept(settings, &path, kept) {
                Ok(appliance) => return Ok(appliance),
                Err(Refusal::Mistakes(mistakes)) => mistakes.0.iter().map(Problem::from).collect(),
                Err(Refusal::Disk(error)) => vec![Problem::new(
                    &format!("the provisioning file is good but cannot be kept: {error}"),
                    "start the machine again; if this stays, replace its disk",
                )],
            },
        };
        if !wrong.is_empty() && said.as_ref() != Some(&wrong) {
            for problem in &wrong {
                log::warn!("{}; {}", problem.wrong, problem.cure);
            }
            problems.set("setup", &wrong).map_err(|error| Failure::new(Exit::Io, error))?;
            said = Some(wrong);
        }
        looks = looks.saturating_add(1);
        pause(PAUSE)?;
    }
}

enum Look {
    Nothing,
    Unfit(Problem),
    File(PathBuf),
}

/// What stands at a volume's place.
pub(super) enum Mounted {
    Nothing,
    Unfit(Problem),
    At(PathBuf),
}

/// Looks whether a volume is there and mounted as it must be.
pub(super) fn mounted(volume: &Volume) -> Mounted {
    let folder = match volume {
        Volume::Folder(folder) => folder,
        Volume::Mounted(folder) => match (statfs(folder), statvfs(folder)) {
            (Ok(kind), Ok(how)) if kind.filesystem_type() == MSDOS_SUPER_MAGIC => {
                let wanted = FsFlags::ST_RDONLY | FsFlags::ST_NOSUID | FsFlags::ST_NODEV | FsFlags::ST_NOEXEC;
                if !how.flags().contains(wanted) {
                    return Mounted::Unfit(Problem::new(
                        "the provisioning volume is not mounted as it must be",
                        "this is a fault of the image; ask for a new one",
                    ));
                }
                folder
            }
            _ => return Mounted::Nothing,
        },
    };
    Mounted::At(folder.clone())
}

fn look(volume: &Volume) -> Look {
    let folder = match mounted(volume) {
        Mounted::Nothing => return Look::Nothing,
        Mounted::Unfit(problem) => return Look::Unfit(problem),
        Mounted::At(folder) => folder,
    };
    let path = folder.join(FILE);
    match (std::fs::symlink_metadata(&path), folder.is_dir()) {
        (Ok(found), _) if found.is_file() => Look::File(path),
        (Err(error), true) if error.kind() != ErrorKind::NotFound => Look::Unfit(Problem::new(
            &format!("the volume COW-SETUP cannot be read: {error}"),
            "write it again, or take another stick",
        )),
        (_, true) => Look::Unfit(Problem::new(
            "the volume COW-SETUP holds no file appliance.toml",
            "put the file at its top, under exactly this name, and plug it in again",
        )),
        (_, false) => Look::Nothing,
    }
}

enum Refusal {
    Mistakes(Mistakes),
    Disk(std::io::Error),
}

/// Keeps the file, byte for byte, if it has no mistake.
fn accept(settings: &Settings, path: &Path, kept: &Path) -> Result<Appliance, Refusal> {
    let text = read_file(path, FILE).map_err(Refusal::Mistakes)?;
    let appliance = Appliance::parse(FILE, &text, settings.profile).map_err(Refusal::Mistakes)?;
    write_durably(kept, text.as_bytes(), 0o644).map_err(Refusal::Disk)?;
    Ok(appliance)
}

fn wait_for_card(
    places: &Places,
    problems: &Problems,
    pause: &mut dyn FnMut(Duration) -> Result<(), Failure>,
) -> Result<Option<Mac>, Failure> {
    for _ in 0..CARD_PATIENCE {
        if let Some(card) = first_wired(&places.cards) {
            return Ok(Some(card));
        }
        pause(PAUSE)?;
    }
    let wrong = Problem::new("no wired network card was found", "check the machine's network card");
    problems.set("network", &[wrong]).map_err(|error| Failure::new(Exit::Io, error))?;
    Ok(None)
}

/// Writes everything that follows from the file.
fn apply(
    appliance: &Appliance,
    places: &Places,
    first: Option<Mac>,
) -> Result<(), (PathBuf, std::io::Error)> {
    let whole =
        |path: PathBuf, text: &str| write_whole(&path, text.as_bytes(), 0o644).map_err(|error| (path, error));
    let network = &appliance.network;
    whole(places.systemd.join("network/10-cashcow.network"), &render::networkd(network, first))?;
    let timesyncd = places.systemd.join("timesyncd.conf.d/10-cashcow.conf");
    if let Some(text) = render::timesyncd(network) {
        whole(timesyncd, &text)?;
    }
    whole(places.resolv_conf(), &render::resolvers(&network.dns))?;
    let firewall = places.firewall();
    let state = serde_json::to_string_pretty(&render::firewall(appliance))
        .map_err(|error| (firewall.clone(), std::io::Error::other(error)))?;
    whole(firewall, &state)?;
    // Not a file that could be moved into place, but a door of the kernel's.
    std::fs::write(&places.hostname, appliance.hostname.as_str())
        .map_err(|error| (places.hostname.clone(), error))
}

#[cfg(test)]
#[path = "setup_tests.rs"]
mod tests;
