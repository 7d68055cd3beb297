//! Secrets that we hand out: 256 random bits in a form that scanners of leaked secrets know by prefix and checksum.

use std::fmt;

use boundary::Chance;
use data_encoding::BASE32_NOPAD;
use flate2::Crc;
use zeroize::Zeroizing;

use super::hashed::Hashed;

/// Characters of 256 bits.
const BODY: usize = 52;
/// Characters of a checksum of 32 bits.
const SUM: usize = 7;

/// What a secret is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecretKind {
    /// A scoped token that somebody keeps in a program.
    Scoped,
    /// An access token of an OAuth client: an hour at most.
    Client,
    /// What begins the enrolment of an account.
    Enrolment,
    /// The id of a console session, in its cookie.
    Session,
}

impl SecretKind {
    const fn prefix(self) -> &'static str {
        match self {
            Self::Scoped => "psl_",
            Self::Client => "psa_",
            Self::Enrolment => "pse_",
            Self::Session => "pss_",
        }
    }
}

/// A secret, in clear. It is shown once, and only its [hash](Hashed) is kept.
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Draws a new one.
    #[must_use]
    pub fn draw(kind: SecretKind, chance: &dyn Chance) -> Self {
        let mut bits = Zeroizing::new([0; 32]);
        chance.fill(&mut *bits);
        let body = Zeroizing::new(BASE32_NOPAD.encode(&*bits).to_ascii_lowercase());
        Self(Zeroizing::new(format!("{}{}{}", kind.prefix(), &*body, sum(kind, &body))))
    }

    /// Reads one of a kind; `None` where prefix, length or checksum is wrong, and no database need be asked.
    #[must_use]
    pub fn parse(kind: SecretKind, text: &str) -> Option<Self> {
        let rest = text.strip_prefix(kind.prefix())?;
        let (body, given) = (rest.len() == BODY + SUM).then(|| rest.split_at_checked(BODY))??;
        (sum(kind, body) == given).then(|| Self(Zeroizing::new(text.to_owned())))
    }

    /// The secret as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// As the database holds it.
    #[must_use]
    pub fn hashed(&self) -> Hashed {
        Hashed::of(&self.0)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// CRC-32 of prefix and body.
fn sum(kind: SecretKind, body: &str) -> String {
    let mut crc = Crc::new();
    crc.update(kind.prefix().as_bytes());
    crc.update(body.as_bytes());
    BASE32_NOPAD.encode(&crc.sum().to_be_bytes()).to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Counting;

    impl Chance for Counting {
        fn fill(&self, bytes: &mut [u8]) {
            (0..).zip(bytes).for_each(|(n, byte)| *byte = n);
        }
    }

    #[test]
    fn a_secret_is_read_only_whole_and_only_as_what_it_is() {
        let secret = Secret::draw(SecretKind::Scoped, &Counting);
        let text = secret.as_str().to_owned();
        assert!(text.starts_with("psl_") && text.len() == 4 + BODY + SUM, "{text}");
        assert!(text[4..].bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'2'..=b'7')));
        assert_eq!(Secret::parse(SecretKind::Scoped, &text).unwrap().hashed(), secret.hashed());
        let other = text.replacen("psl_", "psa_", 1);
        let (short, changed) = (&text[..text.len() - 1], text.replacen("psl_aa", "psl_ab", 1));
        for wrong in
            ["", "psl_", short, &changed, &other, &text.to_uppercase(), &format!("psl_{}", "é".repeat(30))]
        {
            assert!(Secret::parse(SecretKind::Scoped, wrong).is_none(), "{wrong}");
        }
        assert_eq!(format!("{secret:?}"), "Secret(…)");
    }
}
