//! Files that appear whole or not at all.

use std::fs::{File, OpenOptions, Permissions};
use std::io::{Error, ErrorKind, Result, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// Writes the file beside its place and moves it there: a reader sees the old one or the new one. The mode
/// is as given, whatever the process's mask. Missing folders are made. Not for what must outlive a power
/// cut.
pub fn write_whole(path: &Path, bytes: &[u8], mode: u32) -> Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let beside = beside(path)?;
    fill(&beside, bytes, mode)?;
    std::fs::rename(&beside, path)
}

/// As [`write_whole`], and on the disk when it returns: the file is synced before it is moved, the folder
/// after. The folder must be there.
pub fn write_durably(path: &Path, bytes: &[u8], mode: u32) -> Result<()> {
    let folder = path.parent().ok_or_else(|| Error::from(ErrorKind::InvalidInput))?;
    let beside = beside(path)?;
    fill(&beside, bytes, mode)?.sync_all()?;
    std::fs::rename(&beside, path)?;
    File::open(folder)?.sync_all()
}

fn beside(path: &Path) -> Result<PathBuf> {
    let name = path.file_name().ok_or_else(|| Error::from(ErrorKind::InvalidInput))?;
    let mut hidden = std::ffi::OsString::from(".");
    hidden.push(name);
    hidden.push(".new");
    Ok(path.with_file_name(hidden))
}

fn fill(path: &Path, bytes: &[u8], mode: u32) -> Result<File> {
    // What an earlier, interrupted writer left is of no use, and may have another mode.
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(path)?;
    file.set_permissions(Permissions::from_mode(mode))?;
    file.write_all(bytes)?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_whole_with_its_mode_and_nothing_is_left_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/file");
        write_whole(&path, b"one", 0o644).unwrap();
        std::fs::write(folder.path().join("new/.file.new"), b"left over").unwrap();
        write_whole(&path, b"two", 0o600).unwrap();
        write_durably(&path, b"three", 0o640).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"three");
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640);
        assert_eq!(std::fs::read_dir(folder.path().join("new")).unwrap().count(), 1);
    }
}
