//! Which ENT an archive is of, which schools it may speak for, and in which namespace its identifiers are.

use boundary::EntId;
use gar::roster::ArchiveName;

use super::import::ImportError;
use super::intake::Schools;
use super::store::RosterStore;
use crate::directory::Ent;

/// The ENT that was named, or the one whose code stands in the archive's name. Where both are there they must agree.
///
/// # Errors
/// [`ImportError::Wrong`] says what to write.
pub(super) fn ent_of(ents: Vec<Ent>, named: Option<&EntId>, archive: &str) -> Result<Ent, ImportError> {
    let wrong = |words: String| Err(ImportError::Wrong(words));
    let code = ArchiveName::parse(archive).ok().map(|name| name.ent_code);
    if let Some(named) = named {
        let Some(ent) = ents.into_iter().find(|ent| ent.id == *named) else {
            return wrong(format!("no ENT \"{named}\" is registered"));
        };
        return match (&ent.code, code) {
            (Some(own), Some(code)) if *own != code => {
                wrong(format!("the archive is of the project {code}, and ENT {named} has the code {own}"))
            }
            _ => Ok(ent),
        };
    }
    let Some(code) = code else {
        return wrong(format!(
            "\"{archive}\" is not the name of a roster archive ({{idENT}}_GAR-ENT_Complet_{{yyyyMMdd_HHmmss}}_{{1D|2D}}.tar.gz): \
             name the ENT"
        ));
    };
    let mut of_code: Vec<Ent> = ents.into_iter().filter(|ent| ent.code.as_deref() == Some(&code)).collect();
    match (of_code.pop(), of_code.pop()) {
        (Some(ent), None) => Ok(ent),
        (None, _) => wrong(format!("no ENT has the code {code}: write it under [[ent]], or name the ENT")),
        (Some(_), Some(_)) => wrong(format!("several ENTs have the code {code}: name the ENT")),
    }
}

/// The namespace of an ENT's identifiers: the one that is set, else that of its connections.
///
/// # Errors
/// [`ImportError::Wrong`] where its connections have none in common.
pub(super) async fn namespace_of(ent: &Ent, store: &dyn RosterStore) -> Result<String, ImportError> {
    if let Some(namespace) = &ent.roster_namespace {
        return Ok(namespace.clone());
    }
    let mut all = store.namespaces(&ent.id).await?.into_iter();
    match (all.next(), all.next()) {
        (Some(only), None) => Ok(only),
        (None, _) => Err(ImportError::Wrong(format!(
            "ENT {} has no connection whose namespace its rosters could share: write roster_namespace under its [[ent]]",
            ent.id
        ))),
        (Some(_), Some(_)) => Err(ImportError::Wrong(format!(
            "the connections of ENT {} have several namespaces: write roster_namespace under its [[ent]]",
            ent.id
        ))),
    }
}

/// The schools that the ENT may speak for, in the order of their numbers, and all that are registered.
pub(super) async fn schools_of(ent: &Ent, store: &dyn RosterStore) -> Result<Schools, ImportError> {
    let mut schools = Schools::default();
    for (uai, own) in store.registered_schools(&ent.id).await? {
        if own {
            schools.own.push(uai.clone());
        }
        schools.registered.push(uai);
    }
    schools.own.sort();
    schools.registered.sort();
    Ok(schools)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAME: &str = "A0_GAR-ENT_Complet_20261124_210000_2D.tar.gz";

    fn ent(id: &str, code: Option<&str>) -> Ent {
        Ent {
            id: EntId::parse(id).unwrap(),
            name: id.to_owned(),
            code: code.map(str::to_owned),
            origins: Vec::new(),
            roster_namespace: None,
        }
    }

    fn chosen(named: Option<&str>, archive: &str) -> Result<String, String> {
        let ents = vec![
            ent("a", Some("A0")),
            ent("b", Some("B0")),
            ent("c", None),
            ent("d", Some("D0")),
            ent("e", Some("D0")),
        ];
        let named = named.map(|id| EntId::parse(id).unwrap());
        ent_of(ents, named.as_ref(), archive).map(|ent| ent.id.to_string()).map_err(|e| e.to_string())
    }

    #[test]
    fn an_archive_is_of_the_ent_whose_code_it_bears_and_of_no_other() {
        assert_eq!(chosen(None, NAME), Ok("a".to_owned()));
        assert_eq!(chosen(Some("a"), NAME), Ok("a".to_owned()));
        assert_eq!(chosen(Some("c"), NAME), Ok("c".to_owned()), "an ENT without a code");
        assert_eq!(chosen(Some("a"), "upload"), Ok("a".to_owned()));
        assert!(chosen(Some("b"), NAME).unwrap_err().contains("of the project A0"));
        assert!(chosen(Some("z"), NAME).unwrap_err().contains("no ENT \"z\""));
        assert!(chosen(None, "upload").unwrap_err().contains("name the ENT"));
        assert!(chosen(None, &NAME.replace("A0", "Z9")).unwrap_err().contains("the code Z9"));
        assert!(chosen(None, &NAME.replace("A0", "D0")).unwrap_err().contains("several ENTs"));
    }
}
