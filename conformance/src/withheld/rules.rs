//! The table: by which rule a claim that the ENT sends does not reach the publisher as it is.

use crate::language::Language;

/// Why a leaf is missing or different at the publisher.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// Each leg of a launch has its own value: nothing was withheld.
    OwnLeg,
    /// An identifier, with another one in its place.
    Replaced,
    /// An identifier, with nothing in its place.
    Identifier,
    /// Could pass under an agreement; none names it.
    NoAgreement,
    /// A way to reach or recognise the person.
    Contact,
    /// Written by people, so it can hold names.
    FreeText,
    /// The broker rewrites roles from the profile.
    Profile,
    /// Told the broker what to open; has done its duty.
    Routing,
    /// An address of the ENT.
    Address,
    /// Not among what may cross at all.
    NotPart,
}

use Reason::{Address, Contact, FreeText, NoAgreement, NotPart, OwnLeg, Profile, Replaced, Routing};

/// First match wins; a name that ends in `.` or `/` stands for all that begin with it. The rest is [`NotPart`].
const RULES: &[(&str, Reason)] = &[
    ("iss", OwnLeg),
    ("aud", OwnLeg),
    ("azp", OwnLeg),
    ("nonce", OwnLeg),
    ("exp", OwnLeg),
    ("iat", OwnLeg),
    ("nbf", OwnLeg),
    ("jti", OwnLeg),
    ("target_link_uri", OwnLeg),
    ("sub", Replaced),
    ("deployment_id", Replaced),
    ("context.id", Replaced),
    ("resource_link.id", Replaced),
    ("tool_platform.guid", Replaced),
    ("name", NoAgreement),
    ("given_name", NoAgreement),
    ("family_name", NoAgreement),
    ("middle_name", NoAgreement),
    ("custom.uai", NoAgreement),
    ("email", Contact),
    ("picture", Contact),
    ("context.title", FreeText),
    ("context.label", FreeText),
    ("resource_link.title", FreeText),
    ("resource_link.description", FreeText),
    ("roles", Profile),
    ("custom.resource", Routing),
    ("launch_presentation.return_url", Address),
    ("tool_platform.url", Address),
    ("lis.", NotPart),
    ("ext.", NotPart),
];

/// The rule of one leaf, by its shortened name.
pub(super) fn rule(name: &str) -> Reason {
    let fits = |pattern: &str| name == pattern || (pattern.ends_with('.') && name.starts_with(pattern));
    RULES.iter().find(|(pattern, _)| fits(pattern)).map_or(NotPart, |(_, reason)| *reason)
}

impl Reason {
    /// One short phrase for a reader who knows no protocol.
    pub fn words(self, language: Language) -> &'static str {
        let (fr, en) = match self {
            Self::OwnLeg => ("propre à chaque trajet", "each leg has its own"),
            Self::Replaced => (
                "remplacé par un pseudonyme que seul cet éditeur voit",
                "replaced by a pseudonym only this publisher sees",
            ),
            Self::Identifier => (
                "identifiant du portail : il ne passe jamais",
                "an identifier of the portal: it never passes",
            ),
            Self::NoAgreement => ("aucun accord ne le prévoit", "no agreement names it"),
            Self::Contact => ("ne passe jamais par défaut", "never passed by default"),
            Self::FreeText => ("un texte libre peut contenir des noms", "free text can hold names"),
            Self::Profile => (
                "les rôles sont récrits d’après le profil scolaire",
                "roles are rewritten from the school profile",
            ),
            Self::Routing => (
                "a servi à la passerelle pour trouver la ressource",
                "told the gateway which resource to open",
            ),
            Self::Address => (
                "adresse du portail : l’éditeur ne connaît que la passerelle",
                "an address of the portal: the publisher only knows the gateway",
            ),
            Self::NotPart => ("ne fait pas partie de ce qui peut passer", "not part of what may cross"),
        };
        language.say(fr, en)
    }
}
