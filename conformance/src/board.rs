//! Where both ends of a launch meet for the demonstration: what the ENT signed beside what the publisher received.
//!
//! Nothing in the two tokens links them (that is the point of the broker), so the pairing is by order of events:
//! a received token is paired with the claims signed last. Launches that overlap may be paired wrongly.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::Value;

/// How many exchanges are remembered; the pages of older ones say that they are gone.
const REMEMBERED: usize = 64;

/// One launch seen from both ends; `Null` where an end saw nothing.
#[derive(Debug, Clone, PartialEq)]
pub struct Exchange {
    /// The claims that the ENT signed.
    pub sent: Value,
    /// The claims of the token that the publisher accepted.
    pub received: Value,
}

#[derive(Debug, Default)]
struct Notes {
    sent: Option<Value>,
    exchanges: VecDeque<(String, Exchange)>,
}

/// The shared notes of a reference ENT and a reference publisher in one process.
#[derive(Debug, Clone, Default)]
pub struct Board(Arc<Mutex<Notes>>);

impl Board {
    /// The ENT has signed these claims.
    pub fn sent(&self, claims: Value) {
        self.notes().sent = Some(claims);
    }

    /// The publisher has accepted a token with these claims, and calls that launch `id`.
    pub fn received(&self, id: &str, claims: Value) {
        let mut notes = self.notes();
        let sent = notes.sent.clone().unwrap_or(Value::Null);
        notes.exchanges.push_back((id.to_owned(), Exchange { sent, received: claims }));
        if notes.exchanges.len() > REMEMBERED {
            notes.exchanges.pop_front();
        }
    }

    /// The claims that the ENT signed last.
    pub fn last_sent(&self) -> Option<Value> {
        self.notes().sent.clone()
    }

    /// The last launch that reached the publisher.
    pub fn last(&self) -> Option<Exchange> {
        self.notes().exchanges.back().map(|(_, exchange)| exchange.clone())
    }

    /// The launch that the publisher calls `id`.
    pub fn find(&self, id: &str) -> Option<Exchange> {
        self.notes().exchanges.iter().find(|(name, _)| name == id).map(|(_, exchange)| exchange.clone())
    }

    fn notes(&self) -> MutexGuard<'_, Notes> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_later_signature_does_not_change_an_earlier_exchange() {
        let board = Board::default();
        board.sent(json!({"sub": "1"}));
        board.received("a", json!({"sub": "x"}));
        board.sent(json!({"sub": "2"}));
        assert_eq!(board.find("a").unwrap().sent, json!({"sub": "1"}));
        assert_eq!(board.last().unwrap().received, json!({"sub": "x"}));
        assert_eq!(board.last_sent().unwrap(), json!({"sub": "2"}));
        assert!(board.find("b").is_none());
    }
}
