//! The service's log: a bounded queue, and a thread that hands its lines to the journal, or to standard
//! error where there is no journal.
//!
//! A journal that stalls costs lines, never a request: what does not fit the queue is counted, and the count
//! is logged as soon as there is room. Panics become one line with their place; their words are left out,
//! because nobody knows what they quote. What is logged under [`ALERT`] goes out at priority alert.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::time::Duration;

use log::kv::{Key, Value, VisitSource};
use log::{Level, LevelFilter, Log, Metadata, Record};
use systemd_journal_logger::{JournalLog, connected_to_journal};

use super::alert::{ALERT, Alerts, SOCKET};
use super::problems::one_line;

/// The most lines that wait.
const QUEUE: usize = 1024;
/// The most characters of a message or of a field's value.
const LONGEST: usize = 4096;
/// The most fields of a line.
const MOST_FIELDS: usize = 16;
/// How long an ending process waits for its last lines.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// The running log; dropping it waits up to two seconds for the lines that are queued.
#[must_use = "the last lines are written when this is dropped"]
#[derive(Debug)]
pub struct Journal(());

impl Drop for Journal {
    fn drop(&mut self) {
        log::logger().flush();
    }
}

/// Starts the log of this process: our own lines from `info` on, those of libraries from `warn` on. A second
/// call changes nothing.
pub fn journal() -> Journal {
    let (sender, receiver) = sync_channel(QUEUE);
    let dropped = Arc::new(AtomicU64::new(0));
    let queue = Queue { sender, dropped: Arc::clone(&dropped) };
    if log::set_boxed_logger(Box::new(queue)).is_ok() {
        log::set_max_level(LevelFilter::Info);
        let mut sink = Sink::open();
        let writer = move || write_all(&receiver, &dropped, &mut |line| sink.write(line));
        if std::thread::Builder::new().name("journal".to_owned()).spawn(writer).is_ok() {
            std::panic::set_hook(Box::new(log_panic));
        }
    }
    Journal(())
}

fn log_panic(panic: &std::panic::PanicHookInfo<'_>) {
    let place = panic.location().map(ToString::to_string).unwrap_or_default();
    let thread = std::thread::current();
    let name = thread.name().unwrap_or("unnamed");
    log::error!(thread = name, place = place.as_str(); "a defect stopped the thread {name} at {place}");
}

/// A line on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    level: Level,
    target: String,
    message: String,
    fields: Vec<(String, String)>,
    place: Option<(String, u32)>,
}

impl Entry {
    fn is_alert(&self) -> bool {
        self.level == Level::Error && self.target == ALERT
    }
}

enum Message {
    Line(Entry),
    /// Answered once everything before it is written.
    Flush(SyncSender<()>),
}

struct Queue {
    sender: SyncSender<Message>,
    dropped: Arc<AtomicU64>,
}

