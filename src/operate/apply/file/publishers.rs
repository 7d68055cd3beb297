//! Organisations, sectors, tools, resources and agreements.

use std::collections::BTreeMap;

use boundary::registration::LtiTool;
use boundary::{Agreement, AgreementLine, Ark, Attribute, OrganisationId, ResourceKey, SectorId, ToolId};
use time::Date;

use super::at::At;
use super::dates;
use super::forms;
use super::notes::Notes;
use super::tables::{
    AgreementTable, AttributeTable, OrganisationTable, ResourceTable, SectorTable, ToolLtiTable,
    ToolProtocol, ToolTable,
};
use crate::catalogue::Resource;
use crate::directory::{Organisation, Sector, Tool};
use crate::licensing::rules;

/// Reads an organisation.
pub fn organisation(table: &OrganisationTable, notes: &mut Notes<'_>) -> Option<Organisation> {
    let id = notes.read("id", &table.id, OrganisationId::parse);
    let name = notes.read("name", &table.name, forms::words);
    let siren_isni = notes.read_option("siren_isni", table.siren_isni.as_ref(), rules::siren_isni);
    Some(Organisation { id: id?, name: name?, siren_isni, roles: table.roles.clone() })
}

/// Reads a sector.
pub fn sector(table: &SectorTable, notes: &mut Notes<'_>) -> Option<Sector> {
    let id = notes.read("id", &table.id, SectorId::parse);
    let organisation = notes.read("organisation", &table.organisation, OrganisationId::parse);
    Some(Sector { id: id?, organisation: organisation?, scope: table.scope })
}

/// Reads a tool.
pub fn tool(table: &ToolTable, notes: &mut Notes<'_>) -> Option<Tool> {
    let id = notes.read("id", &table.id, ToolId::parse);
    let sector = notes.read("sector", &table.sector, SectorId::parse);
    let lti = match table.protocol {
        ToolProtocol::Lti => registration(id.as_ref().zip(sector.as_ref()), &table.lti, notes),
    };
    Some(Tool { id: id?, sector: sector?, lti: lti? })
}

fn registration(
    names: Option<(&ToolId, &SectorId)>,
    table: &At<ToolLtiTable>,
    notes: &mut Notes<'_>,
) -> Option<LtiTool> {
    let (start, table) = (table.start, &table.value);
    let client_id = notes.read("client_id", &table.client_id, forms::code);
    let login_url = notes.read("login_url", &table.login_url, forms::endpoint);
    let redirect_uris = notes.read_all("redirect_uris", &table.redirect_uris, forms::exact_endpoint);
    let target_url = notes.read("target_url", &table.target_url, forms::address);
    if table.redirect_uris.is_empty() {
        notes.at(start, "redirect_uris is empty: write at least one address that takes id_tokens");
    }
    let keys = forms::key_source(table.jwks_uri.as_ref(), table.jwks.as_ref(), table.pem.as_ref(), notes);
    let custom = custom(&table.custom, start, notes);
    let (tool, sector) = names?;
    Some(LtiTool {
        tool: tool.clone(),
        sector: sector.clone(),
        client_id: client_id?,
        login_url: login_url?,
        redirect_uris,
        keys,
        target_url: target_url?,
        custom,
    })
}

/// Reads a resource.
pub fn resource(table: &At<ResourceTable>, notes: &mut Notes<'_>) -> Option<Resource> {
    let (start, table) = (table.start, &table.value);
    let ark = notes.read("ark", &table.ark, Ark::parse);
    let key = notes.read("key", &table.key, ResourceKey::parse);
    if key.as_ref().is_some_and(ResourceKey::is_console) {
        notes.at(table.key.start, "key: \"console\" is the console's own: choose another");
    }
    let title = notes.read("title", &table.title, forms::words);
    let tool = notes.read("tool", &table.tool, ToolId::parse);
    let target_url = notes.read_option("target_url", table.target_url.as_ref(), forms::address);
    let family = notes.read_option("family", table.family.as_ref(), Ark::parse);
    let custom = custom(&table.custom, start, notes);
    Some(Resource { ark: ark?, key: key?, title: title?, tool: tool?, target_url, family, custom })
}

fn custom(
    parameters: &BTreeMap<String, String>,
    start: usize,
    notes: &mut Notes<'_>,
) -> BTreeMap<String, String> {
    for name in parameters.keys() {
        if let Err(words) = forms::code(name) {
            notes.at(start, format!("custom: the name \"{name}\" is not usable: {words}"));
        }
    }
    parameters.clone()
}

/// Reads an agreement.
pub fn agreement(table: &AgreementTable, notes: &mut Notes<'_>) -> Option<Agreement> {
    let resource = notes.read("resource", &table.resource, Ark::parse);
    let mut attributes: Vec<AgreementLine> = Vec::new();
    for entry in &table.attributes {
        let Some(line) = attribute(&entry.value, notes) else {
            continue;
        };
        if attributes.iter().any(|other| other.name == line.name) {
            notes.at(entry.start, format!("attribute {} is listed twice: keep one", line.name));
        } else {
            attributes.push(line);
        }
    }
    Some(Agreement { resource: resource?, attributes })
}

fn attribute(table: &AttributeTable, notes: &mut Notes<'_>) -> Option<AgreementLine> {
    let name = notes.read("name", &table.name, str::parse::<Attribute>);
    let purpose = notes.read("purpose", &table.purpose, forms::words);
    let approved_by = notes.read_option("approved_by", table.approved_by.as_ref(), forms::words);
    let approved_on: Option<Date> =
        table.approved_on.as_ref().and_then(|at| dates::day("approved_on", at, notes));
    if table.approved_by.is_some() != table.approved_on.is_some() {
        notes.at(
            table.name.start,
            "approved_by and approved_on go together: write both, or neither while it is not approved",
        );
    }
    Some(AgreementLine { name: name?, purpose: purpose?, approved_by, approved_on })
}
