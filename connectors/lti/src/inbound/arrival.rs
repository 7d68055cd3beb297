//! From verified claims to an arrival: what has a name in our list is read, everything else is left behind.

use boundary::registration::{LtiPlatform, MatchKey, Protocol};
use boundary::{
    Ark, Arrival, Attribute, Attributes, Back, ContextClaim, DocumentTarget, FirstUse, LinkClaim,
    RefusalCode, ResourceKey, SchoolClaim, Stop, Uai, Via, Wanted,
};
use data_encoding::{BASE64_NOPAD, BASE64URL_NOPAD};
use serde_json::Value;
use time::Duration;
use url::Url;

use super::checks::Run;
use super::ticket::LIFE;
use crate::wire::claims::{
    CONTEXT, Claims, DEPLOYMENT_ID, LAUNCH_PRESENTATION, LIS, RESOURCE_LINK, ROLES, TARGET_LINK_URI,
};
use crate::wire::roles;

/// The longest name or address that is read.
const LONGEST: usize = 256;

/// The arrival that checked claims describe.
pub fn of(run: &Run<'_>) -> Result<Arrival, Stop> {
    let (claims, platform) = (run.claims, run.platform);
    let target = claims.text(TARGET_LINK_URI).and_then(|text| Url::parse(text).ok());
    let Back { return_url, locale, .. } = back(platform, claims);
    Ok(Arrival {
        via: Via {
            protocol: Protocol::Lti,
            ent: platform.ent.clone(),
            connection: platform.id.clone(),
            deployment: claims.text(DEPLOYMENT_ID).map(str::to_owned),
        },
        namespace: platform.namespace.clone(),
        subject: subject(platform, claims)?,
        school: school(platform, claims, target.as_ref()),
        roles: roles::read(
            claims.0.get(ROLES).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default(),
        ),
        wanted: wanted(claims, target.as_ref()),
        context: context(claims),
        link: claims.member(RESOURCE_LINK, "id", 255).map(|id| LinkClaim { id: id.to_owned() }),
        attributes: attributes(claims),
        target: claims.member(LAUNCH_PRESENTATION, "document_target", 16).and_then(document_target),
        locale,
        return_url,
        proof: first_use(run),
    })
}

/// Where the reader can go back to: only to an origin that is registered as the ENT's.
pub fn back(platform: &LtiPlatform, claims: &Claims) -> Back {
    let url = claims.member(LAUNCH_PRESENTATION, "return_url", 2048).and_then(|text| Url::parse(text).ok());
    let registered = |url: &Url| {
        let http = matches!(url.scheme(), "https" | "http");
        http && platform.return_origins.contains(&url.origin().ascii_serialization())
    };
    let locale = claims.member(LAUNCH_PRESENTATION, "locale", 35).or_else(|| claims.text("locale"));
    Back { ent: Some(platform.ent.clone()), return_url: url.filter(registered), locale: locale.map(language) }
}

/// Pages exist in two languages, and a finer locale would tell people apart.
fn language(locale: &str) -> String {
    let primary = locale.split(['-', '_']).next().unwrap_or_default();
    if primary.eq_ignore_ascii_case("en") { "en".to_owned() } else { "fr".to_owned() }
}

fn subject(platform: &LtiPlatform, claims: &Claims) -> Result<String, Stop> {
    let found = match &platform.match_key {
        MatchKey::Sub => claims.text("sub"),
        MatchKey::PersonSourcedId => claims.member(LIS, "person_sourcedid", 255),
        MatchKey::Custom(name) => claims.custom(name),
    };
    let missing = || {
        RefusalCode::TokenInvalid
            .about("the claim that the connection matches people by is missing or unusable")
    };
    let usable = |text: &&str| text.len() <= 255 && !text.contains(char::is_control);
    Ok(found.filter(usable).ok_or_else(missing)?.to_owned())
}

/// The parameter that the ENT's administrator has set, else a hint: whoever makes a link writes its custom parameters and
/// its address.
fn school(platform: &LtiPlatform, claims: &Claims, target: Option<&Url>) -> SchoolClaim {
    let signed = platform.school_claim.as_deref().and_then(|name| claims.custom(name));
    if let Some(text) = signed {
        return Uai::parse_any_letter(text).map_or(SchoolClaim::Unreadable, SchoolClaim::Signed);
    }
    let of_link = claims.custom("uai").or_else(|| claims.custom("UAI")).map(str::to_owned);
    let of_address = || {
        let pair = target?.query_pairs().find(|(name, _)| name == "idEtab");
        pair.map(|(_, value)| value.into_owned())
    };
    match of_link.or_else(of_address) {
        Some(text) => hinted(&text).map_or(SchoolClaim::Unreadable, SchoolClaim::Hinted),
        None => SchoolClaim::Silent,
    }
}

/// `idEtab` is plain, or base64 as GAR writes it, with or without padding.
fn hinted(text: &str) -> Option<Uai> {
    let decoded = || {
        let bytes = BASE64_NOPAD.decode(text.trim_end_matches('=').as_bytes()).ok()?;
        Uai::parse_any_letter(std::str::from_utf8(&bytes).ok()?).ok()
    };
    Uai::parse_any_letter(text).ok().or_else(decoded)
}

fn wanted(claims: &Claims, target: Option<&Url>) -> Wanted {
    if let Some(text) = claims.custom("resource") {
        let console = || ResourceKey::parse(text).ok().filter(ResourceKey::is_console).map(Wanted::Key);
        return Ark::parse(text).map_or_else(|_| console().unwrap_or(Wanted::Unnamed), Wanted::Ark);
    }
    let key = target
        .and_then(|url| url.path().strip_prefix("/lti/r/"))
        .and_then(|key| ResourceKey::parse(key).ok());
    key.map_or(Wanted::Unnamed, Wanted::Key)
}

fn context(claims: &Claims) -> Option<ContextClaim> {
    let id = claims.member(CONTEXT, "id", 255)?.to_owned();
    let kinds = claims.0.get(CONTEXT).and_then(|c| c.get("type")).and_then(Value::as_array);
    let known = |text: &str| {
        let name = text.rsplit('#').next().unwrap_or_default();
        ["CourseTemplate", "CourseOffering", "CourseSection", "Group"]
            .into_iter()
            .find(|known| *known == name)
    };
    let kinds = kinds.into_iter().flatten().filter_map(Value::as_str).filter_map(known).map(str::to_owned);
    Some(ContextClaim { id, kinds: kinds.take(4).collect() })
}

fn attributes(claims: &Claims) -> Attributes {
    let mut known = Attributes::default();
    for (claim, attribute) in
        [("family_name", Attribute::Nom), ("given_name", Attribute::Pre), ("email", Attribute::PMel)]
    {
        let value = claims.text(claim).filter(|text| !text.is_empty() && text.len() <= LONGEST);
        known.set(attribute, value.map(str::to_owned).into_iter().collect());
    }
    known
}

fn document_target(text: &str) -> Option<DocumentTarget> {
    match text {
        "iframe" => Some(DocumentTarget::Iframe),
        "frame" => Some(DocumentTarget::Frame),
        "window" => Some(DocumentTarget::Window),
        _ => None,
    }
}

/// The nonce under its connection. Only the state that carries it lets it through again, so it is remembered for as
/// long as any host could take that state, however far ahead the token says that it ends.
fn first_use(run: &Run<'_>) -> FirstUse {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, run.nonce.as_bytes());
    let key = format!("{} {}", run.platform.id, BASE64URL_NOPAD.encode(digest.as_ref()));
    FirstUse { key, until: run.world.now() + LIFE + Duration::seconds(run.leeway) }
}
