//! The values of one record, as they are gathered, and the first thing that is wrong with it.

use super::document::is_space;
use super::element::Element;
use super::reject::RejectReason;
use super::shape::Slot;

/// How many values a record may have: a group of a big school names its classes, nothing has thousands.
const VALUES: usize = 4096;

/// What is wrong with a record, and where.
#[derive(Debug, Clone, Copy)]
pub(super) struct Problem {
    pub(super) reason: RejectReason,
    pub(super) element: Element,
    pub(super) line: u64,
}

/// One value: which element, in the how-manieth element that holds elements, and where its text stands.
#[derive(Debug, Clone, Copy)]
struct Value {
    element: Element,
    holder: u32,
    from: usize,
    to: usize,
    line: u64,
}

/// How often each element stood, and how often with a value.
#[derive(Debug)]
struct Seen {
    stood: [u32; Element::COUNT],
    filled: [u32; Element::COUNT],
}

impl Seen {
    const fn none() -> Self {
        Self { stood: [0; Element::COUNT], filled: [0; Element::COUNT] }
    }

    fn clear(&mut self) {
        self.stood.fill(0);
        self.filled.fill(0);
    }
}

/// The values of one record. It is cleared and filled again for the next one, so that none costs memory of its own.
#[derive(Debug)]
pub(super) struct Fields {
    text: String,
    values: Vec<Value>,
    holder: u32,
    own: Seen,
    inner: Seen,
    within: bool,
    most: usize,
    start: usize,
    problem: Option<Problem>,
}

impl Fields {
    pub(super) fn new(most: usize) -> Self {
        Self {
            text: String::new(),
            values: Vec::new(),
            holder: 0,
            own: Seen::none(),
            inner: Seen::none(),
            within: false,
            most,
            start: 0,
            problem: None,
        }
    }

    pub(super) fn clear(&mut self) {
        self.text.clear();
        self.values.clear();
        self.holder = 0;
        self.own.clear();
        self.within = false;
        self.problem = None;
    }

    /// Notes what is wrong; what came first is told.
    pub(super) fn wrong(&mut self, reason: RejectReason, element: Element, line: u64) {
        self.problem.get_or_insert(Problem { reason, element, line });
    }

    pub(super) const fn problem(&self) -> Option<Problem> {
        self.problem
    }

    /// An element of the record begins.
    pub(super) fn begin(&mut self, slot: &Slot, line: u64) {
        let seen = if self.within { &mut self.inner } else { &mut self.own };
        if let Some(stood) = seen.stood.get_mut(slot.element.index()) {
            *stood = stood.saturating_add(1);
            if *stood > 1 && slot.times.is_single() {
                self.wrong(RejectReason::Repeated, slot.element, line);
            }
        }
        if slot.inner.is_empty() {
            self.start = self.text.len();
        } else {
            self.within = true;
            self.holder += 1;
            self.inner.clear();
        }
    }

    /// A piece of the value that began last.
    pub(super) fn piece(&mut self, text: &str, element: Element, line: u64) {
        if self.text.len() + text.len() > self.most {
            self.wrong(RejectReason::TooBig, element, line);
        } else {
            self.text.push_str(text);
        }
    }

    /// The element ends that began last.
    pub(super) fn end(&mut self, slot: &Slot, line: u64) {
        if slot.inner.is_empty() {
            self.end_value(slot.element, line);
        } else {
            self.within = false;
            self.check(slot.inner, line, true);
            self.fill(slot.element);
        }
    }

    fn end_value(&mut self, element: Element, line: u64) {
        let raw = self.text.get(self.start..).unwrap_or_default();
        let to = self.start + raw.trim_end_matches(space).len();
        let from = to - raw.get(..to - self.start).unwrap_or_default().trim_start_matches(space).len();
        let value = self.text.get(from..to).unwrap_or_default();
        if value.is_empty() {
            return;
        }
        if value.len() > element.most() && value.chars().count() > element.most() {
            self.wrong(RejectReason::TooLong(element.most()), element, line);
        } else if value.chars().any(is_control) {
            self.wrong(RejectReason::ControlCharacter, element, line);
        }
        if self.values.len() >= VALUES {
            self.wrong(RejectReason::TooBig, element, line);
            return;
        }
        let holder = if self.within { self.holder } else { 0 };
        self.values.push(Value { element, holder, from, to, line });
        self.fill(element);
    }

    fn fill(&mut self, element: Element) {
        let seen = if self.within { &mut self.inner } else { &mut self.own };
        if let Some(filled) = seen.filled.get_mut(element.index()) {
            *filled = filled.saturating_add(1);
        }
    }

    /// The record ends: whether everything mandatory is there.
    pub(super) fn finish(&mut self, slots: &[Slot], line: u64) {
        self.check(slots, line, false);
    }

    fn check(&mut self, slots: &[Slot], line: u64, inner: bool) {
        for slot in slots.iter().filter(|slot| slot.times.is_mandatory()) {
            let seen = if inner { &self.inner } else { &self.own };
            let count = |table: &[u32; Element::COUNT]| table.get(slot.element.index()).copied();
            if count(&seen.filled).unwrap_or_default() == 0 {
                let stood = count(&seen.stood).unwrap_or_default() > 0;
                let reason = if stood { RejectReason::Empty } else { RejectReason::Missing };
                self.wrong(reason, slot.element, line);
            }
        }
    }

    fn value(&self, value: &Value) -> Found<'_> {
        Found { text: self.text.get(value.from..value.to).unwrap_or_default(), line: value.line }
    }

    /// The values of an element of the record itself.
    pub(super) fn all(&self, element: Element) -> impl Iterator<Item = Found<'_>> {
        let own = self.values.iter().filter(move |value| value.holder == 0 && value.element == element);
        own.map(|value| self.value(value))
    }

    /// The only value of an element, if it has one.
    pub(super) fn one(&self, element: Element) -> Option<Found<'_>> {
        self.all(element).next()
    }

    /// The values of these elements, also within others.
    pub(super) fn everywhere(&self, elements: &[Element]) -> impl Iterator<Item = &str> {
        let values = self.values.iter().filter(|value| elements.contains(&value.element));
        values.map(|value| self.value(value).text)
    }

    /// What stands in each element that holds elements, one after the other.
    pub(super) fn held(&self, element: Element) -> impl Iterator<Item = Held<'_>> {
        let inside = self.values.chunk_by(|one, other| one.holder == other.holder);
        let inside = inside.filter(move |values| values.first().is_some_and(|value| value.holder > 0));
        inside.map(move |values| Held { fields: self, values }).filter(move |held| held.has(element))
    }
}

/// A value, and the line of its element.
#[derive(Debug, Clone, Copy)]
pub(super) struct Found<'a> {
    pub(super) text: &'a str,
    pub(super) line: u64,
}

/// The values within one element that holds elements.
pub(super) struct Held<'a> {
    fields: &'a Fields,
    values: &'a [Value],
}

impl<'a> Held<'a> {
    fn has(&self, element: Element) -> bool {
        self.values.iter().any(|value| value.element == element)
    }

    pub(super) fn all(&self, element: Element) -> impl Iterator<Item = Found<'a>> {
        let (fields, values) = (self.fields, self.values);
        values.iter().filter(move |value| value.element == element).map(|value| fields.value(value))
    }
}

fn space(character: char) -> bool {
    u8::try_from(character).is_ok_and(is_space)
}

/// Tabs and line ends within a value are spaces; other control characters have no business in a roster.
fn is_control(character: char) -> bool {
    (character.is_control() && !space(character)) || matches!(character, '\u{fffe}' | '\u{ffff}')
}
