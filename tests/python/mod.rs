//! Python programs from PyPI, each in a folder of its own under `target/`, at fixed versions.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The interpreter of the folder into which these requirements (a file's path below `tests/`) were installed,
/// once per target folder.
pub fn installed(name: &str, requirements: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let (python, done) = (folder.join("bin/python"), folder.join("installed"));
    let requirements = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(requirements);
    let wanted = std::fs::read_to_string(&requirements).unwrap();
    if std::fs::read_to_string(&done).is_ok_and(|found| found == wanted) {
        return python;
    }
    let run = |program: &Path, arguments: &[&str]| {
        let status = Command::new(program).args(arguments).stdin(Stdio::null()).status();
        let status = status.unwrap_or_else(|error| panic!("{} cannot be run: {error}", program.display()));
        assert!(
            status.success(),
            "{} {arguments:?} failed: {name} needs python3-venv and PyPI",
            program.display()
        );
    };
    run(Path::new("python3"), &["-m", "venv", "--clear", folder.to_str().unwrap()]);
    let requirements = requirements.to_str().unwrap();
    run(&python, &["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", requirements]);
    std::fs::write(&done, wanted).unwrap();
    python
}
