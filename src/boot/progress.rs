//! Progress: one line on standard error that tells how far a command is, where somebody watches.

use std::io::{IsTerminal, Write};

/// Shows a line in place of the one before; nothing where standard error is a file or a pipe.
pub fn show(line: &str) {
    let mut err = std::io::stderr();
    if err.is_terminal() {
        // Who cannot be told how far it is learns at the end.
        let _ = write!(err, "\r{line}\x1b[K").and_then(|()| err.flush());
    }
}

/// Takes the line away.
pub fn clear() {
    show("");
}
