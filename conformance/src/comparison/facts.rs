//! The table: what each claim is in plain words, and what it is about.

use crate::language::Language;
use crate::withheld::fits;

use super::shown::Form;

/// What a fact is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Topic {
    You,
    School,
    Course,
    Application,
    Technical,
}

impl Topic {
    /// All that a reader who knows no protocol may care for, in the order in which they are shown.
    pub(crate) const FOR_PEOPLE: [Self; 4] = [Self::You, Self::School, Self::Course, Self::Application];

    pub(crate) fn words(self, language: Language) -> &'static str {
        let (fr, en) = match self {
            Self::You => ("Vous", "You"),
            Self::School => ("Votre établissement", "Your school"),
            Self::Course => ("Le cours et le lien", "The course and the link"),
            Self::Application => ("L’application", "The application"),
            Self::Technical => ("Rouages techniques", "Technical parts"),
        };
        language.say(fr, en)
    }
}

/// One kind of claim.
pub(super) struct Fact {
    name: &'static str,
    pub(super) topic: Topic,
    pub(super) form: Form,
    pub(super) fr: &'static str,
    pub(super) en: &'static str,
}

use Form::{Code, Text, Vocabulary};
use Topic::{Application, Course, School, Technical, You};

const fn fact(name: &'static str, topic: Topic, form: Form, fr: &'static str, en: &'static str) -> Fact {
    Fact { name, topic, form, fr, en }
}

/// First match wins, and rows keep this order. Names stand for others as in the table of rules.
const FACTS: &[Fact] = &[
    fact("sub", You, Code, "Identifiant", "Identifier"),
    fact("given_name", You, Text, "Prénom", "Given name"),
    fact("family_name", You, Text, "Nom de famille", "Family name"),
    fact("name", You, Text, "Nom complet", "Full name"),
    fact("roles", You, Vocabulary, "Profil", "Profile"),
    fact("email", You, Text, "Adresse électronique", "E-mail address"),
    fact("picture", You, Code, "Photo", "Picture"),
    fact("locale", You, Text, "Langue préférée", "Preferred language"),
    fact("ext.user_username", You, Text, "Nom de connexion", "Login name"),
    fact("lis.person_sourcedid", You, Code, "Numéro au registre scolaire", "Number in the school’s registry"),
    fact("custom.DIV", You, Text, "Classe", "Class"),
    fact("custom.GRO", You, Text, "Groupes", "Groups"),
    fact("deployment_id", School, Code, "Établissement", "School"),
    fact("custom.uai", School, Code, "Code UAI", "UAI code"),
    fact("custom.UAI", School, Code, "Code UAI", "UAI code"),
    fact("tool_platform.name", School, Text, "Nom du portail", "Name of the portal"),
    fact("tool_platform.description", School, Text, "Présentation du portail", "Description of the portal"),
    fact("tool_platform.url", School, Code, "Adresse du portail", "Address of the portal"),
    fact("context.id", Course, Code, "Cours", "Course"),
    fact("context.title", Course, Text, "Titre du cours", "Title of the course"),
    fact("context.label", Course, Text, "Nom court du cours", "Short name of the course"),
    fact("context.type", Course, Vocabulary, "Nature du cours", "Kind of course"),
    fact("lis.course_section_sourcedid", Course, Code, "Numéro du cours au registre", "Number of the course"),
    fact("custom.context_memberships_url", Course, Code, "Liste des participants", "List of participants"),
    fact("resource_link.id", Course, Code, "Lien", "Link"),
    fact("resource_link.title", Course, Text, "Titre du lien", "Title of the link"),
    fact("resource_link.description", Course, Text, "Texte du lien", "Text of the link"),
    fact("custom.resource", Application, Code, "Ressource demandée", "Resource asked for"),
    fact("launch_presentation.locale", Application, Text, "Langue de la page", "Language of the page"),
    fact(
        "launch_presentation.document_target",
        Application,
        Vocabulary,
        "Où elle s’affiche",
        "Where it shows",
    ),
    fact("ext.lms", Application, Text, "Logiciel du portail", "The portal’s software"),
    fact("custom.system_setting_url", Application, Code, "Adresse des réglages", "Address of the settings"),
    fact("/claim/receipt", Application, Code, "Reçu de la passerelle", "The gateway’s receipt"),
    fact("iss", Technical, Code, "Émetteur du jeton", "Issuer of the token"),
    fact("aud", Technical, Code, "Destinataire du jeton", "Recipient of the token"),
    fact("azp", Technical, Code, "Destinataire autorisé", "Authorised party"),
    fact("iat", Technical, Code, "Heure d’émission", "Time of issue"),
    fact("exp", Technical, Code, "Heure d’expiration", "Time of expiry"),
    fact("nbf", Technical, Code, "Valable à partir de", "Valid from"),
    fact("jti", Technical, Code, "Numéro du jeton", "Number of the token"),
    fact("nonce", Technical, Code, "Valeur à usage unique", "One-time value"),
    fact("message_type", Technical, Code, "Type de message", "Type of message"),
    fact("version", Technical, Code, "Version du protocole", "Version of the protocol"),
    fact("target_link_uri", Technical, Code, "Adresse ouverte", "Address that is opened"),
    fact("launch_presentation.return_url", Technical, Code, "Adresse de retour", "Return address"),
    fact("launch_presentation.", Technical, Code, "Mise en page", "Layout"),
    fact("tool_platform.guid", Technical, Code, "Numéro de l’émetteur", "Number of the issuer"),
    fact("tool_platform.version", Technical, Code, "Version de son logiciel", "Version of its software"),
    fact("tool_platform.", Technical, Code, "Logiciel de l’émetteur", "The issuer’s software"),
    fact("custom.", Application, Text, "Réglage de la ressource", "Setting of the resource"),
];

/// A claim that no table knows could say anything, so it is not hidden among the technical ones.
const OTHER: Fact = fact("", Application, Text, "Ajout propre au portail", "An extra of the portal");

impl Fact {
    /// What a claim is, by its shortened name, and its place among all.
    pub(super) fn of(name: &str) -> (usize, &'static Self) {
        let found = FACTS.iter().enumerate().find(|(_, fact)| fits(fact.name, name));
        found.unwrap_or((FACTS.len(), &OTHER))
    }
}
