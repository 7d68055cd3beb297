//! Form: reads `application/x-www-form-urlencoded` strictly (WHATWG URL section 5.1, without its repairs). What
//! cannot be read is refused, so that two readers never see different values.

use boundary::Fields;
use thiserror::Error;

/// The most fields that a query or a form may have.
pub const MOST_FIELDS: usize = 64;

/// A query or a form cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Malformed {
    /// Too many fields.
    #[error("more than 64 fields")]
    TooMany,
    /// A `%` without two hexadecimal digits.
    #[error("a broken percent escape")]
    Percent,
    /// Bytes that are no UTF-8.
    #[error("not UTF-8")]
    Utf8,
    /// A NUL: no parameter means one, and not every database can look one up.
    #[error("a zero byte")]
    Nul,
}

/// Reads fields in their order; doubled ones are kept.
///
/// # Errors
/// [`Malformed`] says which rule is broken.
pub fn read(encoded: &[u8]) -> Result<Fields, Malformed> {
    let mut fields = Vec::new();
    for pair in encoded.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()) {
        if fields.len() == MOST_FIELDS {
            return Err(Malformed::TooMany);
        }
        let mut halves = pair.splitn(2, |byte| *byte == b'=');
        let name = decode(halves.next().unwrap_or_default())?;
        let value = decode(halves.next().unwrap_or_default())?;
        fields.push((name, value));
    }
    Ok(Fields::new(fields))
}

fn decode(encoded: &[u8]) -> Result<String, Malformed> {
    let mut bytes = encoded.iter().copied();
    let mut decoded = Vec::with_capacity(encoded.len());
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'+' => b' ',
            b'%' => hex(bytes.next())? << 4 | hex(bytes.next())?,
            other => other,
        });
    }
    let text = String::from_utf8(decoded).map_err(|_| Malformed::Utf8)?;
    if text.contains('\0') { Err(Malformed::Nul) } else { Ok(text) }
}

fn hex(digit: Option<u8>) -> Result<u8, Malformed> {
    let digit = digit.map(char::from).and_then(|c| c.to_digit(16));
    digit.and_then(|d| u8::try_from(d).ok()).ok_or(Malformed::Percent)
}

#[cfg(test)]
mod tests {
    use boundary::Ambiguous;
    use proptest::prelude::*;
    use url::form_urlencoded::Serializer;

    use super::*;

    #[test]
    fn fields_are_decoded_in_order_and_doubled_ones_are_kept() {
        let fields = read(b"a=1+2%2B3&&b&c=%C3%A9=x&d=1&d=2").unwrap();
        assert_eq!(fields.one("a"), Ok(Some("1 2+3")));
        assert_eq!(fields.one("b"), Ok(Some("")));
        assert_eq!(fields.one("c"), Ok(Some("é=x")));
        assert_eq!(fields.one("d"), Err(Ambiguous("d".to_owned())));
        assert_eq!(fields.one("e"), Ok(None));
    }

    #[test]
    fn what_cannot_be_read_is_refused() {
        for broken in ["a=%", "a=%4", "a=%zz", "%=a", "a=%+1"] {
            assert_eq!(read(broken.as_bytes()), Err(Malformed::Percent), "{broken}");
        }
        assert_eq!(read(b"a=%ff"), Err(Malformed::Utf8));
        assert_eq!(read(b"a=\xc3"), Err(Malformed::Utf8));
        assert_eq!(read(b"a=%ed%a0%80"), Err(Malformed::Utf8));
        for nul in ["a=%00", "%00=a", "a=b\0"] {
            assert_eq!(read(nul.as_bytes()), Err(Malformed::Nul), "{nul:?}");
        }
    }

    #[test]
    fn sixty_four_fields_pass_and_one_more_does_not() {
        assert!(read("a=1&".repeat(MOST_FIELDS).as_bytes()).is_ok());
        assert_eq!(read("a=1&".repeat(MOST_FIELDS + 1).as_bytes()), Err(Malformed::TooMany));
    }

    proptest! {
        #[test]
        fn what_a_browser_writes_is_what_is_read(pairs in prop::collection::vec(("[^\\x00]+", "[^\\x00]*"), 0..8)) {
            let encoded = Serializer::new(String::new()).extend_pairs(&pairs).finish();
            prop_assert_eq!(read(encoded.as_bytes()), Ok(Fields::new(pairs)));
        }

        #[test]
        fn no_bytes_make_it_fall_over(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            drop(read(&bytes));
        }
    }
}
