//! The rules of subscriptions. The numbers are those of GAR's subscription service; they hold for every way in, a file,
//! the API or GAR's own.
//!
//! Each rule is a function of its own, so that whoever reads a subscription piece by piece can say of each piece what is
//! wrong with it; [`Draft::check`] asks them all.

use std::collections::{BTreeMap, BTreeSet};

use boundary::{
    Ark, Kind, OrganisationId, Pool, Profile, SchoolYear, SubscriptionId, Uai, paris_date, paris_midnight,
};
use time::{Date, OffsetDateTime};

use super::{Coverage, Subscription};

/// How many characters the id of a subscription may have.
const ID_LENGTH: usize = 45;

/// What a breach is about, by the name that files and programs write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Field {
    /// The subscription as a whole, where something is missing.
    Whole,
    /// `id`
    Id,
    /// `schools`
    Schools,
    /// `nature`
    Nature,
    /// `until`
    Until,
    /// `school_year`
    SchoolYear,
    /// `audience`
    Audience,
    /// `seats`
    Seats,
}

impl Field {
    /// The name; none where it is the whole subscription.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Whole => "",
            Self::Id => "id",
            Self::Schools => "schools",
            Self::Nature => "nature",
            Self::Until => "until",
            Self::SchoolYear => "school_year",
            Self::Audience => "audience",
            Self::Seats => "seats",
        }
    }
}

/// A rule that a subscription breaks, with words that say what to write instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Breach {
    /// What it is about.
    pub field: Field,
    /// What is wrong, and what to write.
    pub words: String,
}

impl Breach {
    fn of(field: Field, words: impl Into<String>) -> Self {
        Self { field, words: words.into() }
    }
}

/// Seats as somebody asks for them, by pool; a pool without a number is unlimited.
pub type AskedSeats = BTreeMap<Pool, Option<u32>>;

/// A subscription that nobody has checked yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// Its id.
    pub id: String,
    /// The resource.
    pub resource: Ark,
    /// The organisation that sold it.
    pub distributor: Option<OrganisationId>,
    /// The schools. Exactly one of schools and nature.
    pub schools: Option<Vec<Uai>>,
    /// All schools of this nature code.
    pub nature: Option<String>,
    /// Its first moment.
    pub from: OffsetDateTime,
    /// The first moment after it. Exactly one of until and school year.
    pub until: Option<OffsetDateTime>,
    /// The school year with which it ends.
    pub school_year: Option<SchoolYear>,
    /// Person by person, or the whole school.
    pub kind: Kind,
    /// Whether a seat may pass from one person to another.
    pub transferable: bool,
    /// Whom it is for.
    pub audience: BTreeSet<Profile>,
    /// Its seats; a subscription of kind INDIV needs them.
    pub seats: Option<AskedSeats>,
}

impl Draft {
    /// The subscription, where no rule is broken. RG11 needs the schools: see [`degree`].
    ///
    /// # Errors
    /// Every rule that is broken.
    pub fn check(self, now: OffsetDateTime) -> Result<Subscription, Vec<Breach>> {
        let mut breaches = Vec::new();
        let id = noted(id(&self.id), &mut breaches);
        let coverage = noted(coverage(self.schools, self.nature), &mut breaches);
        let end = noted(end(self.until, self.school_year), &mut breaches);
        if let Some((field, until)) = end {
            noted(validity(self.from, until, field, now), &mut breaches);
        }
        noted(audience(&self.audience), &mut breaches);
        let seats = seats(self.kind, &self.audience, self.seats, &mut breaches);
        match (id, coverage, end, breaches.is_empty()) {
            (Some(id), Some(coverage), Some((_, until)), true) => Ok(Subscription {
                id,
                resource: self.resource,
                distributor: self.distributor,
                coverage,
                from: self.from,
                until,
                kind: self.kind,
                transferable: self.transferable,
                audience: self.audience,
                seats,
            }),
            _ => Err(breaches),
        }
    }
}

fn noted<T>(checked: Result<T, Breach>, breaches: &mut Vec<Breach>) -> Option<T> {
    checked.map_err(|breach| breaches.push(breach)).ok()
}

