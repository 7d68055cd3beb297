//! One record as XML, in the order that GAR's schemas ask for.

use std::fmt::Write;

use super::describe::{Class, Degree, Group, Pupil, School, Staff, Taught};

/// A record that is being written.
pub(super) struct Node {
    text: String,
    open: Vec<&'static str>,
}

impl Node {
    pub(super) fn new(name: &'static str) -> Self {
        let mut node = Self { text: String::with_capacity(1024), open: Vec::new() };
        node.open(name);
        node
    }

    fn open(&mut self, name: &'static str) {
        let _ = writeln!(self.text, "{:1$}<men:{name}>", "", 2 + 2 * self.open.len());
        self.open.push(name);
    }

    fn close(&mut self) {
        if let Some(name) = self.open.pop() {
            let _ = writeln!(self.text, "{:1$}</men:{name}>", "", 2 + 2 * self.open.len());
        }
    }

    pub(super) fn value(&mut self, name: &str, value: &str) -> &mut Self {
        let _ = write!(self.text, "{:1$}<men:{name}>", "", 2 + 2 * self.open.len());
        for character in value.chars() {
            match character {
                '&' => self.text.push_str("&amp;"),
                '<' => self.text.push_str("&lt;"),
                '>' => self.text.push_str("&gt;"),
                other => self.text.push(other),
            }
        }
        let _ = writeln!(self.text, "</men:{name}>");
        self
    }

    fn optional(&mut self, name: &str, value: Option<&str>) -> &mut Self {
        if let Some(value) = value {
            self.value(name, value);
        }
        self
    }

    pub(super) fn end(mut self) -> String {
        while !self.open.is_empty() {
            self.close();
        }
        self.text
    }
}

/// The beginning of a file, as senders write it.
pub(super) fn head(root: &str, degree: Degree) -> String {
    let (namespace, schema) = match degree {
        Degree::First => ("http://data.education.fr/ns/gar/1d", "GAR-ENT-1D.xsd"),
        Degree::Second => ("http://data.education.fr/ns/gar", "GAR-ENT.xsd"),
    };
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"no\"?>\n<men:{root} xmlns:men=\"{namespace}\" \
         xmlns:xalan=\"http://xml.apache.org/xalan\" xmlns:xslFormatting=\"urn:xslFormatting\" \
         xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" Version=\"1.0\" \
         xsi:schemaLocation=\"{namespace} {schema}\">\n"
    )
}

/// The part that pupils and staff share, up to their schools.
fn identity(
    node: &mut Node,
    id: &str,
    profile: &str,
    uais: &[&str],
    names: [&str; 2],
    civility: Option<&str>,
) {
    node.value("GARPersonIdentifiant", id);
    for uai in uais {
        node.open("GARPersonProfils");
        node.value("GARStructureUAI", uai).value("GARPersonProfil", profile);
        node.close();
    }
    let [family, first] = names;
    node.value("GARPersonNom", family).value("GARPersonPrenom", first).value("GARPersonAutresPrenoms", first);
    node.optional("GARPersonCivilite", civility);
    for uai in uais {
        node.value("GARPersonEtab", uai);
    }
}

fn uais<'a>(school: &'a School, also: &'a [String]) -> Vec<&'a str> {
    std::iter::once(school.uai.as_str()).chain(also.iter().map(String::as_str)).collect()
}

pub(super) fn pupil(school: &School, pupil: &Pupil) -> String {
    let mut node = Node::new("GAREleve");
    let names = [pupil.family_name.as_str(), pupil.first_name.as_str()];
    identity(&mut node, &pupil.id, "National_elv", &uais(school, &pupil.also_at), names, None);
    node.optional("GARPersonDateNaissance", pupil.birth_date.as_deref());
    node.end()
}

