//! What the tests of both directions share: the world, an ENT and a publisher in it, and a launch from one to the other.

mod crossing;
mod peers;
mod world;

pub use peers::{ENT_ISSUER, NOW, ent, ent_key, ours, person, stranger_key, token_by, tool};
pub use world::{Earth, block_on};

use boundary::{Fields, LaunchId, Method, Refusal, Request, Stop};

/// A request at a door, with these fields and cookies.
pub fn request(door: &'static str, fields: &[(&str, &str)], cookies: &[(&str, &str)]) -> Request {
    let owned = |pairs: &[(&str, &str)]| {
        Fields::new(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    };
    Request {
        launch: LaunchId::draw(&Earth::new()),
        door,
        method: Method::Post,
        segment: None,
        fields: owned(fields),
        cookies: owned(cookies),
        locale: "fr",
    }
}

/// The refusal that something ended with.
pub fn refused<T>(outcome: Result<T, Stop>) -> Refusal {
    match outcome {
        Ok(_) => panic!("it was not refused"),
        Err(Stop::Fault(fault)) => panic!("a fault instead of a refusal: {fault}"),
        Err(Stop::Refused(refusal)) => refusal,
    }
}