/// RG12 and RG13: some ids are words of GAR's addresses, and `_` marks what was deleted.
///
/// # Errors
/// A [`Breach`], also where the text is no id at all.
pub fn id(text: &str) -> Result<SubscriptionId, Breach> {
    let refused = |words: String| Err(Breach::of(Field::Id, words));
    if text.starts_with('_') {
        return refused("an id that begins with _ belongs to something deleted: choose another".to_owned());
    }
    if ["abonnements", "categorie"].contains(&text) {
        return refused(format!("\"{text}\" is a word of GAR's addresses: choose another"));
    }
    if text.chars().count() > ID_LENGTH {
        return refused("an id of a subscription has at most 45 characters: shorten it".to_owned());
    }
    SubscriptionId::parse(text).map_err(|error| Breach::of(Field::Id, error.to_string()))
}

/// RG2: schools or a nature, not both. Schools come out in their order, each once.
///
/// # Errors
/// A [`Breach`].
pub fn coverage(schools: Option<Vec<Uai>>, nature: Option<String>) -> Result<Coverage, Breach> {
    match (schools, nature) {
        (Some(schools), None) if schools.is_empty() => {
            Err(Breach::of(Field::Schools, "schools is empty: write the numbers of the schools"))
        }
        (Some(schools), None) => {
            let schools: BTreeSet<Uai> = schools.into_iter().collect();
            Ok(Coverage::Schools(schools.into_iter().collect()))
        }
        (None, Some(code)) => {
            nature_code(&code).map(Coverage::Nature).map_err(|words| Breach::of(Field::Nature, words))
        }
        (Some(_), Some(_)) => {
            Err(Breach::of(Field::Nature, "schools and nature exclude each other: keep one"))
        }
        (None, None) => {
            let words = "the subscription names no school: write schools or nature";
            Err(Breach::of(Field::Whole, words))
        }
    }
}

/// A nature code (`N_NATURE_UAI`).
///
/// # Errors
/// Words that say what to write.
pub fn nature_code(text: &str) -> Result<String, String> {
    if text.len() == 3 && text.bytes().all(|c| c.is_ascii_digit()) {
        Ok(text.to_owned())
    } else {
        Err(format!("\"{text}\" is not a nature code: write one of three digits, such as 340"))
    }
}

/// RG9: one end, by a moment or by a school year.
///
/// # Errors
/// A [`Breach`].
pub fn end(
    until: Option<OffsetDateTime>,
    year: Option<SchoolYear>,
) -> Result<(Field, OffsetDateTime), Breach> {
    match (until, year) {
        (Some(until), None) => Ok((Field::Until, until)),
        (None, Some(year)) => Ok((Field::SchoolYear, year.end())),
        (Some(_), Some(_)) => {
            Err(Breach::of(Field::SchoolYear, "until and school_year exclude each other: keep one"))
        }
        (None, None) => {
            let words = "the subscription has no end: write until, such as 2027-08-15, or school_year, such as \
                         \"2026-2027\"";
            Err(Breach::of(Field::Whole, words))
        }
    }
}

/// RG7, RG8 and RG10: the end is after the beginning, and at most ten school years ahead. (That a school year is two
/// years in a row is [`SchoolYear`]'s.) `field` names what said the end.
///
/// # Errors
/// A [`Breach`].
pub fn validity(
    from: OffsetDateTime,
    until: OffsetDateTime,
    field: Field,
    now: OffsetDateTime,
) -> Result<(), Breach> {
    if until <= from {
        let words = "the subscription ends before it begins: write a later end or an earlier from";
        Err(Breach::of(field, words))
    } else if until > horizon(now) {
        Err(Breach::of(field, "the end is more than ten school years ahead: write an earlier one"))
    } else {
        Ok(())
    }
}

/// The first moment after ten school years from the current one on.
fn horizon(now: OffsetDateTime) -> OffsetDateTime {
    let end = paris_date(SchoolYear::at(now).end());
    let last = end.replace_year(end.year() + 10).unwrap_or(Date::MAX);
    paris_midnight(last)
}

