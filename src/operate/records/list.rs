//! Lists: records of a kind in the order of their ids, page by page, as far as somebody sees.

use boundary::{Fault, OrganisationId, Uai};

use super::needed::reference;
use super::sight::{Sight, names_of_coverage, schools};
use super::store::{Matching, Pool, RecordStore, RevisedRecord, Slice};
use crate::operate::apply::references::{Name, names};
use crate::operate::apply::{Record, RecordKind};

/// How many records are read at once.
const READ: u32 = 500;
/// How many times a page that searches reads on before it is shown, however little was found.
const ROUNDS: usize = 20;

/// What is asked for.
#[derive(Debug, Clone)]
pub struct Asked {
    /// The kind.
    pub kind: RecordKind,
    /// Only those that name all of these; of subscriptions, a school is named by its nature too.
    pub about: Vec<Name>,
    /// Only those with these words in their id, name, title or town.
    pub words: Option<String>,
    /// Those after this id.
    pub after: String,
    /// At most so many.
    pub limit: u32,
}

/// A page of a list.
#[derive(Default)]
pub struct Page {
    /// Its records.
    pub records: Vec<RevisedRecord>,
    /// The id after which the next page begins, where there is one.
    pub next: Option<String>,
}

/// A page of the records in sight.
///
/// # Errors
/// A [`Fault`] when the store did not answer.
pub async fn list(store: &dyn RecordStore, sight: &Sight, asked: &Asked) -> Result<Page, Fault> {
    let Some(pool) = pool(store, sight, asked).await? else { return Ok(Page::default()) };
    let words = asked.words.as_deref().map(fold);
    let mut page = Page::default();
    let mut after = asked.after.clone();
    for _ in 0..ROUNDS {
        let limit = if words.is_some() { READ } else { asked.limit.saturating_add(1) };
        let slice = Slice { kind: asked.kind, pool: pool.clone(), after: after.clone(), limit };
        let found = store.slice(&slice).await?;
        let more = found.len() >= usize::try_from(limit).unwrap_or(usize::MAX);
        for record in found {
            let id = record.stored.record.id();
            let wanted = matches_ids(&pool, &asked.about, &record.stored.record)
                && words
                    .as_deref()
                    .is_none_or(|words| fold(&words_of(&record.stored.record)).contains(words));
            if wanted && page.records.len() == usize::try_from(asked.limit).unwrap_or(usize::MAX) {
                page.next = Some(after);
                return Ok(page);
            }
            if wanted {
                page.records.push(record);
            }
            after = id;
        }
        if !more {
            return Ok(page);
        }
    }
    page.next = Some(after);
    Ok(page)
}

/// Where ids alone say what is in sight, the other conditions are asked of each record.
fn matches_ids(pool: &Pool, about: &[Name], record: &Record) -> bool {
    let Pool::Ids(_) = pool else { return true };
    let named = names(record);
    about.iter().all(|name| named.contains(name))
}

/// Which records are gone through; none where nothing can be in sight.
async fn pool(store: &dyn RecordStore, sight: &Sight, asked: &Asked) -> Result<Option<Pool>, Fault> {
    let mut all = Vec::new();
    for name in &asked.about {
        all.push(Matching { kind: asked.kind, names: names_for(store, asked.kind, name).await? });
    }
    match seen(store, sight, asked.kind).await? {
        Seen::All => {}
        Seen::Ids(ids) => return Ok((!ids.is_empty()).then_some(Pool::Ids(ids))),
        Seen::Named(matching) => all.insert(0, matching),
    }
    if all.iter().any(|matching| matching.names.is_empty()) {
        return Ok(None);
    }
    Ok(Some(if all.is_empty() { Pool::All } else { Pool::Matching(all) }))
}

async fn names_for(
    store: &dyn RecordStore,
    kind: RecordKind,
    (about, id): &Name,
) -> Result<Vec<String>, Fault> {
    if (kind, *about) != (RecordKind::Subscription, RecordKind::School) {
        return Ok(vec![reference(*about, id)]);
    }
    let Ok(uai) = Uai::parse_any_letter(id) else { return Ok(Vec::new()) };
    Ok(schools(store, &[uai]).await?.iter().flat_map(names_of_coverage).collect())
}

/// What of a kind is in sight.
enum Seen {
    All,
    Ids(Vec<String>),
    Named(Matching),
}

