//! Values as XML writes them: references, CDATA, comments, instructions, line ends.

use super::samples::{Sample, hear, pupil_values, record};
use crate::roster::{Record, Reject, RejectReason};

fn family_name(written: &str) -> Result<String, Reject> {
    let mut values = pupil_values("p");
    values[2].1 = written;
    let sample = Sample::with("Eleve", &record("GAREleve", &values));
    let (mut heard, summary) = hear(&sample.packed());
    summary.unwrap_or_else(|fault| panic!("{written}: {fault}"));
    match heard.records.pop() {
        Some((_, Record::Pupil(pupil))) => Ok(pupil.family_name),
        _ => Err(heard.rejects.remove(0)),
    }
}

#[test]
fn a_value_is_what_xml_says_it_is() {
    for (written, read) in [
        ("  Morlac\n", "Morlac"),
        ("Mor&#233;&#xE9;lac", "Moréélac"),
        ("Dup&amp;nt &lt;b&gt; &quot;&apos;", "Dup&nt <b> \"'"),
        ("<![CDATA[Mor&lac <b>]]>", "Mor&lac <b>"),
        ("Mor<![CDATA[]]>lac", "Morlac"),
        ("Mor<![CDATA[l]]>ac", "Morlac"),
        ("Mor<!-- not the end -->lac", "Morlac"),
        ("<!-- before -->Morlac<!-- behind -->", "Morlac"),
        ("Mor<?php echo 1; ?>lac", "Morlac"),
        ("Mor<!----><?x?><![CDATA[l]]>&#97;c", "Morlac"),
        ("Le\tRoux", "Le Roux"),
        ("Le\nRoux", "Le Roux"),
        ("Le\r\nRoux", "Le Roux"),
        ("Le&#10;Roux", "Le Roux"),
        ("\u{a0}Morlac\u{a0}", "\u{a0}Morlac\u{a0}"),
        ("&#x1F600;", "\u{1f600}"),
        ("&#32;Morlac&#32;", "Morlac"),
        ("&amp;amp;", "&amp;"),
    ] {
        assert_eq!(family_name(written).as_deref(), Ok(read), "{written}");
    }
}

#[test]
fn control_characters_have_no_business_in_a_value() {
    for written in ["Mor\u{85}lac", "Mor\u{9b}31mlac", "Mor\u{7f}lac", "Mor&#x9b;lac", "Mor\u{fffe}lac"] {
        let reject = family_name(written).unwrap_err();
        assert_eq!(reject.reason, RejectReason::ControlCharacter, "{written:?}");
        assert_eq!(reject.place.element, "GARPersonNom");
    }
}
