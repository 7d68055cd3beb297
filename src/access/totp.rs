//! One-time codes of authenticators (RFC 6238 over RFC 4226): six digits of HMAC-SHA-1, a new one every thirty seconds.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::hmac;
use boundary::Chance;
use data_encoding::BASE32_NOPAD;
use time::OffsetDateTime;
use zeroize::Zeroizing;

use super::account::AccountId;

/// How long a code is shown, in seconds.
const STEP: i64 = 30;
/// How many steps a clock may be off, either way.
const WINDOW: i64 = 1;
/// The length of a secret (RFC 4226 section 4, R6).
const LENGTH: usize = 20;

/// What an authenticator and we share.
pub struct TotpSecret(Zeroizing<Vec<u8>>);

impl TotpSecret {
    /// Draws a new one.
    #[must_use]
    pub fn draw(chance: &dyn Chance) -> Self {
        let mut bits = Zeroizing::new(vec![0; LENGTH]);
        chance.fill(&mut bits);
        Self(bits)
    }

    /// One that was stored.
    #[must_use]
    pub fn stored(bits: Vec<u8>) -> Self {
        Self(Zeroizing::new(bits))
    }

    /// For storage, sealed.
    #[must_use]
    pub fn bits(&self) -> &[u8] {
        &self.0
    }

    /// As people type it into an authenticator.
    #[must_use]
    pub fn as_text(&self) -> Zeroizing<String> {
        Zeroizing::new(BASE32_NOPAD.encode(&self.0))
    }

    /// As an authenticator reads it from a picture. It names the host, because somebody may work at several brokers.
    #[must_use]
    pub fn uri(&self, host: &str, account: &AccountId) -> Zeroizing<String> {
        let secret = self.as_text();
        let issuer = format!("Passerelle%20{host}");
        Zeroizing::new(format!(
            "otpauth://totp/{issuer}:{account}?secret={}&issuer={issuer}",
            secret.as_str()
        ))
    }

    /// The step whose code this is, among those that may still come: later than `after`, and near now. Every step is
    /// tried, so that the time tells nothing.
    #[must_use]
    pub fn step_of(&self, code: &str, now: OffsetDateTime, after: i64) -> Option<i64> {
        let present = now.unix_timestamp().div_euclid(STEP);
        let steps = present - WINDOW..=present + WINDOW;
        let tried = steps.map(|step| (step, self.shows(step, code))).collect::<Vec<_>>();
        tried.into_iter().find(|(step, shown)| *shown && *step > after).map(|(step, _)| step)
    }

    fn shows(&self, step: i64, code: &str) -> bool {
        let shown = format!("{:06}", self.number(step) % 1_000_000);
        verify_slices_are_equal(shown.as_bytes(), code.as_bytes()).is_ok()
    }

    /// RFC 4226 section 5.3.
    fn number(&self, step: i64) -> u32 {
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &self.0);
        let tag = hmac::sign(&key, &step.to_be_bytes());
        let bytes = tag.as_ref();
        let offset = usize::from(bytes.last().copied().unwrap_or_default() & 0x0f);
        let four = bytes.get(offset..offset + 4).and_then(|four| <[u8; 4]>::try_from(four).ok());
        u32::from_be_bytes(four.unwrap_or_default()) & 0x7fff_ffff
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret() -> TotpSecret {
        TotpSecret::stored(b"12345678901234567890".to_vec())
    }

    fn at(seconds: i64) -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp(seconds).unwrap()
    }

    /// RFC 6238 appendix B, the column of SHA1, whose codes have eight digits.
    #[test]
    fn the_codes_are_those_of_rfc_6238() {
        for (seconds, code) in [
            (59, 94_287_082),
            (1_111_111_109, 7_081_804),
            (1_111_111_111, 14_050_471),
            (1_234_567_890, 89_005_924),
            (2_000_000_000, 69_279_037),
            (20_000_000_000_i64, 65_353_130),
        ] {
            assert_eq!(secret().number(seconds / STEP) % 100_000_000, code, "{seconds}");
        }
    }

    /// RFC 4226 appendix D.
    #[test]
    fn the_codes_are_those_of_rfc_4226() {
        let codes = [
            "755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871",
            "520489",
        ];
        for (step, code) in (0..).zip(codes) {
            assert!(secret().shows(step, code), "{step}");
        }
    }

    #[test]
    fn a_code_counts_one_step_around_and_once() {
        let secret = secret();
        let code = format!("{:06}", secret.number(100) % 1_000_000);
        for (seconds, counts) in [(98, false), (99, true), (100, true), (101, true), (102, false)] {
            assert_eq!(secret.step_of(&code, at(seconds * STEP), 0).is_some(), counts, "{seconds}");
        }
        assert_eq!(secret.step_of(&code, at(100 * STEP), 99), Some(100));
        assert_eq!(secret.step_of(&code, at(100 * STEP), 100), None, "it was taken before");
        for other in ["", "1", "12345", "1234567", "abcdef", "éàù"] {
            assert_eq!(secret.step_of(other, at(100 * STEP), 0), None, "{other}");
        }
    }

    #[test]
    fn the_uri_names_account_and_secret() {
        let uri = secret().uri("broker.example", &AccountId::parse("op-nuit").unwrap());
        let secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
        let issuer = "Passerelle%20broker.example";
        assert_eq!(*uri, format!("otpauth://totp/{issuer}:op-nuit?secret={secret}&issuer={issuer}"));
    }
}
