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
        let text = "cashcowd serve and cashcowd keep do not run as root: start them through their units, which \
                    give each a user of its own, or use `cashcowd demo`";
        return Err(Failure::new(Exit::NotPermitted, text));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use nix::sys::prctl::{get_dumpable, get_no_new_privs};
    use nix::sys::resource::getrlimit;

    const INSIDE: &str = "CASHCOW_TEST_HARDEN";

    /// Runs itself once more, since what is given up does not come back.
    #[test]
    fn what_is_given_up_is_gone() {
        if std::env::var_os(INSIDE).is_none() {
            let name = "machine::harden::tests::what_is_given_up_is_gone";
            let mut again = std::process::Command::new(std::env::current_exe().unwrap());
            let output = again.args(["--exact", name]).env(INSIDE, "1").output().unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
            return;
        }
        harden().unwrap();
        assert_eq!(getrlimit(Resource::RLIMIT_CORE).unwrap(), (0, 0));
        assert_eq!((get_dumpable(), get_no_new_privs()), (Ok(false), Ok(true)));
        assert_eq!(refuse_root().is_err(), geteuid().is_root());
    }
}
