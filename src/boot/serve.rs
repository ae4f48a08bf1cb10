//! The service inside the image: sockets from systemd, the machine's TPM, the approvals of its UKI.

use super::BootError;
use crate::config::Settings;

/// Serves until systemd says stop.
pub async fn serve(settings: Settings) -> Result<(), BootError> {
    let _ = settings;
    Ok(())
}
