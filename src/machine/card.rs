//! Which network card is the first wired one.

use std::path::{Path, PathBuf};

use crate::config::Mac;

/// The kernel's number for Ethernet (ARPHRD_ETHER).
const ETHERNET: &str = "1";

/// The first wired card of `/sys/class/net`, by its place on the machine's buses, so that the answer is the
/// same at every start; `None` while the kernel knows none.
pub(super) fn first_wired(class: &Path) -> Option<Mac> {
    let mut cards: Vec<(PathBuf, Mac)> = std::fs::read_dir(class)
        .ok()?
        .flatten()
        .filter_map(|entry| {
            let folder = entry.path();
            let text = |name: &str| std::fs::read_to_string(folder.join(name)).ok();
            // What has no device is no card, but a bridge or a tunnel; what has a radio is not wired.
            let place = std::fs::canonicalize(folder.join("device")).ok()?;
            let radio = folder.join("phy80211").exists() || folder.join("wireless").exists();
            let wired = text("type")?.trim() == ETHERNET && !radio;
            wired.then_some((place, Mac::new(text("address")?.trim()).ok()?))
        })
        .collect();
    cards.sort();
    cards.into_iter().next().map(|(_, mac)| mac)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_wired_card_is_found_by_its_place_not_by_its_name() {
        let root = tempfile::tempdir().unwrap();
        let class = root.path().join("class");
        let card = |name: &str, device: Option<&str>, kind: &str, address: &str| {
            let folder = class.join(name);
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(folder.join("type"), format!("{kind}\n")).unwrap();
            std::fs::write(folder.join("address"), format!("{address}\n")).unwrap();
            if let Some(device) = device {
                let place = root.path().join("devices").join(device);
                std::fs::create_dir_all(&place).unwrap();
                std::os::unix::fs::symlink(place, folder.join("device")).unwrap();
            }
            folder
        };
        assert_eq!(first_wired(&class), None);
        card("lo", None, "772", "00:00:00:00:00:00");
        card("br0", None, "1", "52:54:00:00:00:01");
        let radio = card("wlan0", Some("0000:00:01.0"), "1", "52:54:00:00:00:02");
        std::fs::create_dir(radio.join("phy80211")).unwrap();
        card("eth0", Some("0000:00:04.0"), "1", "52:54:00:00:00:03");
        card("eth1", Some("0000:00:03.0"), "1", "52:54:00:00:00:04");
        assert_eq!(first_wired(&class), Mac::new("52:54:00:00:00:04").ok());
    }
}
