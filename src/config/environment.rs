//! The environment over the file.

use super::{Config, ConfigError};

/// Names of their own, beside `PASSERELLE_SECTION__KEY`.
const SHORT: [(&str, &str, &str); 5] = [
    ("PASSERELLE_DATABASE_URL", "database", "url"),
    ("PASSERELLE_PUBLIC_URL", "server", "public_url"),
    ("PASSERELLE_MASTER_KEY_FILE", "keys", "master_key_file"),
    ("PASSERELLE_MASTER_KEY", "keys", "master_key"),
    ("PASSERELLE_ERASURE_LEDGER", "erasure", "ledger"),
];

/// Lays the environment over a configuration. A variable of ours that nobody knows is an error, not a silence.
pub(super) fn over(config: Config, environment: &[(String, String)]) -> Result<Config, ConfigError> {
    let mut config = config;
    for (name, value) in environment {
        let Some(rest) = name.strip_prefix("PASSERELLE_") else { continue };
        if rest.starts_with("TEST_") {
            continue;
        }
        let short = SHORT.iter().find(|(short, ..)| short == name).map(|(_, section, key)| (*section, *key));
        let long = rest.split_once("__").map(|(section, key)| (section.to_lowercase(), key.to_lowercase()));
        let (section, key) = match (short, &long) {
            (Some(pair), _) => pair,
            (None, Some((section, key))) => (section.as_str(), key.as_str()),
            (None, None) => return Err(unknown(name)),
        };
        config = set(&config, (section, key), value)
            .map_err(|words| ConfigError::Variable(name.clone(), words))?;
    }
    Ok(config)
}

fn unknown(name: &str) -> ConfigError {
    ConfigError::Variable(
        name.to_owned(),
        "no setting has this name; see `passerelle config default`".to_owned(),
    )
}

/// Sets one key, by laying a small file over the whole; the type of the present value tells how to read the text.
fn set(config: &Config, (section, key): (&str, &str), text: &str) -> Result<Config, String> {
    if (section, key) == ("keys", "master_key") {
        let mut config = config.clone();
        config.keys.master_key = Some(text.to_owned().into());
        return Ok(config);
    }
    let mut all = toml::Table::try_from(config).map_err(|e| e.to_string())?;
    let present = all.get_mut(section).and_then(|section| section.get_mut(key));
    let present = present.ok_or("no setting has this name; see `passerelle config default`")?;
    *present = match present {
        toml::Value::Integer(_) => {
            text.parse().map(toml::Value::Integer).map_err(|_| format!("\"{text}\" is not a number"))?
        }
        toml::Value::Array(_) => {
            let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
            toml::Value::Array(items.map(|item| toml::Value::String(item.to_owned())).collect())
        }
        _ => toml::Value::String(text.to_owned()),
    };
    let mut changed: Config = all.try_into().map_err(|e: toml::de::Error| e.message().to_owned())?;
    changed.keys.master_key.clone_from(&config.keys.master_key);
    Ok(changed)
}