/// RG4: a subscription is for somebody. (That each profile is one we know is [`Profile`]'s.)
///
/// # Errors
/// A [`Breach`].
pub fn audience(audience: &BTreeSet<Profile>) -> Result<(), Breach> {
    if audience.is_empty() {
        let words = "audience is empty: write the profiles that it is for, such as [\"pupil\", \"teacher\"]";
        return Err(Breach::of(Field::Audience, words));
    }
    Ok(())
}

/// RG1, RG5 and RG6: one number for everybody or counts by profile; each count has its profile in the audience; a whole
/// school has no count by profile. What is broken is added to `breaches`.
pub fn seats(
    kind: Kind,
    audience: &BTreeSet<Profile>,
    asked: Option<AskedSeats>,
    breaches: &mut Vec<Breach>,
) -> AskedSeats {
    let Some(pools) = asked else {
        if kind == Kind::Indiv {
            let words = "a subscription of kind INDIV lacks seats: write \"unlimited\" or a number";
            breaches.push(Breach::of(Field::Whole, words));
        }
        return BTreeMap::from([(Pool::All, None)]);
    };
    if pools.contains_key(&Pool::All) {
        if pools.len() > 1 {
            let words = "one number for everybody and counts by profile exclude each other: keep one";
            breaches.push(Breach::of(Field::Seats, words));
        }
        return pools;
    }
    if kind == Kind::Etabl {
        let words = "ETABL takes no count a profile: write seats = \"unlimited\" or leave it out";
        breaches.push(Breach::of(Field::Seats, words));
    } else if pools.is_empty() {
        let words = "seats is empty: write a count a profile, a number or \"unlimited\"";
        breaches.push(Breach::of(Field::Seats, words));
    }
    breaches.extend(pools.keys().filter(|pool| !draws(audience, **pool)).map(|pool| undrawn(*pool)));
    pools
}

/// Whether somebody in the audience draws seats from a pool.
fn draws(audience: &BTreeSet<Profile>, pool: Pool) -> bool {
    let pools = boundary::Seats::PerProfile(vec![(pool, None)]);
    audience.iter().any(|profile| pools.pool_of(*profile).is_some())
}

fn undrawn(pool: Pool) -> Breach {
    let profile = if pool == Pool::OtherStaff { "head, school-life, staff or local" } else { pool.as_str() };
    let pool = pool.as_str();
    let words = format!("seats for {pool} and no {profile} in audience: add the profile or drop the count");
    Breach::of(Field::Seats, words)
}

/// RG11: schools of the first degree have no librarians. Their nature codes begin with 1. `nature_of` says the nature
/// code of a school that is known.
///
/// # Errors
/// A [`Breach`].
pub fn degree<'s>(
    subscription: &Subscription,
    nature_of: impl Fn(&Uai) -> Option<&'s str>,
) -> Result<(), Breach> {
    let for_librarians = subscription.audience.contains(&Profile::Librarian);
    let seats = subscription.seats.get(&Pool::Librarian);
    if !for_librarians && seats.is_none_or(|seats| *seats == Some(0)) {
        return Ok(());
    }
    let first = |nature: &str| nature.starts_with('1');
    let named = match &subscription.coverage {
        Coverage::Nature(nature) => first(nature).then(|| format!("nature {nature}")),
        Coverage::Schools(schools) => {
            let of_first = schools.iter().find(|uai| nature_of(uai).is_some_and(first));
            of_first.map(|uai| format!("school {uai}"))
        }
    };
    named.map_or(Ok(()), |named| {
        Err(Breach::of(
            Field::Audience,
            format!(
                "{named} is of the first degree and has no librarians: take librarian out of audience and seats"
            ),
        ))
    })
}

/// RG3: a distributor is named by SIREN and ISNI.
///
/// # Errors
/// Words that say what to write.
pub fn siren_isni(text: &str) -> Result<String, String> {
    let digits = |part: &str, count| part.len() == count && part.bytes().all(|c| c.is_ascii_digit());
    match text.split_once('_') {
        Some((siren, isni)) if digits(siren, 9) && digits(isni, 16) => Ok(text.to_owned()),
        _ => Err(format!(
            "\"{text}\" is not SIREN and ISNI: write 9 digits, _ and 16 digits, zeros where there is no ISNI"
        )),
    }
}

#[cfg(test)]
mod tests;