pub(super) fn staff(school: &School, staff: &Staff, degree: Degree) -> String {
    let mut node = Node::new("GAREnseignant");
    let names = [staff.family_name.as_str(), staff.first_name.as_str()];
    let profile = format!("National_{}", staff.profile);
    let civility = staff.civility.as_deref();
    identity(&mut node, &staff.id, &profile, &uais(school, &staff.also_at), names, civility);
    if degree == Degree::Second {
        if staff.profile == "ens" {
            node.open("GAREnsDisciplinesPostes");
            node.value("GARStructureUAI", &school.uai).value("GAREnsDisciplinePosteCode", "L0201");
            node.close();
        }
        node.optional("GARPersonMail", staff.mail.as_deref());
    }
    node.end()
}

pub(super) fn manager(school: &School, staff: &Staff) -> Option<String> {
    let mail = staff.mail.as_deref().filter(|_| staff.manager)?;
    let mut node = Node::new("GARRespAff");
    node.value("GARPersonIdentifiant", &staff.id);
    node.value("GARPersonNom", &staff.family_name).value("GARPersonPrenom", &staff.first_name);
    node.optional("GARPersonCivilite", staff.civility.as_deref()).value("GARPersonMail", mail);
    node.value("GARRespAffEtab", &school.uai);
    Some(node.end())
}

pub(super) fn level(school: &School, id: &str, code: &str, degree: Degree) -> String {
    let (name, element, code) = match degree {
        Degree::First => ("GARPersonMEFSTAT4", "GARMEFSTAT4Code", code.get(..4).unwrap_or(code)),
        Degree::Second => ("GARPersonMEF", "GARMEFCode", code),
    };
    let mut node = Node::new(name);
    node.value("GARStructureUAI", &school.uai).value("GARPersonIdentifiant", id).value(element, code);
    node.end()
}

pub(super) fn taught_to(school: &School, id: &str, subject: &str) -> String {
    let mut node = Node::new("GAREleveEnseignement");
    node.value("GARStructureUAI", &school.uai);
    node.value("GARPersonIdentifiant", id).value("GARMatiereCode", subject);
    node.end()
}

pub(super) fn school(school: &School) -> String {
    let mut node = Node::new("GAREtab");
    node.value("GARStructureUAI", &school.uai).value("GARStructureNomCourant", &school.name);
    node.value("GARStructureContrat", if school.private { "PR" } else { "PU" });
    node.end()
}

/// A level or a subject of a school.
pub(super) fn coded(record: &'static str, of: &str, school: &School, code: &str, label: &str) -> String {
    let mut node = Node::new(record);
    node.value("GARStructureUAI", &school.uai);
    node.value(&format!("GAR{of}Code"), code).value(&format!("GAR{of}Libelle"), label);
    node.end()
}

pub(super) fn class(school: &School, class: &Class) -> String {
    let mut node = Node::new("GARGroupe");
    node.value("GARGroupeCode", &class.code).value("GARStructureUAI", &school.uai);
    node.value("GARGroupeLibelle", &class.label).value("GARGroupeStatut", "DIVISION");
    node.end()
}

pub(super) fn group(school: &School, group: &Group) -> String {
    let mut node = Node::new("GARGroupe");
    node.value("GARGroupeCode", &group.code).value("GARStructureUAI", &school.uai);
    node.value("GARGroupeLibelle", &group.label).value("GARGroupeStatut", "GROUPE");
    for class in &group.classes {
        node.value("GARGroupeDivAppartenance", class);
    }
    node.end()
}

pub(super) fn member(school: &School, id: &str, group: &str) -> String {
    let mut node = Node::new("GARPersonGroupe");
    node.value("GARStructureUAI", &school.uai);
    node.value("GARPersonIdentifiant", id).value("GARGroupeCode", group);
    node.end()
}

pub(super) fn teaches(school: &School, id: &str, taught: &Taught) -> String {
    let class = school.classes.iter().any(|class| class.code == taught.group);
    let mut node = Node::new(if class { "GAREnsClasseMatiere" } else { "GAREnsGroupeMatiere" });
    node.value("GARStructureUAI", &school.uai);
    node.value("GARPersonIdentifiant", id).value("GARGroupeCode", &taught.group);
    for subject in &taught.subjects {
        node.value("GARMatiereCode", subject);
    }
    node.end()
}
