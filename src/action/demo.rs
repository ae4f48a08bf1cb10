//! The demo shop: goods to look at and buy before there are real ones.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use super::{Actor, App, ImportError, ImportProducts, ImportReport, import_products};
use crate::catalog::{MOST_PICTURE_BYTES, Picture, PictureError};
use crate::operator::{SETTINGS, Settings};
use crate::store::StoreError;

/// The most pictures of the demo's folder.
const MOST_PICTURES: usize = 1000;

/// Why the demo shop was not made.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// A file is missing or cannot be read.
    #[error("the demo catalogue's {name} cannot be read: {reason}")]
    File {
        /// Which file.
        name: String,
        /// The system's words.
        reason: String,
    },
    /// A picture is none.
    #[error("the demo catalogue's {name} is not a picture: {reason}")]
    Picture {
        /// Which file.
        name: String,
        /// What is wrong.
        reason: PictureError,
    },
    /// A shop that is live takes no demo goods.
    #[error("a shop that is live takes no demo goods")]
    Live,
    /// The import failed.
    #[error(transparent)]
    Import(#[from] ImportError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Puts the shop's first settings in place if there are none yet; changes nothing otherwise. Returns the
/// settings in force.
pub async fn open_shop(app: &Arc<App>, first: Settings) -> Result<Settings, StoreError> {
    app.store()
        .transact(move |tx| match Settings::load(tx)? {
            Some(settings) => Ok(settings),
            None => tx.put(&SETTINGS, &0, &first).map(|()| first.clone()),
        })
        .await
}

/// Loads the folder (`products.csv`, `pictures/`) through the import, and marks the goods. Pictures are
/// stored as they are: the folder is part of the signed image. The shop's settings must be there.
pub async fn load_demo(app: &Arc<App>, folder: &Path) -> Result<ImportReport, DemoError> {
    let settings = app.settings()?;
    if settings.as_ref().is_none_or(|settings| settings.live_since.is_some()) {
        return Err(DemoError::Live);
    }
    let currency = settings.map_or(crate::base::Currency::Eur, |settings| settings.currency);
    let folder = folder.to_owned();
    let read = tokio::task::spawn_blocking(move || read_folder(&folder)).await;
    let (file, pictures) = read.map_err(|error| unreadable("folder", &error))??;
    let sent = ImportProducts { file, currency, pictures, demo: true };
    Ok(import_products(app, &Actor::machine(), sent).await?)
}

fn unreadable(name: &str, reason: &dyn std::fmt::Display) -> DemoError {
    DemoError::File { name: name.to_owned(), reason: reason.to_string() }
}

type Folder = (Vec<u8>, BTreeMap<String, Picture>);

fn read_folder(folder: &Path) -> Result<Folder, DemoError> {
    let file =
        std::fs::read(folder.join("products.csv")).map_err(|error| unreadable("products.csv", &error))?;
    let mut pictures = BTreeMap::new();
    let entries =
        std::fs::read_dir(folder.join("pictures")).map_err(|error| unreadable("pictures", &error))?;
    for entry in entries.take(MOST_PICTURES) {
        let entry = entry.map_err(|error| unreadable("pictures", &error))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let bytes = std::fs::read(entry.path()).map_err(|error| unreadable(&name, &error))?;
        if bytes.len() > MOST_PICTURE_BYTES {
            return Err(DemoError::Picture { name, reason: PictureError::TooLarge });
        }
        match Picture::trusted(bytes) {
            Ok(picture) => drop(pictures.insert(name, picture)),
            Err(reason) => return Err(DemoError::Picture { name, reason }),
        }
    }
    Ok((file, pictures))
}