async fn seen(store: &dyn RecordStore, sight: &Sight, kind: RecordKind) -> Result<Seen, Fault> {
    match sight {
        Sight::Everything => Ok(Seen::All),
        Sight::Organisations(own) => organisations_see(store, own, kind).await,
        Sight::Schools(own) => schools_see(store, own, kind).await,
    }
}

async fn organisations_see(
    store: &dyn RecordStore,
    own: &[OrganisationId],
    kind: RecordKind,
) -> Result<Seen, Fault> {
    let owned: Vec<String> = own.iter().map(|id| reference(RecordKind::Organisation, id.as_str())).collect();
    let of = |kind, names| Ok(Seen::Named(Matching { kind, names }));
    match kind {
        RecordKind::Organisation => Ok(Seen::Ids(own.iter().map(ToString::to_string).collect())),
        RecordKind::Sector | RecordKind::Subscription => of(kind, owned),
        RecordKind::Tool => of(kind, who_name(store, RecordKind::Sector, owned).await?),
        RecordKind::Resource | RecordKind::Agreement => {
            let sectors = who_name(store, RecordKind::Sector, owned).await?;
            // An agreement has the id of its resource.
            of(RecordKind::Resource, who_name(store, RecordKind::Tool, sectors).await?)
        }
        _ => Ok(Seen::Ids(Vec::new())),
    }
}

async fn schools_see(store: &dyn RecordStore, own: &[Uai], kind: RecordKind) -> Result<Seen, Fault> {
    let schools = schools(store, own).await?;
    let names: Vec<String> = schools.iter().flat_map(names_of_coverage).collect();
    match kind {
        RecordKind::School => Ok(Seen::Ids(own.iter().map(ToString::to_string).collect())),
        RecordKind::Ent => {
            Ok(Seen::Ids(schools.iter().flat_map(|school| &school.ents).map(ToString::to_string).collect()))
        }
        RecordKind::Subscription => Ok(Seen::Named(Matching { kind, names })),
        RecordKind::Resource | RecordKind::Agreement => {
            let mut arks = Vec::new();
            for record in all(store, RecordKind::Subscription, names).await? {
                if let Record::Subscription(subscription) = record {
                    arks.push(subscription.resource.to_string());
                }
            }
            Ok(Seen::Ids(arks))
        }
        _ => Ok(Seen::Ids(Vec::new())),
    }
}

/// The names under which those are found who name what has these names.
async fn who_name(
    store: &dyn RecordStore,
    kind: RecordKind,
    names: Vec<String>,
) -> Result<Vec<String>, Fault> {
    let found = all(store, kind, names).await?;
    Ok(found.iter().map(|record| reference(kind, &record.id())).collect())
}

/// All records of a kind with one of these names.
async fn all(store: &dyn RecordStore, kind: RecordKind, names: Vec<String>) -> Result<Vec<Record>, Fault> {
    let mut records: Vec<Record> = Vec::new();
    if names.is_empty() {
        return Ok(records);
    }
    let pool = Pool::Matching(vec![Matching { kind, names }]);
    loop {
        let after = records.last().map(Record::id).unwrap_or_default();
        let found = store.slice(&Slice { kind, pool: pool.clone(), after, limit: READ }).await?;
        let many = found.len();
        records.extend(found.into_iter().map(|found| found.stored.record));
        if many < usize::try_from(READ).unwrap_or(usize::MAX) {
            return Ok(records);
        }
    }
}

fn words_of(record: &Record) -> String {
    let id = record.id();
    match record {
        Record::Ent(ent) => format!("{id} {}", ent.name),
        Record::School(school) => format!("{id} {} {}", school.name, school.town),
        Record::Organisation(organisation) => format!("{id} {}", organisation.name),
        Record::Resource(resource) => format!("{id} {} {}", resource.key, resource.title),
        _ => id,
    }
}

/// Letters without case and without the accents that French has.
fn fold(text: &str) -> String {
    let plain = |c: char| match c {
        'à' | 'â' | 'ä' => 'a',
        'ç' => 'c',
        'é' | 'è' | 'ê' | 'ë' => 'e',
        'î' | 'ï' => 'i',
        'ô' | 'ö' => 'o',
        'ù' | 'û' | 'ü' => 'u',
        'ÿ' => 'y',
        '’' => '\'',
        c => c,
    };
    text.to_lowercase().chars().map(plain).collect()
}
