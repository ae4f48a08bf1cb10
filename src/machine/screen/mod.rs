//! The machine's screen: a page on tty1 and lines on the first serial port. Output only: it opens both for
//! writing and reads no key.

mod lines;
mod page;
mod port;
mod view;

use std::time::{Duration, Instant};

use super::{Failure, Places};
use crate::config::Settings;
use lines::lines;
use page::page;
use port::{Port, drawing};
use view::Viewer;

/// How often the state is looked at.
const LOOK: Duration = Duration::from_secs(1);
/// How often the page is drawn again although it is the same: the kernel may have written over it.
const REDRAW: Duration = Duration::from_secs(30);

/// Shows the machine's state until the process is ended.
pub fn show(settings: &Settings, places: &Places) -> Result<(), Failure> {
    let mut viewer = Viewer::new(settings, places);
    let (mut screen, mut serial) = (Port::new("/dev/tty1"), Port::new("/dev/ttyS0"));
    let mut drawn = (Vec::new(), None::<Instant>);
    let mut said = Vec::new();
    loop {
        let view = viewer.look();
        let rows = page(&view);
        if rows != drawn.0 || drawn.1.is_none_or(|at| at.elapsed() >= REDRAW) {
            // A page that is still on its way is outdated: the newest one alone counts.
            screen.replace(&drawing(&rows));
            drawn = (rows, Some(Instant::now()));
        }
        let now = lines(&view);
        for line in now.iter().filter(|line| !said.contains(*line)) {
            serial.append(&format!("{line}\n"));
        }
        said = now;
        screen.push();
        serial.push();
        std::thread::sleep(LOOK);
    }
}
