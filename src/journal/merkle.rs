//! Merkle tree (RFC 6962 section 2.1, with SHA-256): one hash for many, and for each of them a short proof that it is
//! among them.

use serde::{Deserialize, Serialize};

use super::Hash;

/// A step of a proof: the hash that stands beside, and on which side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Beside {
    /// It comes first.
    Left(Hash),
    /// It comes second.
    Right(Hash),
}

/// The hash of a leaf.
#[must_use]
pub fn leaf(text: &str) -> Hash {
    Hash::of(&[&[0], text.as_bytes()])
}

fn node(left: &Hash, right: &Hash) -> Hash {
    Hash::of(&[&[1], left.bytes(), right.bytes()])
}

/// The hash of all leaves, in their order.
#[must_use]
pub fn root(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => Hash::of(&[]),
        [only] => *only,
        many => {
            let (left, right) = many.split_at(half(many.len()));
            node(&root(left), &root(right))
        }
    }
}

/// The proof that the leaf at this place is among the leaves, from the leaf upwards; `None` where there is no such place.
#[must_use]
pub fn proof(leaves: &[Hash], place: usize) -> Option<Vec<Beside>> {
    match leaves {
        [] => None,
        [_] => (place == 0).then(Vec::new),
        many => {
            let half = half(many.len());
            let (left, right) = many.split_at(half);
            let (mut steps, beside) = match place.checked_sub(half) {
                None => (proof(left, place)?, Beside::Right(root(right))),
                Some(place) => (proof(right, place)?, Beside::Left(root(left))),
            };
            steps.push(beside);
            Some(steps)
        }
    }
}

/// The root that a proof leads to from a leaf.
#[must_use]
pub fn led_to(leaf: Hash, proof: &[Beside]) -> Hash {
    proof.iter().fold(leaf, |hash, beside| match beside {
        Beside::Left(left) => node(left, &hash),
        Beside::Right(right) => node(&hash, right),
    })
}

/// The greatest power of two below a number of at least two.
const fn half(count: usize) -> usize {
    count.next_power_of_two() / 2
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn leaves(count: usize) -> Vec<Hash> {
        (0..count).map(|n| leaf(&n.to_string())).collect()
    }

    /// Roots of the test tree of Certificate Transparency implementations (leaf inputs of RFC 6962's reference tests).
    #[test]
    fn roots_are_those_of_the_standard() {
        assert_eq!(root(&[]).to_string(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        assert_eq!(leaf("").to_string(), "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
        let two = [leaf(""), leaf("\0")];
        assert_eq!(
            root(&two).to_string(),
            "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"
        );
    }

    proptest! {
        #[test]
        fn every_leaf_has_a_proof_and_nothing_else_has(count in 1_usize..70, other in 0_usize..70) {
            let leaves = leaves(count);
            let root = root(&leaves);
            for (place, leaf) in leaves.iter().enumerate() {
                let proof = proof(&leaves, place).unwrap();
                prop_assert_eq!(led_to(*leaf, &proof), root);
                let stranger = super::leaf(&format!("other {other}"));
                prop_assert_ne!(led_to(stranger, &proof), root);
            }
            prop_assert_eq!(proof(&leaves, count), None);
        }

        #[test]
        fn a_missing_moved_or_doubled_leaf_changes_the_root(count in 2_usize..40, at in 0_usize..40) {
            let whole = leaves(count);
            let at = at % (count - 1);
            let (mut missing, mut moved, mut doubled) = (whole.clone(), whole.clone(), whole.clone());
            missing.remove(at);
            moved.swap(at, at + 1);
            doubled.insert(at, whole[at]);
            for other in [missing, moved, doubled] {
                prop_assert_ne!(root(&other), root(&whole));
            }
        }
    }
}
