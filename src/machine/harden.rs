//! What the process gives up at its start, whoever started it.
//!
//! Memory is not locked: the image has no swap and the unit sets `MemorySwapMax=0`, while a locked process
//! would need a limit above all that Argon2 and the requests may ever use, and dies at it.

use nix::sys::prctl::{set_dumpable, set_no_new_privs};
use nix::sys::resource::{Resource, setrlimit};
use nix::unistd::geteuid;

use super::{Exit, Failure};

/// No core file, no reading of the process's memory by its own user, and no new privileges, ever.
pub fn harden() -> Result<(), Failure> {
    let refuse = |what: &str, error: nix::Error| {
        Failure::new(Exit::System, format!("{what} failed: {error}; the service does not run without it"))
    };
    setrlimit(Resource::RLIMIT_CORE, 0, 0).map_err(|error| refuse("forbidding core files", error))?;
    set_dumpable(false).map_err(|error| refuse("closing the process's memory", error))?;
    set_no_new_privs().map_err(|error| refuse("giving up new privileges", error))
}

/// Refuses to go on as root.
pub fn refuse_root() -> Result<(), Failure> {
    if geteuid().is_root() {
        let text = "cashcowd serve does not run as root: start it through cashcowd.service, which gives it the \
                    user cashcow, or use `cashcowd demo`";
        return Err(Failure::new(Exit::NotPermitted, text));
    }
    Ok(())
}
