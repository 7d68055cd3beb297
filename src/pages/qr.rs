//! QR: a text as a picture that an authenticator reads, drawn as SVG inside the page.

use qrcode::{Color, EcLevel, QrCode};

/// Light modules around the picture (ISO/IEC 18004 section 6.3.8).
const QUIET: usize = 4;

/// A picture: the length of its side, and the dark runs of each row as one path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Qr {
    pub(super) side: usize,
    pub(super) path: String,
}

impl Qr {
    /// Draws a text; `None` where it is too long for a picture.
    pub(super) fn draw(text: &str) -> Option<Self> {
        let code = QrCode::with_error_correction_level(text.as_bytes(), EcLevel::M).ok()?;
        let (width, colors) = (code.width(), code.to_colors());
        let mut path = String::new();
        for (y, row) in colors.chunks(width).enumerate() {
            let mut x = 0;
            for run in row.chunk_by(|a, b| a == b) {
                if run.first() == Some(&Color::Dark) {
                    path.push_str(&format!("M{} {}h{}", x + QUIET, y + QUIET, run.len()));
                }
                x += run.len();
            }
        }
        Some(Self { side: width + 2 * QUIET, path })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_three_corners_are_where_readers_look_for_them() {
        let qr = Qr::draw("otpauth://totp/Passerelle:op-nuit?secret=GEZDGNBVGY3TQOJQ").unwrap();
        let far = qr.side - QUIET - 7;
        for corner in ["M4 4h7".to_owned(), format!("M{far} 4h7"), format!("M4 {far}h7")] {
            assert!(qr.path.contains(&corner), "{corner} is not in {}", qr.path);
        }
        assert!(!qr.path.contains(&format!("M{far} {far}h7M")));
        assert!(Qr::draw(&"x".repeat(5000)).is_none());
    }
}
