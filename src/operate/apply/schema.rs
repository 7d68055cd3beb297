//! The JSON schema of the federation file, for editors.

use schemars::Schema;
use schemars::generate::SchemaSettings;
use schemars::transform::RecursiveTransform;
use serde_json::Value;

use super::file::FederationFile;

/// The schema as text, the same at every call.
#[must_use]
pub fn schema() -> String {
    let settings = SchemaSettings::draft2020_12().with_transform(RecursiveTransform(without_null));
    let schema = settings.into_generator().into_root_schema_for::<FederationFile>();
    let mut text = serde_json::to_string_pretty(&schema).unwrap_or_default();
    text.push('\n');
    text
}

/// TOML has no null: what may be absent is absent.
pub(in crate::operate) fn without_null(schema: &mut Schema) {
    let null = Value::from("null");
    if let Some(Value::Array(types)) = schema.get_mut("type") {
        types.retain(|one| *one != null);
        if let [only] = types.as_slice() {
            let only = only.clone();
            schema.insert("type".to_owned(), only);
        }
    }
    if let Some(Value::Array(choices)) = schema.get_mut("anyOf") {
        choices.retain(|choice| choice.get("type") != Some(&null));
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_schema_that_is_checked_in_is_the_one_of_the_code() {
        let checked_in = include_str!("../../../specs/federation.schema.json");
        assert!(
            checked_in == super::schema(),
            "the tables changed: cargo run -- schema federation > specs/federation.schema.json"
        );
    }
}
