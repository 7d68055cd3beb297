//! Ports for listeners that must be known before they are opened.

use std::net::TcpListener;
use std::sync::atomic::{AtomicU16, Ordering};

/// A free port on 127.0.0.1, below the range from which the kernel takes ports for outgoing connections, so that no
/// connection of a neighbouring test can take it before its listener does.
pub fn free_port() -> u16 {
    free_ports(1)
}

/// The first of several free ports in a row.
pub fn free_ports(many: u16) -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let first = 12_000 + u16::try_from(std::process::id() % 150).unwrap() * 100;
    loop {
        let port = 12_000 + (first - 12_000 + NEXT.fetch_add(many, Ordering::Relaxed)) % 20_000;
        if (port..port + many).all(|port| TcpListener::bind(("127.0.0.1", port)).is_ok()) {
            return port;
        }
    }
}