impl Log for Queue {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.level() <= Level::Info
    }

    fn log(&self, record: &Record<'_>) {
        // By the module, since a target may be any word.
        let own = record.module_path().is_some_and(|path| path.starts_with("cashcow"));
        if record.level() > if own { Level::Info } else { Level::Warn } {
            return;
        }
        let mut fields = Fields(Vec::new());
        // A field that cannot be shown is left out; the line itself counts.
        let _ = record.key_values().visit(&mut fields);
        let entry = Entry {
            level: record.level(),
            target: record.target().to_owned(),
            message: short(&record.args().to_string()),
            fields: fields.0,
            place: record.file().zip(record.line()).map(|(file, line)| (file.to_owned(), line)),
        };
        if let Err(TrySendError::Full(_)) = self.sender.try_send(Message::Line(entry)) {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn flush(&self) {
        let (done, wait) = sync_channel(1);
        if self.sender.try_send(Message::Flush(done)).is_ok() {
            let _ = wait.recv_timeout(LAST_WORDS);
        }
    }
}

struct Fields(Vec<(String, String)>);

impl<'kvs> VisitSource<'kvs> for Fields {
    fn visit_pair(&mut self, key: Key<'kvs>, value: Value<'kvs>) -> Result<(), log::kv::Error> {
        if self.0.len() < MOST_FIELDS {
            self.0.push((key.as_str().to_owned(), short(&value.to_string())));
        }
        Ok(())
    }
}

/// One line of bounded length.
fn short(text: &str) -> String {
    if text.chars().nth(LONGEST).is_some() {
        let kept: String = text.chars().take(LONGEST).collect();
        return format!("{}…", one_line(&kept));
    }
    one_line(text)
}

/// Writes what comes until the last sender is gone.
fn write_all(receiver: &Receiver<Message>, dropped: &AtomicU64, write: &mut dyn FnMut(&Entry)) {
    while let Ok(message) = receiver.recv() {
        match message {
            Message::Line(entry) => write(&entry),
            Message::Flush(done) => drop(done.try_send(())),
        }
        let lost = dropped.swap(0, Ordering::Relaxed);
        if lost > 0 {
            write(&Entry {
                level: Level::Warn,
                target: "cashcow::machine::journal".to_owned(),
                message: format!("{lost} lines of the log were dropped, because the journal was too slow"),
                fields: vec![("lost".to_owned(), lost.to_string())],
                place: None,
            });
        }
    }
}

/// Where lines go: what the first way does not take goes the next.
struct Sink {
    /// For alarms.
    alerts: Option<Alerts>,
    journal: Option<JournalLog>,
}

impl Sink {
    fn open() -> Self {
        let journal = connected_to_journal().then(JournalLog::new).and_then(Result::ok);
        let alerts = journal.as_ref().and_then(|_| Alerts::to(Path::new(SOCKET)).ok());
        let journal = journal.map(|log| log.with_syslog_identifier("cashcowd".to_owned()));
        Self { alerts, journal }
    }

    fn write(&mut self, entry: &Entry) {
        let alert = self.alerts.as_ref().filter(|_| entry.is_alert());
        if alert.is_some_and(|alerts| alerts.send(&entry.message, &entry.fields).is_ok()) {
            return;
        }
        // There is nowhere to complain to about a log that cannot be written.
        let Some(journal) = &self.journal else {
            let _ = writeln!(std::io::stderr(), "{}", plain(entry));
            return;
        };
        let fields: Vec<_> = entry.fields.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
        let (file, line) = entry.place.as_ref().map(|(file, line)| (file.as_str(), *line)).unzip();
        let _ = journal.journal_send(
            &Record::builder()
                .level(entry.level)
                .target(&entry.target)
                .file(file)
                .line(line)
                .key_values(&fields)
                .args(format_args!("{}", entry.message))
                .build(),
        );
    }
}

/// `warn cashcow::store: text (key=value)`.
fn plain(entry: &Entry) -> String {
    let level = if entry.is_alert() { "ALERT".to_owned() } else { entry.level.as_str().to_ascii_lowercase() };
    let fields: Vec<_> = entry.fields.iter().map(|(key, value)| format!("{key}={value}")).collect();
    let fields = if fields.is_empty() { String::new() } else { format!(" ({})", fields.join(", ")) };
    format!("{level} {}: {}{fields}", entry.target, entry.message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::alert::tests as alert_tests;

    fn queue(size: usize) -> (Queue, Receiver<Message>, Arc<AtomicU64>) {
        let (sender, receiver) = sync_channel(size);
        let dropped = Arc::new(AtomicU64::new(0));
        (Queue { sender, dropped: Arc::clone(&dropped) }, receiver, dropped)
    }

    fn written(receiver: &Receiver<Message>, dropped: &AtomicU64) -> Vec<String> {
        let mut lines = Vec::new();
        write_all(receiver, dropped, &mut |entry| lines.push(plain(entry)));
        lines
    }

    fn say(queue: &Queue, level: Level, target: &str, text: &str) {
        let module = if target == "hyper" { "hyper::client" } else { "cashcow::store" };
        let mut record = Record::builder();
        record.level(level).target(target).module_path(Some(module));
        queue.log(&record.args(format_args!("{text}")).build());
    }

    #[test]
    fn lines_that_do_not_fit_are_counted_and_the_count_is_logged() {
        let (queue, receiver, dropped) = queue(2);
        for number in 0..5 {
            say(&queue, Level::Info, "cashcow::store", &number.to_string());
        }
        drop(queue);
        assert_eq!(
            written(&receiver, &dropped),
            [
                "info cashcow::store: 0",
                "warn cashcow::machine::journal: 3 lines of the log were dropped, because the journal was too slow (lost=3)",
                "info cashcow::store: 1",
            ]
        );
    }

    #[test]
    fn a_line_cannot_forge_another_and_is_bounded() {
        let (queue, receiver, dropped) = queue(9);
        say(&queue, Level::Warn, "cashcow", "a\nerror cashcow: forged\u{1b}[2J");
        say(&queue, Level::Warn, "cashcow", &"x".repeat(5000));
        say(&queue, Level::Info, "hyper", "not ours and not a warning");
        say(&queue, Level::Info, "boot", "ours");
        let fields = [("order", "7")];
        let record = Record::builder()
            .level(Level::Error)
            .target("cashcow")
            .key_values(&fields)
            .args(format_args!("late"))
            .build();
        queue.log(&record);
        drop(queue);
        let lines = written(&receiver, &dropped);
        assert_eq!(lines[0], "warn cashcow: a error cashcow: forged?[2J");
        assert_eq!(lines[1].chars().count(), "warn cashcow: ".len() + LONGEST + 1);
        assert_eq!(lines[2..], ["info boot: ours", "error cashcow: late (order=7)"]);
    }

    #[test]
    fn an_alarm_goes_to_the_journal_as_an_alert_and_other_errors_do_not() {
        let folder = tempfile::tempdir().unwrap();
        let (journal, path) = alert_tests::journal(folder.path());
        let mut sink = Sink { alerts: Alerts::to(&path).ok(), journal: None };
        let (queue, receiver, dropped) = queue(9);
        say(&queue, Level::Error, "cashcow::store", "an error");
        say(&queue, Level::Info, ALERT, "no alarm");
        say(&queue, Level::Error, ALERT, "an alarm\nPRIORITY=7");
        drop(queue);
        let mut lines = Vec::new();
        write_all(&receiver, &dropped, &mut |entry| {
            lines.push(plain(entry));
            sink.write(entry);
        });
        assert_eq!(
            lines,
            ["error cashcow::store: an error", "info alarm: no alarm", "ALERT alarm: an alarm PRIORITY=7",]
        );
        let record = alert_tests::next(&journal);
        assert_eq!(record[0], ("PRIORITY".to_owned(), "1".to_owned()));
        assert!(record.contains(&("MESSAGE".to_owned(), "an alarm PRIORITY=7".to_owned())), "{record:?}");
        journal.set_nonblocking(true).unwrap();
        assert!(journal.recv(&mut [0; 9]).is_err(), "one alarm, one record");
    }

    #[test]
    fn a_flush_waits_for_what_was_said_before_it() {
        let (queue, receiver, dropped) = queue(9);
        say(&queue, Level::Info, "cashcow", "before");
        let writer = std::thread::spawn(move || written(&receiver, &dropped));
        queue.flush();
        drop(queue);
        assert_eq!(writer.join().unwrap(), ["info cashcow: before"]);
    }
}
