//! The service inside the image: sockets from systemd, the machine's TPM, the approvals of its UKI.

use tokio::sync::watch;

use super::BootError;
use crate::config::Settings;

/// Serves until `stop` turns true.
pub async fn serve(settings: Settings, stop: watch::Receiver<bool>) -> Result<(), BootError> {
    let _ = (settings, stop);
    Ok(())
}
