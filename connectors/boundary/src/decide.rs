//! The licence decision: a pure function, and the only maker of an [`Entitled`].

use time::OffsetDateTime;

use crate::ark::Ark;
use crate::ids::{SectorId, SubscriptionId, ToolId};
use crate::licence::{Kind, Offer, Pool, SeatState};
use crate::refusal::{Refusal, RefusalCode};
use crate::subject::Subject;

/// Everything that the decision depends on.
#[derive(Debug, Clone)]
pub struct Question {
    /// The moment of the decision.
    pub now: OffsetDateTime,
    /// Who asks.
    pub subject: Subject,
    /// The resource.
    pub resource: Ark,
    /// Whether the resource was withdrawn.
    pub withdrawn: bool,
    /// The tool that opens it.
    pub tool: ToolId,
    /// Whether the tool is suspended.
    pub suspended: bool,
    /// The pseudonym domain of the tool.
    pub sector: SectorId,
    /// The subscriptions of the person's school to the resource.
    pub offers: Vec<Offer>,
}

/// Somebody may open a resource now. Only [`decide`] makes one.
///
/// ```
/// fn reads(entitled: &boundary::Entitled) -> &boundary::Ark {
///     entitled.resource()
/// }
/// ```
///
/// It cannot be written by hand: its fields are private.
///
/// ```compile_fail
/// fn forged(subject: boundary::Subject, resource: boundary::Ark, tool: boundary::ToolId,
///           sector: boundary::SectorId, subscription: boundary::SubscriptionId) -> boundary::Entitled {
///     boundary::Entitled { subject, resource, tool, sector, subscription }
/// }
/// ```
///
/// Nor can it be read from bytes: it has no deserialisation, where an [`Attributes`](crate::Attributes) has.
///
/// ```
/// let known: boundary::Attributes = serde_json::from_str("{}").unwrap();
/// ```
///
/// ```compile_fail
/// let entitled: boundary::Entitled = serde_json::from_str("{}").unwrap();
/// ```
#[derive(Debug)]
pub struct Entitled {
    subject: Subject,
    resource: Ark,
    tool: ToolId,
    sector: SectorId,
    subscription: SubscriptionId,
}

impl Entitled {
    /// Who.
    #[must_use]
    pub const fn subject(&self) -> &Subject {
        &self.subject
    }

    /// What.
    #[must_use]
    pub const fn resource(&self) -> &Ark {
        &self.resource
    }

    /// The tool that opens it.
    #[must_use]
    pub const fn tool(&self) -> &ToolId {
        &self.tool
    }

    /// The pseudonym domain that the launch belongs to.
    #[must_use]
    pub const fn sector(&self) -> &SectorId {
        &self.sector
    }

    /// Under which subscription.
    #[must_use]
    pub const fn subscription(&self) -> &SubscriptionId {
        &self.subscription
    }
}

/// A seat is free but not taken yet. Take it, then decide again: only a held seat entitles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeatOffer {
    /// The subscription.
    pub subscription: SubscriptionId,
    /// The pool to take it from.
    pub pool: Pool,
}

/// What was decided.
#[derive(Debug)]
pub enum Decision {
    /// The person may open the resource.
    Open(Entitled),
    /// They may once they have taken this seat.
    Seat(SeatOffer),
}

/// Decides whether somebody may open a resource now. Pure: the same question has the same answer.
///
/// Of several subscriptions the best counts: one that needs no new seat before one that does. Where all refuse, the
/// refusal of the one that came nearest is given, because that is the one somebody can mend.
///
/// # Errors
/// A [`Refusal`] with one of the licence codes.
///
/// ```compile_fail
/// // Nobody else may call a maker: there is none.
/// let entitled = boundary::Entitled::new();
/// ```
pub fn decide(question: &Question) -> Result<Decision, Refusal> {
    if question.withdrawn {
        return Err(RefusalCode::ResourceWithdrawn.about(format!("resource {}", question.resource)));
    }
    if question.suspended {
        return Err(RefusalCode::ToolSuspended.about(format!("tool {}", question.tool)));
    }
    let mut nearest = (RefusalCode::NoSubscription, None);
    let mut seat = None;
    for offer in &question.offers {
        match weigh(offer, question) {
            Weight::Open => return Ok(Decision::Open(entitle(question, offer.subscription.clone()))),
            Weight::Seat(pool) => {
                seat = seat.or_else(|| Some(SeatOffer { subscription: offer.subscription.clone(), pool }));
            }
            Weight::Refused(code) if distance(code) > distance(nearest.0) => {
                nearest = (code, Some(offer.subscription.clone()));
            }
            Weight::Refused(_) => {}
        }
    }
    seat.map(Decision::Seat).ok_or_else(|| refused(question, nearest))
}

enum Weight {
    Open,
    Seat(Pool),
    Refused(RefusalCode),
}

fn weigh(offer: &Offer, question: &Question) -> Weight {
    if question.now >= offer.until {
        return Weight::Refused(RefusalCode::Expired);
    }
    if question.now < offer.from {
        return Weight::Refused(RefusalCode::NotYetValid);
    }
    if !offer.audience.contains(&question.subject.profile) {
        return Weight::Refused(RefusalCode::WrongAudience);
    }
    if offer.kind == Kind::Etabl {
        return Weight::Open;
    }
    match (offer.assigned, offer.seat) {
        (false, _) => Weight::Refused(RefusalCode::NotAssigned),
        (true, SeatState::Held) => Weight::Open,
        (true, SeatState::Free(pool)) => Weight::Seat(pool),
        (true, SeatState::Full) => Weight::Refused(RefusalCode::NoSeat),
    }
}

/// How near a refused subscription came: the later the check, the nearer.
const fn distance(code: RefusalCode) -> u8 {
    match code {
        RefusalCode::Expired => 1,
        RefusalCode::NotYetValid => 2,
        RefusalCode::WrongAudience => 3,
        RefusalCode::NotAssigned => 4,
        RefusalCode::NoSeat => 5,
        _ => 0,
    }
}

fn entitle(question: &Question, subscription: SubscriptionId) -> Entitled {
    Entitled {
        subject: question.subject.clone(),
        resource: question.resource.clone(),
        tool: question.tool.clone(),
        sector: question.sector.clone(),
        subscription,
    }
}

fn refused(question: &Question, (code, subscription): (RefusalCode, Option<SubscriptionId>)) -> Refusal {
    let (resource, school) = (&question.resource, &question.subject.school);
    code.about(match subscription {
        Some(id) => format!("resource {resource}, school {school}, subscription {id}"),
        None => format!("resource {resource}, school {school}"),
    })
}

#[cfg(test)]
mod tests;
