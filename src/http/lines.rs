//! Lines: where log lines wait a moment, so that no request pays for a write of its own. What is worse than information
//! is written at once, with everything before it.

use std::io::{self, Write};
use std::mem::take;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::Thread;
use std::time::Duration;

use tracing::{Level, Metadata};
use tracing_subscriber::fmt::MakeWriter;

/// How long a line waits.
const MOMENT: Duration = Duration::from_millis(100);
/// How many bytes wait. Beyond, whoever logs waits for the reader of the log.
const MOST: usize = 256 * 1024;

/// Lines on their way to standard error. Dropped, it writes what waits.
#[derive(Debug)]
pub(super) struct Lines {
    waiting: Arc<Waiting>,
    writer: Thread,
}

#[derive(Debug, Default)]
struct Waiting {
    lines: Mutex<Vec<u8>>,
    /// Held while lines are written, so that they keep their order.
    order: Mutex<()>,
}

impl Lines {
    /// Starts the thread that writes.
    ///
    /// # Errors
    /// When the system has no thread left.
    pub(super) fn start() -> io::Result<Self> {
        let waiting = Arc::new(Waiting::default());
        let kept = Arc::clone(&waiting);
        let writer = std::thread::Builder::new().name("log".to_owned()).spawn(move || {
            loop {
                // Nobody wakes it while nobody logs.
                std::thread::park();
                std::thread::sleep(MOMENT);
                kept.write();
            }
        })?;
        Ok(Self { waiting, writer: writer.thread().clone() })
    }

    /// Another handle on the same lines, for whoever writes them out at the end.
    pub(super) fn handle(&self) -> Self {
        Self { waiting: Arc::clone(&self.waiting), writer: self.writer.clone() }
    }
}

impl Drop for Lines {
    fn drop(&mut self) {
        self.waiting.write();
    }
}

impl Waiting {
    fn write(&self) {
        let _order = lock(&self.order);
        let lines = take(&mut *lock(&self.lines));
        // A log that cannot be written has nowhere to say so.
        let _ = io::stderr().write_all(&lines);
    }
}

/// One line to be written.
pub(super) struct Line<'a> {
    lines: &'a Lines,
    at_once: bool,
}

impl Write for Line<'_> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let (first, full) = {
            let mut waiting = lock(&self.lines.waiting.lines);
            let first = waiting.is_empty();
            waiting.extend_from_slice(line);
            (first, waiting.len() > MOST)
        };
        if self.at_once || full {
            self.lines.waiting.write();
        } else if first {
            self.lines.writer.unpark();
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Line<'a>;

    fn make_writer(&'a self) -> Line<'a> {
        Line { lines: self, at_once: true }
    }

    fn make_writer_for(&'a self, line: &Metadata<'_>) -> Line<'a> {
        Line { lines: self, at_once: *line.level() <= Level::WARN }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
