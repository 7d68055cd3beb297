//! ENTs, their LTI registrations, and schools.

use boundary::registration::{Deployment, KeySource, LtiPlatform, MatchKey};
use boundary::{ConnectionId, EntId, Uai};

use super::at::At;
use super::forms;
use super::notes::Notes;
use super::tables::{DeploymentEntry, DeploymentTable, EntTable, LtiTable, SchoolTable};
use crate::directory::{Ent, School};
use crate::licensing::rules;

/// Reads an ENT.
pub fn ent(table: &EntTable, notes: &mut Notes<'_>) -> Option<Ent> {
    let id = notes.read("id", &table.id, EntId::parse);
    let name = notes.read("name", &table.name, forms::words);
    let code = notes.read_option("code", table.code.as_ref(), forms::code);
    let origins = notes.read_all("origins", &table.origins, forms::origin);
    let roster_namespace =
        notes.read_option("roster_namespace", table.roster_namespace.as_ref(), forms::code);
    Some(Ent { id: id?, name: name?, code, origins, roster_namespace })
}

/// Reads an LTI registration of an ENT.
pub fn platform(table: &At<LtiTable>, ent: &str, notes: &mut Notes<'_>) -> Option<LtiPlatform> {
    let (start, table) = (table.start, &table.value);
    let id = notes.read("id", &table.id, ConnectionId::parse);
    let issuer = notes.read("issuer", &table.issuer, forms::issuer);
    let client_id = notes.read("client_id", &table.client_id, forms::code);
    let deployments = deployments(&table.deployments, notes);
    let authorization_url = notes.read("authorization_url", &table.authorization_url, forms::endpoint);
    let token_url = notes.read_option("token_url", table.token_url.as_ref(), forms::endpoint);
    let token_audience = notes.read_option("token_audience", table.token_audience.as_ref(), forms::code);
    let keys = keys(table, start, notes);
    let namespace = notes.read("namespace", &table.namespace, forms::code);
    let match_key = match_key(table.match_key.as_ref(), notes);
    let school_claim = notes.read_option("school_claim", table.school_claim.as_ref(), custom_name);
    let schools = notes.read_all("schools", &table.schools, Uai::parse_any_letter);
    let jit_staff = jit_staff(table, notes);
    let return_origins = notes.read_all("return_origins", &table.return_origins, forms::origin);
    Some(LtiPlatform {
        id: id?,
        ent: EntId::parse(ent).ok()?,
        issuer: issuer?,
        client_id: client_id?,
        deployments,
        authorization_url: authorization_url?,
        token_url,
        token_audience,
        keys: keys?,
        namespace: namespace?,
        match_key: match_key?,
        school_claim,
        schools,
        provision: table.provision,
        trust_context_roles: table.trust_context_roles,
        jit_staff,
        return_origins,
    })
}

fn keys(table: &LtiTable, start: usize, notes: &mut Notes<'_>) -> Option<KeySource> {
    let (uri, set, pem) = (table.jwks_uri.as_ref(), table.jwks.as_ref(), table.pem.as_ref());
    if uri.or(set).or(pem).is_none() {
        let words = "[[ent.lti]] lacks the ENT's keys: write exactly one of jwks_uri, jwks and pem";
        notes.at(start, words);
    }
    forms::key_source(uri, set, pem, notes)
}

fn match_key(text: Option<&At<String>>, notes: &mut Notes<'_>) -> Option<MatchKey> {
    let Some(text) = text else {
        return Some(MatchKey::Sub);
    };
    notes.read("match", text, |text| MatchKey::try_from(text.to_owned()))
}

/// The name of a custom parameter, written `custom.NAME`.
fn custom_name(text: &str) -> Result<String, String> {
    match MatchKey::try_from(text.to_owned()) {
        Ok(MatchKey::Custom(name)) => Ok(name),
        _ => Err(format!("\"{text}\" is not a custom parameter: write custom.NAME")),
    }
}

fn jit_staff(table: &LtiTable, notes: &mut Notes<'_>) -> bool {
    let Some(at) = table.jit_staff.as_ref().filter(|at| at.value) else {
        return false;
    };
    if !table.trust_context_roles {
        let words =
            "jit_staff = true does nothing without trust_context_roles = true: write both, or neither";
        notes.at(at.start, words);
    }
    true
}

fn deployments(entries: &[At<DeploymentEntry>], notes: &mut Notes<'_>) -> Vec<Deployment> {
    let mut known: Vec<Deployment> = Vec::new();
    for entry in entries {
        let table = match &entry.value {
            DeploymentEntry::Id(id) => &DeploymentTable { id: id.clone(), schools: Vec::new() },
            DeploymentEntry::Table(table) => table,
        };
        match deployment(table) {
            Ok(again) if known.iter().any(|other| other.id == again.id) => {
                notes.at(entry.start, format!("deployment \"{}\" is listed twice: keep one", again.id));
            }
            Ok(new) => known.push(new),
            Err(words) => notes.at(entry.start, format!("deployments: {words}")),
        }
    }
    known
}

fn deployment(table: &DeploymentTable) -> Result<Deployment, String> {
    let id = table.id.as_str();
    if id.is_empty() || id.len() > 255 || !id.chars().all(|c| c == ' ' || c.is_ascii_graphic()) {
        return Err("a deployment id has 1 to 255 ASCII characters".to_owned());
    }
    let schools = table.schools.iter().map(|text| Uai::parse_any_letter(text));
    let schools: Result<Vec<Uai>, _> = schools.collect();
    Ok(Deployment { id: id.to_owned(), schools: schools.map_err(|error| error.to_string())? })
}

/// Reads a school.
pub fn school(table: &SchoolTable, notes: &mut Notes<'_>) -> Option<School> {
    let uai = notes.read("uai", &table.uai, |text| forms::uai(text, table.fictive));
    let name = notes.read("name", &table.name, forms::words);
    let town = notes.read("town", &table.town, forms::words);
    let nature = notes.read_option("nature", table.nature.as_ref(), rules::nature_code);
    let ents = notes.read_all("ents", &table.ents, EntId::parse);
    Some(School { uai: uai?, name: name?, town: town?, nature, ents, fictive: table.fictive })
}
