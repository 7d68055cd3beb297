//! One file as a stream of XML: well-formed, UTF-8, without document type, and never more than one tag or text in memory.

use std::borrow::Cow;
use std::io::Read;

use quick_xml::errors::{Error, IllFormedError};
use quick_xml::escape::resolve_xml_entity;
use quick_xml::events::{BytesDecl, BytesRef, BytesStart, Event};
use quick_xml::name::{Namespace, ResolveResult};
use quick_xml::{NsReader, XmlVersion};

use super::counted::{Watched, carried};
use super::element::Element;
use super::fault::{Fault, FaultReason};
use super::limits::Limits;
use super::names::{Degree, FileKind};

/// How many namespaces may be declared at one place; GAR's senders declare four.
const NAMESPACES: usize = 32;

/// What comes next in a file.
#[derive(Debug)]
pub(super) enum Token<'b> {
    /// An element begins.
    Open(Opened),
    /// A piece of text, with references resolved. A comment or an instruction is an empty piece: text goes on behind it.
    Text(Cow<'b, str>),
    /// The innermost element ends.
    Close,
    /// The file ends.
    End,
}

/// An element that begins.
#[derive(Debug, Clone, Copy)]
pub(super) struct Opened {
    /// Of which degree its namespace is, if it is one of GAR's.
    pub(super) degree: Option<Degree>,
    /// Which element it is by its local name, if GAR has one of that name.
    pub(super) element: Option<Element>,
    /// Of which kind of file it is the root, by its local name.
    pub(super) root: Option<FileKind>,
    /// Whether it has an attribute that declares no namespace.
    pub(super) attributes: bool,
    /// Whether one of them is `Version`.
    pub(super) version: bool,
}

/// A file that is read from its beginning to its end.
pub(super) struct Document<R: Read> {
    xml: NsReader<Watched<R>>,
    attributes: usize,
    most_depth: usize,
    depth: usize,
    line: u64,
    begun: bool,
    rooted: bool,
}

impl<R: Read> Document<R> {
    pub(super) fn new(file: R, limits: &Limits) -> Self {
        let mut xml = NsReader::from_reader(Watched::new(file, limits));
        let config = xml.config_mut();
        config.expand_empty_elements = true;
        config.check_comments = true;
        xml.resolver_mut().set_max_namespace_bindings(NAMESPACES);
        Self {
            xml,
            attributes: limits.attributes,
            most_depth: limits.depth,
            depth: 0,
            line: 1,
            begun: false,
            rooted: false,
        }
    }

    /// The line in which the last token begins.
    pub(super) const fn line(&self) -> u64 {
        self.line
    }

    /// The next token.
    pub(super) fn next<'b>(&mut self, buffer: &'b mut Vec<u8>) -> Result<Token<'b>, Fault> {
        let token = self.token(buffer);
        token.map_err(|fault| fault.at_line(self.line))
    }

    fn token<'b>(&mut self, buffer: &'b mut Vec<u8>) -> Result<Token<'b>, Fault> {
        buffer.clear();
        let source = self.xml.get_mut();
        source.allow();
        self.line = source.line();
        let (namespace, event) = self.xml.read_resolved_event_into(buffer).map_err(reading)?;
        let degree = degree_of(namespace);
        if self.xml.get_ref().saw_forbidden() {
            // Zero bytes before the root are UTF-16 or UTF-32.
            let reason = if self.rooted { FaultReason::ControlCharacter } else { FaultReason::NotUtf8 };
            return Err(reason.into());
        }
        let first = !std::mem::replace(&mut self.begun, true);
        match event {
            Event::Start(start) => self.open(degree, &start),
            Event::End(_) => {
                self.depth = self.depth.saturating_sub(1);
                Ok(Token::Close)
            }
            Event::Text(text) => self.text(text.xml10_content(), true),
            Event::CData(text) => self.text(text.xml10_content(), false),
            Event::GeneralRef(reference) => self.text(resolved(&reference)?, false),
            Event::Comment(_) | Event::PI(_) => Ok(Token::Text(Cow::Borrowed(""))),
            Event::Decl(declaration) if first => declared(&declaration),
            Event::Decl(_) => ill("an XML declaration that is not at the beginning"),
            Event::DocType(_) => Err(FaultReason::Doctype.into()),
            Event::Eof if self.depth > 0 => ill("it ends within an element"),
            Event::Eof if !self.rooted => ill("it has no root element"),
            Event::Eof => Ok(Token::End),
            Event::Empty(_) => ill("an element that is neither open nor closed"),
        }
    }

    fn open<'b>(&mut self, degree: Option<Degree>, start: &BytesStart<'_>) -> Result<Token<'b>, Fault> {
        if self.depth == 0 && std::mem::replace(&mut self.rooted, true) {
            return ill("it has more than one root element");
        }
        self.depth += 1;
        if self.depth > self.most_depth {
            return Err(FaultReason::TooDeep(self.most_depth).into());
        }
        let (attributes, version) = self.attributes(start)?;
        let name = start.local_name();
        let (element, root) = (Element::parse(name.as_ref()), FileKind::of_root(name.as_ref()));
        Ok(Token::Open(Opened { degree, element, root, attributes, version }))
    }

    /// Whether there are attributes that declare no namespace, and whether one is `Version`.
    fn attributes(&self, start: &BytesStart<'_>) -> Result<(bool, bool), Fault> {
        let (mut any, mut version) = (false, false);
        if start.attributes_raw().is_empty() {
            return Ok((any, version));
        }
        for (count, attribute) in start.attributes().enumerate() {
            if count >= self.attributes {
                return Err(FaultReason::TooManyAttributes(self.attributes).into());
            }
            let Ok(attribute) = attribute else {
                return ill("an attribute is broken or stands twice");
            };
            if attribute.value.contains('<') {
                return ill("`<` within an attribute");
            }
            if attribute.value.contains('&') && attribute.normalized_value(XmlVersion::Implicit1_0).is_err() {
                return Err(FaultReason::Entity.into());
            }
            any |= attribute.key.as_namespace_binding().is_none();
            version |= attribute.key.as_ref() == "Version";
        }
        Ok((any, version))
    }

    fn text<'b>(&self, text: Cow<'b, str>, plain: bool) -> Result<Token<'b>, Fault> {
        if self.depth == 0 && !(plain && text.bytes().all(is_space)) {
            return ill("text outside the root element");
        }
        if plain && text.contains("]]>") {
            return ill("`]]>` within text");
        }
        Ok(Token::Text(text))
    }
}

