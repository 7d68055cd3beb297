//! The table: by which rule a claim that the ENT sends reaches the publisher, or does not, or not as it was.

use crate::language::Language;

/// Why a leaf arrived as it did, or did not.
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
    /// The broker is the platform, whoever the ENT is.
    Gateway,
    /// The broker's catalogue has the title of a resource.
    Catalogue,
    /// What a page needs to open; the same for many.
    Opening,
    /// Not among what may cross at all.
    NotPart,
    /// It arrived, and an agreement with the publisher is the only way.
    Agreed,
    /// It arrived, and was set in the broker for this resource.
    Set,
    /// It arrived: the broker's proof of what it sent.
    Receipt,
    /// It arrived, and no rule says why.
    Unexplained,
}

use Reason::{
    Address, Agreed, Catalogue, Contact, FreeText, Gateway, NoAgreement, NotPart, Opening, OwnLeg, Profile,
    Receipt, Replaced, Routing, Set, Unexplained,
};

/// First match wins; a name that ends in `.` stands for all that begin with it, one that begins with `/` for all that end
/// with it. The rest is [`NotPart`].
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
    ("name", NoAgreement),
    ("given_name", NoAgreement),
    ("family_name", NoAgreement),
    ("middle_name", NoAgreement),
    ("custom.uai", NoAgreement),
    ("email", Contact),
    ("picture", Contact),
    ("context.title", FreeText),
    ("context.label", FreeText),
    ("resource_link.title", Catalogue),
    ("resource_link.description", FreeText),
    ("roles", Profile),
    ("custom.resource", Routing),
    ("launch_presentation.return_url", Address),
    ("launch_presentation.", Opening),
    ("message_type", Opening),
    ("version", Opening),
    ("context.type", Opening),
    ("tool_platform.url", Address),
    ("tool_platform.description", NotPart),
    ("tool_platform.", Gateway),
    ("lis.", NotPart),
    ("ext.", NotPart),
    ("/claim/receipt", Receipt),
];

/// Whether a name is one of those that a pattern stands for.
pub(crate) fn fits(pattern: &str, name: &str) -> bool {
    name == pattern
        || (pattern.ends_with('.') && name.starts_with(pattern))
        || (pattern.starts_with('/') && name.ends_with(pattern))
}

impl Reason {
    /// The rule of one leaf, by its shortened name.
    pub fn of(name: &str) -> Self {
        RULES.iter().find(|(pattern, _)| fits(pattern, name)).map_or(NotPart, |(_, reason)| *reason)
    }

    /// By which right a leaf of this rule arrived as it was sent.
    pub(crate) fn when_passed(self) -> Self {
        match self {
            NoAgreement | Contact => Agreed,
            Profile | Catalogue | Opening => self,
            _ => Unexplained,
        }
    }

    /// By which right a leaf of this rule arrived that was not sent. Custom parameters in capitals are attributes
    /// under GAR's names; the others were set by hand.
    pub(crate) fn when_added(self, name: &str) -> Self {
        let custom = name.strip_prefix("custom.");
        let attribute = custom.is_some_and(|name| !name.contains(|letter: char| letter.is_lowercase()));
        match self {
            NoAgreement | Contact => Agreed,
            _ if attribute => Agreed,
            _ if custom.is_some() => Set,
            Gateway | Catalogue | Opening | Profile | Receipt => self,
            _ => Unexplained,
        }
    }

    /// One short phrase for a reader who knows no protocol.
    pub fn words(self, language: Language) -> &'static str {
        let (fr, en) = match self {
            Self::OwnLeg => ("propre à chaque trajet", "each leg has its own"),
            Self::Replaced => (
                "remplacé par un pseudonyme que seul cet éditeur voit",
                "replaced by a pseudonym only this publisher sees",
            ),
            Self::Identifier => (
                "identifiant du portail : il ne passe jamais",
                "an identifier of the portal: it never passes",
            ),
            Self::NoAgreement => ("aucun accord ne le prévoit", "no agreement names it"),
            Self::Contact => ("ne passe jamais par défaut", "never passed by default"),
            Self::FreeText => ("un texte libre peut contenir des noms", "free text can hold names"),
            Self::Profile => (
                "établi par la passerelle d’après le profil scolaire",
                "set by the gateway from the school profile",
            ),
            Self::Routing => (
                "a servi à la passerelle pour trouver la ressource",
                "told the gateway which resource to open",
            ),
            Self::Address => (
                "adresse du portail : l’éditeur ne connaît que la passerelle",
                "an address of the portal: the publisher only knows the gateway",
            ),
            Self::Gateway => (
                "la passerelle se présente à la place du portail",
                "the gateway introduces itself in the portal’s place",
            ),
            Self::Catalogue => (
                "titre de la ressource au catalogue de la passerelle",
                "the resource’s title in the gateway’s catalogue",
            ),
            Self::Opening => {
                ("sert à l’ouverture et ne désigne personne", "needed to open, and points to nobody")
            }
            Self::NotPart => ("ne fait pas partie de ce qui peut passer", "not part of what may cross"),
            Self::Agreed => {
                ("l’accord avec cet éditeur le prévoit", "the agreement with this publisher names it")
            }
            Self::Set => ("réglage convenu pour cette ressource", "set for this resource in the gateway"),
            Self::Receipt => (
                "la preuve signée de ce qui a été transmis, vérifiable à tout moment",
                "the signed proof of what was passed on, to be checked at any time",
            ),
            Self::Unexplained => ("aucune règle ne l’explique", "no rule explains it"),
        };
        language.say(fr, en)
    }
}
