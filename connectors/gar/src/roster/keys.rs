//! Functional keys that were seen, in bounded memory.
//!
//! A key is remembered as a 64-bit hash under a seed that the sender does not know, so nobody can make keys meet. The upper
//! 16 bits choose a shard, the lower 48 stand in it: 6 bytes a key, up to 7.5 with the room in which a shard grows, and 3 MiB
//! for the shards. Of ten million keys two meet by chance once in 370,000 archives; the later record is then rejected as a
//! duplicate, and the next archive, with another seed, brings it back.

use std::collections::HashSet;
use std::hash::Hasher;

use siphasher::sip::SipHasher24;

use super::record::RecordKind;

/// From how many keys on shards are worth their room.
const FEW: usize = 10_000;
const SHARDS: usize = 1 << 16;

/// The keys that were seen.
pub(super) struct Keys {
    seed: [u8; 16],
    most: usize,
    count: usize,
    few: HashSet<u64>,
    shards: Vec<Shard>,
}

/// More keys than may be remembered.
pub(super) struct Full;

#[derive(Default)]
struct Shard {
    high: Vec<u32>,
    low: Vec<u16>,
}

impl Keys {
    pub(super) fn new(seed: [u8; 16], most: usize) -> Self {
        Self { seed, most, count: 0, few: HashSet::new(), shards: Vec::new() }
    }

    /// Remembers a key; `false` if it was there before.
    pub(super) fn insert(&mut self, kind: RecordKind, parts: &[&str]) -> Result<bool, Full> {
        let hash = self.hash(kind, parts);
        let new = match self.shards.as_mut_slice() {
            [] => self.few.insert(hash),
            shards => shard(shards, hash).is_some_and(|shard| shard.insert(hash)),
        };
        self.count += usize::from(new);
        if self.count > self.most {
            return Err(Full);
        }
        if self.shards.is_empty() && self.count > FEW {
            self.spread();
        }
        Ok(new)
    }

    /// Each part ends with a byte that UTF-8 never has, so that two parts never run together.
    fn hash(&self, kind: RecordKind, parts: &[&str]) -> u64 {
        let mut hasher = SipHasher24::new_with_key(&self.seed);
        hasher.write_u8(kind as u8);
        for part in parts {
            hasher.write(part.as_bytes());
            hasher.write_u8(0xff);
        }
        hasher.finish()
    }

    fn spread(&mut self) {
        self.shards.resize_with(SHARDS, Shard::default);
        for hash in std::mem::take(&mut self.few) {
            if let Some(shard) = shard(&mut self.shards, hash) {
                shard.insert(hash);
            }
        }
    }
}

fn shard(shards: &mut [Shard], hash: u64) -> Option<&mut Shard> {
    shards.get_mut(usize::try_from(hash >> 48).unwrap_or_default())
}

impl Shard {
    fn insert(&mut self, hash: u64) -> bool {
        let (high, low) = ((hash >> 16) as u32, hash as u16);
        let same = |(at, other): (usize, &u32)| *other == high && self.low.get(at) == Some(&low);
        if self.high.iter().enumerate().any(same) {
            return false;
        }
        if self.high.len() == self.high.capacity() {
            let more = self.high.len() / 4 + 8;
            self.high.reserve_exact(more);
            self.low.reserve_exact(more);
        }
        self.high.push(high);
        self.low.push(low);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_new_once_also_when_shards_take_over() {
        let mut keys = Keys::new([7; 16], 1 << 20);
        for round in [true, false] {
            for number in 0..50_000 {
                let text = number.to_string();
                let new = keys.insert(RecordKind::Pupil, &[&text]);
                assert!(matches!(new, Ok(new) if new == round), "{number}");
            }
        }
        assert!(matches!(keys.insert(RecordKind::Staff, &["1"]), Ok(true)), "kinds have keys of their own");
    }

    #[test]
    fn a_key_costs_less_than_eight_bytes() {
        let mut keys = Keys::new([7; 16], 1 << 22);
        for number in 0..2_000_000_u64 {
            keys.insert(RecordKind::Pupil, &[&number.to_string()]).ok().unwrap();
        }
        let bytes: usize =
            keys.shards.iter().map(|shard| shard.high.capacity() * 4 + shard.low.capacity() * 2).sum();
        assert!(bytes / 2_000_000 < 8, "{bytes} bytes");
    }

    #[test]
    fn no_more_keys_than_allowed() {
        let mut keys = Keys::new([7; 16], 2);
        assert!(
            keys.insert(RecordKind::Pupil, &["1"]).is_ok() && keys.insert(RecordKind::Pupil, &["2"]).is_ok()
        );
        assert!(keys.insert(RecordKind::Pupil, &["2"]).is_ok(), "a repeated key costs nothing");
        assert!(keys.insert(RecordKind::Pupil, &["3"]).is_err());
    }
}