/// What XML calls white space.
pub(super) const fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

fn ill<T>(words: &'static str) -> Result<T, Fault> {
    Err(FaultReason::IllFormed(words).into())
}

fn degree_of(namespace: ResolveResult<'_>) -> Option<Degree> {
    let ResolveResult::Bound(Namespace(namespace)) = namespace else { return None };
    [Degree::Second, Degree::First].into_iter().find(|degree| degree.namespace() == namespace)
}

/// Only UTF-8 is read, and only where nothing says otherwise.
fn declared<'b>(declaration: &BytesDecl<'_>) -> Result<Token<'b>, Fault> {
    if !declaration.version().is_ok_and(|version| version == "1.0") {
        return ill("it is not XML 1.0");
    }
    match declaration.encoding() {
        Some(Ok(encoding)) if !encoding.eq_ignore_ascii_case("utf-8") => Err(FaultReason::NotUtf8.into()),
        Some(Err(_)) => ill("its XML declaration is broken"),
        _ => Ok(Token::Text(Cow::Borrowed(""))),
    }
}

/// A character reference, or one of the five entities of XML.
fn resolved<'b>(reference: &BytesRef<'_>) -> Result<Cow<'b, str>, Fault> {
    if reference.is_char_ref() {
        return match reference.resolve_char_ref() {
            Ok(Some(character)) if is_allowed(character) => Ok(Cow::Owned(character.to_string())),
            _ => ill("a reference to a character that XML does not allow"),
        };
    }
    resolve_xml_entity(reference.as_ref()).map(Cow::Borrowed).ok_or_else(|| FaultReason::Entity.into())
}

/// Whether a character may stand in XML 1.0 (section 2.2).
const fn is_allowed(character: char) -> bool {
    matches!(character, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..)
}

fn reading(error: Error) -> Fault {
    let words = match error {
        Error::Io(error) => return carried(&error).unwrap_or_else(|| FaultReason::Truncated.into()),
        Error::Encoding(_) => return FaultReason::NotUtf8.into(),
        Error::Syntax(_) => "something in it does not end",
        Error::IllFormed(IllFormedError::MismatchedEndTag { .. } | IllFormedError::UnmatchedEndTag(_)) => {
            "an end tag does not close what was opened last"
        }
        Error::IllFormed(IllFormedError::DoubleHyphenInComment) => "`--` within a comment",
        Error::IllFormed(_) => "`&` without a reference, or a broken declaration",
        Error::InvalidAttr(_) => "an attribute is broken or stands twice",
        Error::Escape(_) => "a reference is broken",
        Error::Namespace(_) => "too many or broken declarations of namespaces",
    };
    FaultReason::IllFormed(words).into()
}
