//! What strangers can send, against what reads it: one body for each target of `make fuzz`.
//!
//! A body takes bytes, lets the broker read them, and asks what must hold whatever the bytes are. It panics where
//! that does not hold, and else says in a word how it ended. The fuzzer calls the bodies with bytes of its own; the
//! integration tests call them with the corpus and with the attacks of `attacks.toml`, on the stable toolchain.

pub mod carriers;
pub mod federation;
pub mod id_token;
pub mod key_set;
pub mod parameters;
mod peers;
pub mod roster;
mod world;

/// The body of a target.
pub type Body = fn(&[u8]) -> Ending;

/// A target by its name.
pub fn target(name: &str) -> Option<Body> {
    TARGETS.iter().find(|(own, _)| *own == name).map(|(_, body)| *body)
}

/// The targets, by name.
pub const TARGETS: [(&str, Body); 6] = [
    ("carriers", carriers::run),
    ("federation", federation::run),
    ("id_token", id_token::run),
    ("key_set", key_set::run),
    ("parameters", parameters::run),
    ("roster", roster::run),
];

/// How an input ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ending {
    /// The word for it: a refusal's code, or what came out.
    pub word: String,
    /// What an operator would be told.
    pub says: String,
}

impl Ending {
    fn new(word: &str, says: impl Into<String>) -> Self {
        Self { word: word.to_owned(), says: says.into() }
    }

    /// A stop of the broker's. Its words are bounded and stay on one line, whoever sent what.
    fn stopped(stop: &boundary::Stop) -> Self {
        match stop {
            boundary::Stop::Refused(refusal) => {
                let says = refusal.detail();
                assert!(says.len() < 1000 && !says.contains(char::is_control), "operator words: {says:?}");
                Self::new(refusal.code().as_str(), says)
            }
            boundary::Stop::Fault(fault) => panic!("bytes of a stranger are no fault of ours: {fault}"),
        }
    }
}
