//! Ground: what a checkpoint in the making stands on, verified before anything is built on it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use boundary::Fault;
use time::{Duration, OffsetDateTime};

use super::owner::Owner;
use super::{
    Checkpoint, Discrepancy, Hash, Held, JournalKeys, JournalView, Reach, State, StoredLeaf, merkle, owner_of,
};

/// How long before the last checkpoint an event may have happened and still be found by the next one: far more than a
/// launch and the clocks of two hosts can be apart.
const OVERLAP: Duration = Duration::DAY;

/// Retention lets go only behind a checkpoint that is as old as this: at least so old that somebody could see meanwhile
/// that a clock is wrong, and not so old that the clock may have jumped since. A weekend lies in between.
const SEEN: Duration = Duration::DAY;
const LATELY: Duration = Duration::days(3);

/// How far the clocks of two hosts may be apart.
pub(super) const APART: Duration = Duration::minutes(5);

/// What a checkpoint in the making stands on.
pub(super) struct Ground<'a> {
    keys: &'a JournalKeys,
    pub now: OffsetDateTime,
    /// When the newest checkpoint was made.
    newest: Option<OffsetDateTime>,
    /// The number of the checkpoint before, and its hash.
    pub last: i64,
    pub prev: Hash,
    /// Events from before this moment are past their retention.
    pub cutoff: OffsetDateTime,
    /// Leaves up to this checkpoint were past it before.
    floor: i64,
    /// Leaves up to this checkpoint are past it too.
    pub forgotten: i64,
    /// Whether checkpoints were made lately, so that the clock can be believed and retention may let go.
    steady: bool,
    /// Whether retention would let go, and waits because they were not.
    pub waits: bool,
    /// What does not fit.
    pub found: Vec<Discrepancy>,
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
        let last = newest.as_ref().map_or(0, |newest| newest.number);
        let prev = newest.as_ref().map_or(Hash::ZERO, |newest| Checkpoint::hash_of(&newest.token));
        let floor = signed.as_ref().map_or(0, |signed| signed.forgotten);
        let newest = signed.as_ref().map(Checkpoint::at);
        let (steady, waits) = (false, false);
        let (found, genuine) = (Vec::new(), HashMap::new());
        let mut ground = Self {
            keys,
            now,
            newest,
            last,
            prev,
            cutoff,
            floor,
            forgotten: floor,
            steady,
            waits,
            found,
            genuine,
        };
        ground.believe(view).await?;
        Ok(Ok(ground))
    }

    /// Finds out whether the clock can be believed, and what is past its retention if so.
    async fn believe(&mut self, view: &mut dyn JournalView) -> Result<(), Fault> {
        if self.newest.is_some_and(|newest| newest > self.now + APART) {
            let what = "it lies in the future: whoever runs the host that made it, or this one, must set its clock right";
            self.found.push(Discrepancy::at(format!("checkpoint {}", self.last), what));
        }
        let seen = self.made_before(view, self.now - SEEN).await?;
        self.steady = seen.is_some_and(|seen| seen.at() >= self.now - LATELY);
        if self.steady {
            // It never goes back, also when events are kept for longer than before.
            let old = self.made_before(view, self.cutoff - OVERLAP).await?;
            self.forgotten = self.floor.max(old.map_or(0, |old| old.number));
        }
        Ok(())
    }

    /// The newest checkpoint from before a moment. The store, whose times nobody signs, is believed for the search alone.
    async fn made_before(
        &mut self,
        view: &mut dyn JournalView,
        moment: OffsetDateTime,
    ) -> Result<Option<Checkpoint>, Fault> {
        let number = view.made_before(moment).await?;
        let stored = view.checkpoints(number - 1).await?.into_iter().next();
        let Some(stored) = stored.filter(|stored| stored.number == number) else { return Ok(None) };
        match stored.open(self.keys) {
            Ok(signed) if signed.at() < moment => return Ok(Some(signed)),
            Ok(_) => {
                let what = "it is stored with another time than it signs; no leaf is forgotten";
                self.found.push(Discrepancy::at(format!("checkpoint {number}"), what));
            }
            Err(found) => self.found.push(found),
        }
        Ok(None)
    }

    /// The owners with anything to look at, in the order of their names.
    pub async fn moved(
        &mut self,
        view: &mut dyn JournalView,
        reach: Reach,
    ) -> Result<BTreeMap<String, Moves>, Fault> {
        let mut owners: BTreeMap<String, Moves> = BTreeMap::new();
        let since = match (reach, self.newest) {
            (Reach::Recent, Some(newest)) => newest.min(self.now) - OVERLAP,
            _ => OffsetDateTime::UNIX_EPOCH,
        };
        for (chain, head) in view.heads(since).await? {
            owners.entry(owner_of(&chain).to_owned()).or_default().heads.insert(chain, head);
        }
        let aged = view.aged(self.cutoff).await?;
        self.waits = !self.steady && !aged.is_empty();
        for chain in aged {
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
    /// fit is added to what was found.
    pub async fn owner(
        &mut self,
        view: &mut dyn JournalView,
        name: String,
        moves: &Moves,
    ) -> Result<Option<Owner>, Fault> {
        let leaf = view.leaf(&name, self.last).await?;
        let held = view.held(&name, self.last).await?;
        let pruned = leaf.as_ref().and_then(|leaf| leaf.pruned);
        let chains: Vec<Held> = held.iter().map(|row| row.held.clone()).collect();
        let before = State { of: name.clone(), pruned, chains };
        if !self.signed(view, &before, leaf.as_ref()).await? {
            self.keep(&before.of, leaf.as_ref());
            return Ok(None);
        }
        let stale = leaf.as_ref().is_some_and(|leaf| leaf.number <= self.forgotten);
        let mut owner = Owner::new(name, held, pruned, stale || self.begins_to_wait(moves));
        for (chain, head) in &moves.heads {
            owner.follow(view, chain, *head).await?;
        }
        if self.steady {
            for chain in &moves.aged {
                owner.let_go(view, chain, self.cutoff).await?;
            }
            owner.forget_ended(self.now);
        }
        self.found.append(&mut owner.found);
        Ok(owner.changed().then_some(owner))
    }

    /// Leaves an owner as it was, and its leaf where it is: what is missed must be found again.
    fn keep(&mut self, owner: &str, leaf: Option<&StoredLeaf>) {
        let what = "what is held of it is not what its last checkpoint signs; it is left as it was";
        self.found.push(Discrepancy::at(format!("owner {owner}"), what));
        if let Some(leaf) = leaf {
            self.forgotten = self.forgotten.min(leaf.number - 1).max(self.floor);
        }
    }

    /// Whether retention waits and no checkpoint says since when. Then one is made, though nothing may have moved.
    fn begins_to_wait(&self, moves: &Moves) -> bool {
        let begun = self.newest.is_some_and(|newest| (self.now - SEEN..=self.now).contains(&newest));
        !self.steady && !begun && !moves.aged.is_empty()
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
