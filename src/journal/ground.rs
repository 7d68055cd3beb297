//! Ground: what a checkpoint in the making stands on, verified before anything is built on it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use boundary::Fault;
use time::{Duration, OffsetDateTime};

use super::owner::Owner;
use super::{
    Checkpoint, Discrepancy, Hash, Held, JournalKeys, JournalView, Reach, State, StoredCheckpoint,
    StoredLeaf, merkle, owner_of,
};

/// How long before the last checkpoint an event may have happened and still be found by the next one: far more than a
/// launch and the clocks of two hosts can be apart.
const OVERLAP: Duration = Duration::DAY;

/// What a checkpoint in the making stands on.
pub(super) struct Ground<'a> {
    keys: &'a JournalKeys,
    pub now: OffsetDateTime,
    newest: Option<StoredCheckpoint>,
    /// The number of the checkpoint before, and its hash.
    pub last: i64,
    pub prev: Hash,
    /// Events from before this moment are past their retention.
    pub cutoff: OffsetDateTime,
    /// Leaves up to this checkpoint are past it too.
    pub forgotten: i64,
    /// Whether the leaves of a checkpoint are those that it signs.
    genuine: HashMap<i64, bool>,
}

/// The chains of an owner that are to be looked at, each with the place of its newest event, and those of them with
/// events past their retention.
#[derive(Default)]
pub(super) struct Moves {
    heads: BTreeMap<String, i64>,
    aged: BTreeSet<String>,
}

impl<'a> Ground<'a> {
    /// Looks at the newest checkpoint. Nothing is built on one that is not genuine.
    pub async fn find(
        view: &mut dyn JournalView,
        keys: &'a JournalKeys,
        now: OffsetDateTime,
        cutoff: OffsetDateTime,
    ) -> Result<Result<Self, Discrepancy>, Fault> {
        let newest = view.newest().await?;
        let signed = match newest.as_ref().map(|newest| newest.open(keys)).transpose() {
            Ok(signed) => signed,
            Err(found) => return Ok(Err(found)),
        };
        // It never goes back, also when events are kept for longer than before.
        let forgotten = signed.map_or(0, |signed| signed.forgotten);
        let forgotten = forgotten.max(view.made_before(cutoff - OVERLAP).await?);
        let last = newest.as_ref().map_or(0, |newest| newest.number);
        let prev = newest.as_ref().map_or(Hash::ZERO, |newest| Checkpoint::hash_of(&newest.token));
        Ok(Ok(Self { keys, now, newest, last, prev, cutoff, forgotten, genuine: HashMap::new() }))
    }

    /// The owners with anything to look at, in the order of their names.
    pub async fn moved(
        &self,
        view: &mut dyn JournalView,
        reach: Reach,
    ) -> Result<BTreeMap<String, Moves>, Fault> {
        let mut owners: BTreeMap<String, Moves> = BTreeMap::new();
        let since = match (reach, &self.newest) {
            (Reach::Recent, Some(newest)) => newest.at.min(self.now) - OVERLAP,
            _ => OffsetDateTime::UNIX_EPOCH,
        };
        for (chain, head) in view.heads(since).await? {
            owners.entry(owner_of(&chain).to_owned()).or_default().heads.insert(chain, head);
        }
        for chain in view.aged(self.cutoff).await? {
            let moves = owners.entry(owner_of(&chain).to_owned()).or_default();
            moves.heads.entry(chain.clone()).or_insert(i64::MAX);
            moves.aged.insert(chain);
        }
        for owner in view.owners_until(self.forgotten).await? {
            owners.entry(owner).or_default();
        }
        Ok(owners)
    }

    /// An owner, brought up to now; `None` where nothing moved, or what is held is not what was signed. What does not
    /// fit is added to `found`.
    pub async fn owner(
        &mut self,
        view: &mut dyn JournalView,
        name: String,
        moves: &Moves,
        found: &mut Vec<Discrepancy>,
    ) -> Result<Option<Owner>, Fault> {
        let leaf = view.leaf(&name, self.last).await?;
        let held = view.held(&name, self.last).await?;
        let pruned = leaf.as_ref().and_then(|leaf| leaf.pruned);
        let chains: Vec<Held> = held.iter().map(|row| row.held.clone()).collect();
        let before = State { of: name.clone(), pruned, chains };
        let stale = leaf.as_ref().is_some_and(|leaf| leaf.number <= self.forgotten);
        let mut owner = Owner::new(name, held, pruned, stale);
        for (chain, head) in &moves.heads {
            owner.follow(view, chain, *head).await?;
        }
        for chain in &moves.aged {
            owner.let_go(view, chain, self.cutoff).await?;
        }
        owner.forget_ended(self.now);
        if owner.changed() && !self.signed(view, &before, leaf.as_ref()).await? {
            let what = "what is held of it is not what its last checkpoint signs; it is left as it was";
            found.push(Discrepancy::at(format!("owner {}", before.of), what));
            return Ok(None);
        }
        found.append(&mut owner.found);
        Ok(owner.changed().then_some(owner))
    }

    /// Whether a genuine checkpoint signs a state; one of nothing needs none.
    async fn signed(
        &mut self,
        view: &mut dyn JournalView,
        state: &State,
        leaf: Option<&StoredLeaf>,
    ) -> Result<bool, Fault> {
        let Some(leaf) = leaf else { return Ok(state.chains.is_empty()) };
        if state.leaf() != leaf.hash {
            return Ok(false);
        }
        if let Some(genuine) = self.genuine.get(&leaf.number) {
            return Ok(*genuine);
        }
        let signed = view.checkpoints(leaf.number - 1).await?.into_iter().next();
        let signed = signed.and_then(|signed| signed.open(self.keys).ok());
        let leaves: Vec<Hash> = view.leaves(leaf.number).await?.into_iter().map(|leaf| leaf.hash).collect();
        let signs = |signed: Checkpoint| signed.number == leaf.number && signed.root == merkle::root(&leaves);
        let genuine = signed.is_some_and(signs);
        self.genuine.insert(leaf.number, genuine);
        Ok(genuine)
    }
}
