//! Comparing: what a school's records change of what counts there.

use std::collections::{HashMap, HashSet};

use boundary::{Chance, EntId, Fault, PersonId, Root, SchoolYear, Uai};
use time::OffsetDateTime;

use super::school::Listed;
use super::seal::RosterSealing;
use super::store::{NewRow, RowKey, StoredPerson};

/// What there is to compare with.
pub(super) struct Ground<'a> {
    pub ent: &'a EntId,
    pub school: &'a Uai,
    /// The import that counts there.
    pub current: i64,
    /// Every row of the school.
    pub stored: &'a [StoredPerson],
    /// Who has the identifiers of the archive, as far as they are known.
    pub people: &'a HashMap<String, PersonId>,
    pub year: SchoolYear,
}

/// What ids, roots and nonces are drawn from, and what seals.
pub(super) struct Tools<'a> {
    pub seal: &'a dyn RosterSealing,
    pub chance: &'a dyn Chance,
    pub now: OffsetDateTime,
}

/// A row to write, and the one that it takes the place of.
pub(super) struct Put {
    pub row: NewRow,
    pub ends: Option<RowKey>,
}

/// Somebody who counts and is not in the archive.
pub(super) struct Missing {
    pub key: RowKey,
    pub is_member: bool,
}

/// What a school's records change.
#[derive(Default)]
pub(super) struct Compared {
    pub puts: Vec<Put>,
    pub missing: Vec<Missing>,
    /// What an import that broke off left behind.
    pub reopened: Vec<RowKey>,
    pub dropped: Vec<RowKey>,
    /// How many members the school has, without those who leave.
    pub members: u64,
    pub new: u64,
    pub changed: u64,
    pub unchanged: u64,
}

/// Compares what an archive lists with what counts.
///
/// # Errors
/// A [`Fault`] where something cannot be sealed.
pub(super) fn compare(
    listed: Vec<Listed>,
    ground: &Ground<'_>,
    tools: &Tools<'_>,
) -> Result<Compared, Fault> {
    let mut compared = Compared::default();
    let mut counting: HashMap<&str, &StoredPerson> = HashMap::with_capacity(ground.stored.len());
    for row in ground.stored {
        if row.since > ground.current {
            compared.dropped.push(ground.key(row));
        } else if row.until.is_none_or(|until| until > ground.current) {
            counting.insert(&row.subject, row);
            compared.members += u64::from(row.is_member && row.leaves.is_none());
        }
    }
    let mut seen: HashSet<&str> = HashSet::with_capacity(counting.len());
    for one in listed {
        let before = counting.get(one.subject.as_str()).copied();
        seen.extend(before.map(|row| row.subject.as_str()));
        compared.one(one, before, ground, tools)?;
    }
    for row in counting.into_values().filter(|row| !seen.contains(row.subject.as_str())) {
        match row.leaves {
            None => compared.missing.push(Missing { key: ground.key(row), is_member: row.is_member }),
            Some(_) => compared.stays(row, ground),
        }
    }
    Ok(compared)
}

impl Ground<'_> {
    fn key(&self, row: &StoredPerson) -> RowKey {
        RowKey { school: self.school.clone(), subject: row.subject.clone(), since: row.since }
    }
}

impl Compared {
    fn one(
        &mut self,
        listed: Listed,
        before: Option<&StoredPerson>,
        ground: &Ground<'_>,
        tools: &Tools<'_>,
    ) -> Result<(), Fault> {
        let known = ground.people.get(&listed.subject).copied();
        let plain = plain(&listed)?;
        let content = content(&listed, ground.year, &plain)?;
        let same = |row: &&StoredPerson| {
            let digest = tools.seal.digest(Some(&row.key), &content);
            row.leaves.is_none()
                && known == Some(row.person)
                && digest.is_some_and(|digest| digest.as_slice() == row.digest)
        };
        match (before, before.filter(same)) {
            (_, Some(row)) if tools.seal.seals_now(&row.key) => {
                self.unchanged += 1;
                self.stays(row, ground);
                return Ok(());
            }
            // The same under a key that has retired: it is sealed anew.
            (_, Some(_)) => self.unchanged += 1,
            (Some(_), None) => self.changed += 1,
            (None, _) => self.new += 1,
        }
        let row = row(listed, known, (&plain, &content), ground, tools)?;
        self.puts.push(Put { row, ends: before.map(|row| ground.key(row)) });
        Ok(())
    }

    fn stays(&mut self, row: &StoredPerson, ground: &Ground<'_>) {
        if row.until.is_some() {
            self.reopened.push(ground.key(row));
        }
    }
}

fn row(
    listed: Listed,
    known: Option<PersonId>,
    (plain, content): (&[u8], &[u8]),
    ground: &Ground<'_>,
    tools: &Tools<'_>,
) -> Result<NewRow, Fault> {
    let mut nonce = [0; 12];
    tools.chance.fill(&mut nonce);
    let lost = || Fault::new("the key of people is gone");
    Ok(NewRow {
        school: ground.school.clone(),
        subject: listed.subject,
        person: known.unwrap_or_else(|| PersonId::draw(tools.now, tools.chance)),
        root: known.is_none().then(|| Root::draw(tools.chance)),
        profile: listed.profile,
        year: listed.profile.is_some().then_some(ground.year),
        level: listed.level,
        groups: listed.groups,
        manages: listed.manages,
        digest: tools.seal.digest(None, content).ok_or_else(lost)?.to_vec(),
        sealed: tools.seal.seal(ground.ent, ground.school, nonce, plain)?,
    })
}

/// What is sealed.
fn plain(listed: &Listed) -> Result<Vec<u8>, Fault> {
    serde_json::to_vec(&listed.attributes).map_err(|_| Fault::new("attributes cannot be written"))
}

/// All that a row says: two rows that say the same have the same digest.
fn content(listed: &Listed, year: SchoolYear, plain: &[u8]) -> Result<Vec<u8>, Fault> {
    let groups: Vec<_> = listed.groups.iter().map(|(status, code)| (status.as_str(), code)).collect();
    let profile = listed.profile.map(|profile| profile.as_str());
    let rest = (year, profile, &listed.level, groups, listed.manages);
    let mut content = plain.to_vec();
    serde_json::to_writer(&mut content, &rest).map_err(|_| Fault::new("a row cannot be written"))?;
    Ok(content)
}

#[cfg(test)]
mod tests;
